import Results
import Support

/// The results in a few lines for standard output: accuracy, MOD at each epsilon and VID of each series.
enum SummaryTable {
  /// - Parameter summaries: those of the results; without any there are no lines.
  static func lines(_ results: ExperimentResults, _ summaries: [SeriesSummary]) -> [String] {
    guard !summaries.isEmpty else { return [] }
    let severalTargets = results.targets.count > 1
    let severalLayers = results.models.contains { $0.layers.count > 1 }
    var header = ["model"]
    if severalLayers { header.append("layer") }
    if severalTargets { header.append("target") }
    header += ["images", "accuracy"] + results.epsilons.map { "MOD(\(AttackLevel.exact($0)))" } + ["VID", "dead"]
    let textColumns = header.firstIndex(of: "images") ?? 1
    let rows = summaries.map { series in
      var row = [visible(series.model.name)]
      if severalLayers { row.append(visible(series.layer)) }
      if severalTargets { row.append(series.target.rawValue) }
      row += ["\(series.imageCount)", fixed(series.cleanAccuracy.value)]
      row += series.levels.map { fixed($0.mod.value) }
      row += [fixed(series.vid.value), "\(series.deadMapCount)"]
      return row
    }
    let widths = header.indices.map { column in ([header] + rows).map { terminalColumns($0[column]) }.max() ?? 0 }
    return ([header] + rows).map { row in
      zip(row, widths).enumerated().map { column, cell in
        padded(cell.0, to: cell.1, atEnd: column < textColumns)
      }.joined(separator: "  ").trimmingTrailingSpaces
    }
  }

  private static func fixed(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "–" }
    let tenThousandths = Int((value * 10_000).rounded())
    let digits = String(abs(tenThousandths))
    let padded = String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    return (tenThousandths < 0 ? "-" : "") + padded.dropLast(4) + "." + padded.suffix(4)
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
