import Figures
import Support
import Typesetting

/// A run of prose made by a cell; always plain text, never markup.
struct ProseRun: Sendable, Hashable {
  enum Style: Sendable { case plain, italic, strong, mono }
  var text: String
  var style: Style

  init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }

  /// Text whose asterisks enclose what is emphasised.
  static func emphasised(_ text: String) -> [ProseRun] {
    text.split(separator: "*", omittingEmptySubsequences: false).enumerated().compactMap { index, part in
      part.isEmpty ? nil : ProseRun(String(part), index.isMultiple(of: 2) ? .plain : .italic)
    }
  }

  /// Text whose backticks enclose what is set as code.
  static func marked(_ text: String) -> [ProseRun] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().compactMap { index, part in
      part.isEmpty ? nil : ProseRun(String(part), index.isMultiple(of: 2) ? .plain : .mono)
    }
  }
}

/// What a cell puts into the report.
enum CellContent: Sendable {
  case figure(Frame, alternative: String)
  case table(ResultTable)
  case paragraph([ProseRun])
}

/// What a cell is told when it makes its content.
struct CellContext {
  let data: ReportData
  let scope: Scope
  let options: CellOptions
  let measurer: any TextMeasurer
  let style: FigureStyle
  /// Of the text column, in points.
  var width: Double
  /// What the pixels of pictures are counted for; in points. The same for all sizes of a figure, so that they share
  /// their pictures.
  let pictureWidth: Double
  let memo = TileMemo()
  /// The tallest figure that fits a page with its caption.
  let maximumHeight: Double

  func selection(layers: String = "all") throws(Problem) -> Selection {
    try Selection(options, data: data, scope: scope, layersByDefault: layers).required()
  }
}

/// A kind of cell.
public struct CellDefinition: Sendable {
  enum Product: Sendable { case figure, table, text }

  /// What there is one figure or table of.
  enum Repetition: Sendable {
    case once, series
    case modelAndTarget
    case target
  }
  public let name: String
  public let help: String
  public let options: [CellOptionDefinition]
  let product: Product
  /// The part of a cell that repeats without being asked, since it shows one series at a time.
  let isPerSeries: Bool
  /// How a cell repeats that shows several series at a time; decides in place of `isPerSeries`.
  var repeats: (@Sendable (CellOptions) -> Repetition)? = nil
  /// The caption where the template gives none.
  let caption: @Sendable (CellContext) throws -> String
  let make: @Sendable (CellContext) throws -> [CellContent]

  /// Every kind of cell, by name.
  public static let all: [CellDefinition] = [
    .heatmapGrid, .samplesExtreme, .sampleCard, .dissimilarityHistogram, .modCurve, .layerProfile, .scatter, .modTable,
    .accuracyTable, .vidTable, .levelTable, .differenceTable, .methods, .provenance, .validity,
  ]

  func repetition(_ options: CellOptions) -> Repetition { repeats?(options) ?? (isPerSeries ? .series : .once) }

  /// The layers that are shown where the template names none.
  func standardLayers(_ options: CellOptions) -> String {
    if repetition(options) == .modelAndTarget { return "all" }
    return self.options.first { $0.name == "layers" }?.standard ?? "all"
  }
}

extension Array {
  /// In order, as few parts as possible of at most `most` elements, and as even as possible: a figure that goes on
  /// over pages should not end in a single row.
  func parts(ofAtMost most: Int) -> [[Element]] {
    guard !isEmpty else { return [] }
    let count = (self.count + most - 1) / most
    let size = (self.count + count - 1) / count
    return stride(from: 0, to: self.count, by: size).map { Array(self[$0..<Swift.min($0 + size, self.count)]) }
  }
}
