import Explanations
import Support

/// How differently two heatmaps order the pixels: (1 - rho) / 2, rho being Spearman's correlation with average ranks
/// (C. Spearman, "The Proof and Measurement of Association between Two Things", American Journal of Psychology 15, 1904;
/// of explanations Ghorbani, Abid, Zou, "Interpretation of Neural Networks Is Fragile", AAAI 2019), as
/// `scipy.stats.spearmanr` computes it.
public struct RankCorrelation: Measure {
  public static let key = "rank"
  public static let title = "rank distance"
  public static let references: [Publication] = [
    Publication(
      "C. Spearman",
      "The Proof and Measurement of Association between Two Things",
      "American Journal of Psychology 15, 72–101", 1904, "doi:10.2307/1412159"),
    .fragileInterpretations,
  ]
  public static let help =
    "(1 - Spearman's rho) / 2 of the heatmaps: 0 the same order of the pixels, 1 the opposite one."
  public static let columns = ["rank"]
  public static let bounds: ClosedRange<Double>? = 0...1
  public static let hasGaps = true
  public static let options: [DeclaredOption<RankCorrelation>] = []

  public init() {}

  public var definition: String { "rank distance = (1 − ρ) / 2" }

  public var methods: String {
    "where *ρ* is Spearman’s correlation of the clean and the attacked heatmap, pixels of equal value having the mean of their "
      + "ranks: 0 the same order, 1 the opposite one. A pair in which a heatmap has the same value everywhere, as a dead one has, "
      + "has no value; a pair of two dead maps has 0."
  }

  public func reference(_ clean: ExplainedMap) throws(Problem) -> any MeasureReference {
    Reference(clean: clean, ranks: AverageRanks(clean.heatmap.values))
  }

  private struct Reference: MeasureReference {
    let clean: ExplainedMap
    let ranks: AverageRanks

    func compare(with attacked: ExplainedMap) throws(Problem) -> [Double] {
      try checkSizes(clean, attacked)
      return value(AverageRanks(attacked.heatmap.values), of: attacked)
    }

    func compare(with other: any MeasureReference, of map: ExplainedMap) throws(Problem) -> [Double] {
      guard let other = other as? Reference else { return try compare(with: map) }
      try checkSizes(clean, map)
      return value(other.ranks, of: map)
    }

    private func value(_ other: AverageRanks, of map: ExplainedMap) -> [Double] {
      if clean.raw.isDead, map.raw.isDead { return [0] }
      // As scipy, which gives NaN.
      guard let rho = ranks.correlation(with: other) else { return [.nan] }
      return [(1 - rho) / 2]
    }
  }
}
