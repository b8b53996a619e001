import Attacks
import Explanations
import Figures
import Measures
import Results
import Support

/// Every number of a series on a line.
struct ModTableCell: TableCell {
  static let key = "mod-table"
  static let help =
    "Accuracy, MOD at each attack level, VID and dead maps, a line per series; predictions that held in place of accuracy where "
    + "labels are no classes."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.series + [
      .forEach,
      DeclaredOption("vid", \.reading, .choice, help: "Which reading of VID is shown."),
      DeclaredOption(
        "ranked", \.isRanked, .answer,
        help:
          "Orders the series of each attack by MOD at its strongest level, least first, numbers the places, by relative drift as "
          + "well, and sets in bold the least MOD and the highest accuracy of a column where it is more than chance. Series that "
          + "cannot be ranked stand last, and the caption says why."),
      DeclaredOption(
        "predictions", \.showsPredictions, .answer,
        help:
          "Whether a second table holds MOD of the pairs that held their prediction beside that of those that flipped."),
      DeclaredOption(
        "training", \.saysTraining, .answer,
        help: "Whether a paragraph says how the networks were trained, where the experiment does."),
    ] + DeclaredOption<Self>.table
  static let examples = [
    CellExample(key, "A line per model:", "layers: last"),
    CellExample(
      "mod-table-marked", "Ordered, the best values marked, without intervals:",
      "layers: last\nranked: true\nintervals: none\npredictions: false"),
    CellExample(
      "mod-table-columns", "For a paper's column: what it needs, with two decimals, intervals beside:",
      "layers: last\ncolumns: [model, accuracy, \"0.01\", \"0.1\"]\ndigits: 2\nintervals: beside"),
    CellExample(
      "mod-table-pooled", "One of each, where there are several; one level; VID pooled over images:",
      "attacks: \(standardAttack.key)\nexplanations: \(standardExplanation.key)\nlayers: last\ntargets: [predicted]\n"
        + "training: false\nepsilons: [0.1]\nmeasure: \(standardMeasure.key)\nvid: vid-pooled"),
  ]

  var shown = SeriesOptions()
  var look = TableLook()
  var reading = VIDReading.perImage
  var isRanked = false
  var showsPredictions = true
  var saysTraining = true
  var commonParts: Set<SeriesPart> { SeriesPart.allButMeasure }

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let strongest = selection.epsilons.last.map(context.data.printed) ?? "–"
    let words = IntervalWords(selection)
    let labels = context.data.results.labels
    let intervals =
      look.showsIntervals
      ? " \(look.noteWord): \(words.noun) (\(labels.words.share): Wilson’s).\(words.caveat)" : ""
    let hasSpread = selection.summaries.contains { $0.levels.count > 1 }
    let clean = Self.equalAccuracy(of: selection.summaries, labels)
    let counted = look.showsIntervals ? " (in brackets: images)" : ""
    return
      (labels != .classes
      ? "Predictions that held\(counted) at"
      : clean == nil || !look.columns.isEmpty ? "Accuracy\(counted) on clean images and at" : "Accuracy\(counted) at")
      + " ε\u{A0}=\u{A0}\(strongest), MOD (the mean \(selection.measure.title)) at each attack "
      + "level"
      + (Self.hasDead(selection.summaries) ? ", VID, and dead (all-zero) maps, over " : " and VID, over ")
      + "\(selection.images).\(intervals)"
      + (clean.map { " \(cleanWords($0))" } ?? "")
      + (hasSpread && reading != .perImage ? " VID: \(reading.meaning(selection.measure.title))." : "")
      + VIDReading.levels(of: selection, context)
      + (isRanked ? ordering(selection, context) : "") + relativeWords(selection, context)
  }

  /// What clean images come to where it is the same in every row, and a sentence says more than a column.
  private static func equalAccuracy(of summaries: [SeriesSummary], _ labels: LabelMeaning) -> Proportion? {
    guard labels == .classes, summaries.count > 1, let first = summaries.first?.cleanAccuracy, first.total > 0,
      summaries.allSatisfy({ $0.cleanAccuracy == first })
    else { return nil }
    return first
  }

  private func cleanWords(_ accuracy: Proportion) -> String {
    let estimate = accuracy.estimate
    let digits = max(0, (look.digits ?? 3) - 2)
    return
      "Clean, every model is right on \(Numbers.grouped(accuracy.count)) of \(Numbers.grouped(accuracy.total)) images (95% interval "
      + "\(Numbers.interval(100 * estimate.lower, 100 * estimate.upper, digits))%)."
  }

  /// A column of zeros would say less than a sentence.
  private static func hasDead(_ summaries: [SeriesSummary]) -> Bool { summaries.contains { $0.deadMapCount > 0 } }

  private func relativeWords(_ selection: Selection, _ context: CellContext) -> String {
    let known = selection.summaries.filter { context.data.results.unrelatedMean(of: $0) != nil }
    guard !known.isEmpty else { return "" }
    return
      " Relative drift: MOD at \(Self.strongest(selection, context)) divided by the mean between clean maps of "
      + "different labels."
      + (known.count < selection.summaries.count ? " It is known of deepest layers whose maps are stored." : "")
  }

  /// "ε = 0.1"
  private static func strongest(_ selection: Selection, _ context: CellContext) -> String {
    let own = Set(selection.summaries.compactMap { $0.levels.last?.epsilon }).map(context.data.printed)
    return own.count == 1 ? "ε\u{A0}=\u{A0}\(own[0])" : "each one’s strongest attack"
  }

  private func ordering(_ selection: Selection, _ context: CellContext) -> String {
    let rankings = context.data.rankings(of: selection.summaries)
    guard selection.summaries.count > 1 else { return rankings.caption(context.data) }
    return " Ordered by MOD at \(Self.strongest(selection, context)), least first. "
      + boldWords(marks(rankings, context.data.results, selection.epsilons), context) + rankings.caption(context.data)
  }

  /// What is bold and by which rule, and of which columns nothing is.
  private func boldWords(_ marks: Marks, _ context: CellContext) -> String {
    let highest = "the highest \(context.data.results.labels.words.noun)"
    let test = "by more than chance (paired sign-flip test, adjusted by Holm, p below 0.05)"
    switch (marks.hasAccuracy, marks.hasMOD) {
    case (true, true):
      return
        "Bold: \(highest) where it differs from the next, and the least MOD where it leads by every count and differs from "
        + "the next, \(test)."
    case (true, false):
      return
        "Bold: \(highest) where it differs from the next \(test). At no level does the least MOD, and lead by every count."
    case (false, true):
      return
        "Bold: the least MOD where it leads by every count and differs from the next \(test). At no other level, and of no accuracy, is that so."
    case (false, false):
      return
        "Nothing is bold: neither \(highest) nor the least MOD differs from the next \(test) and leads by every count."
    }
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let epsilons = selection.epsilons
    let common = context.data.columns(look)
    let results = context.data.results
    let rankings = context.data.rankings(of: selection.summaries)
    let summaries = isRanked ? rankings.all : selection.summaries
    let showsPlaces = isRanked && summaries.count > 1
    // What clean images are predicted to be is what the others are held against.
    let isClassified = results.labels == .classes
    let showsClean =
      isClassified && (!look.columns.isEmpty || Self.equalAccuracy(of: summaries, results.labels) == nil)
    let accuracy = results.labels.words.column
    let total = MatrixWords.common(summaries.map(\.imageCount))
    let relative = summaries.map { one in one.levels.last.flatMap { results.relativeDrift(of: one, at: $0) } }
    let showsRelative = relative.contains { $0 != nil }
    let showsDead = Self.hasDead(summaries)
    let columns =
      (showsPlaces ? [ResultTable.Column("rank")] : []) + common.columns
      + (showsClean
        ? ["clean", "attacked"].map { ResultTable.Column($0, group: accuracy, unit: "%") }
        : [ResultTable.Column(accuracy, unit: "%")])
      + epsilons.map { common.level($0, group: "MOD") }
      + (showsRelative
        ? showsPlaces
          ? [ResultTable.Column("drift", group: "relative"), ResultTable.Column("rank", group: "relative")]
          : [ResultTable.Column("relative")] : [])
      + [ResultTable.Column("VID")] + (showsDead ? [ResultTable.Column("dead")] : [])
    var rows: [[ResultTable.Cell]] = []
    var csvRows: [[String]] = []
    for (index, summary) in summaries.enumerated() {
      let levels = epsilons.map { ReportData.level(summary, $0) }
      let vid = reading.estimate(summary)
      let (place, relativePlace) = (rankings.place(of: summary), rankings.relativePlace(of: summary))
      var row = showsPlaces ? [Self.cell(place)] : []
      row += common.cells(summary)
      if showsClean { row.append(common.cell(summary.cleanAccuracy, of: total)) }
      row.append(common.cell(levels.last.flatMap { $0?.accuracy }, of: total))
      row += levels.map { common.cell($0?.mod) }
      if showsRelative {
        row.append(ResultTable.Cell(relative[index].map { Numbers.fixed($0, 2) } ?? "–"))
        if showsPlaces { row.append(Self.cell(relativePlace)) }
      }
      rows.append(
        row + [common.cell(vid)] + (showsDead ? [ResultTable.Cell(Numbers.grouped(summary.deadMapCount))] : []))
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
          + [place == nil ? "false" : "true"] + counts.map { String($0) }
          + [place.map(String.init) ?? "", relative[index].map { "\($0)" } ?? "", relativePlace.map(String.init) ?? ""]
          + UnrelatedColumns.csv(results.knownUnrelatedMaps(of: summary)))
    }
    // Those that are not ranked stand last.
    if showsPlaces {
      let marks = marks(rankings, results, epsilons)
      let first = 1 + common.columns.count
      let columns = (showsClean ? [marks.clean] : []) + [marks.attacked] + marks.mods
      for (column, series) in columns.enumerated() {
        for row in summaries.indices where series.contains(summaries[row].identity) {
          rows[row][first + column].isMarked = true
        }
      }
    }
    // What attacks are held against has no prediction to flip; the exported table has it all the same.
    let attacked = summaries.filter { !results.isBaseline($0.attack) }
    let byPrediction = PredictionTable(attacked.isEmpty ? summaries : attacked, epsilons.last, common, results)
    return [
      .table(ResultTable(columns: columns, rows: rows, csvHead: csvHead(common, epsilons), csvRows: csvRows))
    ] + (showsPredictions ? [.table(byPrediction.table)] : [])
      + (saysTraining ? Self.training(selection.summaries) : [])
  }

  private static func cell(_ place: Int?) -> ResultTable.Cell { ResultTable.Cell(place.map(String.init) ?? "–") }

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
    return head + [
      "held_pairs", "flipped_pairs", "is_ranked", "pairs", "unmoved_pairs", "dead_pairs", "dead_maps", "rank",
      "relative_drift", "relative_rank",
    ] + UnrelatedColumns.csvHead
  }

  /// The best of each column, of each attack, explanation and target, where it is so by more than chance.
  private struct Marks {
    var clean: [SeriesIdentity] = []
    var attacked: [SeriesIdentity] = []
    /// At each level.
    var mods: [[SeriesIdentity]] = []

    var hasAccuracy: Bool { !clean.isEmpty || !attacked.isEmpty }
    var hasMOD: Bool { mods.contains { !$0.isEmpty } }
  }

  private func marks(_ rankings: SeriesRankings, _ results: ExperimentResults, _ epsilons: [Double]) -> Marks {
    let ranked = rankings.rankings.map(\.ranked)
    return Marks(
      clean: results.labels == .classes ? ranked.compactMap { results.mostAccurate(among: $0, epsilon: 0) } : [],
      attacked: epsilons.last.map { strongest in
        ranked.compactMap { results.mostAccurate(among: $0, epsilon: strongest) }
      } ?? [],
      mods: epsilons.map { epsilon in
        ranked.compactMap { one in
          let least = results.superlative(.least, among: one, epsilon: epsilon)
          return least?.isClear == true ? least?.series.identity : nil
        }
      })
  }
}
