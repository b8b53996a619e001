import Support

@testable import Rendering

/// A good report with one thing altered, and what is then to be found.
struct PDFBreakage: Sendable, CustomStringConvertible {
  let clause: String
  /// Part of the sentence.
  let words: String
  let alter: @Sendable (QPDFDocument) throws -> Void

  var description: String { "\(clause) (\(words))" }

  func applied(to pdf: [UInt8]) throws -> [UInt8] {
    let document = try QPDFDocument(pdf, file: "report.pdf")
    try alter(document)
    return try document.write()
  }

  private static func ua(
    _ clause: String, _ words: String, _ alter: @escaping @Sendable (QPDFDocument) throws -> Void
  ) -> PDFBreakage { PDFBreakage(clause: "ISO 14289-1, \(clause)", words: words, alter: alter) }

  private static func a(
    _ clause: String, _ words: String, _ alter: @escaping @Sendable (QPDFDocument) throws -> Void
  ) -> PDFBreakage { PDFBreakage(clause: "ISO 19005-3, \(clause)", words: words, alter: alter) }

  static let all: [PDFBreakage] = metadata + structure + links + files + content + fonts

  private static let metadata: [PDFBreakage] = [
    ua("5", "do not name PDF/UA-1") { try $0.replaceMetadata("pdfuaid:part>1<", "pdfuaid:part>2<") },
    ua("5", "no metadata") { $0.remove($0.root, "/Metadata") },
    ua("7.1", "show the title") { $0.remove($0.root, "/ViewerPreferences") },
    ua("7.1", "tagged") { $0.remove($0.root, "/MarkInfo") },
    ua("7.1", "suspect") { $0.set($0.at($0.root, "/MarkInfo"), "/Suspects", $0.makeTrue()) },
    ua("7.1", "have no title") { try $0.replaceMetadata("dc:title", "dc:other") },
    ua("7.2", "names no language") { $0.remove($0.root, "/Lang") },
    ua("7.2", "“English, mostly”") { $0.set($0.root, "/Lang", $0.makeText("English, mostly")) },
    a("6.6.2.1", "no metadata") { $0.remove($0.root, "/Metadata") },
    a("6.6.4", "conformance U") { try $0.replaceMetadata("conformance>U<", "conformance>B<") },
    a("6.6.2.3", "extension schema") { try $0.replaceMetadata("prefix>pdfuaid<", "prefix>other<") },
    a("6.6.3", "another title") {
      $0.set($0.at($0.trailer, "/Info"), "/Title", $0.makeText("Another"))
    },
    a("6.2.3", "what the colours are") { $0.remove($0.root, "/OutputIntents") },
    a("6.2.3", "not of three colours") {
      let intent = $0.items($0.at($0.root, "/OutputIntents"))[0]
      let profile = $0.at(intent, "/DestOutputProfile")
      $0.set($0.dictionary(of: profile), "/N", $0.makeInteger(4))
    },
    a("6.4.1", "/AcroForm") { $0.set($0.root, "/AcroForm", $0.makeDictionary()) },
    a("6.5.1", "when it is opened") { $0.set($0.root, "/OpenAction", $0.makeDictionary()) },
    a("6.5.1", "scripts") { $0.set($0.at($0.root, "/Names"), "/JavaScript", $0.makeDictionary()) },
    a("6.5.2", "/AA") { $0.set($0.root, "/AA", $0.makeDictionary()) },
    a("6.9", "/OCProperties") { $0.set($0.root, "/OCProperties", $0.makeDictionary()) },
    a("6.10", "alternate presentations") {
      $0.set($0.at($0.root, "/Names"), "/AlternatePresentations", $0.makeDictionary())
    },
    a("6.11", "/Requirements") { $0.set($0.root, "/Requirements", $0.makeArray([])) },
  ]

  private static let structure: [PDFBreakage] = [
    ua("7.1", "no structure") { $0.remove($0.root, "/StructTreeRoot") },
    ua("7.1", "P is made another role") {
      $0.set($0.at($0.at($0.root, "/StructTreeRoot"), "/RoleMap"), "/P", $0.makeName("/H1"))
    },
    ua("7.1", "Title is no role") { $0.remove($0.at($0.root, "/StructTreeRoot"), "/RoleMap") },
    ua("7.1", "lie outside of marked content") { try $0.prefixContent("0 0 9 9 re f\n") },
    ua("7.2", "TD stands in Table") { $0.set($0.element("TR"), "/S", $0.makeName("/TD")) },
    ua("7.2", "P stands in L") { $0.set($0.element("LI"), "/S", $0.makeName("/P")) },
    ua("7.2", "stands between") {
      let figure = $0.element("Figure")
      let caption = $0.element("Caption", in: figure)
      $0.set(figure, "/K", $0.makeArray([$0.element("P"), caption, $0.element("P")]))
    },
    ua("7.2", "columns") {
      let row = $0.element("TR")
      $0.set(row, "/K", $0.makeArray(Array($0.items($0.at(row, "/K")).dropLast())))
    },
    ua("7.2", "goes over its end") {
      let cells = $0.elements("TH").filter { _ in true }
      for cell in cells { $0.set($0.at(cell, "/A"), "/RowSpan", $0.makeInteger(900)) }
    },
    ua("7.3", "no text for who") { $0.remove($0.element("Figure"), "/Alt") },
    ua("7.3", "what it covers") { $0.remove($0.element("Figure"), "/A") },
    ua("7.4.2", "follows on") { $0.set($0.element("H3"), "/S", $0.makeName("/H5")) },
    ua("7.4.2", "the first heading is H4") { $0.set($0.element("Title"), "/S", $0.makeName("/H4")) },
    ua("7.4.4", "nothing of its level") { $0.set($0.element("H3"), "/S", $0.makeName("/H")) },
    ua("7.5", "head of") { $0.remove($0.element("TH"), "/A") },
    ua("7.7", "no text for who") {
      $0.set($0.element("P"), "/S", $0.makeName("/Formula"))
    },
    ua("7.9", "no name of its own") { $0.remove($0.element("Note"), "/ID") },
  ]

  private static let links: [PDFBreakage] = [
    ua("7.18.1", "part of no element") { $0.remove($0.link, "/StructParent") },
    ua("7.18.3", "tabulator") { for page in $0.pages { $0.remove(page, "/Tabs") } },
    ua("7.18.5", "where it leads") { $0.remove($0.link, "/Contents") },
    a("6.3.1", "/Movie") { $0.set($0.link, "/Subtype", $0.makeName("/Movie")) },
    a("6.3.2", "not printed") { $0.set($0.link, "/F", $0.makeInteger(2)) },
    a("6.3.2", "not printed") { $0.remove($0.link, "/F") },
    a("6.5.1", "/Launch") { $0.set($0.link, "/A", $0.makeDictionary(["/S": $0.makeName("/Launch")])) },
    a("6.5.2", "link has additional") { $0.set($0.link, "/AA", $0.makeDictionary()) },
    a("6.5.2", "has additional") { $0.set($0.pages[0], "/AA", $0.makeDictionary()) },
  ]

  private static let files: [PDFBreakage] = [
    ua("7.11", "lacks /F or /UF") { $0.remove($0.attachment, "/F") },
    a("6.8", "lacks /F or /UF") { $0.remove($0.attachment, "/F") },
    a("6.8", "what it is to the document") { $0.remove($0.attachment, "/AFRelationship") },
    a("6.8", "associated with nothing") { $0.remove($0.root, "/AF") },
    a("6.8", "of which type") { $0.remove($0.dictionary(of: $0.attachedStream), "/Subtype") },
    a("6.8", "no date") { $0.remove($0.dictionary(of: $0.attachedStream), "/Params") },
  ]

  private static let content: [PDFBreakage] = [
    a("6.1.7.1", "in another file") { $0.set($0.dictionary(of: $0.picture), "/F", $0.makeText("x")) },
    a("6.1.13", "deeper than 28") {
      try $0.prefixContent(
        String(repeating: "q ", count: 29) + String(repeating: "Q ", count: 29) + "\n")
    },
    a("6.2.2", "is no operator") { try $0.prefixContent("1 2 fill\n") },
    a("6.2.2", "none of its resources") { try $0.prefixContent("/Missing gs\n") },
    a("6.2.4.3", "four inks") { try $0.prefixContent("0 0 0 1 k\n") },
    a("6.2.4.3", "neither sRGB nor grey") {
      $0.set($0.dictionary(of: $0.picture), "/ColorSpace", $0.makeName("/DeviceCMYK"))
    },
    a("6.2.5", "/TR") { $0.set($0.state, "/TR", $0.makeName("/Identity")) },
    a("6.2.6", "/Fancy") { try $0.prefixContent("/Fancy ri\n") },
    a("6.2.8.1", "smoothed") { $0.set($0.dictionary(of: $0.picture), "/Interpolate", $0.makeTrue()) },
    a("6.2.8.1", "/Alternates") { $0.set($0.dictionary(of: $0.picture), "/Alternates", $0.makeArray([])) },
    a("6.2.9", "kind /PS") { $0.set($0.dictionary(of: $0.picture), "/Subtype", $0.makeName("/PS")) },
    a("6.2.10", "/Glow") { $0.set($0.state, "/BM", $0.makeName("/Glow")) },
  ]

  private static let fonts: [PDFBreakage] = [
    ua("7.21.4.1", "not embedded") { $0.removeFontFiles() },
    a("6.2.11.4.1", "not embedded") { $0.removeFontFiles() },
    ua("7.21.7", "glyphs stand for") { for font in $0.fonts { $0.remove(font, "/ToUnicode") } },
    a("6.2.11.7.2", "glyphs stand for") { for font in $0.fonts { $0.remove(font, "/ToUnicode") } },
    a("6.2.11.7.2", "stand for nothing") {
      for font in $0.fonts {
        guard let table = $0.value(font, "/ToUnicode") else { continue }
        let text = String(decoding: try $0.bytes(of: table), as: UTF8.self)
        $0.replace(table, by: Array(text.replacing(/<([0-9a-f]+)> <[0-9a-f]{4}>\n/) { "<\($0.1)> <feff>\n" }.utf8))
      }
    },
    a("6.2.11.2", "/Type3") { for font in $0.fonts { $0.set(font, "/Subtype", $0.makeName("/Type3")) } },
    a("6.2.11.3.3", "not embedded") {
      for font in $0.fonts where $0.value(font, "/DescendantFonts") != nil {
        $0.set(font, "/Encoding", $0.makeName("/GBK-EUC-H"))
      }
    },
    a("6.2.11.3.2", "which glyph") { for font in $0.fonts { $0.remove(font, "/CIDToGIDMap") } },
    ua("7.21.3.2", "which glyph") { for font in $0.fonts { $0.remove(font, "/CIDToGIDMap") } },
    a("6.2.11.5", "lacks widths") { for font in $0.fonts { $0.remove(font, "/Widths") } },
    a("6.2.11.6", "encoding") {
      for font in $0.fonts where $0.value(font, "/Subtype").flatMap($0.name) == "/TrueType" {
        $0.remove(font, "/Encoding")
      }
    },
  ]
}

/// Places in a report, which the document of these tests has.
extension QPDFDocument {
  /// Null where it is not there.
  func at(_ object: Object, _ key: String) -> Object { value(object, key) ?? makeNull() }

  func elements(_ role: String, in element: Object? = nil) -> [Object] {
    let kids = value(element ?? at(root, "/StructTreeRoot"), "/K").map { isArray($0) ? items($0) : [$0] } ?? []
    return kids.filter { value($0, "/S") != nil }.flatMap { kid in
      (value(kid, "/S").flatMap(name) == "/" + role ? [kid] : []) + elements(role, in: kid)
    }
  }

  func element(_ role: String, in element: Object? = nil) -> Object { elements(role, in: element)[0] }

  var link: Object { pages.flatMap { value($0, "/Annots").map(items) ?? [] }[0] }

  var attachment: Object { items(at(at(at(root, "/Names"), "/EmbeddedFiles"), "/Names"))[1] }

  var attachedStream: Object { at(at(attachment, "/EF"), "/F") }

  var picture: Object { objects.first { value($0, "/Subtype").flatMap(name) == "/Image" } ?? makeNull() }

  var fonts: [Object] { objects.filter { value($0, "/Type").flatMap(name) == "/Font" } }

  /// A page's graphics state.
  var state: Object {
    let states = pages.compactMap { value($0, "/Resources").flatMap { value($0, "/ExtGState") } }
    return states.flatMap { states in keys(states).compactMap { value(states, $0) } }[0]
  }

  func removeFontFiles() {
    for font in objects where value(font, "/Type").flatMap(name) == "/FontDescriptor" {
      for key in ["/FontFile", "/FontFile2", "/FontFile3"] where value(font, key) != nil { remove(font, key) }
    }
  }

  func replaceMetadata(_ text: String, _ other: String) throws {
    let stream = at(root, "/Metadata")
    let packet = String(decoding: try bytes(of: stream), as: UTF8.self)
    replace(stream, by: Array(packet.replacing(text, with: other).utf8))
  }

  func prefixContent(_ text: String) throws {
    let stream = at(pages[0], "/Contents")
    replace(stream, by: Array(text.utf8) + (try bytes(of: stream)))
  }
}
