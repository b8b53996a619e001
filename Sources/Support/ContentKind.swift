/// What a file is by its first bytes, where they are not those of what was expected: a picture, an archive, a document.
public struct ContentKind: Sendable, Equatable {
  /// Of a sentence: "a picture (PNG)".
  public let description: String
  /// How a packed archive is unpacked: "gunzip, or tar -xzf".
  public let unpacking: String?

  private init(_ description: String, unpacking: String? = nil) {
    self.description = description
    self.unpacking = unpacking
  }

  /// How many bytes at the beginning are looked at.
  public static let span = 512

  /// - Returns: nil for bytes that have no mark, as most texts.
  public static func recognise(_ bytes: some Collection<UInt8>) -> ContentKind? {
    let head = Array(bytes.prefix(span))
    func has(_ text: String, at position: Int) -> Bool { head.dropFirst(position).starts(with: text.utf8) }
    if has("RIFF", at: 0), head.count >= 12 {
      return has("WEBP", at: 8) ? picture("WebP") : ContentKind("a sound or video")
    }
    if has("ftyp", at: 4) { return ContentKind("a picture or video (HEIC, AVIF or MP4)") }
    if has("ustar", at: 257) { return packed("tar", "tar -xf") }
    // What is reserved in a bitmap's header is 0, as in no text.
    if has("BM", at: 0), head.count >= 14, head[6..<10].allSatisfy({ $0 == 0 }) { return picture("BMP") }
    if has("MZ", at: 0), head.contains(0) { return ContentKind("a program (Windows)") }
    if head.count >= 3, head[0] == UInt8(ascii: "P"), "1234567".utf8.contains(head[1]),
      [0x09, 0x0a, 0x0d, 0x20].contains(head[2])
    {
      return picture("Netpbm")
    }
    if head.starts(with: [0x50, 0x4b, 3, 4]) { return zip(firstEntry: head.dropFirst(30)) }
    if hasSafetensorsHeader(head) { return ContentKind("a weights file (safetensors)") }
    if head.count > 2, head[0] == 0x80, (2...5).contains(head[1]), [0x7d, 0x8a, 0x63, 0x95, 0x5d].contains(head[2]) {
      return ContentKind("a pickle of Python")
    }
    for (magic, kind) in magics where head.starts(with: magic) { return kind }
    return isONNX(head) ? onnx : markup(head)
  }

  /// Whether the bytes begin as a safetensors file does, with the length of a header and the header: what else they may
  /// look like is chance.
  public static func hasSafetensorsHeader(_ bytes: some Collection<UInt8>) -> Bool {
    let head = Array(bytes.prefix(9))
    return head.count == 9 && head[8] == UInt8(ascii: "{") && head[4..<8].allSatisfy { $0 == 0 }
  }

  /// A network in ONNX, which has no mark of its own.
  public static let onnx = ContentKind("an ONNX network")

  /// As exporters begin: field 1, a version of the format; then field 2, the producer's name, with one of the next fields
  /// behind it, or field 7, the graph.
  private static func isONNX(_ head: [UInt8]) -> Bool {
    guard head.count > 4, head[0] == 0x08, (3...30).contains(head[1]) else { return false }
    let next: Set<UInt8> = [0x1a, 0x22, 0x28, 0x32, 0x3a]
    guard head[2] == 0x12 else { return head[2] == 0x3a }
    let end = 4 + Int(head[3])
    return head[3] < 0x80 && end < head.count && next.contains(head[end])
      && head[4..<end].allSatisfy { (0x20..<0x7f).contains($0) }
  }

  /// What bytes are that should have been a text.
  /// - Returns: nil for what may be one.
  public static func insteadOfText(_ bytes: some Collection<UInt8>) -> ContentKind? {
    if let kind = recognise(bytes) { return kind }
    let head = bytes.prefix(span)
    let controls = head.count { $0 < 0x20 && !(0x09...0x0d).contains($0) }
    guard head.count >= 64, controls > head.count / 20 else { return nil }
    return ContentKind("data that are no text, which begin with the bytes " + firstBytes(head))
  }

  /// "1f 9d 90"; of eight bytes.
  public static func firstBytes(_ bytes: some Collection<UInt8>) -> String {
    bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
  }

  private static func picture(_ name: String) -> ContentKind { ContentKind("a picture (\(name))") }

  private static func packed(_ name: String, _ command: String) -> ContentKind {
    ContentKind("a packed archive (\(name))", unpacking: command)
  }

  private static func zip(firstEntry name: ArraySlice<UInt8>) -> ContentKind {
    if name.starts(with: "[Content_Types].xml".utf8) || name.starts(with: "_rels/".utf8) {
      return ContentKind("an office document (.xlsx, .docx)")
    }
    if name.starts(with: "mimetypeapplication/vnd.oasis".utf8) { return ContentKind("an office document (.ods, .odt)") }
    return packed("zip", "unzip")
  }

  private static func markup(_ head: [UInt8]) -> ContentKind? {
    let start = head.starts(with: [0xef, 0xbb, 0xbf]) ? head.dropFirst(3) : head[...]
    let text = String(decoding: start.drop { $0 <= 0x20 }, as: UTF8.self).lowercased()
    if ["<!doctype html", "<html", "<head", "<body"].contains(where: text.hasPrefix) {
      return ContentKind("a web page")
    }
    if text.hasPrefix("<svg") || text.hasPrefix("<?xml") && text.contains("<svg") { return picture("SVG") }
    if text.hasPrefix("<?xml") { return ContentKind(text.contains("<html") ? "a web page" : "an XML file") }
    return nil
  }

  private static let magics: [([UInt8], ContentKind)] = [
    ([0x1f, 0x8b], packed("gzip", "gunzip, or tar -xzf")),
    ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], packed("xz", "unxz, or tar -xJf")),
    ([0x28, 0xb5, 0x2f, 0xfd], packed("zstd", "unzstd, or tar --zstd -xf")),
    (Array("BZh".utf8), packed("bzip2", "bunzip2, or tar -xjf")), ([0x04, 0x22, 0x4d, 0x18], packed("lz4", "unlz4")),
    ([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], packed("7z", "7z x")), (Array("Rar!".utf8), packed("rar", "unrar x")),
    ([0x1f, 0x9d], packed("compress", "uncompress, or tar -xZf")), ([0x5d, 0, 0], packed("lzma", "unlzma")),
    (Array("MSCF".utf8), packed("cab", "7z x")), (Array("!<arch>\n".utf8), packed("ar", "ar x")),
    ([0x78, 0x9c], ContentKind("data compressed by zlib")), ([0x78, 0xda], ContentKind("data compressed by zlib")),
    ([0x50, 0x4b, 5, 6], ContentKind("a zip archive without anything in it")),
    ([0x89, 0x50, 0x4e, 0x47], picture("PNG")), ([0xff, 0xd8, 0xff], picture("JPEG")),
    (Array("GIF8".utf8), picture("GIF")), ([0x49, 0x49, 0x2a, 0], picture("TIFF")),
    ([0x4d, 0x4d, 0, 0x2a], picture("TIFF")), ([0x49, 0x49, 0x2b, 0], picture("TIFF")),
    ([0x4d, 0x4d, 0, 0x2b], picture("TIFF")), ([0, 0, 0, 0x0c, 0x6a, 0x50, 0x20, 0x20], picture("JPEG 2000")),
    ([0xff, 0x4f, 0xff, 0x51], picture("JPEG 2000")), ([0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20], picture("JPEG XL")),
    ([0xff, 0x0a], picture("JPEG XL")), ([0, 0, 1, 0], picture("ICO")), (Array("8BPS".utf8), picture("PSD")),
    ([0x76, 0x2f, 0x31, 1], picture("OpenEXR")), (Array("%PDF".utf8), ContentKind("a document (PDF)")),
    (Array("%!PS".utf8), ContentKind("a document (PostScript)")),
    (Array("{\\rtf".utf8), ContentKind("a document (RTF)")),
    ([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1], ContentKind("an office document (.xls, .doc)")),
    ([0x7f, 0x45, 0x4c, 0x46], ContentKind("a program (ELF)")),
    ([0xcf, 0xfa, 0xed, 0xfe], ContentKind("a program (macOS)")),
    ([0xca, 0xfe, 0xba, 0xbe], ContentKind("a program (Java or macOS)")),
    ([0, 0x61, 0x73, 0x6d], ContentKind("a program (WebAssembly)")),
    (Array("SQLite format 3\0".utf8), ContentKind("a SQLite database")),
    (Array("PAR1".utf8), ContentKind("a Parquet file")), (Array("ARROW1".utf8), ContentKind("an Arrow file")),
    ([0x89, 0x48, 0x44, 0x46], ContentKind("an HDF5 file")),
    ([0x93] + Array("NUMPY".utf8), ContentKind("a NumPy array (.npy)")),
    ([0x1a, 0x45, 0xdf, 0xa3], ContentKind("a video")), (Array("OggS".utf8), ContentKind("a sound or video")),
    (Array("fLaC".utf8), ContentKind("a sound")), (Array("ID3".utf8) + [3], ContentKind("a sound")),
    (Array("ID3".utf8) + [4], ContentKind("a sound")),
    (
      Array("version https://git-lfs".utf8),
      ContentKind("a Git LFS pointer: the file itself was not fetched (`git lfs pull` fetches it)")
    ),
  ]
}
