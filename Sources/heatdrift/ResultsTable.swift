import Support

/// `results.csv` on its way: written to its place part by part, or hashed only, since of a large run it does not fit into memory.
final class ResultsTable {
  static let name = "results.csv"

  private let output: AtomicOutput?
  private var hash: SHA256? = SHA256()
  /// All of it, as long as it is not too long to be carried.
  private(set) var bytes: [UInt8]? = []
  private let mostKept: Int

  /// - Parameters:
  ///   - folder: that the file is written to; nil for a table that is only looked at.
  ///   - mostKept: bytes that `bytes` may have.
  /// - Throws: `Problem` where the folder cannot be written to.
  init(in folder: String?, mostKept: Int) throws(Problem) {
    if let folder { output = try AtomicOutput(path: "\(folder)/\(Self.name)") } else { output = nil }
    self.mostKept = mostKept
  }

  /// - Throws: `Problem` when the disk is full or fails.
  func append(_ part: [UInt8]) throws(Problem) {
    hash?.update(data: part)
    try output?.append(part)
    if let count = bytes?.count, count + part.count <= mostKept { bytes? += part } else { bytes = nil }
  }

  /// - Returns: the SHA-256 of what was appended, which must be all.
  func finish() -> String {
    guard let hash = hash.take() else { return "" }
    return Checksum.text(hash.finalize())
  }

  /// Puts the file in its place.
  /// - Throws: `Problem` when the disk is full or fails.
  func commit() throws(Problem) { try output?.commit() }
}
