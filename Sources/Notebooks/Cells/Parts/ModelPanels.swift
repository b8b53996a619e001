import Figures
import Results
import Support

/// Whether a figure has a panel for each model.
enum Panels: String, Sendable, Hashable, CaseIterable {
  /// As the cell is without it.
  case none
  /// Named in the drawing, all of them on one scale.
  case model
}

/// A cell that may have a panel for each model.
protocol PanelledCell: SeriesCell {
  var panels: Panels { get set }
  /// Beside each other at most; nil for rows that are full.
  var columns: Int? { get set }
}

extension DeclaredOption where Owner: PanelledCell {
  static var panels: [DeclaredOption] {
    [
      DeclaredOption(
        "panels", \.panels, .choice,
        help: "`model` makes one figure with a panel for each model, named in the drawing, all on one scale."),
      DeclaredOption(
        "columns", \.columns, OptionKind.wholeNumber(in: 1...6).optional(), standard: "rows that are full",
        help:
          "At most so many panels beside each other, fewer where they would be too narrow. Without it the last row is as full as "
          + "can be: two rows of three or of four, rather than three and one."),
    ]
  }
}

extension [SeriesSummary] {
  /// Those of each model, in the order of the models.
  var byModel: [(model: ModelRecord, series: [SeriesSummary])] {
    var found: [(model: ModelRecord, series: [SeriesSummary])] = []
    for one in self {
      if let index = found.firstIndex(where: { $0.model.key == one.model.key }) {
        found[index].series.append(one)
      } else {
        found.append((one.model, [one]))
      }
    }
    return found
  }
}
