import CZlib
import Support

extension Attachment {
  /// The bytes as a file that every system unpacks: gzip (RFC 1952) around what zlib packed, without name and time, so that
  /// the same bytes give the same file.
  /// - Throws: `Problem` of kind `.failure` when no memory is left.
  public func gzipped() throws(Problem) -> [UInt8] {
    var file = self
    if file.packed == nil { try file.pack() }
    // Between zlib's head of two bytes and its sum of four.
    let deflated = (file.packed ?? []).dropFirst(2).dropLast(4)
    func little(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    let sum = unsafe UInt32(truncatingIfNeeded: crc32(0, bytes, UInt32(bytes.count)))
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + deflated + little(sum)
      + little(UInt32(truncatingIfNeeded: bytes.count))
  }
}
