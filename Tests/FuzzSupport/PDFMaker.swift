/// PDF files with attachments whose objects were changed and whose table of offsets is right all the same, so that the
/// objects are reached.
package enum PDFMaker {
  private static let csv = "a,b\n1,2\n"

  /// Without "N 0 obj" and "endobj"; the first has number 1.
  private static var objects: [[UInt8]] {
    let plain = stream("/Type /EmbeddedFile /Subtype /text#2Fcsv", Array(csv.utf8))
    let packed = stream("/Type /EmbeddedFile /Filter /FlateDecode", PNGMaker.zlib(Array(csv.utf8)))
    let hexadecimal = stream(
      "/Filter [/ASCIIHexDecode /FlateDecode]",
      Array(PNGMaker.zlib([1, 2, 3]).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined().utf8) + [0x3E])
    return [
      Array("<</Type /Catalog /Pages 2 0 R /Names <</EmbeddedFiles 4 0 R>>>>".utf8),
      Array("<</Type /Pages /Kids [3 0 R] /Count 1>>".utf8),
      Array("<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]>>".utf8),
      Array("<</Kids [5 0 R 6 0 R]>>".utf8),
      Array("<</Limits [(a.csv) (b.csv)] /Names [(a.csv) 7 0 R (b.csv) 8 0 R]>>".utf8),
      Array("<</Limits [(c.bin) (c.bin)] /Names [(c.bin) 9 0 R]>>".utf8),
      Array("<</Type /Filespec /F (a.csv) /UF (a.csv) /Desc (rows) /EF <</F 10 0 R>> /AFRelationship /Data>>".utf8),
      Array("<</Type /Filespec /F (b.csv) /EF <</F 11 0 R /UF 11 0 R>>>>".utf8),
      Array("<</Type /Filespec /UF <FEFF0063002E00620069006E> /EF <</UF 12 0 R>>>>".utf8),
      plain, packed, hexadecimal,
    ]
  }

  static let words = [
    "4 0 R", "10 0 R", "99 0 R", "/Kids [4 0 R]", "/Kids [5 0 R]", "(../../x)", "(/etc/passwd)", "(.)", "(a.csv)",
    "<FEFF002F>", "<00>", "/Filter /FlateDecode", "/Filter [/FlateDecode /FlateDecode]", "/Filter /LZWDecode",
    "/Filter /RunLengthDecode", "/Filter /ASCII85Decode", "/Filter /DCTDecode", "/Filter /Crypt",
    "/Filter /JBIG2Decode",
    "/DecodeParms <</Predictor 12 /Columns 2147483647>>", "/DecodeParms <</Predictor 2 /Colors 99999 /Columns 9>>",
    "/Length 99999999999", "/Length -1", "null", "true", "[", "]", "<<", ">>", "(", ")", "/F", "/UF", "/EF",
    "/Names [(x) 7 0 R]", "/Type /ObjStm /N 9999999 /First 0", "-9223372036854775808", "1e99", "stream\n",
    "endstream", "endobj", "/Encrypt <</Filter /Standard /V 5>>",
  ]

  static var sound: [UInt8] { file(objects) }

  static func make(_ mutator: inout Mutator) -> [UInt8] {
    var changed = objects
    for _ in 0..<mutator.integer(1...3) {
      let index = mutator.integer(0...changed.count - 1)
      if mutator.once(in: 6) {
        changed[index] = mutator.element(changed)
      } else {
        changed[index] = mutator.change(changed[index], changed)
      }
    }
    return file(changed)
  }

  /// A report that carries these files.
  /// - Parameter files: each with its name as the bytes of a PDF string, and its content as it lies in the report.
  package static func report(_ files: [(name: String, filter: String?, bytes: [UInt8])]) -> [UInt8] {
    var names = ""
    var rest: [[UInt8]] = []
    for (index, attachment) in files.enumerated() {
      let number = 4 + 2 * index
      names += "(\(index)) \(number) 0 R "
      rest.append(Array("<</Type /Filespec /F (\(attachment.name)) /EF <</F \(number + 1) 0 R>>>>".utf8))
      rest.append(stream(attachment.filter.map { "/Filter \($0)" } ?? "", attachment.bytes))
    }
    return file(
      [
        Array("<</Type /Catalog /Pages 2 0 R /Names <</EmbeddedFiles <</Names [\(names)]>>>>>>".utf8),
        Array("<</Type /Pages /Kids [3 0 R] /Count 1>>".utf8),
        Array("<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]>>".utf8),
      ] + rest)
  }

  /// A zlib stream of zeros, 2,064 in each 13 bytes (fixed Huffman codes, RFC 1951): what takes all memory where it is
  /// unpacked without a limit.
  package static func zeros(count: Int) -> (stream: [UInt8], unpackedCount: Int) {
    let eightMatches: [UInt8] = [0xA3, 0x60, 0x14, 0x8C, 0x82, 0x51, 0x30, 0x0A, 0x46, 0xC1, 0x28, 0x18, 0x05]
    let groups = count / 2064
    let total = 1 + 258 * (1 + 8 * groups)
    let sum = UInt32(total % 65_521) << 16 | 1
    var stream: [UInt8] = [0x78, 0x01, 0x63, 0x18, 0x05]
    stream.reserveCapacity(13 * groups + 16)
    for _ in 0..<groups { stream += eightMatches }
    stream += [0] + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) }
    return (stream, total)
  }

  private static func stream(_ entries: String, _ bytes: [UInt8]) -> [UInt8] {
    Array("<<\(entries) /Length \(bytes.count)>>\nstream\n".utf8) + bytes + Array("\nendstream".utf8)
  }

  private static func file(_ objects: [[UInt8]]) -> [UInt8] {
    var bytes = Array("%PDF-1.7\n".utf8)
    var table = "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
    for (index, object) in objects.enumerated() {
      let offset = String(bytes.count)
      table += String(repeating: "0", count: 10 - offset.count) + offset + " 00000 n \n"
      bytes += Array("\(index + 1) 0 obj\n".utf8) + object + Array("\nendobj\n".utf8)
    }
    let start = bytes.count
    bytes += Array("\(table)trailer\n<</Size \(objects.count + 1) /Root 1 0 R>>\nstartxref\n\(start)\n%%EOF\n".utf8)
    return bytes
  }
}
