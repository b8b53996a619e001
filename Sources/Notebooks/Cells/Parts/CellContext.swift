import Figures
import Support
import Typesetting

/// What a cell puts into the report.
public enum CellContent: Sendable {
  /// Numbered, exported, and laid out at several widths.
  case figure(CellFigure)
  case table(ResultTable)
  /// A table of numbers that is exported beside a figure and not printed.
  case exported(ResultTable)
  case paragraph([ProseRun])
  /// What is cited, in the order of its numbers.
  case works([[ProseRun]])

  /// Of a report, where it is text; nil for figures and tables.
  var text: Block? {
    switch self {
    case .paragraph(let runs): .paragraph(runs.flatMap(\.inlines))
    case .works(let works): .works(works.map { $0.flatMap(\.inlines) })
    case .figure, .table, .exported: nil
    }
  }
}

/// A figure that was made and can be laid out at any width: on the page, and for the columns of a paper.
public struct CellFigure: Sendable {
  /// What it shows, in words, for those who cannot see it.
  public let alternative: String
  /// The figure at a width in points.
  public let frame: @Sendable (_ width: Double) -> Frame
  /// The same no higher than a height in points, where that is possible: for the rest of a page that does not hold all of
  /// it. Nil for a figure that has one height.
  public let fitted: (@Sendable (_ width: Double, _ height: Double) -> Frame)?

  public init(
    alternative: String, frame: @escaping @Sendable (_ width: Double) -> Frame,
    fitted: (@Sendable (_ width: Double, _ height: Double) -> Frame)? = nil
  ) {
    self.alternative = alternative
    self.frame = frame
    self.fitted = fitted
  }
}

/// What a cell is told when it makes its content.
public struct CellContext: Sendable {
  /// The experiment, and what several cells derive from it; a cell of series has their labels say in what they differ.
  public internal(set) var data: ReportData
  /// Whose turn it is where the cell is repeated.
  public let scope: Scope
  /// Of texts in figures.
  public let measurer: any TextMeasurer
  /// Letters and colours of figures in this report.
  public let style: FigureStyle
  /// Of the report's text, in points: what the pixels of pictures are counted for, whatever the widths that a figure is
  /// laid out at.
  public let width: Double
  /// The tallest figure that fits a page with its caption, in points.
  public let maximumHeight: Double
  /// Whether the report has a list of references, so that numbers in brackets mean something.
  public let hasReferences: Bool
  /// Of a cell that puts figures side by side.
  var parts: [ComposedPart] = []
  /// The cell's options as the template has them.
  let keys: MappingReader

  /// Whether the template writes an option.
  public func isGiven(_ option: String) -> Bool { keys.optional(option) != nil }

  /// Where an option stands in the template, for errors; where the cell stands when it is not given.
  public func place(_ option: String) -> Place { keys.keyPlace(option) ?? keys.place }

  /// The series and levels that a cell shows here.
  /// - Throws: `Problem` at the option that names what the experiment does not have, or when nothing was measured.
  public func selection(_ cell: some Cell) throws(Problem) -> Selection {
    let options = cell.series { keys.optional($0) != nil } ?? SeriesOptions()
    return try Selection(options, keys: keys, data: data, scope: scope).required()
  }
}

extension CellContent {
  /// A figure that is a plot.
  /// - Parameter frame: the plot at a width in points.
  static func plot(alternative: String, frame: @escaping @Sendable (Double) -> Frame) -> CellContent {
    .figure(CellFigure(alternative: alternative, frame: frame))
  }

  /// A figure that is laid out again where it is to be less high.
  /// - Parameter frame: at a width, no higher than a height, both in points.
  static func plot(
    alternative: String, maximumHeight: Double, frame: @escaping @Sendable (_ width: Double, _ height: Double) -> Frame
  ) -> CellContent {
    .figure(
      CellFigure(
        alternative: alternative, frame: { frame($0, maximumHeight) },
        fitted: { frame($0, min($1, maximumHeight)) }))
  }
}
