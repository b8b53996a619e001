/// Where the values of a sample lie: what a box stands for.
public struct FiveNumbers: Sendable, Hashable {
  /// 5% of the values are below.
  public var low: Double
  /// A quarter of them.
  public var firstQuartile: Double
  /// Half of them.
  public var median: Double
  /// Three quarters of them.
  public var thirdQuartile: Double
  /// 95% of them.
  public var high: Double

  /// Nil of no values. Between two values a quantile lies on the straight line, as numpy.quantile has it.
  /// - Parameter values: finite, in any order.
  public init?(_ values: [Double]) {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    func quantile(_ share: Double) -> Double {
      let place = share * Double(sorted.count - 1)
      let below = Int(place.rounded(.down))
      let above = min(below + 1, sorted.count - 1)
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
    low = quantile(0.05)
    firstQuartile = quantile(0.25)
    median = quantile(0.5)
    thirdQuartile = quantile(0.75)
    high = quantile(0.95)
  }
}
