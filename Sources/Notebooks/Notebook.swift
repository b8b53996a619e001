import Figures
import Results
import Support
import Typesetting

/// A template filled with results: the finished pages, and every figure and table on its own.
///
///     let notebook = try Notebook(template, results: results, measurer: renderer.measurer)
///     try write(renderer.pdf(notebook.document))
///     for problem in notebook.problems { print(problem) }
///
/// What fails is printed in its place with its error; the rest of the report is made, and `problems` holds the errors in
/// the order of the report.
public struct Notebook: Sendable {
  /// A figure on its own.
  public struct Figure: Sendable {
    /// The cell's label, or "figure-3", as lower-case letters, digits and hyphens; unique.
    public let label: String
    /// "Figure 3", or "Figure 3 (part 1 of 2)"
    public let title: String
    /// As wide as the text of a paper.
    public let frame: Frame
    /// As wide as one of its columns.
    public let columnFrame: Frame
    /// What it shows, in words.
    public let alternative: String
  }

  /// A table on its own.
  public struct Table: Sendable, Hashable {
    /// As those of figures.
    public let label: String
    /// With all digits; RFC 4180.
    public let csv: String
    /// For `\input`, by the package booktabs, into one of a paper's columns.
    public let latex: String
    /// The same as wide as a paper's text; nil where the narrow one is not changed by its width.
    public let wideLatex: String?
  }

  /// The pages.
  public let document: Document
  /// What they were composed of, for who sets it otherwise.
  public let flow: Flow
  /// A report before it has pages.
  public struct Flow: Sendable {
    /// Without styles.
    public let title: String
    /// A tag of BCP 47.
    public let language: String
    /// The title first.
    public let blocks: [Block]
    /// Sizes, families and colours.
    public let theme: Theme
    /// Of the text, in points, over all columns.
    public let width: Double
  }

  /// In the order of the report.
  public let figures: [Figure]
  /// In the order of the report.
  public let tables: [Table]
  /// What went wrong, in the order of the report; the same mistake once, however often a loop makes it.
  public let problems: [Problem]
  /// The same, each as often as it stands in the report.
  public let markedProblems: [Problem]
  /// What every series comes to, under names that can be printed.
  public let summaries: [SeriesSummary]
  /// What the report found of maps and says in tables and texts, for who has the report alone.
  public let unrelated: [UnrelatedRecord]

  /// - Parameter authors: printed under the title.
  /// - Throws: `Problem` when the pages cannot be composed at all.
  public init(
    _ template: Template, results: ExperimentResults, authors: [String] = [], measurer: any TextMeasurer
  ) throws(Problem) {
    try self.init(template, of: PreparedResults(results), authors: authors, measurer: measurer)
  }

  /// The same on results that several reports are made of.
  /// - Parameters:
  ///   - isPaged: whether there are pages, and figures and tables for papers; without them there is the flow alone.
  ///   - madeCells: of reports before this one, on the same results by the same measurer.
  public init(
    _ template: Template, of prepared: PreparedResults, authors: [String] = [], measurer: any TextMeasurer,
    isPaged: Bool = true, madeCells: MadeCells? = nil
  ) throws(Problem) {
    let data = template.frontMatter.order == .drift ? prepared.byDrift : prepared.data
    let results = data.results
    let summaries = data.summaries
    var problems = prepared.missing
    let values = ValueEvaluator(data: data)
    let front = template.frontMatter
    func line(_ text: String?) -> String? {
      guard let text else { return nil }
      do throws(Problem) {
        return try ReportPlan.substituted(text, values, scope: Scope(), at: Place(file: template.file, line: 1))
      } catch {
        problems.append(error)
        return text
      }
    }

    let title = line(front.title) ?? results.title
    let subtitle = line(front.subtitle)
    var setup = PageSetup(
      size: front.paper == .a4 ? PageSetup.a4 : PageSetup.letter, margin: front.margin / 25.4 * 72,
      headLeft: line(front.runningHead), headRight: line(front.runningHeadRight))
    setup.columns = front.columns
    var theme = Theme(textSize: front.textSize)
    theme.textFamily = (front.textFont ?? front.theme.font).family
    theme.headingFamily = (front.headingFont ?? front.theme.font).family
    let composer = Composer(setup, theme: theme, measurer: measurer)
    var builder = BlockMaker(
      plan: ReportPlan(template, data), data: data, file: template.file, footnotes: template.footnotes,
      measurer: measurer, setup: setup, theme: theme, maximumHeight: composer.maximumFigureHeight,
      paperWidths: (front.textWidth / 25.4 * 72, front.columnWidth / 25.4 * 72),
      numbersSections: front.numberSections)
    builder.order = front.order
    builder.exportsFiles = isPaged
    madeCells?.beginReport()
    builder.madeCells = madeCells
    builder.make()
    let byline: [Block] = authors.isEmpty ? [] : [.paragraph([Inline(visible(authors.joined(separator: ", ")))])]
    // Contents stand behind what a report says of itself before its first heading.
    let opening = builder.blocks.prefix { block in
      switch block {
      case .paragraph, .table: true
      default: false
      }
    }
    let lead = setup.columns > 1 ? 0 : opening.count
    flow = Flow(
      title: title, language: front.language,
      blocks: [.title(title, subtitle: subtitle)] + byline + builder.leadingWarnings + builder.blocks.prefix(lead)
        + [.contents] + builder.blocks.dropFirst(lead),
      theme: theme, width: setup.textWidth)
    var document =
      isPaged
      ? try composer.compose(flow.blocks, title: title, language: front.language, contents: front.contents.rule)
      : Document(title: title, language: front.language, pages: [], outline: [])
    document.authors = authors
    document.subject = subtitle
    self.document = document
    self.summaries = summaries
    figures = builder.figures
    tables = builder.tables
    var told: Set<String> = []
    markedProblems = problems + builder.problems
    self.problems = markedProblems.filter { told.insert($0.description).inserted }
    unrelated = data.results.foundUnrelated
  }

  /// What a template says between its front matter and its end, on one strip of its own height: for pictures of cells.
  /// - Parameter width: of the text, in points.
  /// - Returns: the strip, with 8 points of white around it, and the problems of its cells.
  public static func excerpt(
    _ template: Template, results: ExperimentResults, width: Double, measurer: any TextMeasurer
  ) -> (Frame, [Problem]) {
    let results = results.withVisibleNames
    let (summaries, missing) = results.summaries()
    let inOrder = ReportData(results, summaries: summaries, missing: missing.map(\.message))
    let data = template.frontMatter.order == .drift ? inOrder.byDrift : inOrder
    let setup = PageSetup(size: Size(width: width, height: PageSetup.a4.height), margin: 0)
    let theme = Theme(textSize: template.frontMatter.textSize)
    var builder = BlockMaker(
      plan: ReportPlan(template, data), data: data, file: template.file, footnotes: template.footnotes,
      measurer: measurer, setup: setup, theme: theme, maximumHeight: 640, paperWidths: (width, width),
      numbersSections: template.frontMatter.numberSections)
    builder.make()
    return (
      Composer(setup, theme: theme, measurer: measurer).strip(builder.blocks, margin: 8), missing + builder.problems
    )
  }
}
