import Figures
import Results
import Support
import Typesetting

/// Whether attention drifts where confidence falls.
struct ScatterCell: PanelledCell {
  static let key = "scatter"
  static let help =
    "The measure against the confidence that the attack takes, a panel for each series with its correlation, a marker for each "
    + "attack level."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach, .pairs(\.pairs),
      DeclaredOption(
        "table", \.hasTable, .answer,
        help: "Whether the correlations at every attack level stand in a table below; they are exported in any case."),
    ] + DeclaredOption<Self>.panels
  static let examples = [
    CellExample(key, "All models:"), CellExample("scatter-one", "One model:", "models: [lowest-mod]"),
    CellExample(
      "scatter-pairs", "Pairs that held their prediction told from those that flipped:",
      "models: [lowest-mod]\npairs: held-flipped"),
    CellExample("scatter-table", "The correlations in a table:", "models: [lowest-mod]\ntable: true"),
    CellExample(
      "scatter-panels", "The points of all layers of a model in one panel, two panels beside each other:",
      "models: [vgg16, resnet50]\nlayers: all\nepsilons: [0.1]\npanels: model\ncolumns: 2"),
  ]

  /// More points than this of a series are thinned out: they would lie on each other, and fill the file.
  private static let mostPoints = 2000
  /// Of pairs that held, and of those that flipped.
  private static let markers = [ScatterMarker(.ring, "held"), ScatterMarker(.triangle, "flipped")]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var pairs = PairSplit.all
  var hasTable = false
  var panels = Panels.none
  var columns: Int?
  var commonParts: Set<SeriesPart> { SeriesPart.allButMeasure }

  init() {}

  /// A series with its correlations, one for each of its levels.
  private struct Found {
    var summary: SeriesSummary
    var correlations: [DriftCorrelation]

    /// At the strongest level.
    var strongest: DriftCorrelation? { correlations.last }
  }

  private func found(_ context: CellContext) throws -> (Selection, [Found]) {
    let selection = try context.selection(self)
    try context.data.requireScores(of: selection.summaries)
    return (
      selection,
      try selection.summaries.map {
        Found(
          summary: $0,
          correlations: try context.data.results.confidenceCorrelations($0, epsilons: selection.epsilons(of: $0)))
      }
    )
  }

  /// Whether each panel has one series, whose correlation stands over it.
  private func tellsCorrelations(_ selection: Selection) -> Bool {
    panels == .none || selection.summaries.byModel.allSatisfy { $0.series.count == 1 }
  }

  func caption(_ context: CellContext) throws -> String {
    let (selection, found) = try found(context)
    let level = "at ε\u{A0}=\u{A0}\(selection.epsilons.last.map(context.data.printed) ?? "–")"
    let most = selection.summaries.map { $0.imageCount * selection.epsilons.count }.max() ?? 0
    let rest = selection.epsilons.count > 1 ? "; all levels in the \(hasTable ? "table below" : "exported table")" : ""
    let correlation =
      tellsCorrelations(selection)
      ? "r: Pearson’s correlation over the points of the strongest level alone, \(level), with its 95% interval\(rest)."
      : "Pearson’s correlations in the \(hasTable ? "table below" : "exported table")."
    return
      "\(selection.measure.title.capitalisedFirst) against the confidence drop, over \(MatrixWords.images(Self.counts(found))): the "
      + "softmax probability of the class predicted on the clean image, clean minus attacked. \(correlation)"
      + Self.reasons(found, context)
      + (most > Self.mostPoints
        ? " Of each series about \(Numbers.grouped(Self.mostPoints)) points are drawn, evenly chosen." : "")
      + (pairs == .all
        ? "" : " Rings: pairs that held their prediction; triangles: flipped. \(PairWords.classes(selection))")
  }

  private static func counts(_ found: [Found]) -> [Int] { found.flatMap { $0.correlations.map(\.imageCount) } }

  private static func reason(_ one: DriftCorrelation) -> String {
    one.imageCount < 3 ? "there are fewer than 3 pairs" : "one of both does not vary"
  }

  /// Why series have no correlation at the strongest level, as sentences behind others.
  private static func reasons(_ found: [Found], _ context: CellContext) -> String {
    let lacking = found.filter { $0.strongest.map { !$0.coefficient.value.isFinite } ?? false }
    var reasons: [String] = []
    for case let one? in lacking.map(\.strongest) where !reasons.contains(reason(one)) { reasons.append(reason(one)) }
    return reasons.map { reason in
      let names = lacking.filter { $0.strongest.map(Self.reason) == reason }.map {
        context.data.naming.label($0.summary)
      }
      return " None of \(Values.list(names)), since \(reason)."
    }.joined()
  }

  /// "0.31 (0.02–0.55)", "none, since one of both does not vary": at the strongest level.
  private static func words(_ one: Found) -> String {
    guard let strongest = one.strongest else { return "–" }
    let r = strongest.coefficient
    guard r.value.isFinite else { return "none, since \(reason(strongest))" }
    return Numbers.fixed(r.value, 2) + (r.interval.map { " (\(Numbers.interval($0.lower, $0.upper, 2)))" } ?? "")
  }

  private func table(_ found: [Found], _ selection: Selection, _ context: CellContext) -> ResultTable {
    let common = context.data.columns()
    let intervals = IntervalWords(Self.counts(found))
    return ResultTable(
      caption:
        "Pearson’s correlation r of \(selection.measure.title) and confidence drop over \(MatrixWords.images(Self.counts(found))), within "
        + "each attack level. Small figures: \(intervals.noun).\(intervals.caveat)",
      columns: common.columns + selection.epsilons.map { common.level($0) },
      rows: found.map { one in
        common.cells(one.summary)
          + selection.epsilons.map { epsilon in
            guard let r = one.correlations.first(where: { $0.epsilon == epsilon })?.coefficient, r.value.isFinite else {
              return .init("–")
            }
            return .estimate(r.value, r.lower, r.upper, interval: true, digits: 2)
          }
      },
      csvHead: common.csvHead + ["epsilon"] + SeriesColumns.triple("r") + ["images"],
      csvRows: found.flatMap { one in
        one.correlations.map {
          common.csv(one.summary) + ["\($0.epsilon)"] + SeriesColumns.triple($0.coefficient) + ["\($0.imageCount)"]
        }
      })
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let (selection, found) = try found(context)
    let groups =
      panels == .model
      ? selection.summaries.byModel.map { ($0.model.name, $0.series) }
      : selection.summaries.map { (context.data.naming.label($0), [$0]) }
    let isTold = tellsCorrelations(selection)
    let panels = try groups.map { title, series in
      let own = isTold ? found.first { $0.summary.identity == series.first?.identity }?.strongest : nil
      return ScatterPanel(
        title: title, levels: try series.flatMap { try levels(of: $0, selection, context) },
        correlation: own?.coefficient.value,
        interval: own?.coefficient.interval.map { Numbers.interval($0.lower, $0.upper, 2) })
    }
    let (chosen, count) = (columns, panels.count)
    let columns = { @Sendable (width: Double) in ScatterPlot.columns(of: count, chosen: chosen, width: width) }
    // What a page cannot hold goes on in a next part.
    let capacity = columns(context.width) * max(1, Int((context.maximumHeight - 60) / 140))
    let title = selection.measure.title
    // A model's own figure is on the scale of the other models': confidence can fall by all of it.
    let shared: (x: [Double], y: [Double]) =
      context.scope.model == nil
      ? ([], [])
      : ([0, 1], context.data.sharingScale(with: selection.summaries).flatMap(\.levels).flatMap(\.dissimilarities))
    let level = selection.epsilons.last.map(context.data.printed) ?? "–"
    let spoken = groups.map { name, series in
      let words = found.filter { one in series.contains { $0.identity == one.summary.identity } }.map(Self.words)
      return "\(name) \(words.joined(separator: ", "))"
    }
    let plots = zip(panels.parts(ofAtMost: capacity), spoken.parts(ofAtMost: capacity)).map {
      part, words -> CellContent in
      .plot(
        alternative:
          "Scatter plots of \(title) against the confidence drop. Pearson’s r at \(level): \(words.joined(separator: "; ")).",
        maximumHeight: context.maximumHeight
      ) { width, height in
        var plot = ScatterPlot(
          panels: part, xTitle: "confidence drop", yTitle: title, width: width,
          markers: pairs == .all ? [] : Self.markers)
        plot.mostColumns = columns(width)
        plot.shared = shared
        return plot.frame(measurer: context.measurer, style: context.style, maximumHeight: height)
      }
    }
    let table = table(found, selection, context)
    return plots + [hasTable ? .table(table) : .exported(table)]
  }

  /// The points of a series, level by level.
  private func levels(
    of summary: SeriesSummary, _ selection: Selection, _ context: CellContext
  ) throws -> [ScatterLevel] {
    let known = context.data.results.epsilons
    let shown = try context.data.results.confidenceRows(
      summary, epsilons: selection.epsilons, most: Self.mostPoints
    ).flatMap { $0 }
    return selection.epsilons.flatMap { epsilon in
      let style = Palette.level(known.firstIndex(of: epsilon) ?? 0, of: known.count)
      let rows = shown.filter { $0.epsilon == epsilon }
      func level(_ rows: [Measurement], _ marker: SeriesStyle.Marker) -> ScatterLevel {
        var style = style
        style.marker = marker
        let points = rows.compactMap { row in row.confidenceDrop.map { Point($0, summary.value(of: row)) } }
        return ScatterLevel(epsilon: epsilon, style: style, points: points)
      }
      guard pairs == .heldFlipped else { return [level(rows, style.marker)] }
      return Self.markers.enumerated().map { index, marker in
        level(rows.filter { ($0.adversarialPrediction != $0.cleanPrediction) == (index == 1) }, marker.marker)
      }
    }
  }
}

extension ReportData {
  /// - Throws: `Problem` where the results come from a version that did not store logits.
  func requireScores(of summaries: [SeriesSummary]) throws(Problem) {
    let models = Set(summaries.map(\.model.key))
    guard results.scoredRowCount(of: models) > 0 else { throw .notStored("the logits were") }
  }
}

extension Problem {
  static func notStored(_ what: String) -> Problem {
    .failure(
      "\(what) not stored by the version that made this store",
      remedy: "Run the experiment again: what is missing is computed, and no number changes.")
  }
}
