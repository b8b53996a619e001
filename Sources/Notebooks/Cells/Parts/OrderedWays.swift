import Figures
import Results
import Support

/// One attack's series at one level by several measures and explanations, and the orders in which each puts the models.
struct OrderedWays {
  /// A measure of the maps of an explanation: a column.
  struct Way: Hashable {
    var explanation: String
    var measure: String
  }

  /// A model at a layer, and its place in the order of a way.
  struct Entry {
    var series: SeriesSummary
    var level: LevelSummary
    /// From 1, least MOD first, equal ones sharing a place; nil for a series that has no place in an order of drift.
    var rank: Int?
    /// Whether it drifts least by every count, by more than chance.
    var isClearlyLeast = false
  }

  let epsilon: Double
  /// Keys, in the experiment's order.
  let explanations: [String]
  /// Keys, in the experiment's order.
  let measures: [String]
  /// Explanation by explanation.
  let ways: [Way]
  /// By row, then by way; nil where there is no such series.
  private(set) var entries: [[Entry?]] = []

  /// - Parameters:
  ///   - shown: the series of one attack and target, by whatever measure.
  ///   - measures: keys, in order.
  init(_ shown: [SeriesSummary], measures: [String], epsilon: Double, _ data: ReportData) {
    self.epsilon = epsilon
    let explanations = data.results.explanationKeys.filter { key in shown.contains { $0.explanation == key } }
    let ways = explanations.flatMap { explanation in measures.map { Way(explanation: explanation, measure: $0) } }
    (self.explanations, self.measures, self.ways) = (explanations, measures, ways)
    let rows = MatrixWords.models(of: shown)
    let columns = ways.map { way in
      Self.column(
        rows.map { row in
          var identity = row.identity
          (identity.explanation, identity.measure) = (way.explanation, way.measure)
          return data.summaries.first { $0.identity == identity }
        }, epsilon, data)
    }
    entries = rows.indices.map { row in columns.map { $0[row] } }
  }

  private static func column(_ series: [SeriesSummary?], _ epsilon: Double, _ data: ReportData) -> [Entry?] {
    var entries = series.map { one -> Entry? in
      guard let one, let level = ReportData.level(one, epsilon) else { return nil }
      return Entry(series: one, level: level)
    }
    let sound = Set(data.ranking(of: series.compactMap { $0 }).ranked.map(\.identity))
    let ranked = entries.compactMap { $0 }.filter { sound.contains($0.series.identity) && $0.level.mod.value.isFinite }
    let mods = ranked.map(\.level.mod.value)
    let least = data.results.superlative(.least, among: ranked.map(\.series), epsilon: epsilon)
    for index in entries.indices {
      guard let entry = entries[index], ranked.contains(where: { $0.series.identity == entry.series.identity }) else {
        continue
      }
      entries[index]?.rank = 1 + mods.count { $0 < entry.level.mod.value }
      entries[index]?.isClearlyLeast = least?.isClear == true && least?.series.identity == entry.series.identity
    }
    return entries
  }

  /// Kendall's tau between the orders of two ways, over the rows that have a place in both.
  /// - Returns: nil where there are not two of them.
  func tau(_ first: Int, _ second: Int) -> Double? {
    let both = entries.compactMap { row -> (Double, Double)? in
      guard let one = row[first], let other = row[second], one.rank != nil, other.rank != nil else { return nil }
      return (one.level.mod.value, other.level.mod.value)
    }
    return Kendall.tau(both.map(\.0), both.map(\.1))
  }

  /// Each with each later one, of which there is a tau.
  var taus: [(first: Int, second: Int, tau: Double)] {
    ways.indices.flatMap { first in
      ways.indices.dropFirst(first + 1).compactMap { second in tau(first, second).map { (first, second, $0) } }
    }
  }

  /// How many rows have a place in any order.
  var rankedCount: Int { entries.count { row in row.contains { $0?.rank != nil } } }

  /// By row: in how many orders it is the first, with a place of its own or shared.
  var firsts: [Int] { entries.map { row in row.count { $0?.rank == 1 } } }
}
