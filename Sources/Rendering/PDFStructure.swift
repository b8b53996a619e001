import Diagnostics
import Typesetting

/// Puts marked content in place of the marks that were drawn where a stretch begins, and writes the document's structure
/// and its links. Cairo knows nothing of either: 1.16 cannot nest them well, and 1.18 marks text only.
struct PDFStructure {
  let document: QPDFDocument
  let tree: StructureTree
  let language: String

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
  }

  /// - Throws: `Problem` when a mark is missing.
  func write() throws(Problem) {
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
    for link in tree.silentLinks { annotate(link, element: nil, &state) }
    document.set(root, "/K", document.makeArray([top]))
    // `Title` is of PDF 2.0.
    document.set(root, "/RoleMap", document.makeDictionary(["/Title": document.makeName("/P")]))
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
      "the report has \(tree.count) stretches of content, but Cairo wrote the marks of \(found)",
      remedy: "This is a fault of Heatdrift; `report: {formats: [svg]}` makes the report without PDF.")
  }

  // MARK: - Content

  private func replaceMarks(on page: Int, next: inout Int, _ state: inout State) throws(Problem) {
    guard let stream = document.value(state.pages[page], "/Contents"), document.isStream(stream) else { return }
    let bytes = try document.bytes(of: stream)
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var copied = 0
    var start = 0
    var isOpen = false
    var number = 0
    while let end = bytes[start...].firstIndex(of: 10) {
      defer { start = end + 1 }
      // A backslash goes on with a text on the next line.
      guard let mark = mark(in: bytes[start..<end]), start < 2 || bytes[start - 2] != 92 else { continue }
      guard next < tree.count, mark.number == next % StructureMark.limit else { throw missing(next) }
      result += bytes[copied..<mark.start]
      if mark.start > start { result.append(10) }
      if isOpen { result += Array("EMC\n".utf8) }
      if tree.artifacts.contains(next) {
        result += Array("/Artifact BMC\n".utf8)
      } else {
        result += Array("/\(tree.tags[next]) <</MCID \(number)>> BDC\n".utf8)
        state.contents[next] = Content(page: page, number: number)
        number += 1
      }
      isOpen = true
      next += 1
      copied = end + 1
    }
    result += bytes[copied...]
    if isOpen {
      if result.last != 10 { result.append(10) }
      result += Array("EMC\n".utf8)
    }
    document.replace(stream, by: result)
    state.parents[page] = [Object](repeating: document.makeNull(), count: number)
  }

  private static let fill = Array(" re f".utf8)

  /// The mark at the end of a line: "0.004 0.004 0.016 0.004 re f".
  private func mark(in line: ArraySlice<UInt8>) -> (start: Int, number: Int)? {
    guard line.count > 8, line.suffix(Self.fill.count).elementsEqual(Self.fill) else { return nil }
    let words = line.dropLast(Self.fill.count)
    var start = words.endIndex
    var numbers: [Double] = []
    while numbers.count < 4 {
      let word = words[..<start]
      let begin = word.lastIndex(of: 32).map { $0 + 1 } ?? word.startIndex
      guard begin < start, let value = Double(String(decoding: words[begin..<start], as: UTF8.self)) else { return nil }
      numbers.insert(value, at: 0)
      start = begin
      if numbers.count < 4 {
        guard start > words.startIndex else { return nil }
        start -= 1
      }
    }
    guard let number = StructureMark.number(numbers[0], numbers[1], numbers[2], numbers[3]) else { return nil }
    return (start, number)
  }

  // MARK: - Elements

  private func write(_ node: StructureTree.Node, as element: Object, parent: Object, _ state: inout State) {
    document.set(element, "/Type", document.makeName("/StructElem"))
    document.set(element, "/S", document.makeName("/" + node.role))
    document.set(element, "/P", parent)
    describe(node, element)
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

  // MARK: - Links

  @discardableResult private func annotate(
    _ link: StructureTree.Link, element: Object?, _ state: inout State
  ) -> Object {
    let height = tree.pages[link.page].height
    let (x, y) = (link.rect.x, height - link.rect.y - link.rect.height)
    let annotation = document.makeIndirect(
      document.makeDictionary([
        "/Type": document.makeName("/Annot"), "/Subtype": document.makeName("/Link"),
        "/Rect": document.makeArray(
          [x, y, x + link.rect.width, y + link.rect.height].map(document.makeReal)),
        "/BS": document.makeDictionary(["/W": document.makeInteger(0)]),
        // Archival PDF wants annotations that print.
        "/F": document.makeInteger(4),
      ]))
    switch link.destination {
    case .address(let address):
      document.set(
        annotation, "/A",
        document.makeDictionary([
          "/Type": document.makeName("/Action"), "/S": document.makeName("/URI"),
          "/URI": document.makeString(Self.ascii(address)),
        ]))
    case .anchor(let name):
      if let anchor = tree.anchors[name] {
        document.set(
          annotation, "/Dest",
          document.makeArray([
            state.pages[anchor.page], document.makeName("/XYZ"), document.makeReal(anchor.point.x),
            document.makeReal(tree.pages[anchor.page].height - anchor.point.y), document.makeInteger(0),
          ]))
      }
    }
    if let element {
      document.set(annotation, "/StructParent", document.makeInteger(state.pages.count + state.linkParents.count))
      state.linkParents.append(element)
    }
    state.annotations[link.page].append(annotation)
    return annotation
  }

  /// An address in the characters that PDF has for it, the others as percent signs and hexadecimal digits.
  private static func ascii(_ address: String) -> String {
    var text = ""
    for byte in address.utf8 {
      if (33...126).contains(byte) {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
      }
    }
    return text
  }
}
