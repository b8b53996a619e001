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

  private(set) var blocks: [Block] = []
  private(set) var figures: [Notebook.Figure] = []
  private(set) var tables: [Notebook.Table] = []
  private(set) var problems: [Problem] = []
  private var prose: ProseReader

  init(
    plan: ReportPlan, data: ReportData, file: String, footnotes: String, measurer: any TextMeasurer,
    setup: PageSetup, theme: Theme, maximumHeight: Double, paperWidths: (text: Double, column: Double)
  ) {
    self.plan = plan
    self.data = data
    self.file = file
    self.measurer = measurer
    self.setup = setup
    self.theme = theme
    self.maximumHeight = maximumHeight
    self.paperWidths = paperWidths
    prose = ProseReader(
      file: file, values: ValueEvaluator(data: data), titles: plan.titles, footnotes: footnotes, alarm: theme.alarm)
  }

  mutating func make() {
    // Headings first: prose may refer to a section that comes later.
    var read: [[Block]?] = []
    for part in plan.parts {
      guard case .prose(let text, let line, let scope) = part else {
        read.append(nil)
        continue
      }
      do throws(Problem) {
        read.append(try prose.blocks(text, firstLine: line, scope: scope))
      } catch {
        read.append([notice(error, title: "Text")])
        problems.append(error)
      }
    }
    problems += prose.takeProblems()
    for (part, own) in zip(plan.parts, read) {
      switch part {
      case .prose: blocks += prose.linked(own ?? [])
      case .cell(let cell): make(cell)
      case .pageBreak: blocks.append(.pageBreak)
      case .warnings: blocks += BlockMaker.warnings(data.results.warnings)
      case .failure(let problem, let title):
        blocks.append(notice(problem, title: title))
        problems.append(problem)
      }
      problems += prose.takeProblems()
    }
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

  private mutating func make(_ cell: PlannedCell) {
    var context = CellContext(
      data: data, scope: cell.scope, measurer: measurer,
      style: FigureStyle(
        family: theme.textFamily, textSize: theme.textSize * 0.85, smallSize: theme.textSize * 0.75, ink: theme.ink,
        levels: data.naming.levels),
      width: setup.textWidth, maximumHeight: maximumHeight, hasReferences: hasReferences, keys: cell.keys)
    do {
      var common = ""
      var note = ""
      if let own = cell.cell as? any SeriesCell {
        let shown = try context.selection(own).summaries
        context.data = data.naming(among: shown)
        common = data.naming.common(shown, own.commonParts)
        note = data.mapsNote(shown)
      }
      let contents = try cell.cell.content(context)
      let isTable = contents.contains { if case .table = $0 { true } else { false } }
      let caption =
        try caption(cell, context) + Inline.plain((common.isEmpty ? "" : " \(common).") + (isTable ? note : ""))
        + gaps(cell, context)
      let made = contents.compactMap { if case .figure(let figure) = $0 { figure } else { nil } }
      var part = 0
      var hasTable = false
      for content in contents {
        switch content {
        case .figure(let figure):
          part += 1
          blocks.append(
            .figure(
              figure.frame(setup.textWidth),
              caption: head(cell, part: made.count > 1 ? (part, made.count) : nil) + caption,
              anchor: part == 1 ? cell.label : nil, alternative: figure.alternative))
        case .table(let table):
          // A cell's further tables belong to the first, or to its figures: no number, no file of their own.
          if !hasTable { export(table, of: cell, caption) }
          let isLeading = !hasTable && part == 0
          blocks.append(
            .table(
              table.textTable, caption: isLeading ? head(cell, part: nil) + caption : table.caption.map(Inline.plain),
              anchor: isLeading ? cell.label : nil, alternative: table.alternativeText))
          hasTable = true
        case .exported(let table): export(table, of: cell, caption)
        case .paragraph(let runs):
          blocks.append(.paragraph(runs.flatMap(\.inlines)))
        }
      }
      export(made, of: cell)
    } catch {
      let problem = ValueEvaluator.located(
        error, Place(file: file, line: cell.source.line, cell: cell.label ?? cell.source.name))
      blocks.append(notice(problem, title: cell.title ?? cell.source.name))
      problems.append(problem)
    }
  }

  private mutating func export(_ table: ResultTable, of cell: PlannedCell, _ caption: [Inline]) {
    let words = (head(cell, part: nil) + caption).map(\.text).joined()
    tables.append(
      Notebook.Table(label: exportLabel(cell), csv: table.csv, latex: LaTeXTable(table: table, caption: words).text))
  }

  /// The same figures at the widths of a paper's text and of one of its columns.
  private mutating func export(_ made: [CellFigure], of cell: PlannedCell) {
    for (index, figure) in made.enumerated() {
      figures.append(
        Notebook.Figure(
          label: exportLabel(cell) + (made.count > 1 ? "-\(index + 1)" : ""), frame: figure.frame(paperWidths.text),
          columnFrame: figure.frame(paperWidths.column), alternative: figure.alternative))
    }
  }

  private func exportLabel(_ cell: PlannedCell) -> String {
    cell.label ?? ReportData.slug(cell.title ?? cell.source.name)
  }

  private func head(_ cell: PlannedCell, part: (Int, Int)?) -> [Inline] {
    guard let title = cell.title else { return [] }
    let which = part.map { " (part \($0.0) of \($0.1))" } ?? ""
    return [Inline(title + which + ". ", bold: true)]
  }

  private mutating func caption(_ cell: PlannedCell, _ context: CellContext) throws -> [Inline] {
    guard let text = cell.cell.labels.caption else { return Inline.plain(try cell.cell.caption(context)) }
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

  private func notice(_ problem: Problem, title: String) -> Block {
    var runs = [Inline("\(title) could not be made. ", bold: true, colour: theme.alarm)]
    if var place = problem.place {
      // The folders of a template name users and machines.
      place.file = place.file?.split(separator: "/").last.map(String.init)
      runs += [Inline(place.description, mono: true), Inline(": ")]
    }
    runs.append(Inline(problem.message))
    if let remedy = problem.remedy { runs.append(Inline(". " + remedy, italic: true)) }
    return .notice(runs)
  }
}

extension Inline {
  /// Text from code or data as it is, with every ε in italics.
  static func plain(_ text: String) -> [Inline] {
    var result: [Inline] = []
    for character in text {
      let isSymbol = character == "ε"
      if let last = result.last, last.italic == isSymbol {
        result[result.count - 1].text.append(character)
      } else {
        result.append(Inline(String(character), italic: isSymbol))
      }
    }
    return result
  }
}

extension ProseRun {
  static func warning(_ warning: Warning) -> [ProseRun] {
    [ProseRun("Warning. ", .strong)] + marked(warning.sentences)
  }

  var inlines: [Inline] {
    switch style {
    case .plain: Inline.plain(text)
    case .italic: [Inline(text, italic: true)]
    case .strong: [Inline(text, bold: true)]
    case .mono: [Inline(text, mono: true)]
    }
  }
}

extension ResultTable {
  var textTable: TextTable {
    TextTable(
      columns: columns.map {
        TextTable.Column($0.alignment == .left ? .left : .right, group: $0.group, wraps: $0.wraps)
      },
      head: columns.map { column in
        (column.symbol.map { [Inline($0, italic: true)] } ?? []) + [Inline(column.title)]
      },
      rows: rows.map { row in
        row.map { cell in
          TextTable.Cell(
            [Inline(cell.text, bold: cell.isMarked, mono: cell.isMono)], note: cell.note.map { [Inline($0)] },
            shade: cell.shade)
        }
      })
  }

  var alternativeText: String {
    if let alternative { return alternative }
    let names = columns.map { ($0.symbol ?? "") + $0.title }.filter { !$0.isEmpty }
    return "Table of \(rows.count) lines: \(names.joined(separator: ", "))."
  }
}
