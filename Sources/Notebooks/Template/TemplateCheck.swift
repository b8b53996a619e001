import Support
import Typesetting

extension Template {
  /// What is wrong with the template that can be seen without results: unknown cells, options, values of options and values in
  /// prose, labels that stand twice, references that lead nowhere, and what Markdown cannot hold. A caller that checks first
  /// starts no long run for a report that cannot be made.
  public func check() -> [Problem] {
    var check = TemplateCheck(file: file, footnotes: footnotes)
    check.frontMatter(frontMatter)
    check.read(nodes)
    check.followReferences()
    return check.problems
  }
}

/// Reads a template as a report would, with nothing to fill in.
private struct TemplateCheck {
  private struct Name {
    var pattern: LabelPattern
    /// Whether it may be a part of a composed figure.
    var isFigure: Bool
  }

  let file: String
  let footnotes: String
  private(set) var problems: [Problem] = []
  /// Everything that a reference may lead to; under conditions too, of which nobody knows yet how they end.
  private var names: [Name] = []
  /// Without values in them, by the names of their files where they have some: two of them cannot both stand.
  private var labels: Set<String> = []
  private var references: [(pattern: LabelPattern, text: String, place: Place)] = []
  private var parts: [(pattern: LabelPattern, text: String, place: Place)] = []

  init(file: String, footnotes: String) {
    self.file = file
    self.footnotes = footnotes
  }

  mutating func frontMatter(_ front: FrontMatter) {
    for text in [front.title, front.subtitle, front.runningHead, front.runningHeadRight].compactMap({ $0 }) {
      problems += ProseTokens.check(text, firstLine: 1, file: file)
    }
  }

  mutating func read(_ nodes: [TemplateNode]) {
    for node in nodes {
      switch node {
      case .prose(let text, let line): prose(text, line)
      case .cell(let source):
        do throws(Problem) {
          let (cell, keys) = try source.read(file: file)
          self.cell(cell, keys, source)
        } catch {
          problems.append(error)
        }
      case .pageBreak, .warnings: break
      case .loop(_, let body, _): read(body)
      case .condition(let name, _, let then, let otherwise, let line):
        if !Values.all.contains(where: { $0.name == name }) {
          problems.append(Values.unknown(name, at: Place(file: file, line: line)))
        }
        let before = labels
        read(then)
        let after = labels
        labels = before
        read(otherwise)
        labels.formUnion(after)
      }
    }
  }

  // MARK: - Cells

  private mutating func cell(_ cell: any Cell, _ keys: MappingReader, _ source: CellSource) {
    let isFigure = type(of: cell).product == .figure && !(cell is ComposeCell)
    if let label = cell.labels.label {
      let place = keys.keyPlace("label") ?? keys.place
      take(label, at: place, isFile: true)
      let pattern = LabelPattern(label)
      names.append(Name(pattern: pattern, isFigure: isFigure))
      let options = cell.series { keys.optional($0) != nil }
      if cell.repetition != .once || options?.forEach != nil {
        names.append(Name(pattern: pattern.with(LabelPattern("-")).with(.anything), isFigure: isFigure))
      }
      if let compose = cell as? ComposeCell {
        // A name may stand for several parts.
        names += ComposeCell.letters.map {
          Name(pattern: pattern.with(LabelPattern("-" + $0)), isFigure: false)
        }
        let place = keys.keyPlace("figures") ?? keys.place
        parts += compose.figures.map { (LabelPattern($0), $0, place) }
      }
    } else if let compose = cell as? ComposeCell {
      let place = keys.keyPlace("figures") ?? keys.place
      parts += compose.figures.map { (LabelPattern($0), $0, place) }
    }
    if let caption = cell.labels.caption {
      prose(caption, (keys.keyPlace("caption") ?? keys.place).line ?? source.line)
    }
  }

  private mutating func take(_ label: String, at place: Place, isFile: Bool) {
    do throws(Problem) {
      guard let text = LabelPattern(label).text else {
        // Of a label with values the rest can be checked.
        return try Label.check("x" + label.replacing(/\{\{.*?\}\}/, with: "") + "x", at: place)
      }
      try Label.check(text, at: place)
      let name = isFile ? "file " + ReportData.slug(text) : text
      let isNew = labels.insert(text).inserted
      guard isNew else { throw Label.twice(text, at: place) }
      guard !isFile || labels.insert(name).inserted else {
        throw .usage(
          at: place, "the file of the label `\(text)` would be called as that of another",
          remedy: "Give one of them another label.")
      }
    } catch {
      problems.append(error)
    }
  }

  // MARK: - Prose

  private mutating func prose(_ text: String, _ line: Int) {
    problems += ProseTokens.check(text, firstLine: line, file: file)
    let whole = footnotes.isEmpty || !text.contains("[^") ? text : text + "\n\n" + footnotes
    let tokens = ProseTokens(whole, firstLine: line)
    let found = Collected()
    do throws(Problem) {
      let blocks = try Markdown.blocks(
        tokens.markdown, file: file, firstLine: line, picture: TemplatePictures.picture,
        marking: { problem in
          found.problems.append(problem)
          return Inline("")
        }, reference: nil)
      for block in blocks { self.block(block, tokens, line) }
    } catch {
      found.problems.append(error)
    }
    problems += found.problems.filter { !problems.contains($0) }
  }

  private mutating func block(_ block: Block, _ tokens: ProseTokens, _ line: Int) {
    switch block {
    case .heading(_, let runs, let anchor):
      follow(runs, tokens, line)
      let words = runs.map(\.text).joined()
      let standard =
        "sec-" + words.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
      guard let anchor else { return }
      if anchor == standard {
        // Of a heading with values what these come to is not known.
        let hasValues = words.contains { ProseTokens.index($0) != nil }
        let pattern = LabelPattern("sec-" + ReportData.slug(words))
        names.append(Name(pattern: hasValues ? LabelPattern("sec-").with(.anything) : pattern, isFigure: false))
      } else {
        label(anchor, tokens, line, isFigure: false)
      }
    case .paragraph(let runs), .notice(let runs, _): follow(runs, tokens, line)
    case .list(let items, _): for inner in items.joined() { self.block(inner, tokens, line) }
    case .quote(let inner): for one in inner { self.block(one, tokens, line) }
    case .table(let table, let caption, let anchor, _):
      for cell in table.head { follow(cell, tokens, line) }
      for cell in table.rows.joined() { follow(cell.text, tokens, line) }
      follow(caption ?? [], tokens, line)
      if let anchor { label(anchor, tokens, line, isFigure: false) }
    case .picture(_, let caption, let anchor, _):
      follow(caption, tokens, line)
      if let anchor { label(anchor, tokens, line, isFigure: true) }
    case .title, .works, .code, .rule, .figure, .contents, .pageBreak: break
    }
  }

  private mutating func label(_ text: String, _ tokens: ProseTokens, _ line: Int, isFigure: Bool) {
    let label = tokens.restored(text)
    take(label, at: Place(file: file, line: tokens.line(of: "{#" + text) ?? line), isFile: false)
    names.append(Name(pattern: LabelPattern(label), isFigure: isFigure))
  }

  private mutating func follow(_ runs: [Inline], _ tokens: ProseTokens, _ line: Int) {
    for run in runs {
      if let note = run.note { follow(note, tokens, line) }
      if case .anchor(let name)? = run.link {
        let text = tokens.restored(name)
        references.append((LabelPattern(text), text, Place(file: file, line: line)))
      }
      guard !run.mono else { continue }
      for case let token? in tokens.pieces(run.text).map(\.token) {
        guard case .reference(let label) = token.token else { continue }
        references.append((LabelPattern(label), label, Place(file: file, line: token.line)))
      }
    }
  }

  // MARK: - References

  mutating func followReferences() {
    let known = names.compactMap { $0.pattern.text }
    let automatic = ["figure-", "table-"].map { LabelPattern($0).with(.anything) }
    for (pattern, text, place) in references
    where !names.contains(where: { $0.pattern.mayBe(pattern) }) && !automatic.contains(where: { $0.mayBe(pattern) }) {
      let problem = Label.unknown(text, among: known, at: place)
      if !problems.contains(problem) { problems.append(problem) }
    }
    let figures = names.filter(\.isFigure)
    for (pattern, text, place) in parts where !figures.contains(where: { $0.pattern.mayBe(pattern) }) {
      problems.append(
        .usage(
          at: place, "no figure has the label `\(text)`",
          remedy: suggestion(for: text, among: figures.compactMap { $0.pattern.text }.sorted())))
    }
  }
}

/// Collects what a reader of Markdown finds.
private final class Collected {
  var problems: [Problem] = []
}
