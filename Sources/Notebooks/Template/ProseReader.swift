import Support
import Typesetting

/// Reads prose as Markdown and fills in values and references as plain text.
struct ProseReader {
  let file: String
  let values: ValueEvaluator
  /// Label to "Figure 3"; known when all prose has been read.
  var titles: [String: String] = [:]
  /// Of labels of cells that are repeated, that of the first turn.
  var firsts: [String: String] = [:]
  /// The template's footnotes as it has them: a mark and its note need not stand in the same stretch of prose.
  let footnotes: String
  let alarm: Colour
  /// Anchor of a heading to its text, of everything read so far.
  private(set) var sections: [String: String] = [:]
  /// Those that somebody gave.
  private var labels: Set<String> = []
  private var problems: [Problem] = []
  /// What the references' stand-ins in blocks that are not linked yet stand for.
  private var references: [(label: String, line: Int)] = []
  /// Links within the report, with the lines on which they stand.
  private var links: [String: Int] = [:]
  /// Marks an inline as the reference with this index, until `linked`.
  private static let pending = "\u{0}reference "

  init(file: String, values: ValueEvaluator, footnotes: String, alarm: Colour) {
    self.footnotes = footnotes
    self.file = file
    self.values = values
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
    let alarm = alarm
    let found = FoundProblems()
    let read = try Markdown.blocks(
      tokens.markdown, file: file, firstLine: firstLine, picture: TemplatePictures.picture,
      marking: { problem in
        found.problems.append(problem)
        return .alarm(problem, alarm)
      }, reference: nil)
    problems += found.problems
    return read.map { filled($0, tokens, scope, firstLine) }
  }

  /// The same blocks with every reference a numbered link.
  mutating func linked(_ blocks: [Block]) -> [Block] { blocks.map { linked($0) } }

  /// The same of a caption.
  mutating func linked(runs: [Inline]) -> [Inline] { runs.map { linked($0) } }

  // MARK: - Values

  private mutating func filled(_ block: Block, _ tokens: ProseTokens, _ scope: Scope, _ line: Int) -> Block {
    switch block {
    case .heading(let level, let runs, let anchor):
      let full = runs.flatMap { filled($0, tokens, scope) }
      return heading(level, full, anchor, standard: "sec-" + Self.slug(runs.map(\.text).joined()), tokens, scope, line)
    case .paragraph(let runs): return .paragraph(runs.flatMap { filled($0, tokens, scope) })
    case .list(let items, let start):
      return .list(items.map { item in item.map { filled($0, tokens, scope, line) } }, start: start)
    case .quote(let inner): return .quote(inner.map { filled($0, tokens, scope, line) })
    case .code(let text): return .code(tokens.restored(text))
    case .notice(let runs, let anchor): return .notice(runs.flatMap { filled($0, tokens, scope) }, anchor: anchor)
    case .table(let table, let caption, let anchor, let alternative):
      var copy = table
      copy.head = table.head.map { cell in cell.flatMap { filled($0, tokens, scope) } }
      copy.rows = table.rows.map { row in
        row.map { cell in TextTable.Cell(cell.text.flatMap { filled($0, tokens, scope) }) }
      }
      let (label, mark) = label(anchor, tokens, scope, line)
      let words = caption?.flatMap { filled($0, tokens, scope) }
      return .table(
        copy, caption: mark.isEmpty ? words : (words ?? []) + mark, anchor: label,
        alternative: filled(Inline(alternative), tokens, scope).map(\.text).joined())
    case .picture(let picture, let caption, let anchor, let alternative):
      let (label, mark) = label(anchor, tokens, scope, line)
      return .picture(
        picture, caption: caption.flatMap { filled($0, tokens, scope) } + mark, anchor: label,
        alternative: filled(Inline(alternative), tokens, scope).map(\.text).joined())
    case .title, .works, .rule, .figure, .contents, .pageBreak: return block
    }
  }

  /// - Parameter standard: the anchor that a heading without a label has.
  private mutating func heading(
    _ level: Int, _ runs: [Inline], _ anchor: String?, standard: String, _ tokens: ProseTokens, _ scope: Scope,
    _ line: Int
  ) -> Block {
    let text = runs.map(\.text).joined()
    guard anchor != standard else {
      // Headings may well have the same words.
      let wanted = "sec-" + ReportData.slug(text)
      var name = wanted
      var count = 1
      while sections[name] != nil || labels.contains(name) {
        count += 1
        name = "\(wanted)-\(count)"
      }
      sections[name] = text
      return .heading(level: level, runs, anchor: name)
    }
    let (label, mark) = label(anchor, tokens, scope, line)
    if let label { sections[label] = text }
    return .heading(level: level, runs + mark, anchor: label)
  }

  /// A label with its values, or nil and what is printed of one that cannot stand.
  private mutating func label(
    _ text: String?, _ tokens: ProseTokens, _ scope: Scope, _ line: Int
  ) -> (label: String?, mark: [Inline]) {
    guard let text else { return (nil, []) }
    let place = Place(file: file, line: tokens.line(of: "{#" + text) ?? line)
    do throws(Problem) {
      let full = try ReportPlan.substituted(tokens.restored(text), values, scope: scope, at: place)
      try Label.check(full, at: place)
      guard !labels.contains(full), sections[full] == nil else { throw Label.twice(full, at: place) }
      labels.insert(full)
      return (full, [])
    } catch {
      problems.append(error)
      return (nil, [Inline(" "), .alarm(error, alarm)])
    }
  }

  private static func slug(_ text: String) -> String {
    text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
  }

  private mutating func filled(_ run: Inline, _ tokens: ProseTokens, _ scope: Scope) -> [Inline] {
    if let note = run.note {
      var mark = run
      mark.note = note.flatMap { filled($0, tokens, scope) }
      return [mark]
    }
    if case .anchor(let label)? = run.link { links[label] = tokens.line(of: "(#" + label) }
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
          copy = .alarm(error, alarm)
        }
      case .reference(let label) where !run.mono:
        let place = Place(file: file, line: piece.token?.line)
        do throws(Problem) {
          let full = try ReportPlan.substituted(label, values, scope: scope, at: place)
          copy.text = Self.pending + String(references.count)
          references.append((full, piece.token?.line ?? 0))
        } catch {
          problems.append(error)
          copy = .alarm(error, alarm)
        }
      case .reference:
        copy.text = piece.token?.original ?? ""
      }
      // Text of the template may break where it likes; a name that a value brings is one.
      if case .value? = piece.token?.token { copy.text = Inline.unbroken(copy.text) }
      result += copy.text.isEmpty ? [copy] : copy.withSymbols
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
    case .notice(let runs, let anchor): return .notice(runs.map { linked($0) }, anchor: anchor)
    case .table(let table, let caption, let anchor, let alternative):
      var copy = table
      copy.head = table.head.map { cell in cell.map { linked($0) } }
      copy.rows = table.rows.map { row in
        row.map { cell in TextTable.Cell(cell.text.map { linked($0) }, note: cell.note) }
      }
      return .table(copy, caption: caption?.map { linked($0) }, anchor: anchor, alternative: alternative)
    case .picture(let picture, let caption, let anchor, let alternative):
      return .picture(picture, caption: caption.map { linked($0) }, anchor: anchor, alternative: alternative)
    case .title, .works, .rule, .figure, .contents, .pageBreak, .code: return block
    }
  }

  private mutating func linked(_ run: Inline) -> Inline {
    if let note = run.note {
      var mark = run
      mark.note = note.map { linked($0) }
      return mark
    }
    if case .anchor(let label)? = run.link, !run.text.hasPrefix(Self.pending), titles[label] == nil,
      sections[label] == nil
    {
      return unknown(label, Place(file: file, line: links[label]))
    }
    guard run.text.hasPrefix(Self.pending), let index = Int(run.text.dropFirst(Self.pending.count)),
      references.indices.contains(index)
    else { return run }
    let (asked, line) = references[index]
    // Of a cell that is repeated the first.
    let label = titles[asked] == nil ? firsts[asked] ?? asked : asked
    guard let title = titles[label] ?? sections[label].map({ "“\($0)”" }) else {
      return unknown(label, Place(file: file, line: line))
    }
    var copy = run
    copy.text = title.replacing(" ", with: "\u{A0}")
    copy.link = .anchor(label)
    return copy
  }

  private mutating func unknown(_ label: String, _ place: Place) -> Inline {
    problems.append(Label.unknown(label, among: Array(titles.keys) + Array(sections.keys), at: place))
    return Inline("[nothing has the label \(label)]", bold: true, colour: alarm)
  }
}

/// Collects what a reader of Markdown finds.
private final class FoundProblems {
  var problems: [Problem] = []
}

extension Inline {
  /// What stands in the place of what cannot be printed.
  static func alarm(_ problem: Problem, _ colour: Colour) -> Inline {
    Inline("[\(problem.message)]", bold: true, colour: colour)
  }
}
