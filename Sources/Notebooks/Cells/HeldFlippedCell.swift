import Figures
import Results
import Support

/// What the attack does to the explanation where it leaves the answer alone, and where it does not.
struct HeldFlippedCell: SeriesCell {
  static let key = "held-flipped"
  static let help =
    "The measure of the pairs that held their prediction beside that of those that flipped, series by attack levels: dots, or "
    + "boxes where images are many, and both means."
  static let product = CellProduct.figure
  static let options: [DeclaredOption<Self>] = DeclaredOption<Self>.series + [.forEach]
  static let examples = [
    CellExample(key, "All models at the strongest level and a weaker one:", "epsilons: [0.01, 0.1]")
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var commonParts: Set<SeriesPart> { SeriesPart.allButMeasure }

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let selection = try context.selection(self)
    let most = selection.summaries.flatMap { selection.levels(of: $0) }.map { max($0.heldCount, $0.flipped.count) }
      .max()
    let look =
      (most ?? 0) > StripPlot.mostDots
      ? "of more than \(StripPlot.mostDots) pairs boxes from quartile to quartile with the median, lines from 5% to 95%, otherwise "
        + "a dot for each pair"
      : "a dot for each pair"
    return
      "\(selection.measure.title) of the pairs that held their prediction (hollow) and of those whose prediction the attack "
      + "changed (filled): \(look). Black lines: the means, MOD of either part. \(PairWords.classes(selection))"
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let selection = try context.selection(self)
    let naming = context.data.naming
    let rows = try selection.summaries.map { summary in
      StripRow(
        label: naming.label(summary), style: naming.style(summary),
        panels: try selection.epsilons.map { epsilon in
          guard let level = summary.levels.first(where: { $0.epsilon == epsilon }) else { return nil }
          let pairs = try context.data.results.heldAndFlipped(summary, epsilon: epsilon)
          return StripPair(
            held: Strip(values: pairs.held, mean: level.modHeld.value),
            flipped: Strip(values: pairs.flipped, mean: level.modFlipped.value))
        })
    }
    let greatest = rows.flatMap { $0.panels.compactMap { $0 } }.flatMap { $0.held.values + $0.flipped.values }.max()
    // Rows that a page can hold; the rest goes on in a next part.
    let capacity = max(1, Int((context.maximumHeight - 50) / 55))
    let plots = zip(rows.parts(ofAtMost: capacity), selection.summaries.parts(ofAtMost: capacity)).map {
      rows, summaries in
      let words = summaries.compactMap { summary in
        selection.levels(of: summary).last.map { level in
          "\(naming.label(summary)) \(Numbers.fixed(level.modHeld.value, 3)) of \(level.heldCount) held, "
            + "\(Numbers.fixed(level.modFlipped.value, 3)) of \(level.flipped.count) flipped"
        }
      }
      return CellContent.plot(
        alternative:
          "Strips of \(selection.measure.title) by whether the prediction held. Means at the strongest level: "
          + words.joined(separator: "; ") + "."
      ) { width in
        StripPlot(
          rows: rows, epsilons: selection.epsilons, measure: selection.measure, width: width, sharedMaximum: greatest
        ).frame(measurer: context.measurer, style: context.style)
      }
    }
    return plots + [.exported(try table(selection, context))]
  }

  private func table(_ selection: Selection, _ context: CellContext) throws -> ResultTable {
    let common = context.data.columns()
    var rows: [[ResultTable.Cell]] = []
    var csv: [[String]] = []
    for summary in selection.summaries {
      for level in selection.levels(of: summary) {
        let pairs = try context.data.results.heldAndFlipped(summary, epsilon: level.epsilon)
        rows.append(
          common.cells(summary) + [
            ResultTable.Cell(context.data.printed(level.epsilon)), common.cell(level.modHeld, of: level.heldCount),
            common.cell(level.modFlipped, of: level.flipped.count),
          ])
        csv.append(
          common.csv(summary) + ["\(level.epsilon)"] + Self.csv(level.modHeld, pairs.held)
            + Self.csv(level.modFlipped, pairs.flipped))
      }
    }
    let columns =
      common.columns + [
        ResultTable.Column("ε"), ResultTable.Column("MOD, held"), ResultTable.Column("MOD, flipped"),
      ]
    let quantiles = ["q05", "q25", "median", "q75", "q95"]
    func head(_ name: String) -> [String] {
      ["\(name)_pairs"] + SeriesColumns.triple("mod_\(name)") + quantiles.map { "\(name)_\($0)" }
    }
    return ResultTable(
      columns: columns, rows: rows, csvHead: common.csvHead + ["epsilon"] + head("held") + head("flipped"),
      csvRows: csv)
  }

  private static func csv(_ mod: Estimate, _ values: [Double]) -> [String] {
    let five = FiveNumbers(values)
    let quantiles = [five?.low, five?.firstQuartile, five?.median, five?.thirdQuartile, five?.high]
    return ["\(values.count)"] + SeriesColumns.triple(values.isEmpty ? nil : mod)
      + quantiles.map { $0.map { "\($0)" } ?? "" }
  }
}
