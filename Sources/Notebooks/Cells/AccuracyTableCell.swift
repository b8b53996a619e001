import Figures
import Results
import Support

/// What the attack does to the answers.
struct AccuracyTableCell: TableCell {
  static let key = "accuracy-table"
  static let help =
    "Accuracy on clean and attacked images, a line per series; predictions that held where labels are no classes."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [.forEach] + DeclaredOption<Self>.table
  static let examples = [
    CellExample(key, "As it is:"),
    CellExample("accuracy-table-plain", "Two decimals, without intervals:", "digits: 2\nintervals: none"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var look = TableLook()

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let labels = context.data.results.labels
    return
      (labels == .classes
      ? "Accuracy on clean images and at each attack level"
      : "Predictions that held: the share of the images whose prediction is that of the clean image, at each attack level")
      + ", over \(selection.images), with how many are \(labels == .classes ? "right" : "held")."
      + (look.showsIntervals ? " \(look.noteWord): Wilson’s 95% score intervals." : "")
      + (selection.summaries.contains { $0.deadMapCount > 0 }
        ? " Dead maps have no part in it: images with one count as all others." : "")
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let common = context.data.columns(look)
    var csvHead = common.csvHead + SeriesColumns.triple("clean_accuracy") + ["clean_right", "images"]
    for epsilon in selection.epsilons { csvHead += SeriesColumns.triple("accuracy_\(epsilon)") + ["right_\(epsilon)"] }
    // What clean images are predicted to be is what the others are held against.
    let showsClean = context.data.results.labels == .classes
    let total = MatrixWords.common(selection.summaries.map(\.imageCount))
    let rows = selection.summaries.map { summary in
      common.cells(summary) + (showsClean ? [common.cell(summary.cleanAccuracy, of: total, counts: true)] : [])
        + selection.epsilons.map { common.cell(ReportData.level(summary, $0)?.accuracy, of: total, counts: true) }
    }
    let csvRows = selection.summaries.map { summary in
      common.csv(summary) + SeriesColumns.triple(summary.cleanAccuracy)
        + [String(summary.cleanAccuracy.count), String(summary.imageCount)]
        + selection.epsilons.flatMap { epsilon in
          let accuracy = ReportData.level(summary, epsilon)?.accuracy
          return SeriesColumns.triple(accuracy) + [accuracy.map { String($0.count) } ?? ""]
        }
    }
    let columns =
      common.columns
      + ((showsClean ? [0] : []) + selection.epsilons).map {
        common.level($0, group: context.data.results.labels.words.column, unit: "%")
      }
    return [.table(ResultTable(columns: columns, rows: rows, csvHead: csvHead, csvRows: csvRows))]
  }
}
