import Support

/// The tags: which elements may stand in which, and what each must say.
struct PDFStructureChecks {
  let document: QPDFDocument

  private typealias Object = QPDFDocument.Object

  /// ISO 32000-1, section 14.8.4, without those of Asian scripts.
  private static let standard: Set<String> = [
    "Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "TOC", "TOCI", "Index", "NonStruct", "Private",
    "P",
    "H", "H1", "H2", "H3", "H4", "H5", "H6", "L", "LI", "Lbl", "LBody", "Table", "TR", "TH", "TD", "THead", "TBody",
    "TFoot",
    "Span", "Quote", "Note", "Reference", "BibEntry", "Code", "Link", "Annot", "Figure", "Formula", "Form",
  ]
  /// What may stand in what; anything in what is not named.
  private static let contents: [String: Set<String>] = [
    "Table": ["TR", "THead", "TBody", "TFoot", "Caption"], "THead": ["TR"], "TBody": ["TR"], "TFoot": ["TR"],
    "TR": ["TH", "TD"], "L": ["LI", "L", "Caption"], "LI": ["Lbl", "LBody"], "TOC": ["TOC", "TOCI", "Caption"],
  ]
  private static let parents: [String: Set<String>] = [
    "TR": ["Table", "THead", "TBody", "TFoot"], "TH": ["TR"], "TD": ["TR"], "LI": ["L"], "LBody": ["LI"],
    "TOCI": ["TOC"],
  ]

  private struct State {
    var roles: [String: String] = [:]
    var heading = 0
    var notes: Set<String> = []
    var visited: Set<[Int32]> = []
  }

  func check(_ faults: inout PDFFaults) {
    guard let root = document.value(document.root, "/StructTreeRoot") else {
      faults.add(.universalAccess, "7.1", "the document has no structure")
      return
    }
    var state = State()
    let map = document.value(root, "/RoleMap")
    for key in map.map(document.keys) ?? [] {
      let (role, other) = (String(key.dropFirst()), map.flatMap { document.value($0, key) }.flatMap(document.name))
      if Self.standard.contains(role) { faults.add(.universalAccess, "7.1", "\(role) is made another role") }
      state.roles[role] = other.map { String($0.dropFirst()) }
    }
    for kid in kids(of: root) { check(kid, parent: nil, depth: 0, &state, &faults) }
  }

  private func kids(of element: Object) -> [Object] {
    let kids = document.value(element, "/K").map { document.isArray($0) ? document.items($0) : [$0] } ?? []
    return kids.filter {
      document.value($0, "/S") != nil && document.value($0, "/Type").flatMap(document.name) != "/OBJR"
    }
  }

  private func role(of element: Object, _ state: State) -> String {
    let name = document.value(element, "/S").flatMap(document.name).map { String($0.dropFirst()) } ?? "?"
    return state.roles[name] ?? name
  }

  /// The attributes of an element that its owner gives it.
  private func attributes(_ element: Object, _ owner: String) -> Object? {
    let all = document.value(element, "/A").map { document.isArray($0) ? document.items($0) : [$0] } ?? []
    return all.first { document.value($0, "/O").flatMap(document.name) == owner }
  }

  private func check(
    _ element: Object, parent: String?, depth: Int, _ state: inout State, _ faults: inout PDFFaults
  ) {
    guard depth < 100, document.identity(element).map({ state.visited.insert($0).inserted }) ?? true else {
      return faults.add(.universalAccess, "7.1", "an element stands there twice, or is nested too deeply")
    }
    let role = role(of: element, state)
    if !Self.standard.contains(role) { faults.add(.universalAccess, "7.1", "\(role) is no role that readers know") }
    if let parent {
      if let allowed = Self.contents[parent], !allowed.contains(role) {
        faults.add(.universalAccess, "7.2", "\(role) stands in \(parent)")
      }
      if let needed = Self.parents[role], !needed.contains(parent) {
        faults.add(.universalAccess, "7.2", "\(role) stands in \(parent)")
      }
    }
    switch role {
    case "Figure", "Formula": check(figure: element, role, &faults)
    case "H1", "H2", "H3", "H4", "H5", "H6":
      let level = Int(role.dropFirst()) ?? 0
      if level > state.heading + 1 {
        faults.add(
          .universalAccess, "7.4.2",
          state.heading == 0 ? "the first heading is \(role)" : "\(role) follows on H\(state.heading)")
      }
      state.heading = level
    case "H": faults.add(.universalAccess, "7.4.4", "a heading says nothing of its level")
    case "TH":
      if attributes(element, "/Table").flatMap({ document.value($0, "/Scope") }) == nil {
        faults.add(.universalAccess, "7.5", "a head of a table does not say what it is the head of")
      }
    case "Table": check(table: element, state, &faults)
    case "Note":
      let name = document.value(element, "/ID").flatMap(document.text) ?? ""
      if name.isEmpty || !state.notes.insert(name).inserted {
        faults.add(.universalAccess, "7.9", "a note has no name of its own")
      }
    default: break
    }
    let inner = kids(of: element)
    let captions = inner.indices.filter { self.role(of: inner[$0], state) == "Caption" }
    if let caption = captions.first, captions.count > 1 || caption != 0 && caption != inner.count - 1 {
      faults.add(.universalAccess, "7.2", "a caption stands between other elements of \(role)")
    }
    for kid in inner { check(kid, parent: role, depth: depth + 1, &state, &faults) }
  }

  private func check(figure element: Object, _ role: String, _ faults: inout PDFFaults) {
    let words = [document.value(element, "/Alt"), document.value(element, "/ActualText")]
    if words.compactMap({ $0 }).compactMap(document.text).allSatisfy(\.isEmpty) {
      faults.add(.universalAccess, role == "Figure" ? "7.3" : "7.7", "\(role) has no text for who does not see it")
    }
    let box = attributes(element, "/Layout").flatMap { document.value($0, "/BBox") }.map(document.items) ?? []
    let numbers = box.compactMap(document.number)
    if numbers.count != 4 || numbers[2] <= numbers[0] || numbers[3] <= numbers[1] {
      faults.add(.universalAccess, "7.3", "\(role) does not say what it covers (ISO 32000-1, 14.8.5.4.3)")
    }
  }

  /// Every row has the same number of columns, spans counted.
  private func check(table: Object, _ state: State, _ faults: inout PDFFaults) {
    var rows: [Object] = []
    for kid in kids(of: table) {
      switch role(of: kid, state) {
      case "TR": rows.append(kid)
      case "THead", "TBody", "TFoot": rows += kids(of: kid)
      default: break
      }
    }
    var widths: [Int] = []
    /// Of columns, how many rows more a cell above goes over.
    var taken: [Int] = []
    for row in rows {
      var column = 0
      for cell in kids(of: row) {
        while column < taken.count, taken[column] > 0 { column += 1 }
        let own = attributes(cell, "/Table")
        let across = own.flatMap { document.value($0, "/ColSpan") }.flatMap(document.integer) ?? 1
        let down = own.flatMap { document.value($0, "/RowSpan") }.flatMap(document.integer) ?? 1
        guard (1...1000).contains(across), (1...100_000).contains(down) else {
          return faults.add(.universalAccess, "7.5", "a cell of a table goes over \(across) columns and \(down) rows")
        }
        for _ in 0..<across {
          if column >= taken.count { taken.append(0) }
          taken[column] = down
          column += 1
        }
      }
      while column < taken.count, taken[column] > 0 { column += 1 }
      widths.append(column)
      for index in taken.indices where taken[index] > 0 { taken[index] -= 1 }
    }
    if let first = widths.first, widths.contains(where: { $0 != first }) {
      faults.add(.universalAccess, "7.2", "the rows of a table have \(Set(widths).sorted()) columns")
    }
    if taken.contains(where: { $0 > 0 }) { faults.add(.universalAccess, "7.2", "a cell of a table goes over its end") }
  }
}
