import Foundation
import GRDB
import Results
import Support

/// A store that another takes rows of; nothing of it is changed. Of many that are merged each is open only while it is read.
public struct OtherStore: Sendable {
  /// Of the file.
  public let path: String
  /// Of what was measured into it; more than one where several shards were.
  public let origins: [StoreOrigin]
  /// Plans that it says its rows are of, the latest finished run's among them.
  public let plans: [PlanIdentity]

  /// - Throws: `Problem` where it is missing, no store, damaged beyond single rows, or another process changes it all the time.
  public init(path: String) throws(Problem) {
    let attached = try AttachedStore(path: path)
    self.path = path
    isEmpty = attached.isEmpty
    guard !attached.isEmpty else {
      (origins, plans) = ([], [])
      return
    }
    let origins = try attached.read { reader in
      try reader.origins().map { $0.origin }.filter { (origin: StoreOrigin) in origin.folder == nil }
    }
    let record = try attached.read { reader in try String.fetchOne(reader.db, sql: "SELECT record FROM runs") }
    self.origins = origins
    // A record that cannot be read says nothing of the rows, which speak for themselves.
    let run = record.flatMap { try? JSONDecoder().decode(StoredRun.self, from: Data($0.utf8)) }
    // A shard's own word is later than that of a run in the same folder before it.
    let own = origins.compactMap(\.plan)
    plans = own.isEmpty ? [run?.identity].compactMap { $0 } : own
  }

  /// Whether its process was killed before it had made a table.
  public let isEmpty: Bool

  /// What is noted of its rows by who takes them: of several shards in one store what all of them share.
  /// - Parameter folder: as it was given.
  public func origin(folder: String) -> StoreOrigin {
    var origin = origins.first ?? StoreOrigin()
    let shards = origins.compactMap(\.shard)
    if shards.count > 1 { origin.shard = listInWords(shards) }
    origin.folder = folder
    return origin
  }

  /// Hashes of files of the data, as they were seen from the machine that measured.
  public func hashes() throws(Problem) -> FileHashes {
    var hashes = FileHashes()
    guard !isEmpty else { return hashes }
    hashes.entries = try AttachedStore(path: path).read { reader in try reader.fileHashes() }
    hashes.areFromElsewhere = true
    return hashes
  }

  /// Reads all of it, and holds every row, map and picture to its hash.
  public func check() throws(Problem) -> CheckedStore {
    let attached = try AttachedStore(path: path)
    return CheckedStore(
      attached: attached, damage: attached.isEmpty ? StoreDamage() : try attached.read { reader in try reader.damage() }
    )
  }
}

/// A store whose rows can be taken: as it was when it was checked, though its process may still write.
public struct CheckedStore: Sendable {
  let attached: AttachedStore
  let damage: StoreDamage
}
