import CZlib
import Support

/// Files in one, as every system unpacks it (PKWARE's APPNOTE.TXT 6.3): the same files give the same bytes, whenever and by
/// whomever it is made.
///
///     let archive = try ZIPArchive.bytes(of: [("results.csv", rows), ("tables/tab-mod.csv", table)])
public enum ZIPArchive {
  /// - Parameter files: in this order; names are relative, with "/" between folders, each once.
  /// - Throws: `Problem` of kind `.failure` for a name that leads elsewhere or stands there twice, for more than 65,535 files or
  ///   4 GB, of which the format knows nothing, and when no memory is left.
  public static func bytes(of files: [(name: String, bytes: [UInt8])]) throws(Problem) -> [UInt8] {
    guard files.count < 65536 else { throw .failure("a .zip has at most 65,535 files, found \(files.count)") }
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    var seen: Set<String> = []
    for file in files {
      let parts = file.name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard parts.allSatisfy(Attachment.isPlain), seen.insert(file.name).inserted else {
        throw .failure("\(String(reflecting: file.name)) cannot be the name of a file in a .zip, or is there twice")
      }
      guard file.bytes.count < 1 << 32 else { throw large }
      let deflated = try deflated(file.bytes, file.name)
      let isPacked = deflated.count < file.bytes.count
      let content = isPacked ? deflated : file.bytes
      guard archive.count + content.count < 1 << 32 else { throw large }
      let name = Array(file.name.utf8)
      // Version 2.0; names in UTF-8; 1 January 1980, the first day that the format knows.
      var head = little(20, 2) + little(0x0800, 2) + little(isPacked ? 8 : 0, 2) + little(0, 2) + little(0x0021, 2)
      head += little(checksum(file.bytes), 4) + little(content.count, 4) + little(file.bytes.count, 4)
      head += little(name.count, 2) + little(0, 2)
      // Made on no system in particular; no comment, first disk, no attributes.
      directory += little(0x0201_4B50, 4) + little(20, 2) + head + little(0, 10) + little(archive.count, 4) + name
      archive += little(0x0403_4B50, 4) + head + name + content
    }
    let start = archive.count
    archive += directory
    archive += little(0x0605_4B50, 4) + little(0, 4) + little(files.count, 2) + little(files.count, 2)
    return archive + little(directory.count, 4) + little(start, 4) + little(0, 2)
  }

  private static let large = Problem.failure("the files are more than the 4 GB that a .zip holds")

  private static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 < 8 ? value >> (8 * $0) : 0) }
  }

  private static func checksum(_ bytes: [UInt8]) -> Int { unsafe Int(crc32(0, bytes, UInt32(bytes.count))) }

  /// A zlib stream without its head of two bytes and its sum of four is what a .zip holds.
  private static func deflated(_ bytes: [UInt8], _ name: String) throws(Problem) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    var result = [UInt8](repeating: 0, count: Int(count))
    let status = unsafe compress2(&result, &count, bytes, UInt(bytes.count), Z_BEST_COMPRESSION)
    guard status == Z_OK else {
      throw .failure("zlib could not pack \(name) of \(bytes.count) bytes: no memory left")
    }
    return Array(result[2..<Int(count) - 4])
  }
}
