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
    level = levels.count == 1 ? "ε\u{A0}=\u{A0}\(levels.first.map(data.printed) ?? "–")" : "each one’s strongest attack"
  }

  var sentence: String {
    let known = found.filter { $0.statistics.consistency.isFinite && $0.statistics.imageCount >= IntervalRule.fewest }
    guard !known.isEmpty else {
      return "Whether the highlighted region moves in one direction cannot be said of so few images."
    }
    let consistent = known.filter(\.isConsistent)
    let test = known.count > 1 ? "flipping signs, adjusted by Holm" : "flipping signs"
    let (least, most) = (
      known.map(\.statistics.consistency).min() ?? 0, known.map(\.statistics.consistency).max() ?? 0
    )
    let range =
      known.count == 1
      ? "R\u{A0}=\u{A0}\(Numbers.fixed(most, 2))" : "R between \(Numbers.fixed(least, 2)) and \(Numbers.fixed(most, 2))"
    if consistent.isEmpty {
      return
        "At \(level) the highlighted region does not move in a common direction over the images, in "
        + (known.count == 1 ? known[0].model : "none of \(known.count) models")
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
    return first
      + " In \(Values.list(others)) no common direction is found, so that a consistent shift across all models is not."
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
    return least >= 0.5.squareRoot()
      ? "It is much the same in all models: \(cosine)." : "It is not the same in all models: \(cosine)."
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
