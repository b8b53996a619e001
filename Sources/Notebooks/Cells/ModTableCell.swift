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
          "Orders by MOD at the strongest attack, least first, numbers the places, and sets the best value of each column "
          + "in bold. Series that cannot be ranked stand last, and the caption says why."),
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
    let intervals = showsIntervals ? " Small figures: 95% bootstrap intervals over images." : ""
    return
      "Accuracy on clean images and at ε\u{A0}=\u{A0}\(strongest), MOD at each attack level, VID, and dead (all-zero) maps, over "
      + "\(selection.images).\(intervals) VID: \(reading.meaning(selection.measure.title))."
      + (isRanked
        ? " Ordered by MOD at the strongest attack, least first. Bold: the highest accuracy, the least MOD and VID."
          + context.data.ranking(of: selection.summaries).caption(
            context.data.naming.levels, label: context.data.naming.label)
        : "")
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
      let counts = [summary.pairCount, summary.unmovedPairCount, summary.deadPairCount, summary.deadMapCount]
      csvRows.append(
        line + SeriesColumns.triple(vid) + [ranking.ranked.contains(summary) ? "true" : "false"]
          + counts.map { String($0) })
    }
    // Those that are not ranked stand last.
    if showsPlaces { mark(&rows, ranking.ranked, after: 1 + common.columns.count, epsilons) }
    return [
      .table(ResultTable(columns: columns, rows: rows, csvHead: csvHead(common, epsilons), csvRows: csvRows))
    ]
  }

  private func csvHead(_ common: SeriesColumns, _ epsilons: [Double]) -> [String] {
    var head = common.csvHead + ["images"] + SeriesColumns.triple("clean_accuracy")
    for epsilon in epsilons {
      head += SeriesColumns.triple("accuracy_\(epsilon)") + SeriesColumns.triple("mod_\(epsilon)")
    }
    head += SeriesColumns.triple(reading == .perImage ? "vid" : reading.rawValue.replacing("-", with: "_"))
    return head + ["is_ranked", "pairs", "unmoved_pairs", "dead_pairs", "dead_maps"]
  }

  /// - Parameter first: the column of the clean accuracy.
  private func mark(
    _ rows: inout [[ResultTable.Cell]], _ ranked: [SeriesSummary], after first: Int, _ epsilons: [Double]
  ) {
    let strongest = epsilons.last
    mark(&rows, first, greatest: true, ranked.map(\.cleanAccuracy.value))
    mark(&rows, first + 1, greatest: true, ranked.map { ReportData.level($0, strongest)?.accuracy.value ?? .nan })
    for (index, epsilon) in epsilons.enumerated() {
      let mods = ranked.map { ReportData.level($0, epsilon)?.mod.value ?? .nan }
      mark(&rows, first + 2 + index, greatest: false, mods)
    }
    mark(&rows, first + 2 + epsilons.count, greatest: false, ranked.map { reading.estimate($0).value })
  }

  /// Marks the best value of a column, and all equal to it.
  /// - Parameter values: of the rows that are held against each other, which are the first.
  private func mark(_ rows: inout [[ResultTable.Cell]], _ column: Int, greatest: Bool, _ values: [Double]) {
    let finite = values.filter(\.isFinite)
    guard values.count > 1, let best = greatest ? finite.max() : finite.min() else { return }
    for row in values.indices where values[row] == best { rows[row][column].isMarked = true }
  }
}
