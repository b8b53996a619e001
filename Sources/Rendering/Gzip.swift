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

  /// What `gzipped()` packed, or another program of the world.
  /// - Returns: nil where it is damaged, or comes to more than so many bytes.
  public static func gunzipped(_ file: [UInt8], atMost limit: Int) -> [UInt8]? {
    var stream = unsafe z_stream()
    // 16 on top of the window's size: with gzip's head and sum.
    guard unsafe inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      return nil
    }
    defer { unsafe inflateEnd(&stream) }
    var input = file
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 18)
    return unsafe input.withUnsafeMutableBufferPointer { input in
      unsafe (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
      while true {
        let (status, left) = unsafe piece.withUnsafeMutableBufferPointer { piece in
          unsafe (stream.next_out, stream.avail_out) = (piece.baseAddress, UInt32(piece.count))
          return unsafe (inflate(&stream, Z_NO_FLUSH), Int(stream.avail_out))
        }
        let made = piece.count - left
        guard status == Z_OK || status == Z_STREAM_END, output.count + made <= limit else { return nil }
        output += piece.prefix(made)
        if status == Z_STREAM_END { return output }
        // Cut off: nothing is left, and the end has not come.
        if made == 0, unsafe stream.avail_in == 0 { return nil }
      }
    }
  }
}
