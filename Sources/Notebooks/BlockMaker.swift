import Figures
import Results
import Support
import Typesetting

/// Turns the planned parts of a report into blocks, and keeps the figures and tables for export.
struct BlockMaker {
  let plan: ReportPlan
  let data: ReportData
  let file: String
  let measurer: any TextMeasurer
  let setup: PageSetup
  let theme: Theme
  let maximumHeight: Double
  /// Of figures for papers, in points.
  let paperWidths: (text: Double, column: Double)
  /// Whether figures are laid out at these widths, and tables written as files: what takes longer than the report itself.
  var exportsFiles = true
  /// What cells came to in the report before this one; nil where there was none.
  var madeCells: MadeCells?

  /// Of models, which the data have.
  var order = FrontMatter.ModelOrder.experiment
  private(set) var blocks: [Block] = []
  private(set) var figures: [Notebook.Figure] = []
  private(set) var tables: [Notebook.Table] = []
  private(set) var problems: [Problem] = []
  private var prose: ProseReader
  private var numbering = Numbering()
  /// What was said at length already: the same mistake in a loop is made once for each turn.
  private var told: Set<String> = []

  init(
    plan: ReportPlan, data: ReportData, file: String, footnotes: String, measurer: any TextMeasurer,
    setup: PageSetup, theme: Theme, maximumHeight: Double, paperWidths: (text: Double, column: Double),
    numbersSections: Bool
  ) {
    numbering.numbersSections = numbersSections
    self.plan = plan
    self.data = data
    self.file = file
    self.measurer = measurer
    self.setup = setup
    self.theme = theme
    self.maximumHeight = maximumHeight
    self.paperWidths = paperWidths
    prose = ProseReader(file: file, values: ValueEvaluator(data: data), footnotes: footnotes, alarm: theme.alarm)
  }

  /// Numbers are given before any cell is made, so that prose may refer to what comes later, and a failing cell does not
  /// shift the numbers of the others. Headings, pictures and tables of the template are among what is referred to: all
  /// prose is read first.
  mutating func make() {
    var read: [[Block]?] = plan.parts.map { part in
      guard case .prose(let text, let line, let scope) = part else { return nil }
      do throws(Problem) {
        return try prose.blocks(text, firstLine: line, scope: scope)
      } catch {
        problems.append(error)
        return [notice(error, title: "Text", anchor: nil)]
      }
    }
    problems += prose.takeProblems()
    let composition = Composition(plan.parts, prose: read, prose.values)
    var pictures: [String: OwnPicture] = [:]
    for block in read.compactMap({ $0 }).joined() {
      for label in composition.pictures { if let own = block.picture(label) { pictures[label] = own } }
    }
    let named = number(&read, composition)
    prose.titles = numbering.titles
    for cell in named.sorted(by: { $0.key < $1.key }).map(\.value) {
      guard let base = cell.planned.base, let label = cell.label else { continue }
      if prose.firsts[base] == nil { prose.firsts[base] = label }
    }
    for (index, part) in plan.parts.enumerated() {
      switch part {
      case .prose: blocks += prose.linked(read[index] ?? [])
      case .cell where composition.cells.contains(index): break
      case .cell:
        guard let cell = named[index] else { continue }
        make(cell, composition.failures[index], composition.members[index].map { parts($0, of: cell, named, pictures) })
      case .pageBreak(let rule): blocks.append(.pageBreak(rule))
      case .warnings: blocks += BlockMaker.warnings(data.results.warnings)
      case .failure(let problem, let title):
        blocks.append(notice(problem, title: title, anchor: nil))
        problems.append(problem)
      }
      problems += prose.takeProblems()
    }
  }

  /// Gives every figure and table its number.
  /// - Returns: cells by their places among the parts.
  private mutating func number(_ read: inout [[Block]?], _ composition: Composition) -> [Int: NumberedCell] {
    var named: [Int: NumberedCell] = [:]
    for (index, part) in plan.parts.enumerated() {
      read[index] = read[index]?.compactMap { numbering.numbered($0, isElsewhere: composition.pictures.contains) }
      guard case .cell(let cell) = part, !composition.cells.contains(index) else { continue }
      let title = numbering.next(type(of: cell.cell).product)
      if let label = cell.label, let title { numbering.set(label, title) }
      named[index] = NumberedCell(planned: cell, title: title, label: cell.label)
    }
    for (index, cell) in named.sorted(by: { $0.key < $1.key }) {
      guard let title = cell.title else { continue }
      if cell.label == nil { named[index]?.label = numbering.automaticLabel(title) }
      for (letter, member) in zip(ComposeCell.letters, composition.members[index] ?? []) {
        if let label = named[index]?.label { numbering.set("\(label)-\(letter)", title + letter) }
        switch member {
        case .picture(let label): numbering.set(label, title + letter)
        case .cell(let place):
          guard case .cell(let part) = plan.parts[place] else { continue }
          if let label = part.label { numbering.set(label, title + letter) }
          named[place] = NumberedCell(planned: part, title: title + letter, label: part.label)
        }
      }
    }
    return named
  }

  /// Nobody may leave them out: where a template has no place for them, they stand under its title.
  var leadingWarnings: [Block] {
    let hasPlace = plan.parts.contains { if case .warnings = $0 { true } else { false } }
    return hasPlace ? [] : BlockMaker.warnings(data.results.warnings)
  }

  private static func warnings(_ warnings: [Warning]) -> [Block] {
    warnings.map { .notice(ProseRun.warning($0).flatMap(\.inlines)) }
  }

  private var hasReferences: Bool {
    plan.parts.contains { if case .cell(let planned) = $0 { planned.cell is ReferencesCell } else { false } }
  }

  // MARK: - Cells

  /// A cell with what it is called.
  struct NumberedCell {
    var planned: PlannedCell
    /// "Figure 3"; nil for cells of text.
    var title: String?
    /// Its own, or "figure-3"; nil for a cell of text without one.
    var label: String?

    var cell: any Cell { planned.cell }
    /// Of its files, without their endings.
    var fileName: String { ReportData.slug(label ?? planned.source.name) }
  }

  /// What a cell came to.
  private struct Made {
    var contents: [CellContent]
    var caption: [Inline]

    var figures: [CellFigure] { contents.compactMap { if case .figure(let figure) = $0 { figure } else { nil } } }
  }

  /// What stands in a figure of several, with what is to be said below it.
  private struct Parts {
    var parts: [ComposedPart] = []
    var caption: [Inline] = []
    /// Tables and paragraphs of the parts.
    var rest: [Block] = []
    var notices: [Block] = []
  }

  private func context(_ cell: NumberedCell, _ parts: [ComposedPart]) -> CellContext {
    var context = CellContext(
      data: data, scope: cell.planned.scope, measurer: measurer,
      style: FigureStyle(
        family: theme.textFamily, textSize: max(7, theme.textSize * 0.85), smallSize: max(6.5, theme.textSize * 0.75),
        ink: theme.ink,
        levels: data.naming.levels),
      width: setup.textWidth, maximumHeight: maximumHeight, hasReferences: hasReferences, keys: cell.planned.keys)
    context.parts = parts
    return context
  }

  private mutating func made(_ cell: NumberedCell, _ composed: Parts? = nil) throws -> Made {
    var context = context(cell, composed?.parts ?? [])
    var common = ""
    var note = ""
    if let own = cell.cell as? any SeriesCell {
      let shown = try context.selection(own).summaries
      context.data = data.naming(among: shown)
      common = data.naming.common(shown, own.commonParts)
      note = data.mapsNote(shown)
    }
    let contents = try contents(of: cell, context)
    let isTable = contents.contains { if case .table = $0 { true } else { false } }
    let words = try caption(cell.planned, context, standard: composed?.caption)
    return Made(
      contents: contents,
      caption: words + Inline.plain((common.isEmpty ? "" : " \(common).") + (isTable ? note : ""))
        + (try gaps(cell.planned, context)))
  }

  /// What a cell shows, which a report before this one may have found. A figure of several is what its parts are.
  private func contents(of cell: NumberedCell, _ context: CellContext) throws -> [CellContent] {
    guard let madeCells, context.parts.isEmpty, !(cell.cell is ComposeCell) else {
      return try cell.cell.content(context)
    }
    let source = cell.planned.source
    let key = MadeCells.Key(
      name: source.name, yaml: source.yaml, scope: context.scope, order: order, style: context.style,
      width: context.width,
      maximumHeight: context.maximumHeight, hasReferences: context.hasReferences)
    return try madeCells.content(key) { try cell.cell.content(context) }
  }

  private func located(_ error: any Error, _ cell: NumberedCell) -> Problem {
    let planned = cell.planned
    return ValueEvaluator.located(
      error, Place(file: file, line: planned.source.line, cell: planned.label ?? planned.source.name))
  }

  private mutating func make(_ cell: NumberedCell, _ failure: Problem?, _ composed: Parts?) {
    do {
      if let failure { throw failure }
      let made = try made(cell, composed)
      let figures = made.figures
      var part = 0
      var hasTable = false
      // Of several tables each has a letter.
      let shown = try made.contents.filter { content in
        guard case .table(let table) = content else { return false }
        return try chosen(table, of: cell, isFirst: false) != nil
      }
      let isLettered = figures.isEmpty && shown.count > 1
      var letters = ComposeCell.letters.makeIterator()
      for content in made.contents {
        switch content {
        case .figure(let figure):
          part += 1
          let width = setup.textWidth
          var fitted: FittedFrame?
          if let own = figure.fitted { fitted = { own(width, $0) } }
          blocks.append(
            .figure(
              figure.frame(width),
              caption: head(cell, part: figures.count > 1 ? (part, figures.count) : nil) + made.caption,
              anchor: part == 1 ? cell.label : nil, alternative: figure.alternative,
              fitted: fitted))
        case .table(let whole):
          guard let table = try chosen(whole, of: cell, isFirst: !hasTable) else { continue }
          // A cell's further tables belong to the first, or to its figures: no number, no file of their own.
          if !hasTable { export(table, of: cell, made.caption) }
          let isLeading = !hasTable && part == 0
          let words = isLeading ? made.caption : table.caption.map(Inline.plain) ?? []
          let head =
            isLettered
            ? head(cell, letter: letters.next())
            : isLeading ? head(cell, part: nil) : cell.title.map { [Inline("Table of \($0). ", bold: true)] } ?? []
          blocks.append(
            .table(
              table.textTable, caption: (head + words).isEmpty ? nil : head + words,
              anchor: isLeading ? cell.label : nil, alternative: table.alternativeText))
          hasTable = true
        case .exported(let table): export(table, of: cell, made.caption)
        case .paragraph, .works: if let text = content.text { blocks.append(text) }
        }
      }
      blocks += (composed?.rest ?? []) + (composed?.notices ?? [])
      export(figures, of: cell)
    } catch {
      let problem = located(error, cell)
      blocks.append(notice(problem, title: cell.title ?? cell.planned.source.name, anchor: cell.label))
      problems.append(problem)
      blocks += composed?.notices ?? []
    }
  }

  /// The figures that a `compose` cell names, made; where one fails the others are still shown.
  private mutating func parts(
    _ members: [Composition.Member], of cell: NumberedCell, _ named: [Int: NumberedCell],
    _ pictures: [String: OwnPicture]
  ) -> Parts {
    var found = Parts()
    func add(_ index: Int, _ label: String?, _ figures: [CellFigure], _ caption: [Inline], _ words: String) {
      let letter = ComposeCell.letters[index]
      found.parts.append(
        ComposedPart(
          letter: letter, anchors: [label, cell.label.map { "\($0)-\(letter)" }].compactMap { $0 }, figures: figures,
          alternative: words))
      guard !caption.isEmpty else { return }
      found.caption += [Inline((found.caption.isEmpty ? "" : " ") + "(\(letter)) ")] + caption
    }
    for (index, member) in members.enumerated() {
      switch member {
      case .picture(let label):
        guard let own = pictures[label] else { continue }
        let picture = own.picture
        add(
          index, label, [CellFigure(alternative: own.alternative, frame: { picture.frame(width: $0) })],
          prose.linked(runs: own.caption), own.alternative)
      case .cell(let place):
        guard let part = named[place] else { continue }
        do {
          let made = try made(part)
          add(index, part.label, made.figures, made.caption, made.figures.map(\.alternative).joined(separator: " "))
          for content in made.contents {
            switch content {
            case .figure: break
            case .exported(let table): export(table, of: part, made.caption)
            case .table(let table):
              export(table, of: part, made.caption)
              found.rest.append(
                .table(
                  table.textTable, caption: table.caption.map(Inline.plain), anchor: nil,
                  alternative: table.alternativeText))
            case .paragraph, .works: if let text = content.text { found.rest.append(text) }
            }
          }
          export(made.figures, of: part)
        } catch {
          let problem = located(error, part)
          add(index, part.label, [], [], "could not be made.")
          found.notices.append(notice(problem, title: part.title ?? part.planned.source.name, anchor: nil))
          problems.append(problem)
        }
      }
    }
    return found
  }

  // MARK: - Files

  private mutating func export(_ table: ResultTable, of cell: NumberedCell, _ caption: [Inline]) {
    guard exportsFiles else { return }
    let words = (head(cell, part: nil) + caption).map(\.text).joined()
    // TeX has 72.27 points to the inch.
    let scale = 72.27 / 72
    let narrow = LaTeXTable(table: table, caption: words, width: paperWidths.column * scale).text
    let wide = LaTeXTable(table: table, caption: words, width: paperWidths.text * scale).text
    tables.append(
      Notebook.Table(
        label: cell.fileName, csv: table.csv, latex: narrow, wideLatex: wide == narrow ? nil : wide))
  }

  /// A table with the columns that were chosen; nil for a further one where some were, which are those of the first.
  private func chosen(_ table: ResultTable, of cell: NumberedCell, isFirst: Bool) throws(Problem) -> ResultTable? {
    guard let own = cell.cell as? any TableCell else { return table }
    var table = table
    table.notesBeside = own.look.intervals == .beside
    guard !own.look.columns.isEmpty else { return table }
    let keys = cell.planned.keys
    return isFirst ? try table.choosing(own.look.columns, at: keys.keyPlace("columns") ?? keys.place) : nil
  }

  /// The same figures at the widths of a paper's text and of one of its columns.
  private mutating func export(_ made: [CellFigure], of cell: NumberedCell) {
    guard exportsFiles else { return }
    for (index, figure) in made.enumerated() {
      figures.append(
        Notebook.Figure(
          label: cell.fileName + (made.count > 1 ? "-\(index + 1)" : ""),
          title: (cell.title ?? "Figure") + (made.count > 1 ? " (part \(index + 1) of \(made.count))" : ""),
          frame: figure.frame(paperWidths.text),
          columnFrame: figure.frame(paperWidths.column), alternative: figure.alternative))
    }
  }

  // MARK: - Captions

  /// "Table 3b."
  private func head(_ cell: NumberedCell, letter: String?) -> [Inline] {
    guard let title = cell.title else { return [] }
    return [Inline(title + (letter ?? "") + ". ", bold: true)]
  }

  private func head(_ cell: NumberedCell, part: (Int, Int)?) -> [Inline] {
    guard let title = cell.title else { return [] }
    let which = part.map { " (part \($0.0) of \($0.1))" } ?? ""
    return [Inline(title + which + ". ", bold: true)]
  }

  /// - Parameter standard: in place of the cell's own.
  private mutating func caption(
    _ cell: PlannedCell, _ context: CellContext, standard: [Inline]?
  ) throws -> [Inline] {
    guard let text = cell.cell.labels.caption else { return try standard ?? Inline.plain(cell.cell.caption(context)) }
    let place = context.place("caption")
    let line = place.line ?? cell.source.line
    let read = prose.linked(try prose.blocks(text, firstLine: line, scope: cell.scope))
    guard read.count == 1, case .paragraph(let inlines)? = read.first else {
      throw Problem.usage(
        at: place, "`caption` must be one paragraph",
        remedy: "Leave out headings, lists and empty lines.")
    }
    return inlines
  }

  /// Whatever the caption is, a mean says which images are not in it.
  private func gaps(_ cell: PlannedCell, _ context: CellContext) throws -> [Inline] {
    guard let own = cell.cell as? any SeriesCell, !(own is any HeatmapCell),
      let words = try context.selection(own).gaps(label: context.data.naming.label)
    else { return [] }
    return Inline.plain(" " + words)
  }

  private mutating func notice(_ problem: Problem, title: String, anchor: String?) -> Block {
    var runs = [Inline("\(title) could not be made. ", bold: true, colour: theme.alarm)]
    if var place = problem.place {
      // The folders of a template name users and machines.
      place.file = place.file?.split(separator: "/").last.map(String.init)
      runs += [Inline(place.description, mono: true), Inline(": ")]
    }
    guard told.insert(problem.description).inserted else {
      return .notice(runs + [Inline("the same as above.")], anchor: anchor)
    }
    runs.append(Inline(problem.message))
    if let remedy = problem.remedy { runs.append(Inline(". " + remedy, italic: true)) }
    return .notice(runs, anchor: anchor)
  }
}
