import Figures
import Results

/// How the images of a figure were chosen, as a sentence.
struct SampleWords {
  let order: DriftOrder
  /// At which they were ordered.
  let epsilon: Double?
  /// How levels are printed.
  let levels: LevelNames
  /// What drift is measured by.
  let measure: String
  /// "of the layers", where the drift is a mean over several series.
  let mean: String?

  private var level: String { "ε = \(epsilon.map { Numbers.epsilon($0, levels) } ?? "–")" }

  /// Those with the least and those with the greatest drift.
  func extremes(_ each: Int, shown: [ImageRecord]) -> String {
    let total = order.ordered.count
    guard total > 0 else { return unordered }
    let drift = "drift (\(measure)) at \(level), least first."
    guard total > 2 * each else { return "All \(total) images by their \(drift)" + order.words(shown: shown) }
    let words = each == 1 ? "The image with the least and the one" : "The \(each) images with the least and the \(each)"
    return "\(words) with the greatest \(drift)" + order.words(shown: shown)
  }

  /// Those of `DriftOrder.quantiles`.
  func quantiles(_ count: Int, shown: [ImageRecord]) -> String {
    let total = order.ordered.count
    guard total > 0 else { return unordered }
    return quantiles(min(count, total), of: total) + order.words(shown: shown)
  }

  private func quantiles(_ count: Int, of total: Int) -> String {
    if total == 1, order.unordered.isEmpty { return "The only image." }
    let drift = (mean.map { "mean drift (\(measure)) \($0)" } ?? "drift (\(measure))") + " at \(level)"
    if count >= total { return "All \(total) images by their \(drift), least first." }
    if count == 1 { return "The image with the greatest \(drift)." }
    let shares = (0..<count).map { index in
      index == count - 1 ? "1" : Self.fraction(2 * index + 1, 2 * (count - 1))
    }
    return "Images at the quantiles \(Values.list(shares)) of the \(drift), least first."
  }

  /// Where every image has a dead map, or was not moved.
  private var unordered: String {
    "The images have no order of drift: at \(level) a map of each is dead or the attack changed nothing. They are the "
      + "first by path."
  }

  private static func fraction(_ numerator: Int, _ denominator: Int) -> String {
    var (a, b) = (numerator, denominator)
    while b != 0 { (a, b) = (b, a % b) }
    return "\(numerator / a)/\(denominator / a)"
  }
}
