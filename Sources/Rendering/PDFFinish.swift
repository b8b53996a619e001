import Diagnostics

/// What Cairo 1.16 cannot write into a PDF: texts for those who cannot see the figures, the language, attachments.
enum PDFFinish {
  /// The roles whose elements carry an alternative text.
  static let described: Set<String> = ["Figure", "Table"]

  /// - Parameters:
  ///   - bytes: as Cairo wrote them.
  ///   - alternatives: a text for each element of a described role, in the order in which they were drawn.
  ///   - language: "en"
  static func finished(
    _ bytes: [UInt8], alternatives: [String], language: String, attachments: [Attachment]
  ) throws(Problem) -> [UInt8] {
    let document = try QPDFDocument(bytes, file: "the report")
    try describe(alternatives, in: document)
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

  private static func describe(_ alternatives: [String], in document: QPDFDocument) throws(Problem) {
    var elements: [QPDFDocument.Object] = []
    if let tree = document.value(document.root, "/StructTreeRoot") {
      collect(tree, in: document, &elements)
      // Without it readers take the file for an untagged one.
      document.set(document.root, "/MarkInfo", document.makeDictionary(["/Marked": document.makeTrue()]))
    }
    guard elements.count == alternatives.count else {
      throw .failure(
        "the report has \(alternatives.count) figures and tables, but Cairo tagged \(elements.count)",
        remedy: "This is a fault of Heatdrift; `report: {formats: [svg]}` makes the report without PDF.")
    }
    for (element, text) in zip(elements, alternatives) where !text.isEmpty {
      document.set(element, "/Alt", document.makeText(text))
    }
  }

  /// In the order of the page: the tree's own.
  private static func collect(
    _ node: QPDFDocument.Object, in document: QPDFDocument, _ elements: inout [QPDFDocument.Object]
  ) {
    // Kids may also be numbers of marked content, which are no dictionaries.
    guard document.isDictionary(node) else { return }
    if let role = document.value(node, "/S").flatMap({ document.name($0) }),
      described.contains(String(role.dropFirst()))
    {
      elements.append(node)
    }
    guard let children = document.value(node, "/K") else { return }
    for child in document.isArray(children) ? document.items(children) : [children] {
      collect(child, in: document, &elements)
    }
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
        attachment.bytes,
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
