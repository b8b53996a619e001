import Notebooks
import Results
import Support

/// The images that drift most at the strongest attack: one more cell is this file and one line where it is registered.
struct MostMovedCell: SeriesCell {
  static let key = "most-moved"
  static let help = "The images that drift most, greatest first; one table for each series."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach, DeclaredOption("count", \.count, .wholeNumber(in: 1...100), help: "How many images are listed."),
    ]
  static let examples = [CellExample(key, "The two that drift most:", "count: 2")]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var count = 3
  var repetition: CellRepetition { .series }

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    return "The images that drift most, of \(selection.images), by \(selection.measure.title)."
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    guard let series = try context.selection(self).summaries.first else { return [] }
    let moved = zip(context.data.images(of: series), series.levels.last?.dissimilarities ?? [])
      .sorted { $0.1 > $1.1 }.prefix(count)
    return [
      .table(
        ResultTable(
          columns: [ResultTable.Column("image", .left), ResultTable.Column("drift")],
          rows: moved.map { [ResultTable.Cell($0.path), ResultTable.Cell("\($1)")] },
          csvHead: ["image", "drift"], csvRows: moved.map { [$0.path, "\($1)"] }))
    ]
  }
}
