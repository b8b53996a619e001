import Figures
import Results
import Support

/// The differences of `difference-table` at one level, as they lie.
struct ForestCell: SeriesCell {
  static let key = "forest"
  static let help =
    "MOD of each model minus MOD of each other at the strongest level that two have, with paired intervals and adjusted p."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] = DeclaredOption<Self>.series
  static let examples = [
    CellExample(key, "Every pair of models:"),
    CellExample(
      "forest-level", "Three models at another level:", "models: [vgg16, resnet50, xception]\nepsilons: [0.02]"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])

  init() {}

  func caption(_ context: CellContext) throws -> String {
    if try lone(context) != nil { return "" }
    let selection = try context.selection(self)
    let words = IntervalWords(selection)
    let family = context.data.differences(of: selection.summaries, epsilons: level(selection).map { [$0] } ?? [])
    return
      "MOD of the first minus MOD of the second at ε\u{A0}=\u{A0}\(level(selection).map(context.data.printed) ?? "–"), over "
      + "the same \(selection.images). Lines: \(words.noun), each image’s pair kept together.\(words.caveat) p: "
      + "paired sign-flip test, \(DifferenceWords.adjusted(family, isAlone: true)); full markers have p below 0.05.\(DifferenceWords(context.data, selection, family).sentences) Models stand in "
      + "the order of their MOD there, least first."
      + context.data.ranking(of: selection.summaries).caption(
        context.data.naming.levels, label: context.data.naming.label)
  }

  /// The strongest at which there are two series to compare: maps that were computed elsewhere need not have every level.
  private func level(_ selection: Selection) -> Double? {
    selection.epsilons.last { epsilon in
      selection.summaries.count { ReportData.level($0, epsilon) != nil } > 1
    } ?? selection.epsilons.last
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    if let lone = try lone(context) { return lone }
    let selection = try context.selection(self)
    let ranking = context.data.ranking(of: selection.summaries)
    let strongest = level(selection)
    func mod(_ summary: SeriesSummary) -> Double {
      ReportData.level(summary, strongest)?.mod.value ?? -.infinity
    }
    let ordered = ranking.ranked.reversed().sorted { mod($0) > mod($1) } + ranking.unranked.map(\.series)
    guard ordered.count > 1, let epsilon = strongest else {
      throw Problem.failure(
        "there is only one series, and nothing to compare it with", remedy: "Select two models or more.")
    }
    let naming = context.data.naming
    let names = Dictionary(ordered.map { ($0.identity, naming.label($0)) }, uniquingKeysWith: { first, _ in first })
    let ranked = Set(ranking.ranked.map(\.identity))
    // The greater MOD minus the less, in the order in which models stand in tables.
    let ascending = ranking.ranked.sorted { mod($0) < mod($1) } + ranking.unranked.map(\.series)
    let places = Dictionary(
      ascending.enumerated().map { ($0.element.identity, $0.offset) }, uniquingKeysWith: { first, _ in first })
    func place(_ series: SeriesIdentity) -> Int { places[series] ?? places.count }
    let pairs = context.data.differences(of: ordered, epsilons: [epsilon]).pairs
      .sorted { (place($0.second), place($0.first)) < (place($1.second), place($1.first)) }
    let rows = pairs.compactMap { pair in
      pair.levels.first.map { level in
        ForestRow(
          label: "\(names[pair.first] ?? "") −\u{A0}\(names[pair.second] ?? "")", value: level.mod.value,
          lower: level.mod.lower, upper: level.mod.upper, note: Numbers.probability(level.adjusted),
          isClear: level.isClear && ranked.isSuperset(of: [pair.first, pair.second]))
      }
    }
    guard !rows.isEmpty else {
      throw Problem.failure(
        "no two of the series were attacked at ε = \(context.data.printed(epsilon))", remedy: "Select another level.")
    }
    let range = ForestPlot.range(of: rows)
    let capacity = max(1, Int((context.maximumHeight - 50) / 15))
    return rows.parts(ofAtMost: capacity).map { part in
      let words = part.map { "\($0.label) \(Numbers.fixed($0.value, 3)), \($0.note)" }
      return .plot(alternative: "Differences in MOD: \(words.joined(separator: "; ")).") { width in
        ForestPlot(
          rows: part, title: "difference in MOD", width: width, shared: range, maximumHeight: context.maximumHeight
        ).frame(measurer: context.measurer, style: context.style)
      }
    }
  }
}
