import Figures
import Results

/// The provenance as the report prints it, section by section in the order of the entries.
struct Provenance {
  struct Section {
    var name: String
    var entries: [ProvenanceEntry]

    private static func isSum(_ value: String) -> Bool { value.count == 64 && value.allSatisfy(\.isHexDigit) }

    /// Sums of many files stand three on a line, shortened.
    var isCompact: Bool { entries.count > 12 && entries.allSatisfy { Self.isSum($0.value) } }

    /// - Parameter limit: of printed lines; what is left out is counted in one more.
    func rows(limit: Int) -> [[ResultTable.Cell]] {
      let perRow = isCompact ? 3 : 1
      let shown = Array(entries.prefix(limit * perRow))
      var rows: [[ResultTable.Cell]] = stride(from: 0, to: shown.count, by: perRow).map { start in
        let group = shown[start..<min(start + perRow, shown.count)]
        let first = ResultTable.Cell(start == 0 ? name : "")
        guard isCompact else {
          return [first]
            + group.flatMap { entry in
              [ResultTable.Cell(entry.name), ResultTable.Cell(entry.value, isMono: Self.isSum(entry.value))]
            }
        }
        let names = group.map { $0.name + "\u{A0}" + String($0.value.prefix(16)) }
        return [
          first, ResultTable.Cell(group.count == 1 ? "1 file" : "\(group.count) files"),
          ResultTable.Cell(names.joined(separator: "   "), isMono: true),
        ]
      }
      if shown.count < entries.count {
        let more = Numbers.grouped(entries.count - shown.count)
        rows.append([ResultTable.Cell(""), ResultTable.Cell("and \(more) more"), ResultTable.Cell("")])
      }
      return rows
    }
  }

  let known: [String]
  let sections: [Section]

  init(_ context: CellContext) {
    let entries = context.data.results.provenance
    var order: [String] = []
    for entry in entries where !order.contains(entry.section) { order.append(entry.section) }
    let wanted = context.options.words["sections"] ?? ["all"]
    known = order
    sections = order.filter { wanted.contains("all") || wanted.contains($0) }
      .map { name in Section(name: name, entries: entries.filter { $0.section == name }) }
  }
}
