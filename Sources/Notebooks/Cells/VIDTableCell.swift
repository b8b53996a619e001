import Figures
import Results
import Support

/// VID as the paper may be read.
public struct VIDTableCell: SeriesCell {
  public static let key = "vid-table"
  public static let help = "VID in its three readings, a line per series."
  public static let product = CellProduct.table
  public static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [.forEach, .intervals(\.showsIntervals)]
  public static let examples = [
    CellExample(key, "The three readings of VID:", "layers: last"),
    CellExample("vid-table-plain", "Without intervals:", "layers: last\nintervals: false"),
  ]

  public var shown = SeriesOptions()
  public var showsIntervals = true

  public init() {}

  public func caption(_ context: CellContext) throws -> String {
    let measure = try context.selection(self).measure.title
    return "VID in the three readings of the paper's formula. "
      + VIDReading.allCases.map { "\($0.rawValue): \($0.meaning(measure))" }.joined(separator: "; ") + "."
  }

  public func content(_ context: CellContext) throws -> [CellContent] {
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
