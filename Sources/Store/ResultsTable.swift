import Foundation
import GRDB
import Support

/// `results.csv` on its way: written to its place part by part, or hashed only, since of a large run it does not fit into memory.
/// A large one that stands there already, written of the same rows, is left as it is.
public final class ResultsTable {
  /// In every output folder.
  public static let name = "results.csv"

  private let path: String?
  private let mostKept: Int
  let isWrittenAnew: Bool
  private var output: AtomicOutput?
  private var hash: SHA256? = SHA256()
  /// Of what it was made of, and its own SHA-256; nil where it is small enough to be made again.
  private var noted: (content: String, sha256: String)?
  /// SHA-256, once all of it was appended.
  public private(set) var sha256 = ""
  /// All of it, as long as it is not too long to be carried.
  public private(set) var bytes: [UInt8]? = []

  /// - Parameters:
  ///   - folder: that the file is written to; nil for a table that is only looked at.
  ///   - mostKept: bytes that `bytes` may have.
  ///   - isWrittenAnew: whether what stands there is replaced, whatever was noted of it, and all rows and maps are read, whatever
  ///     was kept of them.
  public init(in folder: String?, mostKept: Int, isWrittenAnew: Bool = false) {
    path = folder.map { "\($0)/\(Self.name)" }
    self.mostKept = mostKept
    self.isWrittenAnew = isWrittenAnew
  }

  /// - Parameters:
  ///   - content: what tells the table from any other; asked for only where it can matter.
  ///   - write: hands over all of it, part by part.
  /// - Returns: whether it was written; otherwise it stands there already.
  /// - Throws: `Problem` where the folder cannot be written to, and what the closures throw.
  func make(
    in store: ResultsStore, of content: () throws(Problem) -> String,
    _ write: ((([UInt8]) throws(Problem) -> Void)) throws(Problem) -> Void
  ) throws(Problem) -> Bool {
    // A second report on the same results.
    guard sha256.isEmpty else { return false }
    if let path, !isWrittenAnew, let known = try store.writtenTable(at: path), known.size > mostKept,
      try content() == known.content
    {
      sha256 = known.sha256
      bytes = nil
      return false
    }
    try make(write)
    if path != nil, bytes == nil { noted = (try content(), sha256) }
    return true
  }

  /// The same for a table of several stores, none of which notes what stands there.
  func make(_ write: ((([UInt8]) throws(Problem) -> Void)) throws(Problem) -> Void) throws(Problem) {
    guard sha256.isEmpty else { return }
    if let path { output = try AtomicOutput(path: path) }
    try write { (part) throws(Problem) in try append(part) }
    if let hash = hash.take() { sha256 = Checksum.text(hash.finalize()) }
  }

  private func append(_ part: [UInt8]) throws(Problem) {
    hash?.update(data: part)
    try output?.append(part)
    if let count = bytes?.count, count + part.count <= mostKept { bytes? += part } else { bytes = nil }
  }

  /// Puts the file in its place.
  /// - Parameter store: which notes what stands there; nil for a table of several stores.
  /// - Throws: `Problem` when the disk is full or fails.
  public func commit(to store: ResultsStore?) throws(Problem) {
    guard let path, let output else { return }
    try output.commit()
    try store?.note(writtenTable: noted, at: path)
  }
}

extension ResultsStore {
  /// Before the name of a file that a report left, among the hashes of files that are kept.
  static let outputPrefix = "output:"

  /// What is known of a table that stands where it was written.
  /// - Returns: nil where nothing is, or where the file changed since.
  fileprivate func writtenTable(at path: String) throws(Problem) -> (content: String, sha256: String, size: Int)? {
    guard let stamp = FileStamp(path: path) else { return nil }
    let prefix = Self.outputPrefix + ResultsTable.name + "/"
    let found = try reading { reader in
      try reader.fileHashes(isOutput: true).first { $0.key.hasPrefix(prefix) && $0.value.stamp == stamp }
    }
    return found.map { (String($0.key.dropFirst(prefix.count)), $0.value.sha256, stamp.size) }
  }

  /// - Parameter table: nil forgets what was noted.
  fileprivate func note(writtenTable table: (content: String, sha256: String)?, at path: String) throws(Problem) {
    let prefix = Self.outputPrefix + ResultsTable.name + "/"
    let known = try reading { reader in try reader.fileHashes(isOutput: true) }
    let stamp = FileStamp(path: path)
    guard !known.isEmpty || table != nil else { return }
    try changing { db in
      for path in known.keys where path.hasPrefix(prefix) {
        try db.execute(sql: "DELETE FROM files WHERE path = ?", arguments: [path])
      }
      if let table, let stamp {
        try FileHashes.Entry(stamp: stamp, sha256: table.sha256, orientation: 1).write(prefix + table.content, to: db)
      }
    }
  }
}
