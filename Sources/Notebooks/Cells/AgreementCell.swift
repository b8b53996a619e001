import Figures
import Results
import Support

/// Whether models drift alike: on the same images, in the same direction.
struct AgreementCell: TableCell {
  static let key = "agreement"
  static let help =
    "Models by models: whether the same images drift (Spearman's correlation), and in the same direction (cosine of the mean shifts)."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.seriesAtOneLevel + DeclaredOption<Self>.table
  static let examples = [
    CellExample(key, "All models at the strongest attack:"),
    CellExample(
      "agreement-one", "At one level, without intervals:",
      "models: [resnet50, resnet101, xception]\nepsilon: 0.02\nintervals: none\ndigits: 1"),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var look = TableLook()
  var repetition: CellRepetition { .models }
  var commonParts: Set<SeriesPart> { [] }

  init() {}

  func caption(_ context: CellContext) throws -> String {
    if try lone(context) != nil { return "" }
    let found = try Found(context, self)
    let (agreements, measure) = (found.agreements, found.selection.measure.title)
    let level = context.data.printed(found.epsilon)
    let ways = found.intervals
    let (drifted, shifted) = (
      MatrixWords.images(agreements.map(\.imageCount)), MatrixWords.images(agreements.map(\.shiftCount))
    )
    let overShifts = shifted == drifted ? "" : ", over \(shifted)"
    return
      "Agreement of the models at ε\u{A0}=\u{A0}\(level)\(found.words.common(attack: true, explanation: true)). "
      + (found.listsCosines ? "Whether" : "Above the diagonal: whether")
      + " the same images drift, Spearman’s correlation of \(measure) in two models, over "
      + "\(drifted); bold and shaded where its interval excludes 0\(found.clear)."
      + (look.showsIntervals ? " \(look.noteWord): \(ways)." : "")
      + (found.listsCosines
        ? found.cosines(look.digits ?? 2, over: overShifts)
        : " Below it: whether attention moves in the same direction, the cosine of the mean shifts of the heatmaps’ centres"
          + overShifts
          + ", where both models have a common direction (p below 0.05, not adjusted), else empty. Shades: blue above 0, "
          + "orange below.")
      + MatrixWords.cut(found.selection.summaries.count, found.words.columns) + found.dead + found.sentence
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    if let lone = try lone(context) { return lone }
    let found = try Found(context, self)
    let summaries = found.selection.summaries
    let printed = summaries.indices.prefix(MatrixWords.most)
    // With nothing below the diagonal neither the last row nor the first column has anything.
    let (printedRows, printedColumns) =
      found.listsCosines ? (printed.dropLast(), printed.dropFirst()) : (printed, printed)
    let rows = printedRows.map { row -> [ResultTable.Cell] in
      [ResultTable.Cell(found.words.label(summaries[row]))]
        + printedColumns.map { column in
          guard row != column, row < column || !found.listsCosines else { return ResultTable.Cell("") }
          guard let pair = found.pair(row, column) else { return ResultTable.Cell("–") }
          return row < column ? correlation(pair) : cosine(pair)
        }
    }
    let common = context.data.columns()
    let csvHead =
      common.csvHead + common.csvHead.map { "other_\($0)" } + ["epsilon", "images"] + SeriesColumns.triple("spearman")
      + ["shift_cosine", "shift_images", "both_directed"]
    let csvRows = found.agreements.compactMap { pair -> [String]? in
      guard let first = summaries.first(where: { $0.identity == pair.first }),
        let second = summaries.first(where: { $0.identity == pair.second })
      else { return nil }
      return common.csv(first) + common.csv(second) + ["\(pair.epsilon)", String(pair.imageCount)]
        + SeriesColumns.triple(pair.correlation) + [pair.cosine.map { "\($0)" } ?? "", String(pair.shiftCount)]
        + [pair.haveDirections ? "true" : "false"]
    }
    return [
      .table(
        ResultTable(
          alternative: found.alternative,
          columns: [ResultTable.Column("", .left)]
            + printedColumns.map { ResultTable.Column(found.words.label(summaries[$0])) },
          rows: rows, csvHead: csvHead, csvRows: csvRows))
    ]
  }

  private func correlation(_ pair: Agreement) -> ResultTable.Cell {
    let rho = pair.correlation
    var cell = ResultTable.Cell(Numbers.fixed(rho.value, look.digits ?? 2))
    if look.showsIntervals, rho.value.isFinite { cell.note = Numbers.interval(rho.lower, rho.upper, look.digits ?? 2) }
    cell.isMarked = pair.isCorrelated
    cell.shade = pair.isCorrelated ? Tint.of(rho.value) : nil
    return cell
  }

  private func cosine(_ pair: Agreement) -> ResultTable.Cell {
    // Of what has no direction it may be anything.
    guard pair.haveDirections else { return ResultTable.Cell("") }
    var cell = ResultTable.Cell(Numbers.fixed(pair.cosine ?? .nan, look.digits ?? 2))
    cell.shade = Tint.of(pair.cosine ?? .nan)
    return cell
  }
}

/// What the cell shows of one turn.
private struct Found {
  let selection: Selection
  let epsilon: Double
  let words: MatrixWords
  /// Each series with each later one.
  let agreements: [Agreement]

  /// - Throws: `Problem` where there is nothing to compare, or a map is missing.
  init(_ context: CellContext, _ cell: AgreementCell) throws {
    selection = try context.selection(cell)
    words = MatrixWords(selection.summaries, context.data)
    guard selection.summaries.count > 1, let strongest = selection.epsilons.last else {
      throw Problem.failure(
        "there is only one series, and nothing to compare it with", remedy: "Select two models or more.")
    }
    epsilon = strongest
    agreements = try context.data.results.agreements(among: selection.summaries, epsilon: strongest)
  }

  /// Pairs of models that both have a common direction.
  private var directed: [Agreement] { agreements.filter(\.haveDirections) }

  /// Whether the caption says the cosines, which few pairs have: half of the matrix would be empty.
  var listsCosines: Bool { directed.count <= 3 && 2 * directed.count <= agreements.count }

  /// Them in words, as a sentence behind others.
  func cosines(_ digits: Int, over images: String) -> String {
    guard !directed.isEmpty else {
      return " No two models both have a common direction in which attention moves (p below 0.05)."
    }
    let pairs = directed.map { "\(Numbers.fixed($0.cosine ?? .nan, digits)) for \(names($0))" }
    return " Whether attention moves in the same direction, of models that both have a common one (p below 0.05, not "
      + "adjusted): cosine of the mean shifts of the heatmaps’ centres\(images), \(Values.list(pairs))."
  }

  /// Whichever of both comes first.
  func pair(_ one: Int, _ other: Int) -> Agreement? {
    let (first, second) = (selection.summaries[min(one, other)], selection.summaries[max(one, other)])
    return agreements.first { $0.first == first.identity && $0.second == second.identity }
  }

  private func label(_ series: SeriesIdentity) -> String {
    selection.summaries.first { $0.identity == series }.map(words.label) ?? series.model
  }

  private func names(_ pair: Agreement) -> String { "\(label(pair.first)) and \(label(pair.second))" }

  /// By which rule the correlations have theirs.
  var intervals: String {
    let counts = agreements.map(\.imageCount)
    let ways = [
      counts.contains { IntervalRule(images: $0, count: $0) == .percentile } ? "by a bootstrap" : nil,
      counts.contains { [.studentised, .normal].contains(IntervalRule(images: $0, count: $0)) } ? "of Fisher’s z" : nil,
    ].compactMap { $0 }
    let caveat =
      counts.contains { $0 < IntervalRule.fewest } ? ", none (–) of fewer than \(IntervalRule.fewest) images" : ""
    return (ways.isEmpty ? "95% intervals" : "95% intervals \(Values.list(ways))") + caveat
  }

  /// As a sentence behind others; empty where there are none.
  var dead: String {
    let counts = selection.summaries.compactMap { one in one.levels.first { $0.epsilon == epsilon }?.deadCount }
    guard let most = counts.max(), most > 0 else { return "" }
    return
      " Pairs with a dead map, \(Numbers.grouped(most)) of a model at most, count among the drifts and have no shift."
  }

  /// How many correlations are more than chance, in brackets behind that; empty where there is one at most.
  var clear: String {
    let known = agreements.filter { $0.correlation.value.isFinite }
    return known.count > 1
      ? " (\(known.count { $0.isCorrelated }) of \(known.count), each taken alone, not adjusted)" : ""
  }

  /// Why nothing stands there, as a sentence behind others; empty where something does.
  var sentence: String {
    agreements.contains { $0.correlation.value.isFinite }
      ? "" : " No two models have a correlation: their drifts do not vary, or there are fewer than three images."
  }

  /// Every number in words.
  var alternative: String {
    "Matrix of \(selection.summaries.count) series. "
      + agreements.map { pair in
        "\(names(pair)): correlation of the drifts \(Numbers.fixed(pair.correlation.value, 2)), cosine of the shifts "
          + "\(Numbers.fixed(pair.cosine ?? .nan, 2))"
      }.joined(separator: "; ") + "."
  }
}
