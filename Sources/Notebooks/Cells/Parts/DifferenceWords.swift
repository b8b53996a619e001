import Figures
import Results

extension ReportData {
  /// What cells that compare series show: the differences that have one reason.
  func differences(of series: [SeriesSummary], epsilons: [Double]) -> FamilyOfDifferences {
    results.differences(among: series, epsilons: epsilons, comparableAlone: true)
  }
}

/// What a caption says of the differences that a cell shows, and of what their p can be.
struct DifferenceWords {
  private let data: ReportData
  private let series: [SeriesSummary]
  private let family: FamilyOfDifferences

  init(_ data: ReportData, _ selection: Selection, _ family: FamilyOfDifferences) {
    (self.data, series, self.family) = (data, selection.summaries, family)
  }

  /// Sentences behind others; empty where nothing needs to be said.
  var sentences: String { respects + reach }

  /// "adjusted by Holm for the 10 differences": for how many p is.
  static func adjusted(_ family: FamilyOfDifferences, isAlone: Bool) -> String {
    let count = family.mostAtALevel
    guard count > 1 else { return "of one difference" }
    return "adjusted by Holm for the \(Numbers.grouped(count)) differences" + (isAlone ? "" : " at each level")
  }

  private var respects: String {
    let isAnyLeftOut = series.indices.contains { index in
      series.dropFirst(index + 1).contains { !$0.identity.isComparable(with: series[index].identity) }
    }
    guard isAnyLeftOut else { return "" }
    return " Only series that differ in one respect are compared, so that a difference has one reason."
  }

  /// A family that no p below 0.05 can come of must not look like one in which nothing differs.
  private var reach: String {
    let count = family.mostAtALevel
    guard count > 0, family.leastProbability >= 0.05 else { return "" }
    let flips = data.results.resamples
    // Of up to 13 images all ways to flip are gone through, and are fewer.
    let isOfFewImages = family.leastProbability / Double(count) > 1.5 / Double(1 + flips)
    let reason =
      isOfFewImages
      ? "so few images do not tell more"
      : "\(Numbers.grouped(flips)) flips do not tell more of \(Numbers.grouped(count)) differences"
    return
      " However great, no difference can have p below \(Numbers.fixed(family.leastProbability, 3)) here: \(reason)."
  }
}
