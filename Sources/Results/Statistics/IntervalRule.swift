import Foundation

/// How a 95% interval over images is made, by how many there are.
///
/// A percentile bootstrap is too narrow where images are few (it covers the mean in 81% of the cases at 5 images, in 89% at
/// 10), so that there the bootstrap of the studentised mean takes its place (Efron and Tibshirani, "An Introduction to the
/// Bootstrap", 1993, chapter 12): `Scripts/interval-coverage.py` measures what each covers. Where images are many it
/// says what the normal distribution says at once.
public enum IntervalRule: Sendable, Hashable {
  /// No interval.
  case none
  /// The bootstrap of the studentised statistic.
  case studentised
  /// The percentiles of the bootstrap.
  case percentile
  /// The value plus and minus 1.96 standard errors.
  case normal

  /// Fewer images have no interval.
  public static let fewest = 5
  /// From so many on a bootstrap's percentiles are taken as they are.
  public static let percentiles = 30
  /// From so many on nothing is resampled.
  public static let many = 10_000

  /// - Parameters:
  ///   - images: that the series was measured on.
  ///   - count: those of them that the statistic is over.
  public init(images: Int, count: Int) {
    if count < Self.fewest {
      self = .none
    } else if count < Self.percentiles {
      self = .studentised
    } else {
      self = images < Self.many ? .percentile : .normal
    }
  }
}

/// Of the standard normal distribution.
enum Normal {
  /// Its 97.5% quantile.
  static let z95 = 1.959963984540054

  /// P of a value at least as far from 0, to either side.
  static func twoSided(_ z: Double) -> Double { erfc(abs(z) / 2.0.squareRoot()) }
}

/// How many resamples and flips of signs intervals and tests are made of.
public enum Resampling {
  /// Where the experiment does not say it.
  public static let standard = 10_000
  /// What an experiment may ask for.
  public static let allowed = 100...1_000_000

  /// The 2.5% and 97.5% percentiles, with linear interpolation as `numpy.percentile` has it; what is not finite is left out.
  /// - Returns: nil where fewer than nine tenths of the values are finite: too little is known of what the rest would be.
  static func percentiles(_ values: [Double]) -> (lower: Double, upper: Double)? {
    let sorted = values.filter(\.isFinite).sorted()
    guard !sorted.isEmpty, 10 * sorted.count >= 9 * values.count else { return nil }
    return (percentile(sorted, 0.025), percentile(sorted, 0.975))
  }

  private static func percentile(_ sorted: [Double], _ share: Double) -> Double {
    let position = share * Double(sorted.count - 1)
    let below = Int(position)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    return sorted[below] + (position - Double(below)) * (sorted[below + 1] - sorted[below])
  }
}

/// Holm's step-down adjustment of several tests' p values (S. Holm, Scand. J. Statist. 6, 1979).
public enum Holm {
  /// - Parameter values: of one family; those that are NaN are of no test, and stay so.
  /// - Returns: in their order, each at most 1: at least one is below 0.05 by chance alone in at most 5% of the families.
  public static func adjusted(_ values: [Double]) -> [Double] {
    let order = values.indices.filter { !values[$0].isNaN }.sorted { (values[$0], $0) < (values[$1], $1) }
    var adjusted = values
    var greatest = 0.0
    for (rank, index) in order.enumerated() {
      greatest = max(greatest, min(1, Double(order.count - rank) * values[index]))
      adjusted[index] = greatest
    }
    return adjusted
  }
}
