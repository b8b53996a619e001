import Support

/// What is needed from a JPEG's segments before its pixels are decoded: ITU-T T.81, annex B.
///
/// Read here and not by TurboJPEG, whose version 2 refuses the header of rare but valid chroma subsamplings that it
/// can decode.
struct JPEGHeader {
  private(set) var width = 0
  private(set) var height = 0
  /// 1 grey, 3 YCbCr or RGB, 4 CMYK or YCCK.
  private(set) var components = 0
  /// EXIF orientation, 1 to 8.
  private(set) var orientation = 1
  /// The byte at which the frame header begins.
  private(set) var frameOffset = 0
  /// The byte after the first scan's header, where entropy-coded data begins.
  private var scanOffset = 0

  init(bytes: [UInt8], name: String) throws(Problem) {
    var position = 2
    while true {
      // Stray bytes between segments are skipped, as libjpeg does.
      while position < bytes.count, bytes[position] != 0xFF { position += 1 }
      while position < bytes.count, bytes[position] == 0xFF { position += 1 }
      guard position < bytes.count else { throw Self.truncated(bytes, name) }
      let marker = bytes[position]
      let markerOffset = position - 1
      position += 1
      if marker == 0 || marker == 0x01 || (0xD0...0xD8).contains(marker) { continue }
      if marker == 0xD9 {
        throw .failure(at: Place(file: name, byte: markerOffset), "the JPEG ends before a picture begins")
      }
      guard position + 2 <= bytes.count else { throw Self.truncated(bytes, name) }
      let length = Int(bytes[position]) << 8 | Int(bytes[position + 1])
      guard length >= 2 else {
        throw .failure(
          at: Place(file: name, byte: position), "a JPEG segment has the length \(length); the least is 2")
      }
      guard position + length <= bytes.count else { throw Self.truncated(bytes, name) }
      let body = bytes[(position + 2)..<(position + length)]
      position += length
      switch marker {
      case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF:
        if frameOffset == 0 { try readFrame(body, at: Place(file: name, byte: markerOffset)) }
      case 0xE1 where body.starts(with: "Exif\0\0".utf8):
        orientation = exifOrientation(Array(body.dropFirst(6))) ?? orientation
      case 0xDA:
        guard frameOffset > 0 else {
          throw .failure(at: Place(file: name, byte: markerOffset), "the JPEG has a scan before its frame header")
        }
        scanOffset = position
        return
      default: break
      }
    }
  }

  private mutating func readFrame(_ body: ArraySlice<UInt8>, at place: Place) throws(Problem) {
    let fields = Array(body.prefix(6))
    guard fields.count == 6 else {
      throw .failure(at: place, "the JPEG's frame header has \(fields.count) bytes; expected at least 6")
    }
    guard fields[0] == 8 else {
      throw .failure(
        at: place, "the JPEG has \(fields[0]) bits per sample; only 8 are supported",
        remedy: "Convert it to an 8-bit JPEG or a 16-bit PNG.")
    }
    height = Int(fields[1]) << 8 | Int(fields[2])
    width = Int(fields[3]) << 8 | Int(fields[4])
    components = Int(fields[5])
    guard [1, 3, 4].contains(components) else {
      throw .failure(at: place, "the JPEG has \(components) components; expected 1 (grey), 3 (colour) or 4 (CMYK)")
    }
    frameOffset = place.byte ?? 0
  }

  /// Whether the end marker follows the scans. Bytes after it do not matter.
  func hasEnd(in bytes: [UInt8]) -> Bool {
    var position = scanOffset
    while position + 1 < bytes.count {
      guard bytes[position] == 0xFF else {
        position += 1
        continue
      }
      let marker = bytes[position + 1]
      if marker == 0xD9 { return true }
      if marker == 0xFF {
        position += 1
      } else if marker == 0 || marker == 0x01 || (0xD0...0xD7).contains(marker) {
        position += 2
      } else {
        guard position + 3 < bytes.count else { return false }
        position += 2 + max(2, Int(bytes[position + 2]) << 8 | Int(bytes[position + 3]))
      }
    }
    return false
  }

  private static func truncated(_ bytes: [UInt8], _ name: String) -> Problem {
    .failure(
      at: Place(file: name, byte: bytes.count), "the JPEG data ends in the middle of the header",
      remedy: "The file is truncated: fetch or save it again.")
  }
}
