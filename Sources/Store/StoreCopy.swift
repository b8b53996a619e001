import Foundation
import GRDB
import Support

/// A store of an older version that is only to be read: a copy in a temporary folder that was brought up to date, gone
/// afterwards.
final class StoreCopy: Sendable {
  let queue: DatabaseQueue
  private let folder: String

  /// - Parameter path: of the store, for messages.
  /// - Throws: `Problem` when there is no room for it, or what the migrations find.
  init(of store: DatabaseQueue, path: String) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "heatdrift-store-\(UUID().uuidString)").path
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      var configuration = Configuration()
      configuration.foreignKeysEnabled = false
      queue = try DatabaseQueue(path: "\(folder)/\(ResultsStore.fileName)", configuration: configuration)
      try store.backup(to: queue)
      try queue.inDatabase { db in
        // Nobody needs it after a failure of power.
        try db.execute(sql: "PRAGMA synchronous = OFF")
        try StoreSchema.prepare(db, path: path)
      }
    } catch {
      try? FileManager.default.removeItem(atPath: folder)
      if let error = error as? DatabaseError, error.resultCode == .SQLITE_FULL || error.resultCode == .SQLITE_CANTOPEN {
        throw Problem.failure(
          at: Place(file: path),
          "the results store was written by an older version, and there is no room for a copy to read it by",
          remedy: "Set TMPDIR to a folder with more room, or let `heatdrift run` bring the store up to date.")
      }
      throw error
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }
}
