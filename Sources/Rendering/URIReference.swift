/// An address as PDF wants it: a URI in ASCII, with what stands for nothing there as percent signs and digits.
enum URIReference {
  /// - Parameter address: as somebody wrote it: an IRI with letters of any language, spaces, quotes, brackets, and bytes
  ///   that are written as percent signs and digits already.
  static func ascii(_ address: String) -> String {
    let bytes = Array(address.utf8)
    let host = authority(of: bytes)
    var text = ""
    for (index, byte) in bytes.enumerated() {
      let isKept: Bool
      switch byte {
      case UInt8(ascii: "%"):
        let digits = bytes[(index + 1)...].prefix(2)
        isKept = digits.count == 2 && digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
      case UInt8(ascii: "["), UInt8(ascii: "]"):
        // Around the number of a host only: https://[::1]/.
        isKept = host.contains(index)
      default: isKept = (33...126).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
      }
      if isKept {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return text
  }

  /// Of "https://me@[::1]:80/path" what stands between the slashes.
  private static func authority(of bytes: [UInt8]) -> Range<Int> {
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[(colon + 1)...].starts(with: "//".utf8) else {
      return 0..<0
    }
    let start = colon + 3
    return start..<(bytes[start...].firstIndex { "/?#\\".utf8.contains($0) } ?? bytes.count)
  }
}
