import Foundation
import GRDB
import Results
import Support

extension ResultsStore {
  /// The runs of the sweep that was finished last, in its order, each called by its setting; empty where the latest was no sweep.
  public func sweepRuns() throws(Problem) -> [(setting: String, run: StoredRun)] {
    try translating {
      try queue.read { db in
        // A store that is only read, and was made by an earlier version, has no such table.
        guard try db.tableExists("sweep_runs") else { return [] }
        return try Row.fetchAll(db, sql: "SELECT setting, record FROM sweep_runs ORDER BY position").map { row in
          (try row.decode(atIndex: 0), try StoredRun(record: try row.decode(atIndex: 1), path: path))
        }
      }
    }
  }

  /// Replaces the record of the latest run by those of a sweep: the folder's report is then the sweep's.
  /// - Parameter runs: in the order in which the report has them.
  public func save(sweep runs: [(setting: String, run: StoredRun)]) throws(Problem) {
    try translating {
      let records = try runs.map { (setting: $0.setting, record: try $0.run.record()) }
      try changing { db in
        try db.execute(sql: "DELETE FROM runs; DELETE FROM sweep_runs")
        for (position, one) in records.enumerated() {
          try db.execute(
            sql: "INSERT INTO sweep_runs VALUES (?, ?, ?)", arguments: [position, one.setting, one.record])
        }
      }
    }
  }

  /// Whatever was finished last: one run, or those of a sweep; empty where nothing was.
  public func latestRuns() throws(Problem) -> [StoredRun] {
    if let run = try latestRun() { return [run] }
    return try sweepRuns().map(\.run)
  }
}

extension StoredRun {
  /// As the store keeps it.
  func record() throws(Problem) -> String {
    var head = self
    head.images = []
    return String(
      decoding: try LongList<ImageRecord>.encode(
        head, with: try LongList(images, isPretty: false).bytes(), as: "images", isPretty: false), as: UTF8.self)
  }

  init(record: String, path: String) throws {
    self = try JSONDecoder().decode(StoredRun.self, from: Data(record.utf8))
    try check(path: path)
  }
}
