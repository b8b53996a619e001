import Diagnostics

/// Puts the marked content that Cairo wrote, one element after the other, into the order of the document's structure.
struct PDFStructure {
  let document: QPDFDocument
  let tree: StructureTree
  let language: String

  /// A stretch of drawing as Cairo wrote it.
  private struct Content {
    var element: QPDFDocument.Object
    var page: QPDFDocument.Object
    /// Its number on the page.
    var number: Int
  }

  /// - Throws: `Problem` when Cairo did not tag what it was told to.
  func write() throws(Problem) {
    guard tree.count > 0, let root = document.value(document.root, "/StructTreeRoot") else { return }
    let contents = try contents(of: root)
    let parents = parentTree(of: root)
    let numbers = tree.artifacts
    for number in numbers { setParent(of: contents[number], to: document.makeNull(), parents) }
    let top = document.makeIndirect(document.makeDictionary())
    try write(tree.root, as: top, parent: root, contents: contents, parents)
    document.set(root, "/K", document.makeArray([top]))
    // `Title` is of PDF 2.0.
    document.set(root, "/RoleMap", document.makeDictionary(["/Title": document.makeName("/P")]))
    // Without it readers take the file for an untagged one.
    document.set(document.root, "/MarkInfo", document.makeDictionary(["/Marked": document.makeTrue()]))
    for page in document.pages {
      document.set(page, "/Tabs", document.makeName("/S"))
      try markArtifacts(on: page)
    }
  }

  /// Cairo's elements in the order in which they were drawn.
  private func contents(of root: QPDFDocument.Object) throws(Problem) -> [Content] {
    let kids = document.value(root, "/K").map { document.isArray($0) ? document.items($0) : [$0] } ?? []
    var contents: [Content] = []
    for element in kids {
      let own = document.value(element, "/K").map { document.isArray($0) ? document.items($0) : [$0] } ?? []
      guard let page = document.value(element, "/Pg"), let number = own.lazy.compactMap({ document.integer($0) }).first
      else { continue }
      contents.append(Content(element: element, page: page, number: number))
    }
    guard contents.count == tree.count else {
      throw .failure(
        "the report has \(tree.count) stretches of content, but Cairo tagged \(contents.count)",
        remedy: "This is a fault of Heatdrift; `report: {formats: [svg]}` makes the report without PDF.")
    }
    return contents
  }

  /// Key to what stands there: an element, or the elements of a page by the numbers of its content.
  private func parentTree(of root: QPDFDocument.Object) -> [Int: QPDFDocument.Object] {
    let items = document.value(root, "/ParentTree").flatMap { document.value($0, "/Nums") }.map(document.items) ?? []
    var entries: [Int: QPDFDocument.Object] = [:]
    for index in stride(from: 0, to: items.count - 1, by: 2) {
      if let key = document.integer(items[index]) { entries[key] = items[index + 1] }
    }
    return entries
  }

  private func setParent(
    of content: Content, to element: QPDFDocument.Object, _ parents: [Int: QPDFDocument.Object]
  ) {
    guard let key = document.value(content.page, "/StructParents").flatMap({ document.integer($0) }),
      let page = parents[key]
    else { return }
    document.set(page, at: content.number, element)
  }

  private func write(
    _ node: StructureTree.Node, as element: QPDFDocument.Object, parent: QPDFDocument.Object, contents: [Content],
    _ parents: [Int: QPDFDocument.Object]
  ) throws(Problem) {
    document.set(element, "/Type", document.makeName("/StructElem"))
    document.set(element, "/S", document.makeName("/" + node.role))
    document.set(element, "/P", parent)
    describe(node, element)
    var kids: [QPDFDocument.Object] = []
    var ownPage: QPDFDocument.Object?
    for kid in node.kids {
      switch kid {
      case .element(let inner):
        if inner.role == "Link", case .content(let index)? = inner.kids.first {
          // Cairo's own, which holds the annotation too.
          let link = contents[index].element
          document.set(link, "/P", element)
          kids.append(link)
        } else {
          let child = document.makeIndirect(document.makeDictionary())
          try write(inner, as: child, parent: element, contents: contents, parents)
          kids.append(child)
        }
      case .content(let index):
        let content = contents[index]
        setParent(of: content, to: element, parents)
        let page = ownPage ?? content.page
        if ownPage == nil {
          ownPage = page
          document.set(element, "/Pg", page)
        }
        if document.identity(page) == document.identity(content.page) {
          kids.append(document.makeInteger(content.number))
        } else {
          kids.append(
            document.makeDictionary([
              "/Type": document.makeName("/MCR"), "/Pg": content.page, "/MCID": document.makeInteger(content.number),
            ]))
        }
      }
    }
    if !kids.isEmpty { document.set(element, "/K", kids.count == 1 ? kids[0] : document.makeArray(kids)) }
  }

  private func describe(_ node: StructureTree.Node, _ element: QPDFDocument.Object) {
    switch node.role {
    case "Table" where !node.alternative.isEmpty:
      // An alternative text would be read in place of the cells.
      document.set(
        element, "/A",
        document.makeDictionary([
          "/O": document.makeName("/Table"), "/Summary": document.makeText(node.alternative),
        ]))
    case "TH":
      document.set(
        element, "/A",
        document.makeDictionary(["/O": document.makeName("/Table"), "/Scope": document.makeName("/Column")]))
    default:
      if !node.alternative.isEmpty { document.set(element, "/Alt", document.makeText(node.alternative)) }
    }
  }

  // MARK: - What is not read

  /// Makes artifacts of the stretches that Cairo, which knows none, was told to tag otherwise.
  private func markArtifacts(on page: QPDFDocument.Object) throws(Problem) {
    guard let stream = document.value(page, "/Contents"), document.isStream(stream) else { return }
    let bytes = try document.bytes(of: stream)
    let begin = Array("/\(StructureTree.artifactTag) <<".utf8)
    let end = Array("BDC".utf8)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var position = 0
    while let line = bytes[position...].firstIndex(of: begin[0]) {
      // Only where an operator starts; a text may hold the same words. A backslash goes on with a text on the next line.
      let isStart = line == 0 || (bytes[line - 1] == 10 && (line < 2 || bytes[line - 2] != 92))
      guard isStart, bytes[line...].starts(with: begin) else {
        result += bytes[position...line]
        position = line + 1
        continue
      }
      var stop = line + begin.count
      while stop < bytes.count, bytes[stop] != 10 { stop += 1 }
      guard bytes[line..<stop].suffix(end.count).elementsEqual(end) else {
        result += bytes[position..<stop]
        position = stop
        continue
      }
      result += bytes[position..<line]
      result += Array("/Artifact BMC".utf8)
      position = stop
    }
    result += bytes[position...]
    document.replace(stream, by: result)
  }
}
