import Support

/// Holds a finished PDF to what PDF/UA-1 (ISO 14289-1) and PDF/A-3u (ISO 19005-3) ask of whatever a report has: each check by
/// its clause.
///
///     let conformance = try PDFConformance(pdf, file: "report.pdf")
///     conformance.faults.map(\.description)      // ["ISO 14289-1, 7.18.5: a link on page 2 does not say where it leads"]
///
/// It is no validator of PDFs of any origin: what no report has (forms, layers, films, Type 3 fonts, other colour spaces than
/// sRGB and grey) is refused as such, and font programs are looked at no further than that they are there.
public struct PDFConformance: Sendable, Codable {
  /// What a file can be held to.
  public enum Standard: String, Sendable, Hashable, Codable, CaseIterable {
    /// PDF/UA-1
    case universalAccess = "ISO 14289-1"
    /// PDF/A-3u
    case archive = "ISO 19005-3"
  }

  /// What a file lacks.
  public struct Fault: Sendable, Hashable, Codable, CustomStringConvertible {
    /// "ISO 14289-1, 7.18.5"
    public var clause: String
    /// A sentence without its full stop.
    public var text: String

    public var description: String { "\(clause): \(text)" }
  }

  /// In the order of the checks; each sentence once.
  public private(set) var faults: [Fault] = []
  /// Those that the file's metadata name.
  public let named: Set<Standard>

  /// - Parameters:
  ///   - bytes: a PDF of any origin.
  ///   - file: for errors.
  ///   - standards: to which it is held.
  /// - Throws: `Problem` when the bytes are no PDF, or a damaged one.
  public init(
    _ bytes: [UInt8], file: String, standards: Set<Standard> = Set(Standard.allCases)
  ) throws(Problem) {
    let document = try QPDFDocument(bytes, file: file)
    named = try PDFMetadataChecks(document: document, standards: standards).named
    var found = PDFFaults()
    PDFFileChecks(document: document, bytes: bytes).check(&found)
    try PDFMetadataChecks(document: document, standards: standards).check(&found)
    PDFFileSpecificationChecks(document: document).check(&found)
    PDFAnnotationChecks(document: document).check(&found)
    try PDFContentChecks(document: document).check(&found)
    try PDFFontChecks(document: document).check(&found)
    PDFStructureChecks(document: document).check(&found)
    for text in try PDFInspection(bytes, file: file).faults { found.add(.universalAccess, "7.1", text) }
    try document.check("it cannot be read")
    faults = found.all.filter { standards.contains($0.standard) }.map(\.fault)
  }
}

/// What is wrong with a file, each once.
struct PDFFaults {
  private(set) var all: [(standard: PDFConformance.Standard, fault: PDFConformance.Fault)] = []
  private var told: Set<PDFConformance.Fault> = []

  mutating func add(_ standard: PDFConformance.Standard, _ clause: String, _ text: String) {
    let fault = PDFConformance.Fault(clause: "\(standard.rawValue), \(clause)", text: text)
    if told.insert(fault).inserted { all.append((standard, fault)) }
  }

  /// Of what both ask.
  mutating func add(access: String, archive: String, _ text: String) {
    add(.universalAccess, access, text)
    add(.archive, archive, text)
  }
}

/// The file as such: its header, trailer, catalog and streams.
struct PDFFileChecks {
  let document: QPDFDocument
  let bytes: [UInt8]

  func check(_ faults: inout PDFFaults) {
    checkBytes(&faults)
    let root = document.root
    for (key, clause) in [
      ("/AA", "6.5.2"), ("/OCProperties", "6.9"), ("/Requirements", "6.11"), ("/AcroForm", "6.4.1"),
    ]
    where document.value(root, key) != nil {
      faults.add(.archive, clause, "the catalog has \(key), which no report has")
    }
    if document.value(root, "/OpenAction") != nil {
      faults.add(.archive, "6.5.1", "something is done when it is opened")
    }
    if let names = document.value(root, "/Names") {
      if document.value(names, "/JavaScript") != nil { faults.add(.archive, "6.5.1", "it has scripts") }
      if document.value(names, "/AlternatePresentations") != nil {
        faults.add(.archive, "6.10", "it has alternate presentations")
      }
    }
    for object in document.objects where document.isStream(object) {
      for key in ["/F", "/FFilter", "/FDecodeParms"] where document.value(object, key) != nil {
        faults.add(.archive, "6.1.7.1", "a stream's content lies in another file")
      }
      let filter = document.value(object, "/Filter")
      let filters = filter.map { document.isArray($0) ? document.items($0) : [$0] } ?? []
      for name in filters.compactMap(document.name) where name == "/LZWDecode" || name == "/Crypt" {
        faults.add(.archive, "6.1.7.2", "a stream is packed by \(name)")
      }
    }
  }

  private func checkBytes(_ faults: inout PDFFaults) {
    let isVersion =
      bytes.starts(with: "%PDF-1.".utf8) && bytes.count > 9 && (48...55).contains(bytes[7])
      && (bytes[8] == 10 || bytes[8] == 13)
    if !isVersion { faults.add(.archive, "6.1.2", "the first line is not %PDF-1. and a digit from 0 to 7") }
    let second = bytes.dropFirst(9).drop { $0 == 10 }.prefix(5)
    if second.first != UInt8(ascii: "%") || second.count < 5 || !second.dropFirst().allSatisfy({ $0 > 127 }) {
      faults.add(.archive, "6.1.2", "the second line is no comment of four bytes above 127")
    }
    let end = bytes.suffix(7)
    if !(end.elementsEqual("\n%%EOF\n".utf8) || end.dropFirst().elementsEqual("\n%%EOF".utf8)) {
      faults.add(.archive, "6.1.3", "the file goes on behind its end")
    }
    let identifiers = document.value(document.trailer, "/ID").map(document.items) ?? []
    if identifiers.count != 2 { faults.add(.archive, "6.1.3", "the trailer has no /ID of two strings") }
    if document.value(document.trailer, "/Encrypt") != nil {
      faults.add(access: "7.16", archive: "6.1.3", "the file is encrypted")
    }
  }
}

/// Title, language, what the colours are, and the metadata that name the standards.
struct PDFMetadataChecks {
  let document: QPDFDocument
  let standards: Set<PDFConformance.Standard>

  /// Those that the file says to keep.
  var named: Set<PDFConformance.Standard> {
    get throws(Problem) {
      let packet = try self.packet ?? ""
      var named: Set<PDFConformance.Standard> = []
      if packet.contains("pdfuaid:part") { named.insert(.universalAccess) }
      if packet.contains("pdfaid:part") { named.insert(.archive) }
      return named
    }
  }

  private var packet: String? {
    get throws(Problem) {
      guard let metadata = document.value(document.root, "/Metadata"), document.isStream(metadata) else { return nil }
      return String(decoding: try document.bytes(of: metadata, atMost: 1 << 22), as: UTF8.self)
    }
  }

  func check(_ faults: inout PDFFaults) throws(Problem) {
    let root = document.root
    let preferences = document.value(root, "/ViewerPreferences")
    if preferences.flatMap({ document.value($0, "/DisplayDocTitle") }).map(document.isTrue) != true {
      faults.add(.universalAccess, "7.1", "viewers are not told to show the title")
    }
    let mark = document.value(root, "/MarkInfo")
    if mark.flatMap({ document.value($0, "/Marked") }).map(document.isTrue) != true {
      faults.add(.universalAccess, "7.1", "the catalog does not say that the file is tagged")
    }
    if mark.flatMap({ document.value($0, "/Suspects") }).map(document.isTrue) == true {
      faults.add(.universalAccess, "7.1", "the catalog says that the tags are suspect")
    }
    let language = document.value(root, "/Lang").flatMap(document.text) ?? ""
    if language.wholeMatch(of: /[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*/) == nil {
      faults.add(.universalAccess, "7.2", "the catalog names no language, or “\(language)”")
    }
    if standards.contains(.archive) { try checkColours(&faults) }
    guard let packet = try packet else {
      faults.add(access: "5", archive: "6.6.2.1", "the catalog has no metadata")
      return
    }
    if packet.firstMatch(of: /<pdfuaid:part>1<|pdfuaid:part="1"/) == nil {
      faults.add(.universalAccess, "5", "the metadata do not name PDF/UA-1")
    }
    if packet.firstMatch(of: /<dc:title>\s*<rdf:Alt>\s*<rdf:li[^>]*>[^<\s]/) == nil {
      faults.add(.universalAccess, "7.1", "the metadata have no title")
    }
    if !packet.contains("<pdfaid:part>3<") || !packet.contains("<pdfaid:conformance>U<") {
      faults.add(.archive, "6.6.4", "the metadata do not name PDF/A-3, conformance U")
    }
    if packet.contains("pdfuaid:part"), !packet.contains("<pdfaSchema:prefix>pdfuaid<") {
      faults.add(.archive, "6.6.2.3", "the metadata use pdfuaid without an extension schema that describes it")
    }
    let information = document.value(document.trailer, "/Info")
    if let title = information.flatMap({ document.value($0, "/Title") }).flatMap(document.text),
      !packet.contains(">\(SVGWriter.escaped(title))<")
    {
      faults.add(.archive, "6.6.3", "the metadata have another title than the information dictionary")
    }
  }

  private func checkColours(_ faults: inout PDFFaults) throws(Problem) {
    let intents = document.value(document.root, "/OutputIntents").map(document.items) ?? []
    let own = intents.first { document.value($0, "/S").flatMap(document.name) == "/GTS_PDFA1" }
    guard let own, let profile = document.value(own, "/DestOutputProfile"), document.isStream(profile) else {
      faults.add(.archive, "6.2.3", "no output intent says what the colours are")
      return
    }
    let bytes = try document.bytes(of: profile, atMost: 1 << 24)
    let isRGB =
      bytes.count > 128 && bytes[16..<20].elementsEqual("RGB ".utf8) && bytes[36..<40].elementsEqual("acsp".utf8)
    if !isRGB || document.value(profile, "/N").flatMap(document.integer) != 3 {
      faults.add(.archive, "6.2.3", "the output intent's profile is not of three colours")
    }
  }
}

/// Embedded files.
struct PDFFileSpecificationChecks {
  let document: QPDFDocument

  func check(_ faults: inout PDFFaults) {
    let root = document.root
    let associated = Set((document.value(root, "/AF").map(document.items) ?? []).compactMap(document.identity))
    let tree = document.value(root, "/Names").flatMap { document.value($0, "/EmbeddedFiles") }
    let names = tree.flatMap { document.value($0, "/Names") }.map(document.items) ?? []
    for (index, entry) in names.enumerated() where index % 2 == 1 {
      let name = document.value(entry, "/UF").flatMap(document.text) ?? "a file"
      if document.value(entry, "/F") == nil || document.value(entry, "/UF") == nil {
        faults.add(access: "7.11", archive: "6.8", "the attachment of \(name) lacks /F or /UF")
      }
      if document.value(entry, "/AFRelationship") == nil {
        faults.add(.archive, "6.8", "the attachment of \(name) does not say what it is to the document")
      }
      if document.identity(entry).map(associated.contains) != true {
        faults.add(.archive, "6.8", "the attachment of \(name) is associated with nothing (/AF)")
      }
      let stream = document.value(entry, "/EF").flatMap { document.value($0, "/F") }
      if stream.flatMap({ document.value($0, "/Subtype") }).flatMap(document.name)?.contains("/") != true {
        faults.add(.archive, "6.8", "the attachment of \(name) does not say of which type it is")
      }
      if stream.flatMap({ document.value($0, "/Params") }).flatMap({ document.value($0, "/ModDate") }) == nil {
        faults.add(.archive, "6.8", "the attachment of \(name) has no date of its last change")
      }
    }
  }
}

/// Links and what else lies over pages.
struct PDFAnnotationChecks {
  let document: QPDFDocument

  func check(_ faults: inout PDFFaults) {
    for (index, page) in document.pages.enumerated() {
      let annotations = document.value(page, "/Annots").map(document.items) ?? []
      let place = "page \(index + 1)"
      if !annotations.isEmpty, document.value(page, "/Tabs").flatMap(document.name) != "/S" {
        faults.add(.universalAccess, "7.18.3", "\(place): the tabulator does not follow the structure")
      }
      if document.value(page, "/AA") != nil { faults.add(.archive, "6.5.2", "\(place): has additional actions") }
      for annotation in annotations {
        let kind = document.value(annotation, "/Subtype").flatMap(document.name) ?? "none"
        if kind != "/Link" { faults.add(.archive, "6.3.1", "\(place): an annotation of the type \(kind)") }
        // Printed, and neither hidden nor invisible.
        let flags = document.value(annotation, "/F").flatMap(document.integer) ?? 0
        if flags & 4 == 0 || flags & (1 | 2 | 32 | 256) != 0 {
          faults.add(.archive, "6.3.2", "\(place): an annotation is not printed")
        }
        if (document.value(annotation, "/Contents").flatMap(document.text) ?? "").isEmpty {
          faults.add(.universalAccess, "7.18.5", "\(place): a link does not say where it leads")
        }
        if document.value(annotation, "/StructParent") == nil {
          faults.add(.universalAccess, "7.18.1", "\(place): a link is part of no element")
        }
        if document.value(annotation, "/AA") != nil {
          faults.add(.archive, "6.5.2", "\(place): a link has additional actions")
        }
        let action = document.value(annotation, "/A").flatMap { document.value($0, "/S") }.flatMap(document.name)
        if let action, action != "/URI", action != "/GoTo" {
          faults.add(.archive, "6.5.1", "\(place): a link does \(action)")
        }
      }
    }
  }
}
