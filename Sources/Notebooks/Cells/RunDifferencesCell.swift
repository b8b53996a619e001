import Figures
import Results
import Support

/// In what runs differ that stand side by side.
struct RunDifferencesCell: Cell {
  static let key = "run-differences"
  static let help =
    "What differs between the runs of a comparison or a sweep: options, versions, processors, weights, data."
  static let product = CellProduct.table
  static let isOfRuns = true
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.labels(label: \.labels.label, caption: \.labels.caption) + [
      DeclaredOption(
        "rows", \.rows, .wholeNumber(in: 1...10_000), help: "Lines printed; the exported table has all."),
      DeclaredOption(
        "columns", \.columns, .wholeNumber(in: 1...8),
        help: "Up to so many runs have a column each; more are named behind each value."),
    ]
  static let examples = [
    CellExample(key, "A column for each of two runs:"),
    CellExample("run-differences-values", "As of many runs, a line for each value:", "columns: 1\nrows: 6"),
  ]

  var labels = CellLabels()
  var rows = 40
  var columns = 3

  init() {}

  func caption(_ context: CellContext) throws -> String {
    guard let overview = context.data.results.runs else { return "The runs of this report." }
    let what = overview.isSweep ? "the runs of the sweep" : "the runs"
    return
      "What differs between \(what); what all of them share is left out. Of sums the first digits are shown, all are in the "
      + "exported table."
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    guard let overview = context.data.results.runs else {
      return [.table(Self.note("There is one run, and nothing that it could differ from."))]
    }
    let runs = overview.runs.map(\.name)
    let table =
      overview.differences.isEmpty
      ? Self.note("Nothing that is recorded of them differs.")
      : runs.count <= columns ? sideBySide(overview, runs) : byValue(overview, runs)
    return [.table(table)] + overview.agreements.map { .paragraph([ProseRun($0)]) }
  }

  private static func note(_ text: String) -> ResultTable {
    ResultTable(
      columns: [ResultTable.Column("runs", .left, wraps: true)], rows: [[ResultTable.Cell(text)]], csvHead: ["runs"],
      csvRows: [[text]])
  }

  // MARK: - Lines

  private func sideBySide(_ overview: RunOverview, _ runs: [String]) -> ResultTable {
    table(
      overview, columns: runs.map { ResultTable.Column($0, .left, wraps: true) },
      lines: overview.differences.map { difference in
        [(difference, difference.values.map { Self.cell($0) })]
      })
  }

  private func byValue(_ overview: RunOverview, _ runs: [String]) -> ResultTable {
    table(
      overview,
      columns: [ResultTable.Column("value", .left, wraps: true), ResultTable.Column("runs", .left, wraps: true)],
      lines: overview.differences.map { difference in
        var order: [String?] = []
        for value in difference.values where !order.contains(value) { order.append(value) }
        return order.map { value in
          let having = runs.indices.filter { difference.values[$0] == value }
          let names =
            having.count > runs.count / 2 && having.count > 3
            ? "the other \(having.count)" : having.map { runs[$0] }.joined(separator: "; ")
          return (difference, [Self.cell(value), ResultTable.Cell(names)])
        }
      })
  }

  /// - Parameter lines: of each difference.
  private func table(
    _ overview: RunOverview, columns: [ResultTable.Column],
    lines: [[(difference: RunOverview.Difference, cells: [ResultTable.Cell])]]
  ) -> ResultTable {
    var printed: [[ResultTable.Cell]] = []
    var section = ""
    for own in lines {
      for (index, line) in own.enumerated() {
        let head = line.difference.section == section ? "" : line.difference.section
        section = line.difference.section
        printed.append([ResultTable.Cell(head), ResultTable.Cell(index == 0 ? line.difference.name : "")] + line.cells)
      }
    }
    if printed.count > rows {
      let more = ResultTable.Cell("and \(Numbers.grouped(printed.count - rows)) more")
      printed = printed.prefix(rows) + [[ResultTable.Cell(""), more] + columns.map { _ in ResultTable.Cell("") }]
    }
    return ResultTable(
      alternative:
        "Table of \(overview.differences.count) lines, in which \(listInWords(overview.runs.map(\.name))) differ.",
      columns: [ResultTable.Column("", .left), ResultTable.Column("what", .left)] + columns, rows: printed,
      csvHead: ["section", "name"] + overview.runs.map(\.name),
      csvRows: overview.differences.map { [$0.section, $0.name] + $0.values.map { $0 ?? "" } })
  }

  /// Of a sum the beginning, which is enough to tell two apart.
  private static func cell(_ value: String?) -> ResultTable.Cell {
    guard let value else { return ResultTable.Cell("–") }
    let sum = value.prefix(64)
    guard sum.count == 64, sum.allSatisfy(\.isHexDigit) else { return ResultTable.Cell(value) }
    return ResultTable.Cell(value.prefix(12) + "…" + value.dropFirst(64), isMono: true)
  }
}
