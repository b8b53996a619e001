/// A value with its 95% interval over images.
public struct Estimate: Sendable, Hashable {
  /// Over all images that have one; NaN where none has.
  public var value: Double
  /// Nil where there are too few images for one (`IntervalRule`).
  public var interval: Interval?

  /// Both ends of a 95% interval.
  public struct Interval: Sendable, Hashable {
    /// The lower end.
    public var lower: Double
    /// The upper end.
    public var upper: Double

    public init(_ lower: Double, _ upper: Double) {
      self.lower = lower
      self.upper = upper
    }
  }

  public init(_ value: Double, _ interval: Interval? = nil) {
    self.value = value
    self.interval = interval
  }

  /// With its interval.
  public init(value: Double, lower: Double, upper: Double) {
    self.init(value, Interval(lower, upper))
  }

  /// NaN where there is no interval.
  public var lower: Double { interval?.lower ?? .nan }
  /// NaN where there is no interval.
  public var upper: Double { interval?.upper ?? .nan }

  /// The same value of what cannot lie beyond these bounds: an interval that is drawn around a value knows nothing of them.
  func within(_ bounds: ClosedRange<Double>?) -> Estimate {
    guard let bounds, let interval else { return self }
    func held(_ end: Double) -> Double { min(max(end, bounds.lowerBound), bounds.upperBound) }
    return Estimate(value, Interval(held(interval.lower), held(interval.upper)))
  }

  /// No value is the same as no value.
  public static func == (first: Estimate, second: Estimate) -> Bool {
    (first.value == second.value || first.value.isNaN && second.value.isNaN) && first.interval == second.interval
  }
}

/// So many of so many, with Wilson's 95% score interval (E. B. Wilson, JASA 22, 1927): it keeps its width where all or none
/// were counted, where a bootstrap has none.
public struct Proportion: Sendable, Hashable {
  /// How many.
  public var count: Int
  /// Of how many; may be 0.
  public var total: Int

  public init(_ count: Int, of total: Int) {
    self.count = count
    self.total = total
  }

  /// The share, in [0, 1]; NaN of none.
  public var value: Double { total == 0 ? .nan : Double(count) / Double(total) }

  /// The share with its interval; no interval of none.
  ///
  ///     centre = (p + z² / 2n) / (1 + z² / n),  half = z / (1 + z² / n) sqrt(p (1 - p) / n + z² / 4n²)
  public var estimate: Estimate {
    guard total > 0 else { return Estimate(.nan) }
    let (z, n, p) = (Normal.z95, Double(total), value)
    let scale = 1 / (1 + z * z / n)
    let centre = scale * (p + z * z / (2 * n))
    let half = scale * z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return Estimate(
      p, Estimate.Interval(count == 0 ? 0 : max(0, centre - half), count == total ? 1 : min(1, centre + half)))
  }
}
