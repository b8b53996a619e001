import Support

/// What it takes to make the same report again.
struct ProvenanceCell: Cell {
  static let key = "provenance"
  static let help = "Versions, hashes and seeds: what it takes to make the same report again."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.labels(label: \.labels.label, caption: \.labels.caption) + [
      DeclaredOption(
        "rows", \.rows, .wholeNumber(in: 1...10_000),
        help: "Lines printed of each section; the exported table has all."),
      DeclaredOption("sections", \.sections, .words, help: "Sections to show, such as `software`, `weights`."),
    ]
  static let examples = [
    CellExample(key, "One section of it:", "sections: [software]"),
    CellExample("provenance-rows", "Its first lines:", "sections: [software]\nrows: 3"),
  ]

  var labels = CellLabels()
  var rows = 60
  var sections = [SeriesOptions.all]

  init() {}

  func caption(_ context: CellContext) throws -> String {
    "What made this report: versions, seeds, and SHA-256 sums of everything that was read."
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let provenance = ProvenanceSections(context.data.results.provenance, wanted: sections)
    for section in sections where section != SeriesOptions.all && !provenance.known.contains(section) {
      throw Problem.usage(
        at: context.place("sections"), "the provenance has no section `\(section)`",
        remedy: suggestion(for: section, among: provenance.known))
    }
    var table = ResultTable(
      columns: ["", "name", "value"].map { ResultTable.Column($0, .left, wraps: $0 == "value") },
      rows: provenance.sections.filter { !$0.isCompact }.flatMap { $0.rows(limit: rows) },
      csvHead: ["section", "name", "value"],
      csvRows: provenance.sections.flatMap(\.entries).map { [$0.section, $0.name, $0.value] })
    table.isDense = true
    let lists = provenance.sections.filter(\.isCompact).map { CellContent.table($0.compactTable(limit: rows)) }
    return [.table(table)] + lists
  }
}
