import Figures
import Results
import Support

/// Which model drifts more than which, beyond chance.
struct DifferenceTableCell: SeriesCell {
  static let key = "difference-table"
  static let help = "MOD of each model minus MOD of each other, with paired bootstrap intervals."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] = DeclaredOption<Self>.series
  static let examples = [
    CellExample(key, "As it is:"),
    CellExample(
      "difference-table-some", "Three models at one level:", "models: [vgg16, resnet50, xception]\nepsilons: [0.1]"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    return
      "MOD of the first model minus MOD of the second, over \(selection.images), both on the same images. Small "
      + "figures: 95% intervals of a bootstrap that draws images and keeps each image's pair together. Bold: the "
      + "interval does not hold 0. Models stand in the order of their MOD at the strongest attack, greatest first."
      + context.data.ranking(of: selection.summaries).caption(
        context.data.naming.levels, label: context.data.naming.label)
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let data = context.data
    let common = data.columns()
    let ranking = data.ranking(of: selection.summaries)
    // What is not ranked comes after all that is.
    let ordered = ranking.ranked.reversed() + ranking.unranked.map(\.series)
    guard ordered.count > 1 else {
      throw Problem.failure(
        "there is only one series, and nothing to compare it with", remedy: "Select two models or more.")
    }
    var rows: [[ResultTable.Cell]] = []
    var csvRows: [[String]] = []
    for (index, first) in ordered.enumerated() {
      for second in ordered.dropFirst(index + 1) {
        let (all, images) = data.results.modDifferences(first, second)
        let levels = selection.epsilons.map { epsilon in all.first { $0.epsilon == epsilon }?.mod }
        let isSound = index + 1 < ranking.ranked.count && ranking.ranked.contains(second)
        rows.append(
          [ResultTable.Cell(data.naming.label(first)), ResultTable.Cell(data.naming.label(second))]
            + levels.map { Self.cell($0, mayBeMarked: isSound) })
        csvRows.append(
          common.csv(first) + common.csv(second) + [String(images)] + levels.flatMap { SeriesColumns.triple($0) }
            + [isSound ? "true" : "false"])
      }
    }
    let csvHead =
      common.csvHead + common.csvHead.map { "other_\($0)" } + ["images"]
      + selection.epsilons.flatMap { SeriesColumns.triple("difference_\($0)") } + ["both_ranked"]
    let columns =
      [ResultTable.Column("model", .left), ResultTable.Column("minus", .left)]
      + selection.epsilons.map { context.data.columns().level($0, group: "difference of MOD") }
    return [.table(ResultTable(columns: columns, rows: rows, csvHead: csvHead, csvRows: csvRows))]
  }

  private static func cell(_ difference: Estimate?, mayBeMarked: Bool) -> ResultTable.Cell {
    guard let difference, difference.value.isFinite else { return ResultTable.Cell("–") }
    var cell = ResultTable.Cell(
      Numbers.fixed(difference.value, 3),
      note: "\(Numbers.fixed(difference.lower, 3)) to \(Numbers.fixed(difference.upper, 3))")
    cell.isMarked = mayBeMarked && (difference.lower > 0 || difference.upper < 0)
    return cell
  }
}
