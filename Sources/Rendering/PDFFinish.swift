import Support
import Typesetting

/// What a PDF is made for, and so what may be in it.
public enum PDFPurpose: Sendable, Hashable {
  /// To be read, kept and measured again: PDF/UA-1 (ISO 14289-1) and PDF/A-3u (ISO 19005-3), PDF 1.7, with links, outline and
  /// attachments.
  case report
  /// To be uploaded: PDF 1.5 without links, outline and attachments, which systems that take manuscripts refuse; PDF/UA-1.
  case submission
  /// A figure for a paper: PDF 1.5, of which pdfLaTeX does not warn.
  case figure
}

/// What Cairo cannot write into a PDF, or not alike in all its versions: structure, links, names of places, the language,
/// metadata, what the colours are, attachments.
enum PDFFinish {
  private static let (creator, producer) = ("Heatdrift", "Heatdrift (cairo, libqpdf)")

  /// - Parameters:
  ///   - bytes: as Cairo wrote them.
  ///   - structure: what was drawn, in the order in which it was drawn.
  ///   - source: whose title, authors and language are told.
  static func finished(
    _ bytes: [UInt8], structure: StructureTree, of source: Document, for purpose: PDFPurpose, attachments: [Attachment]
  ) throws(Problem) -> [UInt8] {
    let document = try QPDFDocument(bytes, file: "the report")
    try PDFLigatures(document: document).write()
    try PDFStructure(document: document, tree: structure, namesPlaces: purpose == .report).write()
    let root = document.root
    document.set(root, "/Lang", document.makeText(source.language))
    document.set(
      root, "/ViewerPreferences", document.makeDictionary(["/DisplayDocTitle": document.makeTrue()]))
    if let information = document.value(document.trailer, "/Info") {
      document.remove(information, "/CreationDate")
      document.remove(information, "/ModDate")
      // Versions are in the provenance; here they would tell one machine from another.
      document.set(information, "/Producer", document.makeText(producer))
      if !source.authors.isEmpty {
        document.set(information, "/Author", document.makeText(source.authors.joined(separator: ", ")))
      }
      if let subject = source.subject, !subject.isEmpty {
        document.set(information, "/Subject", document.makeText(subject))
      }
    }
    if purpose == .figure, structure.count == 1 { try PDFFigureGroup(document: document).write() }
    leavePicturesAsTheyAre(in: document)
    nameGlyphs(in: document)
    if purpose != .figure {
      let metadata = PDFMetadata(
        title: source.title, subject: source.subject, authors: source.authors, language: source.language,
        creator: creator, producer: producer, purpose: purpose)
      let stream = document.makeStream(
        metadata.packet, ["/Type": document.makeName("/Metadata"), "/Subtype": document.makeName("/XML")])
      document.set(root, "/Metadata", stream)
    }
    if purpose == .report { setColours(in: document) }
    try attach(attachments, to: document)
    return try document.write(version: purpose == .report ? "1.7" : "1.5")
  }

  /// Cairo asks viewers to smooth between the pixels of pictures, which each does in its own way and archival PDF forbids
  /// (ISO 19005-3, 6.2.8.1).
  private static func leavePicturesAsTheyAre(in document: QPDFDocument) {
    for object in document.objects where document.isStream(object) {
      if document.value(object, "/Interpolate") != nil {
        document.remove(document.dictionary(of: object), "/Interpolate")
      }
    }
  }

  /// Says that the characters of embedded TrueType fonts are numbered as their glyphs, which is so where nothing is said, and
  /// must be said (ISO 14289-1, 7.21.3.2; ISO 19005-3, 6.2.11.3.2).
  private static func nameGlyphs(in document: QPDFDocument) {
    for object in document.objects
    where document.value(object, "/Subtype").flatMap(document.name) == "/CIDFontType2"
      && document.value(object, "/CIDToGIDMap") == nil
    {
      document.set(object, "/CIDToGIDMap", document.makeName("/Identity"))
    }
  }

  /// Says that all colours are sRGB (ISO 19005-3, 6.2.3).
  private static func setColours(in document: QPDFDocument) {
    let profile = document.makeStream(SRGBProfile.bytes, ["/N": document.makeInteger(3)])
    let intent = document.makeIndirect(
      document.makeDictionary([
        "/Type": document.makeName("/OutputIntent"), "/S": document.makeName("/GTS_PDFA1"),
        "/OutputConditionIdentifier": document.makeText("sRGB"), "/Info": document.makeText("sRGB IEC61966-2.1"),
        "/DestOutputProfile": profile,
      ]))
    document.set(document.root, "/OutputIntents", document.makeArray([intent]))
  }

  private static func attach(_ attachments: [Attachment], to document: QPDFDocument) throws(Problem) {
    guard !attachments.isEmpty else { return }
    var names: [QPDFDocument.Object] = []
    var files: [QPDFDocument.Object] = []
    // A name tree must be sorted.
    for attachment in attachments.sorted(by: { $0.name < $1.name }) {
      guard Attachment.isPlain(attachment.name) else {
        throw .failure("\(String(reflecting: attachment.name)) cannot be the name of an attachment")
      }
      let stream = document.makeStream(
        attachment.bytes, packed: attachment.packed,
        [
          "/Type": document.makeName("/EmbeddedFile"), "/Subtype": document.makeName("/" + attachment.mediaType),
          "/Params": document.makeDictionary([
            "/Size": document.makeInteger(attachment.bytes.count),
            // Archival PDF demands a date; the same one always, so that the report's bytes do not tell when it was made.
            "/ModDate": document.makeText("D:19800101000000Z"),
          ]),
        ])
      let entry = document.makeIndirect(
        document.makeDictionary([
          "/Type": document.makeName("/Filespec"), "/F": document.makeText(attachment.name),
          "/UF": document.makeText(attachment.name), "/Desc": document.makeText(attachment.description),
          "/AFRelationship": document.makeName("/" + attachment.relationship.rawValue),
          "/EF": document.makeDictionary(["/F": stream, "/UF": stream]),
        ]))
      names += [document.makeText(attachment.name), entry]
      files.append(entry)
    }
    let tree = document.makeDictionary(["/Names": document.makeArray(names)])
    if let existing = document.value(document.root, "/Names") {
      document.set(existing, "/EmbeddedFiles", tree)
    } else {
      document.set(document.root, "/Names", document.makeDictionary(["/EmbeddedFiles": tree]))
    }
    document.set(document.root, "/AF", document.makeArray(files))
  }
}
