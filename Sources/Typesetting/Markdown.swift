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
    let root = try MarkdownNode(reading: text)
    return try withoutActuallyEscaping(reference) { (reference) throws(Problem) in
      try withoutActuallyEscaping(picture) { (picture) throws(Problem) in
        var reader = MarkdownReader(file: file, firstLine: firstLine, reference: reference, picture: picture)
        try reader.readNotes(of: root)
        return try reader.blocks(in: root, depth: 0)
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
  mutating func readNotes(of root: MarkdownNode) throws(Problem) {
    var found: [[Inline]] = []
    for node in root.children {
      guard node.isFootnote else { continue }
      var text: [Inline] = []
      for paragraph in node.children {
        guard paragraph.kind == "paragraph" else {
          throw .usage(at: place(paragraph), "a footnote holds text only", remedy: "Write it as a paragraph.")
        }
        if !text.isEmpty { text.append(Inline(" ")) }
        text += try inlines(in: paragraph)
      }
      found.append(text)
    }
    notes = found
  }

  private func place(_ node: MarkdownNode) -> Place { Place(file: file, line: firstLine + max(0, node.line - 1)) }

  func blocks(in parent: MarkdownNode, depth: Int) throws(Problem) -> [Block] {
    guard depth <= Markdown.maximumDepth else {
      throw .usage(at: place(parent), "lists and quotes are nested more than \(Markdown.maximumDepth) deep")
    }
    var result: [Block] = []
    for node in parent.children {
      if node.isFootnote { continue }
      switch node.kind {
      case "paragraph": result.append(try paragraph(node))
      case "heading": result.append(try heading(node))
      case "list":
        var items: [[Block]] = []
        for item in node.children {
          items.append(try blocks(in: item, depth: depth + 1))
        }
        result.append(.list(items, start: node.firstNumber))
      case "code_block": result.append(.code(node.literal))
      case "block_quote": result.append(.quote(try blocks(in: node, depth: depth + 1)))
      case "thematic_break": result.append(.rule)
      case "table": result.append(try table(node))
      case let other:
        throw .usage(
          at: place(node), "\(other == "html_block" ? "raw HTML" : other) cannot stand in a report",
          remedy: "Write Markdown: paragraphs, headings, lists, tables, code, quotes and cells.")
      }
    }
    return result
  }

  /// A picture alone in its paragraph is a figure; its title is the caption.
  private func paragraph(_ node: MarkdownNode) throws(Problem) -> Block {
    let inner = node.children
    guard inner.count == 1, inner[0].kind == "image" else {
      return .paragraph(try inlines(in: node))
    }
    let image = inner[0]
    let address = image.address
    let title = image.title
    let alternative = try inlines(in: image).map(\.text).joined()
    return .picture(
      try picture(address, place(image)),
      caption: title.isEmpty ? [] : try referenced(title, Inline(""), at: place(image)),
      alternative: alternative.isEmpty ? title : alternative)
  }

  private func withoutNotes(_ runs: [Inline], _ what: String, _ node: MarkdownNode) throws(Problem) -> [Inline] {
    guard runs.contains(where: { $0.note != nil }) else { return runs }
    throw .usage(at: place(node), "a footnote cannot stand in \(what)", remedy: "Put its mark into a paragraph.")
  }

  private func heading(_ node: MarkdownNode) throws(Problem) -> Block {
    var runs = try withoutNotes(inlines(in: node), "a heading", node)
    let text = runs.map(\.text).joined()
    var anchor =
      "sec-" + text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
    if let last = runs.last, let open = last.text.range(of: "{#"), last.text.hasSuffix("}") {
      anchor = String(last.text[open.upperBound...].dropLast())
      runs[runs.count - 1].text = String(last.text[..<open.lowerBound].reversed().drop { $0 == " " }.reversed())
    }
    return .heading(level: node.headingLevel, runs, anchor: anchor)
  }

  private func table(_ node: MarkdownNode) throws(Problem) -> Block {
    let alignments = node.alignments
    let columns = alignments.enumerated().map { index, alignment in
      switch alignment {
      case UInt8(ascii: "r"): TextTable.Column(.right)
      case UInt8(ascii: "c"): TextTable.Column(.centre)
      default: TextTable.Column(.left, wraps: index == alignments.count - 1)
      }
    }
    var rows: [[[Inline]]] = []
    for row in node.children {
      var cells: [[Inline]] = []
      for cell in row.children {
        cells.append(try withoutNotes(inlines(in: cell), "a table", cell))
      }
      rows.append(cells)
    }
    let head = rows.first ?? []
    let table = TextTable(
      columns: columns, head: head, rows: rows.dropFirst().map { $0.map { TextTable.Cell($0) } })
    return .table(table, caption: nil, anchor: nil, alternative: "Table")
  }

  private func inlines(in parent: MarkdownNode, style: Inline = Inline(""), depth: Int = 0) throws(Problem) -> [Inline]
  {
    guard depth <= Markdown.maximumDepth else { throw .usage(at: place(parent), "emphasis is nested too deep") }
    var result: [Inline] = []
    for node in parent.children {
      var inner = style
      if node.isFootnoteMark {
        guard let number = Int(node.literal), notes.indices.contains(number - 1) else {
          throw .usage(at: place(node), "a footnote cannot stand in a footnote")
        }
        var mark = Inline("", script: .super)
        mark.note = notes[number - 1]
        result.append(mark)
        continue
      }
      switch node.kind {
      case "text": result += try referenced(node.literal, style, at: place(node))
      case "code":
        inner.mono = true
        inner.text = node.literal
        result.append(inner)
      case "softbreak": result.append(style.with(" "))
      case "linebreak": result.append(style.with("\u{2028}"))
      case "emph":
        inner.italic = true
        result += try inlines(in: node, style: inner, depth: depth + 1)
      case "strong":
        inner.bold = true
        result += try inlines(in: node, style: inner, depth: depth + 1)
      case "link":
        let address = node.address
        guard ["https:", "http:", "mailto:", "#"].contains(where: address.hasPrefix) else {
          throw .usage(
            at: place(node), "a link to `\(address)` cannot stand in a report",
            remedy: "Links lead to https:, http: or mailto: addresses.")
        }
        inner.link = address.hasPrefix("#") ? .anchor(String(address.dropFirst())) : .address(address)
        result += try inlines(in: node, style: inner, depth: depth + 1)
      case "image":
        throw .usage(
          at: place(node), "a picture cannot stand within text", remedy: "Put it into a paragraph of its own.")
      case let other:
        throw .usage(
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
