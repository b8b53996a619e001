import Figures
import Results

/// How the intervals beside some numbers were made, in words for captions.
struct IntervalWords {
  private let rules: [IntervalRule]

  /// - Parameter counts: of images, of each series that is shown.
  init(_ counts: [Int]) {
    rules = counts.sorted().map { IntervalRule(images: $0, count: $0) }.reduce(into: []) { found, rule in
      if !found.contains(rule) { found.append(rule) }
    }
  }

  init(_ selection: Selection) { self.init(selection.summaries.map(\.imageCount)) }

  /// Whether there are any.
  var areNone: Bool { rules.allSatisfy { $0 == .none } }

  /// "95% bootstrap intervals": within a sentence.
  var noun: String {
    let ways = rules.compactMap { rule -> String? in
      switch rule {
      case .none: nil
      case .studentised: "bootstrap-t"
      case .percentile: "bootstrap"
      case .normal: "normal"
      }
    }
    return ways.isEmpty ? "no intervals" : "95% \(Values.list(ways)) intervals"
  }

  /// What the counts do not allow, as a sentence behind others; empty where they allow all.
  var caveat: String {
    guard rules.contains(.none) else { return "" }
    return
      " Of fewer than \(IntervalRule.fewest) images there is no interval (–), and nothing says how other images would do."
  }
}
