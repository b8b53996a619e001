import Support
import Typesetting

/// What a finished PDF says of itself: its structure as text, and what is wrong with it.
///
///     let inspection = try PDFInspection(pdf, file: "report.pdf")
///     inspection.structure      // ["Document", "  H1 [1]", "  Figure “Two curves” [1]", ...]
///     inspection.faults         // []
public struct PDFInspection {
  /// The size of each page in points; 0 x 0 where the page states none.
  public private(set) var pages: [Size] = []
  /// An element on a line, below those that it is part of: its role, its text for those who do not see it, how many
  /// stretches of content it has, and where a link leads. At the end the names of places and the outline.
  public private(set) var structure: [String] = []
  /// Content that stands in no element or in two, or is painted outside of marked content; links that no element has.
  public private(set) var faults: [String] = []

  private typealias Object = QPDFDocument.Object
  private let document: QPDFDocument
  private var pageNumbers: [[Int32]: Int] = [:]
  /// Of each page the numbers of its content that no element has taken yet.
  private var contents: [Set<Int>] = []
  private var annotations: Set<[Int32]> = []
  /// Object numbers of the elements of the keys of `ParentTree`.
  private var parents: [Int: Object] = [:]
  private var visited: Set<[Int32]> = []

  /// - Throws: `Problem` when the bytes are no PDF, or a damaged one.
  public init(_ bytes: [UInt8], file: String) throws(Problem) {
    document = try QPDFDocument(bytes, file: file)
    let objects = document.pages
    for (index, page) in objects.enumerated() {
      if let identity = document.identity(page) { pageNumbers[identity] = index }
      let box = document.value(page, "/MediaBox").map { document.items($0).compactMap(document.number) } ?? []
      pages.append(box.count == 4 ? Size(width: box[2] - box[0], height: box[3] - box[1]) : Size(width: 0, height: 0))
      contents.append(try readContent(of: page, number: index + 1))
      for annotation in document.value(page, "/Annots").map(document.items) ?? [] {
        if let identity = document.identity(annotation) { annotations.insert(identity) }
      }
    }
    if let root = document.value(document.root, "/StructTreeRoot") {
      if let tree = document.value(root, "/ParentTree") { readParents(tree, depth: 0) }
      for kid in kids(of: root) { read(kid, parent: root, page: nil, depth: 0) }
    } else {
      faults.append("the document has no structure")
    }
    for (index, left) in contents.enumerated() where !left.isEmpty {
      faults.append(
        "page \(index + 1): no element has the content \(left.sorted().map(String.init).joined(separator: ", "))")
    }
    if !annotations.isEmpty, document.value(document.root, "/StructTreeRoot") != nil {
      faults.append("\(annotations.count) links are part of no element")
    }
    readNames()
    if let outline = document.value(document.root, "/Outlines") { readOutline(outline, depth: 0) }
    try document.check("its structure cannot be read")
  }

  // MARK: - Content

  private static let painting: Set<String> = [
    "f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "sh", "Do", "Tj", "TJ", "'", "\"",
  ]

  /// - Returns: the numbers of the page's marked content.
  private mutating func readContent(of page: Object, number: Int) throws(Problem) -> Set<Int> {
    guard let contents = document.value(page, "/Contents") else { return [] }
    var bytes: [UInt8] = []
    for stream in document.isArray(contents) ? document.items(contents) : [contents] where document.isStream(stream) {
      bytes += try document.bytes(of: stream, atMost: 1 << 28) + [10]
    }
    var found: Set<Int> = []
    /// Whether each sequence that is open is content of an element or an artifact, or lies within one.
    var open: [Bool] = []
    var saved = 0
    var isText = false
    var unmarked = 0
    func fault(_ text: String) { faults.append("page \(number): \(text)") }
    for (word, operands) in ContentOperations(bytes) {
      switch word {
      case "BMC", "BDC":
        let text = operands.map { String(decoding: bytes[$0.range], as: UTF8.self) }
        if let mark = text.last?.firstMatch(of: /\/MCID\s+(\d+)/), let id = Int(mark.1) {
          if !found.insert(id).inserted { fault("the content \(id) stands there twice") }
          if open.contains(true) { fault("the content \(id) lies within other content") }
          if isText { fault("the content \(id) begins within a text object") }
          open.append(true)
        } else {
          open.append(text.first == "/Artifact")
        }
      case "EMC": if open.popLast() == nil { fault("marked content ends that never began") }
      case "q": saved += 1
      case "Q": saved -= 1
      case "BT": isText = true
      case "ET": isText = false
      default: if Self.painting.contains(word), !open.contains(true) { unmarked += 1 }
      }
    }
    if unmarked > 0 { fault("\(unmarked) drawings lie outside of marked content") }
    if !open.isEmpty { fault("\(open.count) stretches of marked content do not end") }
    if saved != 0 { fault("q and Q do not balance") }
    if !StructureMark.all(in: bytes).isEmpty { fault("a mark was left in the content") }
    return found
  }

  // MARK: - Elements

  private func kids(of element: Object) -> [Object] {
    document.value(element, "/K").map { document.isArray($0) ? document.items($0) : [$0] } ?? []
  }

  private mutating func readParents(_ node: Object, depth: Int) {
    guard depth < 32 else { return }
    let items = document.value(node, "/Nums").map(document.items) ?? []
    for index in stride(from: 0, to: items.count - 1, by: 2) {
      if let key = document.integer(items[index]) { parents[key] = items[index + 1] }
    }
    for kid in document.value(node, "/Kids").map(document.items) ?? [] { readParents(kid, depth: depth + 1) }
  }

  private mutating func read(_ element: Object, parent: Object, page: Int?, depth: Int) {
    guard depth < 100, let identity = document.identity(element), visited.insert(identity).inserted else {
      faults.append("an element stands there twice, or is nested too deeply")
      return
    }
    let role = document.value(element, "/S").flatMap(document.name).map { String($0.dropFirst()) } ?? "?"
    if document.value(element, "/P").flatMap(document.identity) != document.identity(parent) {
      faults.append("the parent of \(role) is another than the element that it is part of")
    }
    let page = document.value(element, "/Pg").flatMap(number(ofPage:)) ?? page
    let line = structure.count
    structure.append("")
    var count = 0
    var target = ""
    for kid in kids(of: element) {
      if let id = document.integer(kid) {
        take(id, page: page, element: identity, role)
        count += 1
      } else if document.value(kid, "/Type").flatMap(document.name) == "/MCR" {
        let own = document.value(kid, "/Pg").flatMap(number(ofPage:)) ?? page
        if let id = document.value(kid, "/MCID").flatMap(document.integer) {
          take(id, page: own, element: identity, role)
        }
        count += 1
      } else if let annotation = document.value(kid, "/Obj") {
        target += " → " + take(annotation, element: identity, role)
      } else {
        read(kid, parent: element, page: page, depth: depth + 1)
      }
    }
    let table = document.value(element, "/A").flatMap { document.value($0, "/Summary") }
    let alternative = (document.value(element, "/Alt") ?? table).flatMap(document.text).map { " “\($0)”" } ?? ""
    structure[line] =
      String(repeating: "  ", count: depth) + role + alternative + (count > 0 ? " [\(count)]" : "") + target
  }

  private func number(ofPage page: Object) -> Int? { document.identity(page).flatMap { pageNumbers[$0] } }

  private mutating func take(_ id: Int, page: Int?, element: [Int32], _ role: String) {
    guard let page, contents.indices.contains(page), contents[page].remove(id) != nil else {
      faults.append(
        "\(role) has the content \(id) of page \(page.map { "\($0 + 1)" } ?? "?"), which is not there or taken")
      return
    }
    let key = document.value(document.pages[page], "/StructParents").flatMap(document.integer)
    let list = key.flatMap { parents[$0] }.map(document.items) ?? []
    if !list.indices.contains(id) || document.identity(list[id]) != element {
      faults.append("page \(page + 1): ParentTree gives the content \(id) to another element than \(role)")
    }
  }

  /// - Returns: where a link leads.
  private mutating func take(_ annotation: Object, element: [Int32], _ role: String) -> String {
    if document.identity(annotation).flatMap({ annotations.remove($0) }) == nil {
      faults.append("\(role) has a link that is on no page")
    }
    let key = document.value(annotation, "/StructParent").flatMap(document.integer)
    if key.flatMap({ parents[$0] }).flatMap(document.identity) != element {
      faults.append("ParentTree gives a link to another element than \(role)")
    }
    return target(of: annotation)
  }

  private func target(of annotation: Object) -> String {
    if let place = document.value(annotation, "/Dest") { return self.place(place) }
    return document.value(annotation, "/A").flatMap { document.value($0, "/URI") }.flatMap(document.text) ?? "nowhere"
  }

  /// "page 3 at 60, 120", in points from the lower left corner.
  private func place(_ object: Object) -> String {
    let items = document.items(object)
    guard items.count >= 4, let page = number(ofPage: items[0]) else { return "nowhere" }
    let numbers = items[2...3].map { document.number($0).map { "\(Int(min(max($0, -1e6), 1e6).rounded()))" } ?? "?" }
    return "page \(page + 1) at \(numbers.joined(separator: ", "))"
  }

  // MARK: - Names and outline

  private mutating func readNames() {
    guard let names = document.value(document.root, "/Names"), let tree = document.value(names, "/Dests") else {
      return
    }
    let items = document.value(tree, "/Names").map(document.items) ?? []
    for index in stride(from: 0, to: items.count - 1, by: 2) {
      structure.append("name \(document.text(items[index]) ?? "?"): \(place(items[index + 1]))")
    }
  }

  private mutating func readOutline(_ parent: Object, depth: Int) {
    guard depth < 32 else { return }
    var entry = document.value(parent, "/First")
    while let current = entry, let identity = document.identity(current), visited.insert(identity).inserted {
      let title = document.value(current, "/Title").flatMap(document.text) ?? "?"
      let place = document.value(current, "/Dest").map(self.place) ?? "nowhere"
      structure.append(String(repeating: "  ", count: depth) + "outline \(title): \(place)")
      readOutline(current, depth: depth + 1)
      entry = document.value(current, "/Next")
    }
  }
}
