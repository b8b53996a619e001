import Attacks
import Explanations
import Figures
import Measures
import Results
import Support

/// Every number of a series on a line.
struct ModTableCell: SeriesCell {
  static let key = "mod-table"
  static let help = "Accuracy, MOD at each attack level, VID and dead maps, a line per series."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach, .intervals(\.showsIntervals),
      DeclaredOption("vid", \.reading, .choice, help: "Which reading of VID is shown."),
      DeclaredOption(
        "ranked", \.isRanked, .answer,
        help:
          "Orders by MOD at the strongest attack, least first, numbers the places, and sets in bold the least MOD and the "
          + "highest accuracy of a column where it is more than chance. Series that cannot be ranked stand last, and the "
          + "caption says why."),
    ]
  static let examples = [
    CellExample(key, "A line per model:", "layers: last"),
    CellExample(
      "mod-table-marked", "Ordered, the best values marked, without intervals:",
      "layers: last\nranked: true\nintervals: false"),
    CellExample(
      "mod-table-pooled", "One of each, where there are several; one level; VID pooled over images:",
      "attacks: \(standardAttack.key)\nexplanations: \(standardExplanation.key)\nlayers: last\ntargets: [predicted]\n"
        + "epsilons: [0.1]\nmeasure: \(standardMeasure.key)\nvid: vid-pooled"),
  ]

  var shown = SeriesOptions()
  var showsIntervals = true
  var reading = VIDReading.perImage
  var isRanked = false

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let strongest = selection.epsilons.last.map(context.data.printed) ?? "–"
    let words = IntervalWords(selection)
    let intervals =
      showsIntervals
      ? " Small figures: \(words.noun), of accuracy Wilson’s score intervals.\(words.caveat)" : ""
    let hasSpread = selection.summaries.contains { $0.levels.count > 1 }
    return
      "Accuracy on clean images and at ε\u{A0}=\u{A0}\(strongest), MOD at each attack level, VID, and dead (all-zero) maps, over "
      + "\(selection.images).\(intervals)"
      + (hasSpread ? " VID: \(reading.meaning(selection.measure.title))." : "") + VIDReading.levels(of: selection, context)
      + (isRanked ? ordering(selection, context) : "")
  }

  private func ordering(_ selection: Selection, _ context: CellContext) -> String {
    let own = Set(selection.summaries.compactMap { $0.levels.last?.epsilon }).sorted().map(context.data.printed)
    return
      " Ordered by MOD at \(own.count == 1 ? "ε\u{A0}=\u{A0}\(own[0])" : "each one’s strongest attack"), least first. Bold: "
      + "the highest accuracy where it differs from the next, and the least MOD where it leads by every count and differs from "
      + "the next, by more than chance (paired sign-flip test, adjusted by Holm, p below 0.05)."
      + context.data.ranking(of: selection.summaries).caption(
        context.data.naming.levels, label: context.data.naming.label)
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let epsilons = selection.epsilons
    let common = context.data.columns(showsIntervals: showsIntervals)
    let ranking = context.data.ranking(of: selection.summaries)
    let summaries = isRanked ? ranking.all : selection.summaries
    let places = ranking.places.map(String.init) + ranking.unranked.map { _ in "–" }
    let showsPlaces = isRanked && summaries.count > 1
    let columns =
      (showsPlaces ? [ResultTable.Column("rank")] : []) + common.columns
      + [ResultTable.Column("clean", group: "accuracy"), ResultTable.Column("attacked", group: "accuracy")]
      + epsilons.map { common.level($0, group: "MOD") } + [
        ResultTable.Column("VID"), ResultTable.Column("dead"),
      ]
    var rows: [[ResultTable.Cell]] = []
    var csvRows: [[String]] = []
    for (index, summary) in summaries.enumerated() {
      let levels = epsilons.map { ReportData.level(summary, $0) }
      let vid = reading.estimate(summary)
      rows.append(
        (showsPlaces ? [ResultTable.Cell(places[index])] : []) + common.cells(summary)
          + [common.cell(summary.cleanAccuracy), common.cell(levels.last.flatMap { $0?.accuracy })]
          + levels.map { common.cell($0?.mod) } + [common.cell(vid), ResultTable.Cell(String(summary.deadMapCount))])
      var line = common.csv(summary) + [String(summary.imageCount)] + SeriesColumns.triple(summary.cleanAccuracy)
      for level in levels { line += SeriesColumns.triple(level?.accuracy) + SeriesColumns.triple(level?.mod) }
      let parts = levels.last ?? nil
      let counts = [summary.pairCount, summary.unmovedPairCount, summary.deadPairCount, summary.deadMapCount]
      csvRows.append(
        line + SeriesColumns.triple(vid)
          + [
            parts?.modHeld, parts?.modFlipped, parts.map { $0.modWithoutDead ?? $0.mod },
            summary.vidWithoutDead ?? summary.vid,
          ].flatMap { SeriesColumns.triple($0) }
          + [parts?.heldCount, parts?.flipped.count].map { $0.map(String.init) ?? "" }
          + [ranking.ranked.contains(summary) ? "true" : "false"]
          + counts.map { String($0) })
    }
    // Those that are not ranked stand last.
    if showsPlaces { mark(&rows, ranking.ranked, context.data.results, after: 1 + common.columns.count, epsilons) }
    let byPrediction = PredictionTable(summaries, epsilons.last, common)
    return [
      .table(ResultTable(columns: columns, rows: rows, csvHead: csvHead(common, epsilons), csvRows: csvRows)),
      .table(byPrediction.table),
    ] + Self.training(selection.summaries)
  }

  /// How the networks of the table were trained, where the experiment says it.
  private static func training(_ summaries: [SeriesSummary]) -> [CellContent] {
    var models: [ModelRecord] = []
    for summary in summaries where !models.contains(where: { $0.key == summary.model.key }) {
      models.append(summary.model)
    }
    let words = TrainingWords(models).list
    return words.isEmpty ? [] : [.paragraph([ProseRun("Training. ", .strong), ProseRun(words + ".")])]
  }

  private func csvHead(_ common: SeriesColumns, _ epsilons: [Double]) -> [String] {
    var head = common.csvHead + ["images"] + SeriesColumns.triple("clean_accuracy")
    for epsilon in epsilons {
      head += SeriesColumns.triple("accuracy_\(epsilon)") + SeriesColumns.triple("mod_\(epsilon)")
    }
    head += SeriesColumns.triple(reading == .perImage ? "vid" : reading.rawValue.replacing("-", with: "_"))
    for part in ["mod_held", "mod_flipped", "mod_without_dead", "vid_without_dead"] {
      head += SeriesColumns.triple(part)
    }
    return head + ["held_pairs", "flipped_pairs", "is_ranked", "pairs", "unmoved_pairs", "dead_pairs", "dead_maps"]
  }

  /// - Parameter first: the column of the clean accuracy.
  private func mark(
    _ rows: inout [[ResultTable.Cell]], _ ranked: [SeriesSummary], _ results: ExperimentResults, after first: Int,
    _ epsilons: [Double]
  ) {
    func mark(_ column: Int, _ series: SeriesIdentity?) {
      guard let row = ranked.firstIndex(where: { $0.identity == series }) else { return }
      rows[row][column].isMarked = true
    }
    mark(first, results.mostAccurate(among: ranked, epsilon: 0))
    if let strongest = epsilons.last { mark(first + 1, results.mostAccurate(among: ranked, epsilon: strongest)) }
    for (index, epsilon) in epsilons.enumerated() {
      let least = results.superlative(.least, among: ranked, epsilon: epsilon)
      mark(first + 2 + index, least?.isClear == true ? least?.series.identity : nil)
    }
  }
}

/// MOD at one level by what became of the prediction, and without dead pairs: a table below another.
private struct PredictionTable {
  let table: ResultTable

  init(_ summaries: [SeriesSummary], _ epsilon: Double?, _ common: SeriesColumns) {
    let levels = summaries.map { ReportData.level($0, epsilon) }
    let hasDead = levels.contains { ($0?.deadCount ?? 0) > 0 }
    let columns =
      common.columns + [ResultTable.Column("MOD"), ResultTable.Column("held"), ResultTable.Column("flipped")]
      + (hasDead ? [ResultTable.Column("without dead pairs")] : [])
    let rows = zip(summaries, levels).map { summary, level -> [ResultTable.Cell] in
      guard let level else {
        return common.cells(summary) + columns.dropFirst(common.columns.count).map { _ in .init("–") }
      }
      let alive = level.modWithoutDead ?? level.mod
      return common.cells(summary) + [
        common.cell(level.mod, of: summary.imageCount), common.cell(level.modHeld, of: level.heldCount),
        common.cell(level.modFlipped, of: level.flipped.count),
      ] + (hasDead ? [common.cell(alive, of: summary.imageCount - level.deadCount)] : [])
    }
    table = ResultTable(
      caption:
        "MOD at ε\u{A0}=\u{A0}\(epsilon.map(common.printed) ?? "–") of all pairs, of those that held their prediction and of those "
        + "whose prediction flipped; in brackets how many.", columns: columns, rows: rows, csvHead: [], csvRows: [])
  }
}
