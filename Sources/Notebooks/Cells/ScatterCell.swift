import Figures
import Results
import Support
import Typesetting

/// Whether attention drifts where confidence falls.
struct ScatterCell: PanelledCell {
  static let key = "scatter"
  static let help =
    "The measure against the confidence that the attack takes, a panel for each series, a marker for each attack level."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [.forEach, .pairs(\.pairs)] + DeclaredOption<Self>.panels
  static let examples = [
    CellExample(key, "All models:"), CellExample("scatter-one", "One model:", "models: [lowest-mod]"),
    CellExample(
      "scatter-pairs", "Pairs that held their prediction told from those that flipped:",
      "models: [lowest-mod]\npairs: held-flipped"),
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
  var panels = Panels.none
  var columns = 3

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    try context.data.requireScores(of: selection.summaries)
    let naming = context.data.naming
    var words: [String] = []
    var counts: [Int] = []
    for summary in selection.summaries {
      let found = try context.data.results.confidenceCorrelations(
        summary, epsilons: selection.epsilons(of: summary))
      counts += found.map(\.imageCount)
      words.append("\(naming.label(summary)) \(Self.words(found, context))")
    }
    let (least, greatest) = (counts.min() ?? 0, counts.max() ?? 0)
    let images =
      greatest == 1
      ? "1 image"
      : least < greatest
        ? "\(Numbers.grouped(least)) to \(Numbers.grouped(greatest)) images" : "\(Numbers.grouped(greatest)) images"
    let intervals = IntervalWords(counts)
    let most = selection.summaries.map { $0.imageCount * selection.epsilons.count }.max() ?? 0
    return
      "Drift (\(selection.measure.title)) against the confidence drop: the softmax probability of the class predicted on the "
      + "clean image, clean minus attacked. Pearson’s r within each level, over \(images): "
      + "\(words.joined(separator: "; ")). In brackets \(intervals.noun).\(intervals.caveat)"
      + (most > Self.mostPoints
        ? " Of each series about \(Numbers.grouped(Self.mostPoints)) points are drawn, evenly chosen." : "")
      + (pairs == .all
        ? "" : " Rings: pairs that held their prediction; triangles: flipped. \(PairWords.classes(selection))")
  }

  /// "0.31 (0.02–0.55) at ε = 0.01 and none at ε = 0.1, since one of both does not vary".
  private static func words(_ found: [DriftCorrelation], _ context: CellContext) -> String {
    Values.list(
      found.map { one in
        let level = "at ε\u{A0}=\u{A0}\(context.data.printed(one.epsilon))"
        let r = one.coefficient
        guard r.value.isFinite else {
          let reason = one.imageCount < 3 ? "since there are fewer than 3 pairs" : "since one of both does not vary"
          return "none \(level), \(reason)"
        }
        return
          "\(Numbers.fixed(r.value, 2)) (\(r.interval.map { Numbers.interval($0.lower, $0.upper, 2) } ?? "–")) \(level)"
      })
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    try context.data.requireScores(of: selection.summaries)
    let groups =
      panels == .model
      ? selection.summaries.byModel.map { ($0.model.name, $0.series) }
      : selection.summaries.map { (context.data.naming.label($0), [$0]) }
    let panels = try groups.map { title, series in
      ScatterPanel(title: title, levels: try series.flatMap { try levels(of: $0, selection, context) })
    }
    // What a page cannot hold goes on in a next part.
    let capacity = columns * max(1, Int((context.maximumHeight - 60) / 140))
    let title = selection.measure.title
    let columns = columns
    let spoken = try groups.map { name, series in
      let found = try series.flatMap {
        try context.data.results.confidenceCorrelations($0, epsilons: selection.epsilons(of: $0))
      }
      return "\(name) \(Self.words(found, context))"
    }
    return zip(panels.parts(ofAtMost: capacity), spoken.parts(ofAtMost: capacity)).map { part, words in
      .plot(
        alternative: "Scatter plots of \(title) against the confidence drop. Pearson’s r: "
          + "\(words.joined(separator: "; "))."
      ) { width in
        var plot = ScatterPlot(
          panels: part, xTitle: "confidence drop", yTitle: title, width: width,
          markers: pairs == .all ? [] : Self.markers)
        plot.mostColumns = columns
        return plot.frame(measurer: context.measurer, style: context.style)
      }
    }
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
