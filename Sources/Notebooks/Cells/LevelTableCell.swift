import Figures
import Results
import Support

/// What each attack level does to one series.
struct LevelTableCell: SeriesCell {
  static let key = "level-table"
  static let help = "One series: MOD, accuracy, attack success and dead pairs, a column per attack level."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [.forEach, .intervals(\.showsIntervals)]
  static let examples = [
    CellExample(key, "One model:", "models: [vgg16]"),
    CellExample(
      "level-table-each", "A table for each of two models, without intervals:",
      "models: [resnet50, xception]\nfor-each: model\nintervals: false"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var showsIntervals = true
  var repetition: CellRepetition { .series }

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let name = selection.summaries.first.map(context.data.naming.label) ?? ""
    return "\(name) by attack level. Attack success: the share of the images recognised when clean that are no longer."
      + (context.data.controlShare.isEmpty ? "" : " MOD at ε\u{A0}=\u{A0}0: the control\(context.data.controlShare).")
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    guard let summary = selection.summaries.first else { return [] }
    let common = context.data.columns(showsIntervals: showsIntervals)
    let levels = [summary.control] + selection.epsilons.compactMap { ReportData.level(summary, $0) }
    let rows: [[ResultTable.Cell]] = [
      [ResultTable.Cell("MOD")] + levels.map { common.cell($0.mod) },
      [ResultTable.Cell("accuracy")] + levels.map { common.cell($0.accuracy) },
      [ResultTable.Cell("attack success")]
        + levels.map { ResultTable.Cell(Numbers.fixed($0.successRate ?? .nan, 3)) },
      [ResultTable.Cell("pairs with a dead map")] + levels.map { ResultTable.Cell(String($0.deadCount)) },
    ]
    let csvRows = levels.map { level in
      common.csv(summary) + ["\(level.epsilon)"] + SeriesColumns.triple(level.mod)
        + SeriesColumns.triple(level.accuracy) + [level.successRate.map { "\($0)" } ?? "", String(level.deadCount)]
    }
    let csvHead =
      common.csvHead + ["epsilon"] + SeriesColumns.triple("mod") + SeriesColumns.triple("accuracy")
      + ["success_rate", "dead_pairs"]
    let columns = [ResultTable.Column("", .left)] + levels.map { common.level($0.epsilon) }
    return [.table(ResultTable(columns: columns, rows: rows, csvHead: csvHead, csvRows: csvRows))]
  }
}
