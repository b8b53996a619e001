import Foundation
import GRDB
import Support

extension ResultsStore {
  /// The runs of the sweep that was finished last, in its order, each called by its setting; empty where the latest was no sweep.
  public func sweepRuns() throws(Problem) -> [(setting: String, run: StoredRun)] {
    try translating {
      try queue.read { db in
        // A store that is only read, and was made by an earlier version, has no such table.
        guard try db.tableExists("sweep_runs") else { return [] }
        return try Row.fetchAll(db, sql: "SELECT setting, record FROM sweep_runs ORDER BY position").map { row in
          let record = try row.decode(String.self, atIndex: 1)
          let run = try JSONDecoder().decode(StoredRun.self, from: Data(record.utf8))
          try run.check(path: path)
          return (try row.decode(atIndex: 0), run)
        }
      }
    }
  }
}
