import Figures
import Results
import Support

/// VID as the paper may be read.
struct VIDTableCell: SeriesCell {
  static let key = "vid-table"
  static let help = "VID in its three readings, a line per series."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [.forEach, .intervals(\.showsIntervals)]
  static let examples = [
    CellExample(key, "The three readings of VID:", "layers: last"),
    CellExample("vid-table-plain", "Without intervals:", "layers: last\nintervals: false"),
  ]

  var shown = SeriesOptions()
  var showsIntervals = true

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let measure = selection.measure.title
    return "VID in the three readings of the paper's formula. "
      + VIDReading.allCases.map { "\($0.rawValue): \($0.meaning(measure))" }.joined(separator: "; ") + "."
      + (showsIntervals ? " Small figures: \(IntervalWords(selection).noun)." + IntervalWords(selection).caveat : "")
      + VIDReading.levels(of: selection, context)
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let common = context.data.columns(showsIntervals: showsIntervals)
    let rows = selection.summaries.map { summary in
      common.cells(summary) + VIDReading.allCases.map { common.cell($0.estimate(summary)) }
    }
    let csvRows = selection.summaries.map { summary in
      common.csv(summary) + VIDReading.allCases.flatMap { SeriesColumns.triple($0.estimate(summary)) }
    }
    let csvHead = common.csvHead + ["vid", "vid_of_mod", "vid_pooled"].flatMap { SeriesColumns.triple($0) }
    return [
      .table(
        ResultTable(
          columns: common.columns + VIDReading.allCases.map { ResultTable.Column($0.rawValue) }, rows: rows,
          csvHead: csvHead, csvRows: csvRows))
    ]
  }
}
