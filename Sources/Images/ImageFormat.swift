import Support

/// The picture formats that are read, recognised by their first bytes and never by a file's name.
public enum ImageFormat: String, Sendable, Hashable, CaseIterable {
  /// What begins with the bytes FF D8 FF.
  case jpeg
  case png
  /// Portable grey map or pixel map: P2, P3, P5, P6.
  case pnm

  /// The format that the bytes begin with, or nil when it is none of them.
  public static func recognise(_ bytes: [UInt8]) -> ImageFormat? {
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
    if bytes.starts(with: PNGDecoder.signature) { return .png }
    if bytes.count >= 3, bytes[0] == UInt8(ascii: "P"), "2356".utf8.contains(bytes[1]),
      isWhiteSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#")
    {
      return .pnm
    }
    return nil
  }

  /// What bytes that are none of the formats look like, as a part of a sentence: "GIF", "text (`<html>`)".
  static func describe(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "empty" }
    if bytes.starts(with: "version https://git-lfs".utf8) {
      return "a Git LFS pointer: the picture itself was not fetched (`git lfs pull` fetches it)"
    }
    for (magic, name) in foreign where bytes.starts(with: magic) { return name }
    if bytes.count >= 12, bytes.starts(with: "RIFF".utf8), bytes[8..<12].elementsEqual("WEBP".utf8) { return "WebP" }
    if bytes.count >= 12, bytes[4..<8].elementsEqual("ftyp".utf8) {
      return "an ISO media file (\(printable(bytes[8..<12])): HEIC, AVIF or video)"
    }
    if let kind = ContentKind.recognise(bytes) { return kind.description }
    if bytes.count >= 8, bytes.allSatisfy({ $0 == 0 }) { return "zeros only: it was not copied to its end" }
    let head = bytes.prefix(512)
    if head.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || isWhiteSpace($0) }),
      String(validating: head.dropLast(bytes.count > 512 ? 4 : 0), as: UTF8.self) != nil
    {
      return "text (`\(printable(head.prefix { $0 != 0x0A && $0 != 0x0D }.prefix(24)))`)"
    }
    let digits = bytes.prefix(8).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return digits.count == 1 ? "0" + digits : digits
    }
    return "unknown data (\(digits.joined(separator: " ")))"
  }

  private static let foreign: [(magic: [UInt8], name: String)] = [
    (Array("GIF8".utf8), "GIF"),
    ([0x49, 0x49, 0x2A, 0x00], "TIFF"), ([0x4D, 0x4D, 0x00, 0x2A], "TIFF"),
    ([0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20], "JPEG 2000"), ([0xFF, 0x4F, 0xFF, 0x51], "JPEG 2000"),
    ([0xFF, 0x0A], "JPEG XL"), ([0x00, 0x00, 0x00, 0x0C, 0x4A, 0x58, 0x4C, 0x20], "JPEG XL"),
    (Array("BM".utf8), "BMP"), (Array("%PDF".utf8), "PDF"), (Array("PK\u{3}\u{4}".utf8), "a ZIP archive"),
    ([0x1F, 0x8B], "gzip"), ([0x93] + Array("NUMPY".utf8), "a NumPy array"),
    (Array("P1".utf8), "a portable bitmap (P1)"), (Array("P4".utf8), "a portable bitmap (P4)"),
    (Array("P7\n".utf8), "a portable arbitrary map (P7)"), (Array("Pf".utf8), "a portable float map"),
    (Array("PF".utf8), "a portable float map"),
  ]

  private static func printable(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
  }
}

/// Space, tab, line feed, vertical tab, form feed, carriage return: what separates the words of a PNM header.
func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
