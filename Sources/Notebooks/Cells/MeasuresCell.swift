import Attacks
import Explanations
import Figures
import Measures
import Results
import Support

/// Whether the order of the models depends on what drift is measured by, or on how predictions are explained.
struct MeasuresCell: TableCell {
  static let key = "measures"
  static let help =
    "MOD of each model by every measure and explanation with its rank, and Kendall's tau between the orders of the models."
  static let product = CellProduct.table
  static let options: [DeclaredOption<Self>] =
    DeclaredOption<Self>.seriesAtOneLevel.filter { $0.name != "measure" } + [
      DeclaredOption("measures", \.measures, .words, help: "`all`, or names of the experiment's measures."),
      DeclaredOption(
        "tau", \.showsTau, .answer,
        help: "Whether a matrix has Kendall's tau between all orders, where they are at most \(MatrixWords.most)."),
    ] + DeclaredOption<Self>.table.filter { $0.name != "intervals" }
  static let examples = [
    CellExample(
      key, "Every measure and explanation, of one attack at its strongest:", "attacks: [\(standardAttack.key)]"),
    CellExample(
      "measures-some", "Three measures by one explanation, at one level, without the matrix:",
      "attacks: [\(standardAttack.key)]\nexplanations: [\(standardExplanation.key)]\n"
        + "measures: [\(Measures.measures.keys.prefix(3).joined(separator: ", "))]\nepsilon: 0.02\ntau: false\ndigits: 2"
    ),
  ]

  var shown = SeriesOptions(layers: [SeriesOptions.last])
  var measures = [SeriesOptions.all]
  var showsTau = true
  var look = TableLook()
  var repetition: CellRepetition { .methods }
  var commonParts: Set<SeriesPart> { [] }

  init() {}

  func caption(_ context: CellContext) throws -> String {
    let found = try Compared(self, context)
    let what = [
      found.orders.measures.count > 1 ? "measure" : nil, found.orders.explanations.count > 1 ? "explanation" : nil,
    ].compactMap { $0 }
    return
      "The order of the models by each \(Values.list(what)): MOD at "
      + "ε\u{A0}=\u{A0}\(context.data.printed(found.orders.epsilon)) \(found.common), over \(found.images). In brackets: the rank among the models, "
      + "least MOD first; ranks of different columns can be compared, MODs cannot. "
      + (found.tables.contains { $0.rows.joined().contains(where: \.isMarked) }
        ? "Bold: the least of a column where it leads by every count and by more than chance."
        : "In no column does the least MOD lead by every count (see the methods) and by more than chance.")
      + found.sentences
  }

  func content(_ context: CellContext) throws -> [CellContent] {
    let found = try Compared(self, context)
    return found.tables.map { .table($0) } + (showsTau && found.hasTauTable ? [.table(found.tauTable)] : [])
  }
}

/// What the cell shows of one attack and target.
private struct Compared {
  let orders: OrderedWays
  private let data: ReportData
  private let words: MatrixWords
  private let first: SeriesSummary?
  private let digits: Int

  /// - Throws: `Problem` where there is nothing to compare.
  init(_ cell: MeasuresCell, _ context: CellContext) throws {
    data = context.data
    digits = cell.look.digits ?? 3
    let selection = try context.selection(cell)
    first = selection.summaries.first
    words = MatrixWords(selection.summaries, data)
    let known = data.results.measureKeys
    var measures = known
    if cell.measures != [SeriesOptions.all] {
      for name in cell.measures where !known.contains(name) {
        throw Problem.usage(
          at: context.place("measures"), "the experiment has no measure `\(name)`",
          remedy: suggestion(for: name, among: known))
      }
      measures = known.filter(cell.measures.contains)
    }
    orders = OrderedWays(
      selection.summaries, measures: measures, epsilon: selection.epsilons.last ?? .nan, data)
    guard orders.ways.count > 1 else {
      let (measures, explanations) = (Measures.measures.keys.prefix(2), Explanations.explanations.keys.prefix(2))
      throw Problem.failure(
        "there is one measure and one explanation, and nothing to compare",
        remedy:
          "List several in the experiment file, as `compare: {measures: [\(measures.joined(separator: ", "))]}` or "
          + "`explain: {methods: [\(explanations.joined(separator: ", "))]}`, and run it again.")
    }
  }

  /// What all columns have in common, as far as the experiment has several.
  var common: String {
    let alone = [
      orders.measures.count == 1 ? orders.measures.first.map(data.results.measureTitle) : nil,
      orders.explanations.count == 1 && data.naming.showsExplanation
        ? orders.explanations.first.map(data.results.explanationTitle) : nil,
    ].compactMap { $0 }
    return (alone.isEmpty ? "" : ", of \(Values.list(alone))") + words.common(attack: true, explanation: false)
  }

  /// "38 to 40 images" where a measure has no value for some.
  var images: String { MatrixWords.images(orders.entries.joined().compactMap { $0?.series.imageCount }) }

  private func title(_ way: Int) -> String {
    let own = orders.ways[way]
    let measure = data.results.measureTitle(own.measure)
    let explanation = data.results.explanationTitle(own.explanation)
    return orders.explanations.count == 1
      ? measure : orders.measures.count == 1 ? explanation : "\(measure) of \(explanation)"
  }

  private func label(_ row: Int) -> String {
    orders.entries[row].compactMap { $0 }.first.map { words.label($0.series) } ?? "–"
  }

  // MARK: - Tables

  /// One, or where columns are too many for a page's width several, each of whole explanations.
  var tables: [ResultTable] {
    let own = max(1, orders.measures.count)
    let parts = Array(orders.ways.indices).parts(ofAtMost: max(1, MatrixWords.most / own) * own)
    return parts.enumerated().map { index, ways in
      ResultTable(
        caption: index == 0 ? nil : "Further explanations and measures.",
        alternative: index == 0 ? alternative : "Table of the columns that the one before has no room for.",
        columns: [ResultTable.Column("model", .left)] + ways.map(column), rows: rows(ways),
        csvHead: index == 0 ? csvHead : [], csvRows: index == 0 ? csvRows : [])
    }
  }

  private func column(_ way: Int) -> ResultTable.Column {
    guard orders.explanations.count > 1, orders.measures.count > 1 else { return ResultTable.Column(title(way)) }
    let own = orders.ways[way]
    return ResultTable.Column(
      data.results.measureTitle(own.measure), group: data.results.explanationTitle(own.explanation))
  }

  private func rows(_ ways: [Int]) -> [[ResultTable.Cell]] {
    let hasOrder = orders.entries.count > 1
    return orders.entries.indices.map { row in
      [ResultTable.Cell(label(row))]
        + ways.map { way -> ResultTable.Cell in
          guard let entry = orders.entries[row][way] else { return ResultTable.Cell("–") }
          var cell = ResultTable.Cell(
            Numbers.fixed(entry.level.mod.value, digits)
              + (hasOrder ? " (\(entry.rank.map(String.init) ?? "–"))" : ""))
          cell.isMarked = entry.isClearlyLeast
          return cell
        }
    }
  }

  private var csvHead: [String] {
    data.columns().csvHead + ["epsilon", "images"] + SeriesColumns.triple("mod") + ["rank"]
  }

  private var csvRows: [[String]] {
    let common = data.columns()
    return orders.entries.flatMap { row in
      row.compactMap { $0 }.map { entry in
        common.csv(entry.series) + ["\(orders.epsilon)", String(entry.series.imageCount)]
          + SeriesColumns.triple(entry.level.mod) + [entry.rank.map(String.init) ?? ""]
      }
    }
  }

  private var alternative: String {
    let ways = orders.ways.indices.map { way in
      let numbers = orders.entries.indices.map { row in
        let entry = orders.entries[row][way]
        return "\(label(row)) \(Numbers.fixed(entry?.level.mod.value ?? .nan, 3))"
          + (entry?.rank.map { ", rank \($0)" } ?? ", not ranked")
      }
      return "\(title(way)): \(numbers.joined(separator: "; "))"
    }
    return "MOD of \(orders.entries.count) models by \(orders.ways.count) measures and explanations. "
      + ways.joined(separator: ". ") + "."
  }

  /// A matrix of more columns could not be read; the caption has the least and the greatest.
  var hasTauTable: Bool { orders.taus.count > 1 && orders.ways.count <= MatrixWords.most }

  var tauTable: ResultTable {
    let last = orders.ways.count - 1
    let rows = (0..<last).map { row in
      [ResultTable.Cell(title(row))]
        + (1...last).map { column -> ResultTable.Cell in
          guard row < column else { return ResultTable.Cell("") }
          let tau = orders.tau(row, column)
          var cell = ResultTable.Cell(Numbers.fixed(tau ?? .nan, 2))
          cell.shade = tau.flatMap(Tint.of)
          return cell
        }
    }
    return ResultTable(
      caption:
        "Kendall’s τ between the orders of the models: 1 the same order, 0 nothing in common, −1 the opposite one.",
      alternative: "Matrix of Kendall's tau. "
        + orders.taus.map { "\(title($0.first)) and \(title($0.second)): \(Numbers.fixed($0.tau, 2))" }
        .joined(separator: "; ") + ".",
      columns: [ResultTable.Column("", .left)] + (1...last).map { ResultTable.Column(title($0)) }, rows: rows,
      csvHead: [], csvRows: [])
  }

  // MARK: - What follows

  var sentences: String {
    let count = orders.rankedCount
    guard count > 1 else {
      return " Fewer than two models have a place in an order of drift: there are no orders to compare."
    }
    let firsts = orders.firsts
    let all = orders.ways.indices.count { way in orders.entries.contains { $0[way]?.rank == 1 } }
    let leaders = firsts.indices.filter { firsts[$0] > 0 }.sorted { (firsts[$1], $0) < (firsts[$0], $1) }
    var text: String
    if let only = leaders.first, leaders.count == 1 {
      text = " \(label(only)) has the least MOD in \(all == 2 ? "both" : "all \(all)") orders"
    } else {
      text =
        " The least MOD depends on the column: it is that of "
        + Values.list(leaders.map { "\(label($0)) in \(firsts[$0])" }) + " of \(all) orders"
    }
    let taus = orders.taus
    guard let least = taus.min(by: { $0.tau < $1.tau }), let most = taus.max(by: { $0.tau < $1.tau }) else {
      return text + "."
    }
    if least.tau == 1 {
      text += "; \(orders.ways.count == 2 ? "both" : "all") orders are the same (Kendall’s τ 1)."
    } else if taus.count == 1 {
      text += ". Kendall’s τ between both orders is \(Numbers.fixed(least.tau, 2))."
    } else {
      text +=
        ". Kendall’s τ between two orders lies between \(Numbers.fixed(least.tau, 2)) (\(title(least.first)) and "
        + "\(title(least.second))) and \(Numbers.fixed(most.tau, 2))."
    }
    // One of n! orders: of four models 1 in 24.
    if count <= 4 {
      let orders = (1...count).reduce(1, *)
      text += " Of \(count) models two orders are the same by chance alone in 1 of \(orders) cases."
    }
    return text
  }
}
