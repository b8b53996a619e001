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
    var finite = values.filter(\.isFinite)
    guard !finite.isEmpty, 10 * finite.count >= 9 * values.count else { return nil }
    return (percentile(&finite, 0.025), percentile(&finite, 0.975))
  }

  /// The values may come in another order. Two of ten thousand are wanted: sorting all took a fifth of a report's time.
  private static func percentile(_ values: inout [Double], _ share: Double) -> Double {
    let last = values.count - 1
    let position = share * Double(last)
    let below = Int(position)
    place(below, of: &values, from: 0)
    guard below < last else { return values[last] }
    place(below + 1, of: &values, from: below + 1)
    return values[below] + (position - Double(below)) * (values[below + 1] - values[below])
  }

  /// Puts the value of a rank there, what is less before it and what is greater behind it (C. A. R. Hoare, Communications of the ACM
  /// 4, 1961).
  /// - Parameter start: before which everything is at most what stands from there on.
  private static func place(_ rank: Int, of values: inout [Double], from start: Int) {
    var (lower, upper) = (start, values.count - 1)
    while lower < upper {
      let (a, b, c) = (values[lower], values[(lower + upper) / 2], values[upper])
      let pivot = max(min(a, b), min(max(a, b), c))
      var (left, right) = (lower, upper)
      while left <= right {
        while values[left] < pivot { left += 1 }
        while values[right] > pivot { right -= 1 }
        guard left <= right else { break }
        values.swapAt(left, right)
        left += 1
        right -= 1
      }
      if rank <= right { upper = right } else if rank >= left { lower = left } else { return }
    }
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
