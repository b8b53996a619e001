import Figures
import Results

/// MOD at one level by what became of the prediction, without dead pairs, and what it is held against: a table below another.
struct PredictionTable {
  let table: ResultTable

  init(_ summaries: [SeriesSummary], _ epsilon: Double?, _ common: SeriesColumns, _ results: ExperimentResults) {
    var common = common
    common.naming = common.naming.among(summaries)
    let levels = summaries.map { ReportData.level($0, epsilon) }
    let hasDead = levels.contains { ($0?.deadCount ?? 0) > 0 }
    let unrelated = UnrelatedColumns(summaries.map { results.knownUnrelatedMaps(of: $0) })
    let own =
      [ResultTable.Column("MOD"), ResultTable.Column("held"), ResultTable.Column("flipped")]
      + (hasDead ? [ResultTable.Column("without dead pairs")] : [])
    var rows: [[ResultTable.Cell]] = []
    for (index, (summary, level)) in zip(summaries, levels).enumerated() {
      var row = common.cells(summary)
      if let level {
        row += [
          common.cell(level.mod, of: summary.imageCount), common.cell(level.modHeld, of: level.heldCount),
          common.cell(level.modFlipped, of: level.flipped.count),
        ]
        if hasDead {
          row.append(common.cell(level.modWithoutDead ?? level.mod, of: summary.imageCount - level.deadCount))
        }
      } else {
        row += own.map { _ in ResultTable.Cell("–") }
      }
      rows.append(row + unrelated.cells(index))
    }
    table = ResultTable(
      caption:
        "MOD at ε\u{A0}=\u{A0}\(epsilon.map(common.printed) ?? "–") of all pairs, of those that kept their predicted class and of "
        + "those that flipped (how many)." + unrelated.caption,
      columns: common.columns + own + unrelated.columns, rows: rows, csvHead: [], csvRows: [])
  }
}

/// How far apart unrelated maps lie, in tables: the mean over pairs of different labels and over pairs of the same.
struct UnrelatedColumns {
  private let maps: [UnrelatedMaps?]
  private let hasDifferent: Bool
  private let hasSame: Bool

  /// - Parameter maps: of each row; nil where they are not known.
  init(_ maps: [UnrelatedMaps?]) {
    self.maps = maps
    hasDifferent = maps.contains { $0?.differentLabels != nil }
    hasSame = maps.contains { $0?.sameLabel != nil }
  }

  var columns: [ResultTable.Column] {
    // A heading over one narrow column would not fit.
    guard hasSame else { return hasDifferent ? [ResultTable.Column("unrelated maps")] : [] }
    return (hasDifferent ? [ResultTable.Column("other label", group: "unrelated maps")] : [])
      + [ResultTable.Column("same label", group: "unrelated maps")]
  }

  func cells(_ row: Int) -> [ResultTable.Cell] {
    (hasDifferent ? [Self.cell(maps[row]?.differentLabels)] : []) + (hasSame ? [Self.cell(maps[row]?.sameLabel)] : [])
  }

  private static func cell(_ mean: UnrelatedMaps.Mean?) -> ResultTable.Cell {
    guard let mean, mean.value.isFinite else { return ResultTable.Cell("–") }
    return ResultTable.Cell("\(Numbers.fixed(mean.value, 3)) (\(Numbers.grouped(mean.pairCount)))")
  }

  /// What the columns hold; empty where there are none.
  var caption: String {
    guard hasDifferent || hasSame else { return "" }
    let all = maps.compactMap { $0 }.flatMap { [$0.differentLabels, $0.sameLabel] }.compactMap { $0 }
    let isSampled = all.contains { $0.pairCount + $0.valuelessCount < $0.allCount }
    return
      " Unrelated maps: the mean between clean maps of different labels\(hasSame ? " and of the same" : "")"
      + (isSampled ? ", over pairs that the seed draws." : ".")
  }

  static let csvHead = [
    "unrelated_other_label", "unrelated_other_label_pairs", "unrelated_same_label", "unrelated_same_label_pairs",
  ]

  /// Empty where it is not known.
  static func csv(_ maps: UnrelatedMaps?) -> [String] {
    [maps?.differentLabels, maps?.sameLabel].flatMap { mean in
      [mean.flatMap { $0.value.isFinite ? "\($0.value)" : nil } ?? "", mean.map { String($0.pairCount) } ?? ""]
    }
  }
}
