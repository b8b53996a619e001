import CMarkdown
import Foundation
import Support

/// Where an `@label` leads and what it is printed as.
public struct Reference: Sendable, Hashable {
  /// What stands in its place, with its number: "Figure 3".
  public var text: String
  /// `PlacedItem.anchor` of the figure, table or heading.
  public var anchor: String
  public init(text: String, anchor: String) {
    self.text = text
    self.anchor = anchor
  }
}

/// CommonMark with tables, read by cmark-gfm, as blocks.
public enum Markdown {
  /// Of cmark-gfm, at run time.
  public static var libraryVersion: String { unsafe String(cString: cmark_version_string()) }
  /// Longer texts are no template.
  static let maximumBytes = 2_000_000
  /// Deeper nesting is no prose.
  static let maximumDepth = 40

  /// - Parameters:
  ///   - firstLine: of the text within the file, for messages.
  ///   - reference: what an `@label` stands for.
  ///   - picture: what an address of a picture leads to.
  /// - Throws: `Problem` for raw HTML, labels that nothing has, and what `picture` throws.
  public static func blocks(
    _ text: String, file: String, firstLine: Int,
    picture: (_ address: String, _ place: Place) throws(Problem) -> EncodedPicture = Markdown.noPicture,
    reference: (String) -> Reference?
  ) throws(Problem) -> [Block] {
    guard text.utf8.count <= maximumBytes else {
      throw .usage(at: Place(file: file, line: firstLine), "the text has more than \(maximumBytes) bytes")
    }
    cmark_gfm_core_extensions_ensure_registered()
    guard let parser = unsafe cmark_parser_new(CMARK_OPT_SMART | CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_FOOTNOTES) else {
      throw .failure("cmark-gfm could not be started")
    }
    defer { unsafe cmark_parser_free(parser) }
    for name in ["table", "strikethrough"] {
      if let found = unsafe cmark_find_syntax_extension(name) {
        unsafe cmark_parser_attach_syntax_extension(parser, found)
      }
    }
    unsafe cmark_parser_feed(parser, text, text.utf8.count)
    guard let root = unsafe cmark_parser_finish(parser) else { throw .failure("cmark-gfm read no document") }
    defer { unsafe cmark_node_free(root) }
    return try withoutActuallyEscaping(reference) { (reference) throws(Problem) in
      try withoutActuallyEscaping(picture) { (picture) throws(Problem) in
        var reader = MarkdownReader(file: file, firstLine: firstLine, reference: reference, picture: picture)
        try unsafe reader.readNotes(of: root)
        return try unsafe reader.blocks(in: root, depth: 0)
      }
    }
  }

  /// Where there are no pictures but those of cells.
  /// - Throws: always a `Problem` of kind `.usage` at the picture.
  public static func noPicture(_ address: String, _ place: Place) throws(Problem) -> EncodedPicture {
    throw .usage(at: place, "a picture cannot stand here", remedy: "Write Markdown; pictures come from cells.")
  }
}

private struct MarkdownReader {
  let file: String
  let firstLine: Int
  let reference: (String) -> Reference?
  let picture: (String, Place) throws(Problem) -> EncodedPicture
  /// Footnotes by their number in this text, less 1.
  private var notes: [[Inline]] = []

  init(
    file: String, firstLine: Int, reference: @escaping (String) -> Reference?,
    picture: @escaping (String, Place) throws(Problem) -> EncodedPicture
  ) {
    self.file = file
    self.firstLine = firstLine
    self.reference = reference
    self.picture = picture
  }

  /// cmark-gfm puts the footnotes that have a mark at the end, in the order of their first marks.
  mutating func readNotes(of root: Node) throws(Problem) {
    var found: [[Inline]] = []
    let allNodes = unsafe children(of: root)
    for index in unsafe allNodes.indices {
      let node = unsafe allNodes[index]
      guard unsafe cmark_node_get_type(node) == CMARK_NODE_FOOTNOTE_DEFINITION else { continue }
      var text: [Inline] = []
      let allParagraphs = unsafe children(of: node)
      for index in unsafe allParagraphs.indices {
        let paragraph = unsafe allParagraphs[index]
        guard unsafe kind(paragraph) == "paragraph" else {
          throw unsafe .usage(at: place(paragraph), "a footnote holds text only", remedy: "Write it as a paragraph.")
        }
        if !text.isEmpty { text.append(Inline(" ")) }
        unsafe text += try inlines(in: paragraph)
      }
      found.append(text)
    }
    notes = found
  }

  typealias Node = OpaquePointer

  private func place(_ node: Node) -> Place {
    unsafe Place(file: file, line: firstLine + max(0, Int(cmark_node_get_start_line(node)) - 1))
  }

  private func children(of node: Node) -> [Node] {
    var result: [Node] = unsafe []
    var next = unsafe cmark_node_first_child(node)
    while let child = unsafe next {
      unsafe result.append(child)
      unsafe next = unsafe cmark_node_next(child)
    }
    return unsafe result
  }

  private func kind(_ node: Node) -> String { unsafe String(cString: cmark_node_get_type_string(node)) }

  private func literal(_ node: Node) -> String {
    unsafe cmark_node_get_literal(node).map { unsafe String(cString: $0) } ?? ""
  }

  func blocks(in parent: Node, depth: Int) throws(Problem) -> [Block] {
    guard depth <= Markdown.maximumDepth else {
      throw unsafe .usage(at: place(parent), "lists and quotes are nested more than \(Markdown.maximumDepth) deep")
    }
    var result: [Block] = []
    let allNodes = unsafe children(of: parent)
    for index in unsafe allNodes.indices {
      let node = unsafe allNodes[index]
      if unsafe cmark_node_get_type(node) == CMARK_NODE_FOOTNOTE_DEFINITION { continue }
      switch unsafe kind(node) {
      case "paragraph": unsafe result.append(try paragraph(node))
      case "heading": unsafe result.append(try heading(node))
      case "list":
        var items: [[Block]] = []
        let allItems = unsafe children(of: node)
        for index in unsafe allItems.indices {
          let item = unsafe allItems[index]
          unsafe items.append(try blocks(in: item, depth: depth + 1))
        }
        let isOrdered = unsafe cmark_node_get_list_type(node) == CMARK_ORDERED_LIST
        unsafe result.append(.list(items, start: isOrdered ? Int(cmark_node_get_list_start(node)) : nil))
      case "code_block": unsafe result.append(.code(literal(node)))
      case "block_quote": unsafe result.append(.quote(try blocks(in: node, depth: depth + 1)))
      case "thematic_break": result.append(.rule)
      case "table": unsafe result.append(try table(node))
      case let other:
        throw unsafe .usage(
          at: place(node), "\(other == "html_block" ? "raw HTML" : other) cannot stand in a report",
          remedy: "Write Markdown: paragraphs, headings, lists, tables, code, quotes and cells.")
      }
    }
    return result
  }

  /// A picture alone in its paragraph is a figure; its title is the caption.
  private func paragraph(_ node: Node) throws(Problem) -> Block {
    let inner = unsafe children(of: node)
    guard unsafe inner.count == 1, unsafe kind(inner[0]) == "image" else {
      return unsafe .paragraph(try inlines(in: node))
    }
    let image = unsafe inner[0]
    let address = unsafe cmark_node_get_url(image).map { unsafe String(cString: $0) } ?? ""
    let title = unsafe cmark_node_get_title(image).map { unsafe String(cString: $0) } ?? ""
    let alternative = try unsafe inlines(in: image).map(\.text).joined()
    return unsafe .picture(
      try picture(address, place(image)),
      caption: title.isEmpty ? [] : try referenced(title, Inline(""), at: place(image)),
      alternative: alternative.isEmpty ? title : alternative)
  }

  private func withoutNotes(_ runs: [Inline], _ what: String, _ node: Node) throws(Problem) -> [Inline] {
    guard runs.contains(where: { $0.note != nil }) else { return runs }
    throw unsafe .usage(at: place(node), "a footnote cannot stand in \(what)", remedy: "Put its mark into a paragraph.")
  }

  private func heading(_ node: Node) throws(Problem) -> Block {
    var runs = try unsafe withoutNotes(inlines(in: node), "a heading", node)
    let text = runs.map(\.text).joined()
    var anchor =
      "sec-" + text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
    if let last = runs.last, let open = last.text.range(of: "{#"), last.text.hasSuffix("}") {
      anchor = String(last.text[open.upperBound...].dropLast())
      runs[runs.count - 1].text = String(last.text[..<open.lowerBound].reversed().drop { $0 == " " }.reversed())
    }
    return unsafe .heading(level: Int(cmark_node_get_heading_level(node)), runs, anchor: anchor)
  }

  private func table(_ node: Node) throws(Problem) -> Block {
    let count = unsafe Int(cmark_gfm_extensions_get_table_columns(node))
    var columns: [TextTable.Column] = []
    if let alignments = unsafe cmark_gfm_extensions_get_table_alignments(node) {
      for index in 0..<count {
        switch unsafe alignments[index] {
        case UInt8(ascii: "r"): columns.append(TextTable.Column(.right))
        case UInt8(ascii: "c"): columns.append(TextTable.Column(.centre))
        default: columns.append(TextTable.Column(.left, wraps: index == count - 1))
        }
      }
    }
    var rows: [[[Inline]]] = []
    let allRows = unsafe children(of: node)
    for index in unsafe allRows.indices {
      let row = unsafe allRows[index]
      var cells: [[Inline]] = []
      let allCells = unsafe children(of: row)
      for index in unsafe allCells.indices {
        let cell = unsafe allCells[index]
        unsafe cells.append(try withoutNotes(inlines(in: cell), "a table", cell))
      }
      rows.append(cells)
    }
    let head = rows.first ?? []
    let table = TextTable(
      columns: columns, head: head, rows: rows.dropFirst().map { $0.map { TextTable.Cell($0) } })
    return .table(table, caption: nil, anchor: nil, alternative: "Table")
  }

  private func inlines(in parent: Node, style: Inline = Inline(""), depth: Int = 0) throws(Problem) -> [Inline] {
    guard depth <= Markdown.maximumDepth else { throw unsafe .usage(at: place(parent), "emphasis is nested too deep") }
    var result: [Inline] = []
    let allNodes = unsafe children(of: parent)
    for index in unsafe allNodes.indices {
      let node = unsafe allNodes[index]
      var inner = style
      if unsafe cmark_node_get_type(node) == CMARK_NODE_FOOTNOTE_REFERENCE {
        guard let number = unsafe Int(literal(node)), notes.indices.contains(number - 1) else {
          throw unsafe .usage(at: place(node), "a footnote cannot stand in a footnote")
        }
        var mark = Inline("", script: .super)
        mark.note = notes[number - 1]
        result.append(mark)
        continue
      }
      switch unsafe kind(node) {
      case "text": unsafe result += try referenced(literal(node), style, at: place(node))
      case "code":
        inner.mono = true
        inner.text = unsafe literal(node)
        result.append(inner)
      case "softbreak": result.append(style.with(" "))
      case "linebreak": result.append(style.with("\u{2028}"))
      case "emph":
        inner.italic = true
        unsafe result += try inlines(in: node, style: inner, depth: depth + 1)
      case "strong":
        inner.bold = true
        unsafe result += try inlines(in: node, style: inner, depth: depth + 1)
      case "link":
        let address = unsafe cmark_node_get_url(node).map { unsafe String(cString: $0) } ?? ""
        guard ["https:", "http:", "mailto:", "#"].contains(where: address.hasPrefix) else {
          throw unsafe .usage(
            at: place(node), "a link to `\(address)` cannot stand in a report",
            remedy: "Links lead to https:, http: or mailto: addresses.")
        }
        inner.link = address.hasPrefix("#") ? .anchor(String(address.dropFirst())) : .address(address)
        unsafe result += try inlines(in: node, style: inner, depth: depth + 1)
      case "image":
        throw unsafe .usage(
          at: place(node), "a picture cannot stand within text", remedy: "Put it into a paragraph of its own.")
      case let other:
        throw unsafe .usage(
          at: place(node), "\(other == "html_inline" ? "raw HTML" : other) cannot stand in a report",
          remedy: "Write Markdown; pictures come from cells.")
      }
    }
    return result
  }

  /// Text with every `@label` replaced by a numbered link.
  private func referenced(_ text: String, _ style: Inline, at place: Place) throws(Problem) -> [Inline] {
    var result: [Inline] = []
    var plain = ""
    var rest = text[...]
    while let character = rest.first {
      rest = rest.dropFirst()
      let label = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
      let startsWord = plain.last.map { $0 == " " || $0 == "(" || $0 == "[" || $0 == "\u{A0}" } ?? true
      guard character == "@", startsWord, let first = label.first, first.isLetter else {
        plain.append(character)
        continue
      }
      var name = label
      while name.hasSuffix("-") { name = name.dropLast() }
      guard let found = reference(String(name)) else {
        throw .usage(
          at: place, "nothing has the label `\(name)`",
          remedy: "Give a cell or heading this label, or correct the name.")
      }
      if !plain.isEmpty { result.append(style.with(plain)) }
      plain = ""
      var link = style.with(found.text.replacing(" ", with: "\u{A0}"))
      link.link = .anchor(found.anchor)
      result.append(link)
      rest = rest[name.endIndex...]
    }
    if !plain.isEmpty { result.append(style.with(plain)) }
    return result
  }
}

extension Inline {
  func with(_ text: String) -> Inline {
    var copy = self
    copy.text = text
    return copy
  }
}
