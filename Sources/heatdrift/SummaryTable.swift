import Results
import Support

/// The results in a few lines for standard output: accuracy, MOD at each epsilon and VID of each series.
enum SummaryTable {
  /// - Parameter summaries: those of the results; without any there are no lines.
  static func lines(_ results: ExperimentResults, _ summaries: [SeriesSummary]) -> [String] {
    guard !summaries.isEmpty else { return [] }
    // What there are several of tells series apart.
    var names: [(head: String, name: (SeriesSummary) -> String)] = [("model", { visible($0.model.name) })]
    if results.attacks.count > 1 { names.append(("attack", { results.attackTitle($0.attack) })) }
    if results.explanations.count > 1 {
      names.append(("explanation", { results.explanationTitle($0.explanation) }))
    }
    if results.models.contains(where: { $0.layers.count > 1 }) { names.append(("layer", { visible($0.layer) })) }
    if results.targets.count > 1 { names.append(("target", { $0.target.rawValue })) }
    if results.measures.count > 1 { names.append(("measure", { results.measureTitle($0.measure) })) }
    var header = names.map(\.head)
    header +=
      ["images", "accuracy"] + results.epsilons.map { "MOD(\(results.levelNames.exact($0)))" } + ["VID", "dead"]
    let textColumns = names.count
    let rows = summaries.map { series in
      var row = names.map { $0.name(series) }
      row += ["\(series.imageCount)", fixed(series.cleanAccuracy.value)]
      row += results.epsilons.map { epsilon in
        fixed(series.levels.first { $0.epsilon == epsilon }?.mod.value ?? .nan)
      }
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
