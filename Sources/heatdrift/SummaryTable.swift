import Results
import Support

/// The results in a few lines for standard output: of each series accuracy, or where labels are no classes the share of predictions
/// that held at the strongest level, MOD at each epsilon, what MOD is held against, VID.
/// Of several measures the first, and noise as a column beside the attacks.
enum SummaryTable {
  /// - Parameter summaries: those of the results; without any there are no lines.
  static func lines(_ results: ExperimentResults, _ summaries: [SeriesSummary]) -> [String] {
    let all = summaries.filter { $0.measure == summaries.first?.measure }
    let attacked = all.filter { !results.isBaseline($0.attack) }
    let shown = attacked.isEmpty ? all : attacked
    guard !shown.isEmpty else { return [] }
    // What there are several of tells series apart.
    var names: [(head: String, name: (SeriesSummary) -> String)] = [("model", { visible($0.model.name) })]
    func differ(_ key: (SeriesSummary) -> String) -> Bool { Set(shown.map(key)).count > 1 }
    if differ(\.attack) { names.append(("attack", { results.attackTitle($0.attack) })) }
    if differ(\.explanation) { names.append(("explanation", { results.explanationTitle($0.explanation) })) }
    if results.models.contains(where: { $0.layers.count > 1 }) { names.append(("layer", { visible($0.layer) })) }
    if differ(\.target.rawValue) { names.append(("target", { $0.target.rawValue })) }
    let epsilons = results.epsilons.filter { epsilon in shown.contains { $0.levels.contains { $0.epsilon == epsilon } }
    }
    var columns: [(head: String, number: (SeriesSummary) -> String)] = [
      ("images", { "\($0.imageCount)" }),
      (
        results.labels.words.column,
        { series in
          fixed(results.labels == .classes ? series.cleanAccuracy.value : series.levels.last?.accuracy.value ?? .nan)
        }
      ),
    ]
    for epsilon in epsilons {
      columns.append(
        (
          "MOD(\(results.levelNames.exact(epsilon)))",
          { series in fixed(series.levels.first { $0.epsilon == epsilon }?.mod.value ?? .nan) }
        ))
    }
    // Both at each one's strongest level, the same for all but where attacks have levels of their own.
    let noise = shown.map { baseline(of: $0, among: all, results) }
    let relative = shown.map { one in one.levels.last.flatMap { results.relativeDrift(of: one, at: $0) } }
    let places = Dictionary(
      shown.enumerated().map { ($1.identity, $0) }, uniquingKeysWith: { first, _ in first })
    func column(_ head: String, _ values: [Double?]) {
      guard values.contains(where: { $0 != nil }) else { return }
      columns.append((head, { fixed(places[$0.identity].flatMap { values[$0] } ?? .nan) }))
    }
    column("noise", noise)
    column("relative", relative)
    columns += [("VID", { fixed($0.vid.value) }), ("dead", { "\($0.deadMapCount)" })]
    let header = names.map(\.head) + columns.map(\.head)
    let textColumns = names.count
    let rows = shown.map { series in names.map { $0.name(series) } + columns.map { $0.number(series) } }
    return aligned(header, rows, textColumns) + explained(results, shown, noise, relative)
  }

  /// MOD at the strongest level of a series under what attacks are held against; nil where that was not measured.
  private static func baseline(
    of series: SeriesSummary, among all: [SeriesSummary], _ results: ExperimentResults
  ) -> Double? {
    guard !results.isBaseline(series.attack), let noise = results.baselines(of: [series], among: all).first else {
      return nil
    }
    return noise.levels.first { $0.epsilon == series.levels.last?.epsilon }?.mod.value
  }

  /// What the columns stand for, a line; none where they say it themselves.
  private static func explained(
    _ results: ExperimentResults, _ shown: [SeriesSummary], _ noise: [Double?], _ relative: [Double?]
  ) -> [String] {
    let levels = Set(shown.compactMap { $0.levels.last?.epsilon })
    let level = levels.count == 1 ? levels.first.map(results.levelNames.exact) : nil
    let place = level.map { "at \($0)" } ?? "at each one's strongest level"
    var words: [String] = []
    if results.labels != .classes {
      words.append("\(results.labels.words.column): \(results.labels.words.noun), \(place)")
    }
    if noise.contains(where: { $0 != nil }) { words.append("noise: MOD under noise of the same size, \(place)") }
    if relative.contains(where: { $0 != nil }) {
      words.append("relative: MOD \(place), 1 being as far as the clean map of another label")
    }
    let measures = results.measures.map { type(of: $0).title }
    if measures.count > 1, let first = shown.first.map({ results.measureTitle($0.measure) }) {
      words.append(
        "all by \(first); \(listInWords(measures.filter { $0 != first })) "
          + "\(measures.count == 2 ? "is" : "are") in the report")
    }
    return words.isEmpty ? [] : [words.joined(separator: "; ") + "."]
  }

  private static func aligned(_ header: [String], _ rows: [[String]], _ textColumns: Int) -> [String] {
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
