import Figures
import Results
import Support

/// What each attack level does to one series.
struct LevelTableCell: TableCell {
  static let key = "level-table"
  static let help =
    "One series: MOD, accuracy, attack success and dead pairs, a column per attack level; predictions that held in place of "
    + "accuracy where labels are no classes."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [.forEach] + DeclaredOption<Self>.table
  static let examples = [
    CellExample(key, "One model:", "models: [vgg16]"),
    CellExample(
      "level-table-each", "A table for each of two models, without intervals:",
      "models: [resnet50, xception]\nfor-each: model\nintervals: none\ndigits: 2"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var look = TableLook()
  var repetition: CellRepetition { .series }

  init() {}

  /// The control and the attack levels.
  private func levels(_ selection: Selection) -> [LevelSummary] {
    guard let summary = selection.summaries.first else { return [] }
    return [summary.control] + selection.epsilons.compactMap { ReportData.level(summary, $0) }
  }

  /// Where nothing is right or wrong, or every clean image is recognised, success is the rest of the row above.
  private func showsSuccess(_ selection: Selection, _ labels: LabelMeaning) -> Bool {
    labels == .classes
      && levels(selection).contains {
        $0.success.total != $0.accuracy.total || $0.success.count + $0.accuracy.count != $0.accuracy.total
      }
  }

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let name = selection.summaries.first.map(context.data.naming.label) ?? ""
    let labels = context.data.results.labels
    return
      "\(name) by attack level, over \(selection.images). \(showsSuccess(selection, labels) ? labels.words.success + " " : "")Held, flipped: "
      + "pairs that kept the predicted class and pairs that changed it"
      + (selection.summaries.first?.target == .predicted ? ", which compare the explanations of two classes" : "")
      + ". In \(look.notesInBrackets ? "round " : "")brackets: of how many."
      + (look.showsIntervals
        ? " \(look.noteWord): \(IntervalWords(selection).noun) (shares: Wilson’s)."
          + IntervalWords(selection).caveat
        : "")
      + (context.data.results.controlCount.run == 0
        ? " Clean: the control was not run." : " Clean: the control\(context.data.controlShare).")
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    guard let summary = selection.summaries.first else { return [] }
    let common = context.data.columns(look)
    let levels = levels(selection)
    let labels = context.data.results.labels
    let hasDead = levels.contains { $0.deadCount > 0 }
    let total = summary.imageCount
    let rows: [[ResultTable.Cell]] =
      [
        [ResultTable.Cell("MOD")] + levels.map { common.cell($0.mod) }
      ]
      + (hasDead
        ? [[ResultTable.Cell("MOD without dead pairs")] + levels.map { common.cell($0.modWithoutDead ?? $0.mod) }] : [])
      + [
        [ResultTable.Cell("MOD, held")] + levels.map { common.cell($0.modHeld, of: $0.heldCount) },
        [ResultTable.Cell("MOD, flipped")] + levels.map { common.cell($0.modFlipped, of: $0.flipped.count) },
        [ResultTable.Cell("\(labels.words.title), %")]
          + levels.map { common.cell($0.accuracy, of: total, counts: true) },
      ]
      + (showsSuccess(selection, labels)
        ? [[ResultTable.Cell("attack success, %")] + levels.map { common.cell($0.success, of: total, counts: true) }]
        : [])
      + (hasDead
        ? [[ResultTable.Cell("pairs with a dead map")] + levels.map { ResultTable.Cell(String($0.deadCount)) }] : [])
    let csvRows = levels.map { level in
      common.csv(summary) + ["\(level.epsilon)"] + SeriesColumns.triple(level.mod)
        + SeriesColumns.triple(level.accuracy) + [level.successRate.map { "\($0)" } ?? "", String(level.deadCount)]
        + SeriesColumns.triple(level.success)[1...] + SeriesColumns.triple(level.modWithoutDead ?? level.mod)
        + SeriesColumns.triple(level.modHeld) + [String(level.heldCount)] + SeriesColumns.triple(level.modFlipped)
        + [
          String(level.flipped.count), String(level.accuracy.count), String(level.success.count),
          String(level.success.total),
        ]
    }
    let csvHead =
      common.csvHead + ["epsilon"] + SeriesColumns.triple("mod") + SeriesColumns.triple("accuracy")
      + ["success_rate", "dead_pairs", "success_rate_lower", "success_rate_upper"]
      + SeriesColumns.triple("mod_without_dead") + SeriesColumns.triple("mod_held") + ["held_pairs"]
      + SeriesColumns.triple("mod_flipped") + ["flipped_pairs", "right", "fooled", "clean_right"]
    let columns = [ResultTable.Column("", .left)] + levels.map { common.level($0.epsilon) }
    var table = ResultTable(columns: columns, rows: rows, csvHead: csvHead, csvRows: csvRows)
    // A grid of heatmaps at the same levels stands below it in reports.
    table.isEven = true
    return [.table(table)]
  }
}
