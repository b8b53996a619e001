import Support
import Typesetting

/// Puts marked content in place of the marks that were drawn where a stretch begins, and writes the document's structure
/// and its links. Cairo knows nothing of either: 1.16 cannot nest them well, and 1.18 marks text only.
struct PDFStructure {
  let document: QPDFDocument
  let tree: StructureTree
  /// Whether places can be reached from outside of the document.
  let namesPlaces: Bool

  private typealias Object = QPDFDocument.Object

  /// Where a stretch that is read ended up.
  private struct Content {
    var page: Int
    /// Its number on the page.
    var number: Int
  }

  /// What is known while the elements are written.
  private struct State {
    var pages: [Object]
    var contents: [Int: Content] = [:]
    /// The elements of each page's content, by its numbers.
    var parents: [[Object]]
    /// Elements of annotations; their keys follow those of the pages.
    var linkParents: [Object] = []
    var annotations: [[Object]]
    /// Elements that are called by a name of their own.
    var named: [(name: String, element: Object)] = []
  }

  /// - Throws: `Problem` when a mark is missing.
  func write() throws(Problem) {
    if namesPlaces { PDFDestinations(document: document, tree: tree).write() }
    guard tree.count > 0 else { return }
    let pages = document.pages
    let empty = [[Object]](repeating: [], count: pages.count)
    var state = State(pages: pages, parents: empty, annotations: empty)
    var next = 0
    for page in pages.indices { try replaceMarks(on: page, next: &next, &state) }
    guard next == tree.count else { throw missing(next) }
    let root = document.makeIndirect(document.makeDictionary(["/Type": document.makeName("/StructTreeRoot")]))
    let top = document.makeIndirect(document.makeDictionary())
    write(tree.root, as: top, parent: root, &state)
    document.set(root, "/K", document.makeArray([top]))
    // `Title` is of PDF 2.0; here it is the first heading.
    document.set(root, "/RoleMap", document.makeDictionary(["/Title": document.makeName("/H1")]))
    if !state.named.isEmpty {
      let names = state.named.sorted { $0.name < $1.name }
        .flatMap { [document.makeString(Array($0.name.utf8)), $0.element] }
      document.set(
        root, "/IDTree", document.makeIndirect(document.makeDictionary(["/Names": document.makeArray(names)])))
    }
    var numbers: [Object] = []
    for (page, parents) in state.parents.enumerated() {
      numbers += [document.makeInteger(page), document.makeIndirect(document.makeArray(parents))]
    }
    for (index, element) in state.linkParents.enumerated() {
      numbers += [document.makeInteger(pages.count + index), element]
    }
    document.set(
      root, "/ParentTree", document.makeIndirect(document.makeDictionary(["/Nums": document.makeArray(numbers)])))
    document.set(root, "/ParentTreeNextKey", document.makeInteger(pages.count + state.linkParents.count))
    document.set(document.root, "/StructTreeRoot", root)
    // Without it readers take the file for an untagged one.
    document.set(document.root, "/MarkInfo", document.makeDictionary(["/Marked": document.makeTrue()]))
    for (index, page) in pages.enumerated() {
      document.set(page, "/Tabs", document.makeName("/S"))
      document.set(page, "/StructParents", document.makeInteger(index))
      let annotations = state.annotations[index]
      if !annotations.isEmpty { document.set(page, "/Annots", document.makeArray(annotations)) }
    }
  }

  private func missing(_ found: Int) -> Problem {
    .failure(
      "the report has \(tree.count) stretches of content, but Cairo wrote the marks of \(found) in the pages' streams",
      remedy: "This is a fault of Heatdrift; `report: {formats: [svg]}` makes the report without PDF.")
  }

  // MARK: - Content

  private func replaceMarks(on page: Int, next: inout Int, _ state: inout State) throws(Problem) {
    guard let stream = document.value(state.pages[page], "/Contents"), document.isStream(stream) else { return }
    let bytes = try document.bytes(of: stream)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    func end(_ text: String) {
      if let last = result.last, last != 10 { result.append(10) }
      result += Array((text + "\n").utf8)
    }
    var copied = 0
    var isOpen = false
    var number = 0
    for mark in StructureMark.all(in: bytes) {
      guard next < tree.count, mark.number == next % StructureMark.limit else { throw missing(next) }
      result += bytes[copied..<mark.range.lowerBound]
      if isOpen { end("EMC") }
      if tree.artifacts.contains(next) {
        end("/Artifact BMC")
      } else {
        end("/\(tree.tags[next]) <</MCID \(number)>> BDC")
        state.contents[next] = Content(page: page, number: number)
        number += 1
      }
      isOpen = true
      next += 1
      copied = mark.range.upperBound
      if copied < bytes.count, bytes[copied] == 10 { copied += 1 }
    }
    result += bytes[copied...]
    if isOpen { end("EMC") }
    document.replace(stream, by: result)
    state.parents[page] = [Object](repeating: document.makeNull(), count: number)
  }

  // MARK: - Elements

  private func write(_ node: StructureTree.Node, as element: Object, parent: Object, _ state: inout State) {
    document.set(element, "/Type", document.makeName("/StructElem"))
    document.set(element, "/S", document.makeName("/" + node.role.name))
    document.set(element, "/P", parent)
    describe(node, element)
    if node.role.name == "Note" {
      // Each has a name of its own (ISO 14289-1, 7.9).
      let number = String(state.named.count + 1)
      let name = "note-" + String(repeating: "0", count: max(0, 4 - number.count)) + number
      document.set(element, "/ID", document.makeString(Array(name.utf8)))
      state.named.append((name, element))
    }
    var kids: [Object] = []
    var ownPage: Int?
    if let link = node.link {
      let annotation = annotate(link, element: element, &state)
      ownPage = link.page
      document.set(element, "/Pg", state.pages[link.page])
      kids.append(document.makeDictionary(["/Type": document.makeName("/OBJR"), "/Obj": annotation]))
    }
    for kid in node.kids {
      switch kid {
      case .element(let inner):
        let child = document.makeIndirect(document.makeDictionary())
        write(inner, as: child, parent: element, &state)
        kids.append(child)
      case .content(let index):
        guard let content = state.contents[index] else { continue }
        state.parents[content.page][content.number] = element
        if ownPage == nil {
          ownPage = content.page
          document.set(element, "/Pg", state.pages[content.page])
        }
        if ownPage == content.page {
          kids.append(document.makeInteger(content.number))
        } else {
          kids.append(
            document.makeDictionary([
              "/Type": document.makeName("/MCR"), "/Pg": state.pages[content.page],
              "/MCID": document.makeInteger(content.number),
            ]))
        }
      }
    }
    if !kids.isEmpty { document.set(element, "/K", kids.count == 1 ? kids[0] : document.makeArray(kids)) }
  }

  private func describe(_ node: StructureTree.Node, _ element: Object) {
    let role = node.role
    var attributes: [Object] = []
    func add(_ owner: String, _ entries: [(String, Object)]) {
      let dictionary = document.makeDictionary(["/O": document.makeName(owner)])
      for (key, value) in entries { document.set(dictionary, key, value) }
      attributes.append(dictionary)
    }
    switch role.name {
    case "Table":
      // An alternative text would be read in place of the cells.
      if !node.alternative.isEmpty { add("/Table", [("/Summary", document.makeText(node.alternative))]) }
    case "TH", "TD":
      var entries: [(String, Object)] = []
      if role.name == "TH" { entries.append(("/Scope", document.makeName("/" + (role.scope ?? .column).rawValue))) }
      if role.columnSpan > 1 { entries.append(("/ColSpan", document.makeInteger(role.columnSpan))) }
      if role.rowSpan > 1 { entries.append(("/RowSpan", document.makeInteger(role.rowSpan))) }
      if !entries.isEmpty { add("/Table", entries) }
    default:
      if let numbering = role.numbering {
        add("/List", [("/ListNumbering", document.makeName("/" + numbering.rawValue))])
      }
      if !node.alternative.isEmpty { document.set(element, "/Alt", document.makeText(node.alternative)) }
    }
    if let (page, box) = node.box {
      let bottom = tree.pages[page].height - box.maxY
      let corners = [box.x, bottom, box.maxX, bottom + box.height]
      add("/Layout", [("/BBox", document.makeArray(corners.map(document.makeReal)))])
    }
    guard let first = attributes.first else { return }
    document.set(element, "/A", attributes.count == 1 ? first : document.makeArray(attributes))
  }

  // MARK: - Links

  private func annotate(_ link: StructureTree.Link, element: Object, _ state: inout State) -> Object {
    let height = tree.pages[link.page].height
    let (x, y) = (link.rect.x, height - link.rect.y - link.rect.height)
    let annotation = document.makeIndirect(
      document.makeDictionary([
        "/Type": document.makeName("/Annot"), "/Subtype": document.makeName("/Link"),
        "/Rect": document.makeArray(
          [x, y, x + link.rect.width, y + link.rect.height].map(document.makeReal)),
        "/BS": document.makeDictionary(["/W": document.makeInteger(0)]),
        "/Contents": document.makeText(words(of: link)),
        // Archival PDF wants annotations that print.
        "/F": document.makeInteger(4),
      ]))
    switch link.destination {
    case .address(let address):
      document.set(
        annotation, "/A",
        document.makeDictionary([
          "/Type": document.makeName("/Action"), "/S": document.makeName("/URI"),
          "/URI": document.makeString(Array(URIReference.ascii(address).utf8)),
        ]))
    case .anchor(let name):
      if let anchor = tree.anchors[name] {
        document.set(
          annotation, "/Dest", PDFDestinations(document: document, tree: tree).place(anchor, state.pages))
      }
    }
    document.set(annotation, "/StructParent", document.makeInteger(state.pages.count + state.linkParents.count))
    state.linkParents.append(element)
    state.annotations[link.page].append(annotation)
    return annotation
  }

  /// Where a link leads, in words (ISO 14289-1, 7.18.5): an address, or "Figure 3, page 2".
  private func words(of link: StructureTree.Link) -> String {
    switch link.destination {
    case .address(let address): return address
    case .anchor(let name):
      let text = link.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      guard let page = tree.anchors[name]?.page else { return text }
      if name.hasPrefix(LinkTarget.notePrefix) { return "Note \(text), page \(page + 1)" }
      // The number of a page alone, in the contents.
      return text.allSatisfy(\.isNumber) ? "Page \(page + 1)" : "\(text), page \(page + 1)"
    }
  }
}
