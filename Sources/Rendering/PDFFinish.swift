import Support

/// What Cairo cannot write into a PDF, or not alike in all its versions: structure, links, names of places, the language,
/// attachments.
enum PDFFinish {
  /// - Parameters:
  ///   - bytes: as Cairo wrote them.
  ///   - structure: what was drawn, in the order in which it was drawn.
  ///   - language: "en"
  static func finished(
    _ bytes: [UInt8], structure: StructureTree, language: String, attachments: [Attachment]
  ) throws(Problem) -> [UInt8] {
    let document = try QPDFDocument(bytes, file: "the report")
    try PDFLigatures(document: document).write()
    try PDFStructure(document: document, tree: structure, language: language).write()
    let root = document.root
    document.set(root, "/Lang", document.makeText(language))
    document.set(
      root, "/ViewerPreferences", document.makeDictionary(["/DisplayDocTitle": document.makeTrue()]))
    if let information = document.value(document.trailer, "/Info") {
      document.remove(information, "/CreationDate")
      document.remove(information, "/ModDate")
      // Versions are in the provenance; here they would tell one machine from another.
      document.set(information, "/Producer", document.makeText("Heatdrift (cairo, libqpdf)"))
    }
    try attach(attachments, to: document)
    return try document.write()
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
