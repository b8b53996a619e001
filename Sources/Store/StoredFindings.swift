import Foundation
import GRDB
import Results
import Support
import Synchronization

/// Keeps in the store what was found of all rows and maps of a run. It counts as long as what is stored of every pass of the run is
/// the same.
final class StoredFindings: FindingsKeeper {
  private let store: ResultsStore
  private let rows: StoredMeasurements
  private let known = Mutex<Result<String, Problem>?>(nil)
  /// What this keeper itself kept; nil where it does not matter who did.
  private let own: Mutex<Set<String>>?

  /// - Parameter isAnew: whether what stands there already is passed over, for who wants everything to be found again: `verify`,
  ///   which must not take a report's word for itself, and `run --rehash`.
  init(of rows: StoredMeasurements, isAnew: Bool = false) {
    store = rows.store
    self.rows = rows
    own = isAnew ? Mutex([]) : nil
  }

  /// What tells the run's rows from any others; found when it is first asked for, since of few images nobody asks.
  /// - Throws: `Problem` where the store cannot be read.
  var content: String {
    get throws(Problem) {
      try known.withLock { known in
        let found = known ?? Result { () throws(Problem) in try rows.content }
        known = found
        return found
      }.get()
    }
  }

  func finding(_ name: String) -> Data? {
    guard own?.withLock({ $0.contains(name) }) ?? true, let content = try? content else { return nil }
    // A store that is only read, and was made by an earlier version, has no such table.
    let found = try? store.reading { reader in
      try Row.fetchOne(
        reader.db.cachedStatement(sql: "SELECT sha256, bytes FROM findings WHERE name = ? AND content = ?"),
        arguments: [name, content]
      ).map { (sha256: try $0.decode(Data.self, atIndex: 0), bytes: try $0.decode(Data.self, atIndex: 1)) }
    }
    guard case let found?? = found, StoredFindings.hash(name, content, found.bytes) == found.sha256 else { return nil }
    return found.bytes
  }

  func keep(_ finding: Data, as name: String) {
    guard let content = try? content else { return }
    let isKept: Void? = try? store.changing { db in
      try db.execute(sql: "DELETE FROM findings WHERE content <> ?", arguments: [content])
      try db.execute(
        sql: "INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?)",
        arguments: [name, content, StoredFindings.hash(name, content, finding), finding])
    }
    if isKept != nil { own?.withLock { _ = $0.insert(name) } }
  }

  /// What is not made again by the next report is gone too.
  func forget() { try? store.changing { db in try db.execute(sql: "DELETE FROM findings") } }

  /// Of all that a row of the table says.
  static func hash(_ name: String, _ content: String, _ bytes: Data) -> Data {
    var hash = SHA256()
    hash.update(data: Data("\(name.utf8.count) \(name)\n\(content)\n".utf8))
    hash.update(data: bytes)
    return Data(hash.finalize())
  }
}
