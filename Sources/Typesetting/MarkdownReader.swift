import Foundation
import Support

/// Reads the tree of one text that cmark-gfm has parsed.
struct MarkdownReader {
  let file: String
  let firstLine: Int
  let reference: ((String) -> Reference?)?
  let picture: (String, Place) throws(Problem) -> EncodedPicture
  let marking: ((Problem) -> Inline)?
  /// Footnotes by their number in this text, less 1.
  private var notes: [[Inline]] = []

  private let lines: [Substring]

  init(
    _ text: String, file: String, firstLine: Int, reference: ((String) -> Reference?)?,
    picture: @escaping (String, Place) throws(Problem) -> EncodedPicture, marking: ((Problem) -> Inline)?
  ) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    self.marking = marking
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
      throw .usage(
        at: place(parent), "lists and quotes are nested more than \(Markdown.maximumDepth) deep",
        remedy: "Lift the innermost out, or write them as paragraphs.")
    }
    var result: [Block] = []
    /// Places of tables that cannot stand.
    var refused: Set<Int> = []
    for node in parent.children where !node.isFootnote {
      do throws(Problem) {
        result.append(try block(node, depth: depth))
      } catch {
        guard let marking else { throw error }
        if node.kind == "table" { refused.insert(result.count) }
        result.append(.notice([marking(error)]))
      }
    }
    return withCaptions(result, refused)
  }

  private func block(_ node: MarkdownNode, depth: Int) throws(Problem) -> Block {
    switch node.kind {
    case "paragraph": return try paragraph(node)
    case "heading": return try heading(node)
    case "list":
      var items: [[Block]] = []
      for item in node.children {
        items.append(try blocks(in: item, depth: depth + 1))
      }
      return .list(items, start: node.firstNumber)
    case "code_block":
      let info = node.fenceInfo.trimmingCharacters(in: .whitespaces)
      guard !info.hasPrefix("{") || !info.hasSuffix("}") else {
        throw .usage(
          at: place(node), "a cell cannot stand within a list or a quotation",
          remedy: "Begin its line at the margin, with an empty line before it.")
      }
      return .code(node.literal)
    case "block_quote": return .quote(try blocks(in: node, depth: depth + 1))
    case "thematic_break": return .rule
    case "table": return try table(node)
    case let other:
      throw .usage(
        at: place(node), "\(other == "html_block" ? "raw HTML" : other) cannot stand in a report",
        remedy: "Write Markdown: paragraphs, headings, lists, tables, code, quotes and cells.")
    }
  }

  /// A picture alone in its paragraph, or with a label behind it, is a figure. Its title is the caption; of one with a label and
  /// without a title what stands in its brackets is.
  private func paragraph(_ node: MarkdownNode) throws(Problem) -> Block {
    let inner = node.children
    guard let image = inner.first, image.kind == "image" else { return .paragraph(try inlines(in: node)) }
    let (rest, label) = Self.withoutLabel(try inlines(of: Array(inner.dropFirst())))
    guard rest.allSatisfy({ $0.note == nil && $0.text.allSatisfy(\.isWhitespace) }) else {
      return .paragraph(try inlines(in: node))
    }
    let title = image.title
    let words = try withoutNotes(inlines(in: image), "the words of a picture", image)
    let alternative = words.map(\.text).joined()
    return .picture(
      try picture(image.address, place(image)),
      caption: title.isEmpty
        ? (label == nil ? [] : words) : try referenced(title, Inline(""), at: place(image)), anchor: label,
      alternative: alternative.isEmpty ? title : alternative)
  }

  /// Tables with the captions that stand below or above them: paragraphs that begin with a colon, ": Caption {#tab-label}".
  /// - Parameter refused: where notices stand in place of tables: their captions are left out with them.
  private func withCaptions(_ blocks: [Block], _ refused: Set<Int>) -> [Block] {
    var result: [Block] = []
    var pending: (caption: [Inline], label: String?)?
    for (index, block) in blocks.enumerated() {
      if case .paragraph(let runs) = block, let own = Self.caption(runs) {
        if case .table(let table, nil, nil, let alternative)? = result.last {
          result[result.count - 1] = Self.table(table, own, alternative)
          continue
        }
        if blocks.indices.contains(index + 1), case .table = blocks[index + 1] {
          pending = own
          continue
        }
        if refused.contains(index - 1) || refused.contains(index + 1) { continue }
      }
      if case .table(let table, _, _, let alternative) = block, let own = pending {
        result.append(Self.table(table, own, alternative))
        pending = nil
      } else {
        result.append(block)
      }
    }
    return result
  }

  private static func table(_ table: TextTable, _ own: (caption: [Inline], label: String?), _ words: String) -> Block {
    let text = own.caption.map(\.text).joined()
    return .table(
      table, caption: own.caption.isEmpty ? nil : own.caption, anchor: own.label,
      alternative: text.isEmpty ? words : "Table: \(text)")
  }

  /// What stands behind the colon that a table's caption begins with; nil for any other paragraph.
  private static func caption(_ runs: [Inline]) -> (caption: [Inline], label: String?)? {
    guard let first = runs.first, let mark = [": ", "Table: "].first(where: first.text.hasPrefix) else { return nil }
    var (text, label) = withoutLabel(runs)
    if !text.isEmpty { text[0].text = String(text[0].text.dropFirst(mark.count)) }
    return (text.filter { !$0.text.isEmpty || $0.note != nil }, label)
  }

  /// The runs without the `{#label}` at their end, which Markdown may have torn apart.
  private static func withoutLabel(_ runs: [Inline]) -> (runs: [Inline], label: String?) {
    var kept = runs
    var tail = ""
    while let last = kept.popLast(), !last.mono, last.note == nil, last.link == nil {
      tail = last.text + tail
      guard let open = tail.range(of: "{#", options: .backwards) else { continue }
      let label = tail[open.upperBound...].reversed().drop { $0.isWhitespace }
      guard label.first == "}", !label.dropFirst().contains("}") else { break }
      let before = String(tail[..<open.lowerBound].reversed().drop { $0 == " " }.reversed())
      return (kept + (before.isEmpty ? [] : [last.with(before)]), String(label.dropFirst().reversed()))
    }
    return (runs, nil)
  }

  private func withoutNotes(_ runs: [Inline], _ what: String, _ node: MarkdownNode) throws(Problem) -> [Inline] {
    guard runs.contains(where: { $0.note != nil }) else { return runs }
    throw .usage(at: place(node), "a footnote cannot stand in \(what)", remedy: "Put its mark into a paragraph.")
  }

  private func heading(_ node: MarkdownNode) throws(Problem) -> Block {
    let (runs, label) = Self.withoutLabel(try withoutNotes(inlines(in: node), "a heading", node))
    let words = runs.map(\.text).joined().lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    return .heading(level: node.headingLevel, runs, anchor: label ?? "sec-" + words.joined(separator: "-"))
  }

  private func table(_ node: MarkdownNode) throws(Problem) -> Block {
    let alignments = node.alignments
    guard alignments.count <= Markdown.maximumColumns else {
      throw .usage(
        at: place(node),
        "a table has \(alignments.count) columns, and a page holds \(Markdown.maximumColumns) at most",
        remedy: "Split it, or turn its rows into columns.")
    }
    let columns = alignments.enumerated().map { index, alignment in
      switch alignment {
      case UInt8(ascii: "r"): TextTable.Column(.right)
      case UInt8(ascii: "c"): TextTable.Column(.centre)
      default: TextTable.Column(.left, wraps: index == alignments.count - 1)
      }
    }
    var rows: [[[Inline]]] = []
    for (index, row) in node.children.enumerated() {
      if index > 0 { try checkCells(of: row, columns: alignments.count) }
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

  /// cmark-gfm drops the cells of a row that has more than the head.
  private func checkCells(of row: MarkdownNode, columns: Int) throws(Problem) {
    guard lines.indices.contains(row.line - 1) else { return }
    var line = lines[row.line - 1].drop { $0.isWhitespace || $0 == ">" }
    while line.last?.isWhitespace ?? false { line = line.dropLast() }
    if line.hasPrefix("|") { line = line.dropFirst() }
    if line.hasSuffix("|"), !line.hasSuffix("\\|") { line = line.dropLast() }
    var (count, isEscaped) = (1, false)
    for character in line {
      if character == "|", !isEscaped { count += 1 }
      isEscaped = character == "\\" && !isEscaped
    }
    guard count > columns else { return }
    throw .usage(
      at: place(row), "a row of a table has \(count) cells, and its head \(columns)",
      remedy: "Write `\\|` for a bar that is part of a cell, in code too, or give the head as many columns.")
  }

  private func inlines(in parent: MarkdownNode, style: Inline = Inline(""), depth: Int = 0) throws(Problem) -> [Inline]
  {
    guard depth <= Markdown.maximumEmphasis else {
      throw .usage(
        at: place(parent), "emphasis is nested more than \(Markdown.maximumEmphasis) deep",
        remedy: "Close what is open with `*` or `_`.")
    }
    return try inlines(of: parent.children, style: style, depth: depth)
  }

  private func inlines(
    of nodes: [MarkdownNode], style: Inline = Inline(""), depth: Int = 0
  ) throws(Problem) -> [Inline] {
    var result: [Inline] = []
    for node in nodes {
      do throws(Problem) {
        result += try runs(node, style: style, depth: depth)
      } catch {
        guard let marking else { throw error }
        result.append(marking(error))
      }
    }
    return result
  }

  private func runs(_ node: MarkdownNode, style: Inline, depth: Int) throws(Problem) -> [Inline] {
    var inner = style
    if node.isFootnoteMark {
      guard let number = Int(node.literal), notes.indices.contains(number - 1) else {
        throw .usage(
          at: place(node), "a footnote cannot stand in a footnote", remedy: "Write it into the first one's text.")
      }
      var mark = Inline("", script: .super)
      mark.note = notes[number - 1]
      return [mark]
    }
    switch node.kind {
    case "text": return try text(node, style)
    case "code":
      inner.mono = true
      return [inner.with(node.literal)]
    case "softbreak": return [style.with(" ")]
    case "linebreak": return [style.with("\u{2028}")]
    case "emph":
      inner.italic = true
      return try inlines(in: node, style: inner, depth: depth + 1)
    case "strong":
      inner.bold = true
      return try inlines(in: node, style: inner, depth: depth + 1)
    case "link":
      let address = node.address
      guard ["https:", "http:", "mailto:", "#"].contains(where: address.hasPrefix) else {
        throw .usage(
          at: place(node), "a link to `\(address)` cannot stand in a report",
          remedy: "Links lead to https:, http: or mailto: addresses.")
      }
      inner.link = address.hasPrefix("#") ? .anchor(String(address.dropFirst())) : .address(address)
      return try inlines(in: node, style: inner, depth: depth + 1)
    case "image":
      throw .usage(
        at: place(node), "a picture cannot stand within text", remedy: "Put it into a paragraph of its own.")
    case "strikethrough":
      throw .usage(
        at: place(node), "text that is struck through cannot stand in a report",
        remedy: "Leave it out, or emphasise with `*` or `**`; a `~` alone is written `\\~`.")
    case let other:
      throw .usage(
        at: place(node), "\(other == "html_inline" ? "raw HTML" : other) cannot stand in a report",
        remedy: "Write Markdown; pictures come from cells.")
    }
  }

  /// Text, in which cmark-gfm leaves the mark of a footnote that is nowhere as it is.
  private func text(_ node: MarkdownNode, _ style: Inline) throws(Problem) -> [Inline] {
    var result: [Inline] = []
    var rest = node.literal[...]
    while let mark = rest.firstMatch(of: /\[\^[^\]\s]+\]/) {
      let before = rest[..<mark.range.lowerBound]
      rest = rest[mark.range.upperBound...]
      if isOnlyEscaped(mark.output, node) {
        result += try referenced(String(before + mark.output), style, at: place(node))
        continue
      }
      let problem = Problem.usage(
        at: place(node), "nothing has the footnote `\(mark.output)`",
        remedy: "Write `\(mark.output): ...` as a paragraph of its own, or `\\\(mark.output)` for what is no footnote.")
      guard let marking else { throw problem }
      if !before.isEmpty { result += try referenced(String(before), style, at: place(node)) }
      result.append(marking(problem))
    }
    return try result + (rest.isEmpty ? [] : referenced(String(rest), style, at: place(node)))
  }

  /// Whether the mark of a footnote stands on the text's line behind backslashes only, which cmark-gfm takes away. One that has a
  /// note is never left as text but there.
  private func isOnlyEscaped(_ mark: Substring, _ node: MarkdownNode) -> Bool {
    if lines.contains(where: { $0.drop { $0 == " " }.hasPrefix("\(mark):") }) { return true }
    guard lines.indices.contains(node.line - 1) else { return false }
    let line = String(lines[node.line - 1]).replacing(/`+[^`]*`+/, with: "")
    return line.ranges(of: String(mark)).allSatisfy {
      $0.lowerBound > line.startIndex && line[line.index(before: $0.lowerBound)] == "\\"
    }
  }

  /// Text with every `@label` replaced by a numbered link.
  private func referenced(_ text: String, _ style: Inline, at place: Place) throws(Problem) -> [Inline] {
    guard let reference else { return [style.with(text)] }
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
