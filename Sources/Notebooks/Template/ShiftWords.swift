import Figures
import Foundation
import Results
import Support

/// Where to the models' heatmaps move at the strongest attack, in sentences that follow from the numbers: a shift is called
/// consistent only where its p says so.
struct ShiftWords {
  private struct Found {
    var model: String
    var statistics: ShiftStatistics
    /// Adjusted by Holm for all models.
    var probability: Double

    var isConsistent: Bool { statistics.isConsistent && probability < 0.05 }

    /// Whether there are directions enough to look for a common one.
    var isKnown: Bool { statistics.consistency.isFinite && statistics.imageCount >= IntervalRule.fewest }

    private var allCount: Int { statistics.imageCount + statistics.deadCount }
    var hasFewImages: Bool { allCount < IntervalRule.fewest }

    /// Why there are not, behind "where".
    var obstacle: String {
      if hasFewImages { return "there \(allCount == 1 ? "is 1 image" : "are \(allCount) images")" }
      return statistics.imageCount < IntervalRule.fewest
        ? "a map is dead on \(Numbers.grouped(statistics.deadCount)) of \(Numbers.grouped(allCount)) images"
        : "no centre moved"
    }
  }

  private let found: [Found]
  private let level: String

  /// - Throws: `Problem` where a map is missing or damaged.
  init(_ data: ReportData) throws(Problem) {
    let mains = data.mains.filter { !$0.levels.isEmpty }
    let maps = try data.results.maps(of: mains)
    let known = zip(mains, maps).compactMap { main, maps in maps.levels.last.map { (main.model.name, $0.statistics) } }
    let adjusted = Holm.adjusted(known.map { $0.1.probability })
    found = zip(known, adjusted).map { Found(model: $0.0, statistics: $0.1, probability: $1) }
    let levels = Set(mains.compactMap { $0.levels.last?.epsilon })
    // Its shifts are no attack's.
    let noise = mains.first { data.results.isBaseline($0.attack) }
      .map { ", under \(data.results.attackTitle($0.attack)) alone," }
    let strongest =
      levels.count == 1 ? "ε\u{A0}=\u{A0}\(levels.first.map(data.printed) ?? "–")" : "each one’s strongest attack"
    level = strongest + (noise ?? "")
  }

  var sentence: String {
    let known = found.filter(\.isKnown)
    let others = found.filter { !$0.isKnown }
    let unknown = Values.list(others.map { "\($0.model), where \($0.obstacle)" })
    guard !known.isEmpty else {
      return "Whether the highlighted region moves in one direction cannot be said of "
        + (others.allSatisfy(\.hasFewImages) ? "so few images." : "\(unknown).")
    }
    return sentence(known) + (others.isEmpty ? "" : " It cannot be said of \(unknown).")
  }

  private func sentence(_ known: [Found]) -> String {
    let consistent = known.filter(\.isConsistent)
    let test = known.count > 1 ? "sign-flip tests, adjusted by Holm" : "a sign-flip test"
    let (least, most) = (
      known.map(\.statistics.consistency).min() ?? 0, known.map(\.statistics.consistency).max() ?? 0
    )
    let range =
      Numbers.fixed(least, 2) == Numbers.fixed(most, 2)
      ? "R\u{A0}=\u{A0}\(Numbers.fixed(most, 2))" : "R between \(Numbers.fixed(least, 2)) and \(Numbers.fixed(most, 2))"
    if consistent.isEmpty {
      return
        "At \(level) no common direction of the highlighted region is found over the images, in "
        + (known.count == 1 ? known[0].model : "any of \(ValueEvaluator.word(known.count)) models")
        + " (\(range); p by \(test), not below 0.05)."
    }
    let words = consistent.map { one in
      "\(Self.direction(one.statistics.mean)) by \(Numbers.significant(one.statistics.mean.length, 2)) widths in "
        + "\(one.model) (R\u{A0}=\u{A0}\(Numbers.fixed(one.statistics.consistency, 2)))"
    }
    let others = known.filter { !$0.isConsistent }.map(\.model)
    let first =
      "At \(level) the highlighted region moves in a common direction: \(Values.list(words)); p by \(test), below 0.05."
    guard !others.isEmpty else { return first + (known.count > 1 ? " " + across(consistent) : "") }
    return first + " In \(Values.list(others)) no common direction is found."
  }

  /// Whether the models' mean shifts point alike.
  private func across(_ consistent: [Found]) -> String {
    var least = 1.0
    for (index, one) in consistent.enumerated() {
      for other in consistent[(index + 1)...] {
        least = min(least, one.statistics.cosine(with: other.statistics) ?? -1)
      }
    }
    let cosine = "the least cosine between two models’ mean shifts is \(Numbers.fixed(least, 2))"
    // Within 45 degrees of each other.
    let models = consistent.count < found.count ? "these models" : "all models"
    return least >= 0.5.squareRoot()
      ? "It is much the same in \(models): \(cosine)." : "It is not the same in \(models): \(cosine)."
  }

  /// - Parameter shift: x to the right, y down.
  private static func direction(_ shift: Shift) -> String {
    let names = [
      "to the right", "down and to the right", "down", "down and to the left", "to the left", "up and to the left",
      "up",
      "up and to the right",
    ]
    let turn = Int((atan2(shift.y, shift.x) / (2 * Double.pi) * 8).rounded())
    return names[((turn % 8) + 8) % 8]
  }
}
