import Support

/// The chunks of a PNG file: its size and orientation, and a copy with only what makes up the stored samples.
/// Format: PNG specification (W3C), section 5.
struct PNGChunks {
  private(set) var width = 0
  private(set) var height = 0
  /// EXIF orientation, 1 to 8.
  private(set) var orientation = 1
  /// The file with the chunks IHDR, PLTE, tRNS, IDAT and IEND only.
  private(set) var plain: [UInt8]

  private static let kept = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]

  /// - Throws: `Problem` when a chunk reaches beyond the end of the file, is unknown and necessary, or has a wrong
  ///   checksum (pixel data is checked by libpng).
  init(bytes: [UInt8], name: String) throws(Problem) {
    plain = PNGDecoder.signature
    plain.reserveCapacity(bytes.count)
    var position = plain.count
    var type = ""
    while type != "IEND" {
      guard position + 12 <= bytes.count else { throw Self.truncated(bytes, name) }
      let length = Self.number(bytes, at: position)
      type = String(decoding: bytes[(position + 4)..<(position + 8)], as: UTF8.self)
      let end = position + 12 + length
      guard end <= bytes.count else { throw Self.truncated(bytes, name) }
      let place = Place(file: name, byte: position)
      if position == PNGDecoder.signature.count, type != "IHDR" || length != 13 {
        throw .failure(at: place, "the PNG does not begin with a header chunk (IHDR, 13 bytes)")
      }
      if Self.kept.contains(type) {
        if type != "IDAT" { try Self.checkSum(of: bytes[(position + 4)..<(end - 4)], in: bytes, at: place, type) }
        plain.append(contentsOf: bytes[position..<end])
      } else if type == "eXIf" {
        orientation = exifOrientation(Array(bytes[(position + 8)..<(end - 4)])) ?? orientation
      } else if bytes[position + 4] & 0x20 == 0 {
        throw .failure(
          at: place, "the PNG has a necessary chunk of the unknown type `\(type)`",
          remedy: "Save the picture again as a plain PNG.")
      }
      if type == "IHDR" {
        width = Self.number(bytes, at: position + 8)
        height = Self.number(bytes, at: position + 12)
      }
      position = end
    }
  }

  private static func number(_ bytes: [UInt8], at offset: Int) -> Int {
    bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
  }

  private static func checkSum(of body: ArraySlice<UInt8>, in bytes: [UInt8], at place: Place, _ type: String)
    throws(Problem)
  {
    guard Int(crc32(body)) == number(bytes, at: body.endIndex) else {
      throw .failure(
        at: place, "the PNG is damaged: the checksum of its \(type) chunk is wrong",
        remedy: "Fetch or save the file again.")
    }
  }

  /// The CRC of ISO 3309, as PNG's annex D gives it.
  private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }
    return ~crc
  }

  private static func truncated(_ bytes: [UInt8], _ name: String) -> Problem {
    .failure(
      at: Place(file: name, byte: bytes.count), "the PNG data ends before its last chunk (IEND)",
      remedy: "The file is truncated: fetch or save it again.")
  }
}
