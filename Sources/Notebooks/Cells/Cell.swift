import Figures
import Support

/// A kind of cell: what a template can ask for, and what of the results it puts in that place.
///
/// One more cell is one more file beside this one, which holds its options with their defaults and help, its caption, its
/// content and an example, and a line in `cells`.
public protocol Cell: Configurable {
  /// As templates write it between braces: "mod-table".
  static var key: String { get }
  /// One line, for documentation.
  static var help: String { get }
  /// Whether it is numbered among the figures or the tables.
  static var product: CellProduct { get }
  /// The first shows the cell as it is, further ones what single options change.
  static var examples: [CellExample] { get }
  /// Whether it shows something only where several runs stand side by side.
  static var isOfRuns: Bool { get }

  /// What the template calls it and says under it.
  var labels: CellLabels { get }
  /// What there is one figure or table of.
  var repetition: CellRepetition { get }

  /// Which series it shows; nil for a cell that shows none.
  /// - Parameter isGiven: whether the template writes an option, by its name.
  func series(isGiven: (String) -> Bool) -> SeriesOptions?

  /// Printed where the template gives no caption.
  func caption(_ context: CellContext) throws -> String

  /// Made once for a place in the report; figures are then laid out at each width that is asked for.
  func content(_ context: CellContext) throws -> [CellContent]
}

extension Cell {
  public static var isOfRuns: Bool { false }
  public var repetition: CellRepetition { .once }
  public func series(isGiven: (String) -> Bool) -> SeriesOptions? { nil }
}

/// A cell that shows series of the experiment.
public protocol SeriesCell: Cell {
  /// Its first value holds the defaults of all options that such cells share.
  var shown: SeriesOptions { get set }
  /// What behind the caption is said of all shown series, where the experiment has several and they are of one: all but what
  /// the cell's own caption names, and what its numbers do not depend on.
  var commonParts: Set<SeriesPart> { get }
}

extension SeriesCell {
  public var commonParts: Set<SeriesPart> { Set(SeriesPart.allCases) }
  public var labels: CellLabels { shown.labels }
  public func series(isGiven: (String) -> Bool) -> SeriesOptions? { shown }
}

/// What a cell is numbered as.
public enum CellProduct: Sendable, Hashable {
  /// "Figure 3", "Table 3"
  case figure, table
  /// Without a number.
  case text
}

/// What a cell makes one figure or table of, without being asked.
public enum CellRepetition: Sendable, Hashable {
  /// Of all series together.
  case once
  /// Of each series.
  case series
  /// Of the layers of a model.
  case layers
  /// Of the models side by side.
  case models
  /// Of the explanations and measures side by side.
  case methods
  /// Of the attacks side by side.
  case attacks
}

/// The cells that templates can name.
public let cells = Registry<any Cell.Type>(
  "cell",
  [
    HeatmapGridCell.self,
    SamplesExtremeCell.self,
    SampleCardCell.self,
    MeanHeatmapCell.self,
    ShiftCell.self,
    DissimilarityHistogramCell.self,
    HeldFlippedCell.self,
    ModCurveCell.self,
    LayerProfileCell.self,
    ScatterCell.self,
    ModTableCell.self,
    AccuracyTableCell.self,
    VIDTableCell.self,
    LevelTableCell.self,
    DifferenceTableCell.self,
    ForestCell.self,
    ClassTableCell.self,
    AgreementCell.self,
    MeasuresCell.self,
    TransferMatrixCell.self,
    RunDifferencesCell.self,
    MethodsCell.self,
    ReferencesCell.self,
    ProvenanceCell.self,
    ValidityCell.self,
    ComposeCell.self,
  ]
) { $0.key }
