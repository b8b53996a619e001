import Figures
import Foundation
import Results

/// The provenance as the report prints it, section by section in the order of the entries.
struct ProvenanceSections {
  struct Section {
    var name: String
    var entries: [ProvenanceEntry]

    private static func isSum(_ value: String) -> Bool { value.count == 64 && value.allSatisfy(\.isHexDigit) }

    /// What is many and short stands on one line: versions of libraries, and fonts, which are the same for every report
    /// of a version of Heatdrift.
    private var isInline: Bool { name == ProvenanceEntry.rendering || name == ProvenanceEntry.fonts }

    private var inlineText: String {
      guard name == ProvenanceEntry.fonts, let first = entries.first else {
        return entries.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
      }
      let more = entries.count > 1 ? " and \(Numbers.grouped(entries.count - 1)) more, with their sums" : ""
      return "\(first.name) \(first.value.prefix(8))\(more) in provenance.json"
    }

    /// Sums of many files stand three on a line, shortened.
    var isCompact: Bool { !isInline && entries.count > 12 && entries.allSatisfy { Self.isSum($0.value) } }

    /// Of a section that is not compact: section, name, value.
    /// - Parameter limit: of printed entries; what is left out is counted in one more line.
    func rows(limit: Int) -> [[ResultTable.Cell]] {
      if isInline {
        let count = Numbers.grouped(entries.count)
        let what = name == ProvenanceEntry.fonts ? "files" : "libraries"
        return [[ResultTable.Cell(name), ResultTable.Cell("\(count) \(what)"), ResultTable.Cell(inlineText)]]
      }
      var rows = entries.prefix(limit).enumerated().map { index, entry in
        [
          ResultTable.Cell(index == 0 ? name : ""), ResultTable.Cell(entry.name),
          ResultTable.Cell(entry.value, isMono: Self.isSum(entry.value)),
        ]
      }
      if entries.count > limit {
        let more = Numbers.grouped(entries.count - limit)
        rows.append([ResultTable.Cell(""), ResultTable.Cell("and \(more) more"), ResultTable.Cell("")])
      }
      return rows
    }

    /// Of a compact section: three names, or four short ones, with the first 16 digits of their sums on a line, read downwards.
    func compactTable(limit: Int) -> ResultTable {
      // s2 before s10, as a person looks for them; the exported table keeps the order of the run.
      let ordered = entries.sorted { $0.name.compare($1.name, options: .numeric) == .orderedAscending }
      let most = ordered.allSatisfy { $0.name.count <= 12 } ? 4 : 3
      let shown = Array(ordered.prefix(limit * most))
      let height = (shown.count + most - 1) / most
      let rows = (0..<height).map { row in
        (0..<most).flatMap { column -> [ResultTable.Cell] in
          let index = column * height + row
          guard shown.indices.contains(index) else { return [ResultTable.Cell(""), ResultTable.Cell("")] }
          return [
            ResultTable.Cell(shown[index].name), ResultTable.Cell(String(shown[index].value.prefix(16)), isMono: true),
          ]
        }
      }
      let columns = (0..<most).flatMap { _ in
        [ResultTable.Column("file", .left), ResultTable.Column("SHA-256", .left)]
      }
      let rest = entries.count > shown.count ? ", the first \(Numbers.grouped(shown.count)) of them," : ""
      let caption =
        "The \(Numbers.grouped(entries.count)) files of the section “\(name)”\(rest) with the first 16 digits of their "
        + "sums; all digits are in the exported table."
      var table = ResultTable(caption: caption, columns: columns, rows: rows, csvHead: [], csvRows: [])
      table.isDense = true
      return table
    }
  }

  let known: [String]
  let sections: [Section]

  /// - Parameter wanted: names of sections, or "all".
  init(_ entries: [ProvenanceEntry], wanted: [String]) {
    var order: [String] = []
    for entry in entries where !order.contains(entry.section) { order.append(entry.section) }
    // A section may be empty.
    let usual = ["software", ProvenanceEntry.rendering, ProvenanceEntry.fonts, "experiment", "weights", "data"]
    known = order + usual.filter { !order.contains($0) }
    sections = order.filter { wanted.contains(SeriesOptions.all) || wanted.contains($0) }
      .map { name in Section(name: name, entries: entries.filter { $0.section == name }) }
  }
}
