import Figures
import Results
import Support

/// VID as the paper may be read.
struct VIDTableCell: TableCell {
  static let key = "vid-table"
  static let help = "VID in its three readings, a line per series."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [.forEach] + DeclaredOption<Self>.table
  static let examples = [
    CellExample(key, "The three readings of VID:", "layers: last"),
    CellExample(
      "vid-table-plain", "Intervals beside the numbers, two decimals:", "layers: last\nintervals: beside\ndigits: 2"),
  ]

  var shown = SeriesOptions()
  var look = TableLook()
  var commonParts: Set<SeriesPart> { SeriesPart.allButMeasure }

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let measure = selection.measure.title
    return "VID (variation in dissimilarity) in three readings of its formula. "
      + VIDReading.allCases.map { "\($0.title): \($0.meaning(measure))" }.joined(separator: "; ").capitalisedFirst + "."
      + (look.showsIntervals
        ? " \(look.noteWord): \(IntervalWords(selection).noun)." + IntervalWords(selection).caveat : "")
      + (Self.hasDead(selection)
        ? " Right: over the images none of whose maps is dead." : "")
      + VIDReading.levels(of: selection, context)
  }

  private static func hasDead(_ selection: Selection) -> Bool {
    selection.summaries.contains { $0.vidWithoutDead != nil }
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let common = context.data.columns(look)
    let hasDead = Self.hasDead(selection)
    let rows = selection.summaries.map { summary in
      common.cells(summary) + VIDReading.allCases.map { common.cell($0.estimate(summary)) }
        + (hasDead ? VIDReading.allCases.map { common.cell($0.estimateWithoutDead(summary)) } : [])
    }
    let csvRows = selection.summaries.map { summary in
      common.csv(summary) + VIDReading.allCases.flatMap { SeriesColumns.triple($0.estimate(summary)) }
        + VIDReading.allCases.flatMap { SeriesColumns.triple($0.estimateWithoutDead(summary)) }
    }
    let names = ["vid", "vid_of_mod", "vid_pooled"]
    let csvHead = common.csvHead + (names + names.map { $0 + "_without_dead" }).flatMap { SeriesColumns.triple($0) }
    func columns(_ group: String?) -> [ResultTable.Column] {
      VIDReading.allCases.map { ResultTable.Column($0.title, group: group) }
    }
    return [
      .table(
        ResultTable(
          columns: common.columns + (hasDead ? columns("all images") + columns("without dead maps") : columns(nil)),
          rows: rows,
          csvHead: csvHead, csvRows: csvRows))
    ]
  }
}
