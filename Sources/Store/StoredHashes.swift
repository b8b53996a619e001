import Foundation
import GRDB
import Support

extension FileHashes {
  /// Those that a store keeps; none where there is no store, or an older version made it, or it cannot be read: whoever
  /// opens it says so.
  public init(storeAt path: String) {
    self.init()
    guard FileManager.default.fileExists(atPath: path),
      let store = try? ResultsStore(readingAt: path, onlyIfCurrent: true)
    else { return }
    entries = (try? store.reading { reader in try reader.fileHashes() }) ?? [:]
  }
}

extension StoreReader {
  /// - Parameter isOutput: whether those of files that a report left are wanted, in place of those of the data.
  func fileHashes(isOutput: Bool = false) throws -> [String: FileHashes.Entry] {
    var found: [String: FileHashes.Entry] = [:]
    let rows = try Row.fetchCursor(
      db, sql: "SELECT path, size, modified, changed, device, inode, orientation, sha256 FROM files")
    while let row = try rows.next() {
      let sha256 = try row.decode(Data.self, atIndex: 7)
      let orientation = try row.decode(Int.self, atIndex: 6)
      guard sha256.count == 32, (1...8).contains(orientation) else { continue }
      let stamp = FileStamp(
        device: UInt(bitPattern: try row.decode(Int.self, atIndex: 4)),
        inode: UInt(bitPattern: try row.decode(Int.self, atIndex: 5)), size: try row.decode(atIndex: 1),
        contentTime: try row.decode(atIndex: 2), changeTime: try row.decode(atIndex: 3))
      let path = try row.decode(String.self, atIndex: 0)
      guard path.hasPrefix(ResultsStore.outputPrefix) == isOutput else { continue }
      found[path] = FileHashes.Entry(stamp: stamp, sha256: sha256.hexadecimal, orientation: orientation)
    }
    return found
  }
}

extension ResultsStore {
  /// Keeps hashes of files in place of those before; nothing is written where they are the same.
  public func save(_ hashes: FileHashes) throws(Problem) {
    let known = try reading { reader in try reader.fileHashes() }
    guard known != hashes.entries else { return }
    try changing { db in
      for path in known.keys where hashes.entries[path] == nil {
        try db.execute(sql: "DELETE FROM files WHERE path = ?", arguments: [path])
      }
      for (path, entry) in hashes.entries.sorted(by: { $0.key < $1.key }) where known[path] != entry {
        try entry.write(path, to: db)
      }
    }
  }
}

extension FileHashes.Entry {
  /// - Parameter path: what it is found by.
  func write(_ path: String, to db: Database) throws {
    guard let sha256 = Data(hexadecimal: sha256) else { return }
    try db.cachedStatement(sql: "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)").execute(arguments: [
      path, stamp.size, stamp.contentTime, stamp.changeTime, Int(bitPattern: stamp.device),
      Int(bitPattern: stamp.inode), orientation, sha256,
    ])
  }
}

extension Data {
  /// - Returns: nil for anything but pairs of digits.
  init?(hexadecimal text: String) {
    let digits = text.utf8.map { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 ? $0 - 48 : $0 - 87 }
    guard digits.count % 2 == 0, digits.allSatisfy({ $0 < 16 }) else { return nil }
    self.init(stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
  }
}
