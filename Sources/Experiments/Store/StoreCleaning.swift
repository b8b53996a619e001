import Foundation
import GRDB
import Support

/// How much of a store its latest finished run does not need.
public struct StoreCleaning: Sendable, Equatable {
  public var measurements = 0
  public var maps = 0
  public var photographs = 0
  /// Of the file, before and after; the same when nothing was removed.
  public var bytesBefore = 0
  public var bytesAfter = 0
}

extension ResultsStore {
  /// Removes what the latest finished run does not need: results of former options, layers, weights and images, and
  /// those of a run that was stopped before its end.
  /// - Parameter isTrial: whether to count only.
  /// - Throws: `Problem` when no run was finished: then nothing says what is needed.
  public func removeUnused(isTrial: Bool) throws(Problem) -> StoreCleaning {
    guard let run = try latestRun() else {
      throw .usage(
        at: Place(file: path), "no run was finished here, so that nothing says which rows are needed",
        remedy: "Let `heatdrift run` come to its end first, or remove the whole folder.")
    }
    let needed = run.neededKeys
    return try translating {
      var cleaning = StoreCleaning()
      cleaning.bytesBefore = fileSize
      try queue.inDatabase { db in
        try db.inTransaction {
          cleaning.measurements = try remove("measurements", keeping: needed.measurements, db, isTrial)
          cleaning.maps = try remove("maps", keeping: needed.maps, db, isTrial)
          cleaning.photographs = try remove("photographs", keeping: needed.photographs, db, isTrial)
          guard !isTrial else { return .rollback }
          _ = try remove("scores", keeping: needed.scores, db, isTrial)
          _ = try remove("perturbations", keeping: needed.perturbations, db, isTrial)
          try db.execute(
            sql: """
              DELETE FROM map_values WHERE sha256 NOT IN (SELECT sha256 FROM maps);
              DELETE FROM subjects WHERE key NOT IN (SELECT subject FROM measurements);
              DELETE FROM settings WHERE id NOT IN (SELECT settings FROM measurements WHERE settings IS NOT NULL);
              """)
          return .commit
        }
        guard !isTrial else { return }
        try db.execute(sql: "VACUUM")
        _ = try db.checkpoint(.truncate)
      }
      cleaning.bytesAfter = fileSize
      return cleaning
    }
  }

  private var fileSize: Int {
    ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int) ?? 0
  }

  /// - Parameter table: one of ours, with a column `key`.
  /// - Returns: how many rows are not among the keys.
  private func remove(
    _ table: String, keeping keys: Set<ContentKey>, _ db: Database, _ isTrial: Bool
  ) throws -> Int {
    let unused = try Data.fetchAll(db, sql: "SELECT key FROM \(table)").filter { !keys.contains(ContentKey(bytes: $0)) }
    guard !isTrial else { return unused.count }
    let statement = try db.cachedStatement(sql: "DELETE FROM \(table) WHERE key = ?")
    for key in unused { try statement.execute(arguments: [key]) }
    return unused.count
  }
}
