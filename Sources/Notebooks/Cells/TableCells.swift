import Figures
import Results
import Support

/// How a table names the three readings of the paper's VID.
enum VIDReading: String, Sendable, CaseIterable {
  case perImage = "per-image"
  case ofMOD = "vid-of-mod"
  case pooled = "vid-pooled"

  func estimate(_ summary: SeriesSummary) -> Estimate {
    switch self {
    case .perImage: summary.vid
    case .ofMOD: summary.vidOfMOD
    case .pooled: summary.vidPooled
    }
  }

  var meaning: String {
    switch self {
    case .perImage: "the mean over images of the standard deviation of NISSIM over the attack levels (read per image)"
    case .ofMOD: "the standard deviation of MOD over the attack levels (vid-of-mod)"
    case .pooled: "the standard deviation of NISSIM over all images and attack levels (vid-pooled)"
    }
  }
}

extension CellDefinition {
  private static let interval = CellOptionDefinition(
    "intervals", .flag, standard: "true", "Whether 95% intervals are printed under the values.")

  static let modTable = CellDefinition(
    name: "mod-table", help: "Accuracy, MOD at each attack level, VID and dead maps, a line per series.",
    options: CellOptionDefinition.selection + [
      interval,
      CellOptionDefinition(
        "vid", .choice(VIDReading.allCases.map(\.rawValue)), standard: "per-image", "Which reading of VID is shown."),
      CellOptionDefinition(
        "ranked", .flag, standard: "false",
        "Orders by MOD at the strongest attack, least first, numbers the places, and sets the best value of each column in "
          + "bold. Series that cannot be ranked stand last, and the caption says why."),
    ],
    product: .table, isPerSeries: false,
    caption: { context in
      let selection = try context.selection()
      let strongest = selection.epsilons.last.map(Numbers.epsilon) ?? "–"
      let reading = reading(context)
      let naming = context.data.naming
      let intervals =
        context.options.flags["intervals"] == false
        ? "" : " Small figures: 95% bootstrap intervals over images."
      return
        "Accuracy on clean images and at ε = \(strongest), MOD at each attack level, VID, and dead (all-zero) maps, over "
        + "\(selection.images).\(intervals) VID: \(reading.meaning)."
        + (context.options.flags["ranked"] == true
          ? " Ordered by MOD at the strongest attack, least first. Bold: the highest accuracy, the least MOD and VID."
            + context.data.ranking(of: selection.summaries).caption(label: naming.label)
          : "")
    },
    make: { context in
      let selection = try context.selection()
      let shows = context.options.flags["intervals"] ?? true
      let reading = reading(context)
      let naming = context.data.naming
      let isRanked = context.options.flags["ranked"] ?? false
      let ranking = context.data.ranking(of: selection.summaries)
      let summaries = isRanked ? ranking.all : selection.summaries
      let places = ranking.places.map(String.init) + ranking.unranked.map { _ in "–" }
      let showsPlaces = isRanked && summaries.count > 1
      let columns =
        (showsPlaces ? [ResultTable.Column("rank")] : []) + identityColumns(naming)
        + [
          ResultTable.Column("clean", group: "accuracy"), ResultTable.Column("attacked", group: "accuracy"),
        ]
        + selection.epsilons.map { ResultTable.Column(" = " + Numbers.epsilon($0), symbol: "ε", group: "MOD") }
        + [ResultTable.Column("VID"), ResultTable.Column("dead")]
      var csvHead = csvIdentity + ["images"] + triple("clean_accuracy")
      for epsilon in selection.epsilons { csvHead += triple("accuracy_\(epsilon)") + triple("mod_\(epsilon)") }
      csvHead += triple(reading == .perImage ? "vid" : reading.rawValue.replacing("-", with: "_"))
      csvHead += ["is_ranked", "pairs", "unmoved_pairs", "dead_pairs", "dead_maps"]
      var rows: [[ResultTable.Cell]] = []
      var csvRows: [[String]] = []
      for (index, summary) in summaries.enumerated() {
        let levels = selection.epsilons.map { ReportData.level(summary, $0) }
        let vid = reading.estimate(summary)
        rows.append(
          (showsPlaces ? [ResultTable.Cell(places[index])] : []) + identity(summary, naming)
            + [cell(summary.cleanAccuracy, shows), cell(levels.last.flatMap { $0?.accuracy }, shows)]
            + levels.map { cell($0?.mod, shows) } + [cell(vid, shows), ResultTable.Cell(String(summary.deadMapCount))])
        var line = csvIdentity(summary) + [String(summary.imageCount)] + triple(summary.cleanAccuracy)
        for level in levels { line += triple(level?.accuracy) + triple(level?.mod) }
        let counts = [summary.pairCount, summary.unmovedPairCount, summary.deadPairCount, summary.deadMapCount]
        csvRows.append(
          line + triple(vid) + [ranking.ranked.contains(summary) ? "true" : "false"] + counts.map { String($0) })
      }
      if showsPlaces {
        let first = 1 + identityColumns(naming).count
        // Those that are not ranked stand last.
        let summaries = ranking.ranked
        let strongest = selection.epsilons.last
        mark(&rows, first, greatest: true, summaries.map(\.cleanAccuracy.value))
        mark(
          &rows, first + 1, greatest: true, summaries.map { ReportData.level($0, strongest)?.accuracy.value ?? .nan })
        for (index, epsilon) in selection.epsilons.enumerated() {
          let mods = summaries.map { ReportData.level($0, epsilon)?.mod.value ?? .nan }
          mark(&rows, first + 2 + index, greatest: false, mods)
        }
        mark(
          &rows, first + 2 + selection.epsilons.count, greatest: false, summaries.map { reading.estimate($0).value })
      }
      return [.table(ResultTable(columns: columns, rows: rows, csvHead: csvHead, csvRows: csvRows))]
    })

  static let accuracyTable = CellDefinition(
    name: "accuracy-table", help: "Accuracy on clean and attacked images, a line per series.",
    options: CellOptionDefinition.selection.map { $0.name == "layers" ? .deepest : $0 } + [interval],
    product: .table, isPerSeries: false,
    caption: { context in
      let selection = try context.selection(layers: "last")
      return "Accuracy on clean images and at each attack level, over "
        + "\(selection.images), with 95% bootstrap intervals."
    },
    make: { context in
      let selection = try context.selection(layers: "last")
      let shows = context.options.flags["intervals"] ?? true
      let naming = context.data.naming
      var csvHead = csvIdentity + triple("clean_accuracy")
      for epsilon in selection.epsilons { csvHead += triple("accuracy_\(epsilon)") }
      let rows = selection.summaries.map { summary in
        identity(summary, naming) + [cell(summary.cleanAccuracy, shows)]
          + selection.epsilons.map { cell(ReportData.level(summary, $0)?.accuracy, shows) }
      }
      let csvRows = selection.summaries.map { summary in
        csvIdentity(summary) + triple(summary.cleanAccuracy)
          + selection.epsilons.flatMap { triple(ReportData.level(summary, $0)?.accuracy) }
      }
      let columns =
        identityColumns(naming) + [ResultTable.Column("clean")]
        + selection.epsilons.map { ResultTable.Column(" = " + Numbers.epsilon($0), symbol: "ε") }
      return [.table(ResultTable(columns: columns, rows: rows, csvHead: csvHead, csvRows: csvRows))]
    })

  static let vidTable = CellDefinition(
    name: "vid-table", help: "VID in its three readings, a line per series.",
    options: CellOptionDefinition.selection + [interval],
    product: .table, isPerSeries: false,
    caption: { _ in
      "VID in the three readings of the paper's formula. "
        + VIDReading.allCases.map { "\($0.rawValue): \($0.meaning)" }.joined(separator: "; ") + "."
    },
    make: { context in
      let selection = try context.selection()
      let shows = context.options.flags["intervals"] ?? true
      let naming = context.data.naming
      let rows = selection.summaries.map { summary in
        identity(summary, naming) + VIDReading.allCases.map { cell($0.estimate(summary), shows) }
      }
      let csvRows = selection.summaries.map { summary in
        csvIdentity(summary) + VIDReading.allCases.flatMap { triple($0.estimate(summary)) }
      }
      return [
        .table(
          ResultTable(
            columns: identityColumns(naming) + VIDReading.allCases.map { ResultTable.Column($0.rawValue) }, rows: rows,
            csvHead: csvIdentity + triple("vid") + triple("vid_of_mod") + triple("vid_pooled"), csvRows: csvRows))
      ]
    })

  static let levelTable = CellDefinition(
    name: "level-table", help: "One series: MOD, accuracy, attack success and dead pairs, a column per attack level.",
    options: CellOptionDefinition.selection.map { $0.name == "layers" ? .deepest : $0 } + [interval],
    product: .table, isPerSeries: true,
    caption: { context in
      let selection = try context.selection(layers: "last")
      let name = selection.summaries.first.map(context.data.naming.label) ?? ""
      return
        "\(name) by attack level. Attack success: the share of the images recognised when clean that are no longer."
    },
    make: { context in
      let selection = try context.selection(layers: "last")
      guard let summary = selection.summaries.first else { return [] }
      let shows = context.options.flags["intervals"] ?? true
      let levels = [summary.control] + selection.epsilons.compactMap { ReportData.level(summary, $0) }
      func success(_ level: LevelSummary) -> Double { level.successRate ?? .nan }
      let rows: [[ResultTable.Cell]] = [
        [ResultTable.Cell("MOD")] + levels.map { cell($0.mod, shows) },
        [ResultTable.Cell("accuracy")] + levels.map { cell($0.accuracy, shows) },
        [ResultTable.Cell("attack success")] + levels.map { ResultTable.Cell(Numbers.fixed(success($0), 3)) },
        [ResultTable.Cell("pairs with a dead map")] + levels.map { ResultTable.Cell(String($0.deadCount)) },
      ]
      let columns =
        [ResultTable.Column("", .left)]
        + levels.map { ResultTable.Column(" = " + Numbers.epsilon($0.epsilon), symbol: "ε") }
      let csvRows = levels.map { level in
        csvIdentity(summary) + ["\(level.epsilon)"] + triple(level.mod) + triple(level.accuracy)
          + [level.successRate.map { "\($0)" } ?? "", String(level.deadCount)]
      }
      return [
        .table(
          ResultTable(
            columns: columns, rows: rows,
            csvHead: csvIdentity + ["epsilon"] + triple("mod") + triple("accuracy") + ["success_rate", "dead_pairs"],
            csvRows: csvRows))
      ]
    })
}

// MARK: - Columns that tables share

/// Marks the best value of a column, and all equal to it.
/// - Parameter values: of the rows that are held against each other, which are the first.
private func mark(_ rows: inout [[ResultTable.Cell]], _ column: Int, greatest: Bool, _ values: [Double]) {
  let finite = values.filter(\.isFinite)
  guard values.count > 1, let best = greatest ? finite.max() : finite.min() else { return }
  for row in values.indices where values[row] == best { rows[row][column].isMarked = true }
}

private let csvIdentity = ["model", "layer", "target"]

private func csvIdentity(_ summary: SeriesSummary) -> [String] {
  [summary.model.key, summary.layer, summary.target.rawValue]
}

private func reading(_ context: CellContext) -> VIDReading {
  context.options.texts["vid"].flatMap(VIDReading.init(rawValue:)) ?? .perImage
}

private func identityColumns(_ naming: SeriesNaming) -> [ResultTable.Column] {
  [ResultTable.Column("model", .left)] + (naming.showsLayer ? [ResultTable.Column("layer", .left)] : [])
    + (naming.showsTarget ? [ResultTable.Column("class", .left)] : [])
}

private func identity(_ summary: SeriesSummary, _ naming: SeriesNaming) -> [ResultTable.Cell] {
  [ResultTable.Cell(summary.model.name)] + (naming.showsLayer ? [ResultTable.Cell(summary.layer)] : [])
    + (naming.showsTarget ? [ResultTable.Cell(summary.target.rawValue)] : [])
}

private func cell(_ estimate: Estimate?, _ interval: Bool) -> ResultTable.Cell {
  guard let estimate else { return ResultTable.Cell("–") }
  return .estimate(estimate.value, estimate.lower, estimate.upper, interval: interval)
}

private func triple(_ name: String) -> [String] { [name, name + "_lower", name + "_upper"] }

/// Shortest decimals that read back as the same numbers; empty where there is no value.
private func triple(_ estimate: Estimate?) -> [String] {
  [estimate?.value, estimate?.lower, estimate?.upper].map { value in
    value.flatMap { $0.isFinite ? "\($0)" : nil } ?? ""
  }
}
