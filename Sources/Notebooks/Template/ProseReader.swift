import Support
import Typesetting

/// Reads prose as Markdown and fills in values and references as plain text.
struct ProseReader {
  let file: String
  let values: ValueEvaluator
  /// Label to "Figure 3".
  let titles: [String: String]
  /// The template's footnotes as it has them: a mark and its note need not stand in the same stretch of prose.
  let footnotes: String
  let alarm: Colour
  /// Anchor of a heading to its text, of everything read so far.
  private(set) var sections: [String: String] = [:]
  private var problems: [Problem] = []
  /// What the references' stand-ins in blocks that are not linked yet stand for.
  private var references: [(label: String, line: Int)] = []
  /// Marks an inline as the reference with this index, until `linked`.
  private static let pending = "\u{0}reference "

  init(file: String, values: ValueEvaluator, titles: [String: String], footnotes: String, alarm: Colour) {
    self.footnotes = footnotes
    self.file = file
    self.values = values
    self.titles = titles
    self.alarm = alarm
  }

  mutating func takeProblems() -> [Problem] {
    defer { problems = [] }
    return problems
  }

  /// Blocks with their values, references still open. What is wrong with a single value stands in its place.
  mutating func blocks(_ text: String, firstLine: Int, scope: Scope) throws(Problem) -> [Block] {
    let text = footnotes.isEmpty || !text.contains("[^") ? text : text + "\n\n" + footnotes
    let tokens = ProseTokens(text, firstLine: firstLine)
    let titles = titles
    let read = try Markdown.blocks(
      tokens.markdown, file: file, firstLine: firstLine, picture: TemplatePictures.picture
    ) { label in
      titles[label].map { Reference(text: $0, anchor: label) }
    }
    return read.map { filled($0, tokens, scope) }
  }

  /// The same blocks with every reference a numbered link.
  mutating func linked(_ blocks: [Block]) -> [Block] { blocks.map { linked($0) } }

  // MARK: - Values

  private mutating func filled(_ block: Block, _ tokens: ProseTokens, _ scope: Scope) -> Block {
    switch block {
    case .heading(let level, let runs, let anchor):
      let full = runs.flatMap { filled($0, tokens, scope) }
      let text = full.map(\.text).joined()
      let automatic = "sec-" + Self.slug(runs.map(\.text).joined())
      var name = anchor.map { anchor in
        anchor == automatic ? "sec-" + ReportData.slug(text) : plain(anchor, tokens, scope)
      }
      if let wanted = name {
        var count = 1
        while let used = name, sections[used] != nil {
          count += 1
          name = "\(wanted)-\(count)"
        }
      }
      if let name { sections[name] = text }
      return .heading(level: level, full, anchor: name)
    case .paragraph(let runs): return .paragraph(runs.flatMap { filled($0, tokens, scope) })
    case .list(let items, let start):
      return .list(items.map { item in item.map { filled($0, tokens, scope) } }, start: start)
    case .quote(let inner): return .quote(inner.map { filled($0, tokens, scope) })
    case .code(let text): return .code(tokens.restored(text))
    case .notice(let runs): return .notice(runs.flatMap { filled($0, tokens, scope) })
    case .table(let table, let caption, let anchor, let alternative):
      var copy = table
      copy.head = table.head.map { cell in cell.flatMap { filled($0, tokens, scope) } }
      copy.rows = table.rows.map { row in
        row.map { cell in TextTable.Cell(cell.text.flatMap { filled($0, tokens, scope) }) }
      }
      return .table(copy, caption: caption, anchor: anchor, alternative: alternative)
    case .picture(let picture, let caption, let alternative):
      return .picture(
        picture, caption: caption.flatMap { filled($0, tokens, scope) },
        alternative: filled(Inline(alternative), tokens, scope).map(\.text).joined())
    case .title, .rule, .figure, .contents, .pageBreak: return block
    }
  }

  private static func slug(_ text: String) -> String {
    text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
  }

  private mutating func plain(_ text: String, _ tokens: ProseTokens, _ scope: Scope) -> String {
    ReportData.slug(filled(Inline(text), tokens, scope).map(\.text).joined())
  }

  private mutating func filled(_ run: Inline, _ tokens: ProseTokens, _ scope: Scope) -> [Inline] {
    if let note = run.note {
      var mark = run
      mark.note = note.flatMap { filled($0, tokens, scope) }
      return [mark]
    }
    var result: [Inline] = []
    for piece in tokens.pieces(run.text) {
      var copy = run
      copy.text = piece.text
      switch piece.token?.token {
      case nil: break
      case .value(let expression):
        do throws(Problem) {
          let place = Place(file: file, line: piece.token?.line)
          copy.text = try values.evaluate(expression, scope: scope, at: place)
        } catch {
          problems.append(error)
          copy.text = "[\(error.message)]"
          copy.bold = true
          copy.colour = alarm
        }
      case .reference(let label) where !run.mono:
        let place = Place(file: file, line: piece.token?.line)
        do throws(Problem) {
          let full = try ReportPlan.substituted(label, values, scope: scope, at: place)
          copy.text = Self.pending + String(references.count)
          references.append((full, piece.token?.line ?? 0))
        } catch {
          problems.append(error)
          copy.text = "[\(error.message)]"
          copy.bold = true
          copy.colour = alarm
        }
      case .reference:
        copy.text = piece.token?.original ?? ""
      }
      result.append(copy)
    }
    return result
  }

  // MARK: - References

  private mutating func linked(_ block: Block) -> Block {
    switch block {
    case .heading(let level, let runs, let anchor):
      return .heading(level: level, runs.map { linked($0) }, anchor: anchor)
    case .paragraph(let runs): return .paragraph(runs.map { linked($0) })
    case .list(let items, let start): return .list(items.map { item in item.map { linked($0) } }, start: start)
    case .quote(let inner): return .quote(inner.map { linked($0) })
    case .notice(let runs): return .notice(runs.map { linked($0) })
    case .table(let table, let caption, let anchor, let alternative):
      var copy = table
      copy.head = table.head.map { cell in cell.map { linked($0) } }
      copy.rows = table.rows.map { row in
        row.map { cell in TextTable.Cell(cell.text.map { linked($0) }, note: cell.note) }
      }
      return .table(copy, caption: caption, anchor: anchor, alternative: alternative)
    case .picture(let picture, let caption, let alternative):
      return .picture(picture, caption: caption.map { linked($0) }, alternative: alternative)
    case .title, .rule, .figure, .contents, .pageBreak, .code: return block
    }
  }

  private mutating func linked(_ run: Inline) -> Inline {
    if let note = run.note {
      var mark = run
      mark.note = note.map { linked($0) }
      return mark
    }
    guard run.text.hasPrefix(Self.pending), let index = Int(run.text.dropFirst(Self.pending.count)),
      references.indices.contains(index)
    else { return run }
    var copy = run
    let (label, line) = references[index]
    if let title = titles[label] ?? sections[label].map({ "“\($0)”" }) {
      copy.text = title.replacing(" ", with: "\u{A0}")
      copy.link = .anchor(label)
    } else {
      problems.append(
        .usage(
          at: Place(file: file, line: line), "nothing has the label `\(label)`",
          remedy: suggestion(for: label, among: (Array(titles.keys) + Array(sections.keys)).sorted())))
      copy.text = "[nothing has the label \(label)]"
      copy.bold = true
      copy.colour = alarm
    }
    return copy
  }
}
