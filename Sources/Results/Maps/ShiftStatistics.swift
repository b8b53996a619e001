import Foundation
import Support

/// Whether the centres of heatmaps move in one direction: the mean shift, and how consistent it is.
public struct ShiftStatistics: Sendable, Hashable {
  /// An ellipse around the mean shift.
  public struct Ellipse: Sendable, Hashable {
    /// Half axes in widths of the image, the longer first.
    public var half: (major: Double, minor: Double)
    /// Of the longer axis, in radians from the x axis towards the y axis, which points down.
    public var angle: Double

    public static func == (a: Ellipse, b: Ellipse) -> Bool { a.half == b.half && a.angle == b.angle }

    public func hash(into hasher: inout Hasher) {
      hasher.combine(half.major)
      hasher.combine(half.minor)
      hasher.combine(angle)
    }
  }

  /// In widths of the image; NaN of no image.
  public var mean: Shift
  /// Holds the mean shift with 95%; nil where there are too few images for an interval.
  public var ellipse: Ellipse?
  /// R = |mean of s / |s||, in [0, 1]: 0 every direction, 1 one direction; NaN where nothing moved.
  public var consistency: Double
  /// Of "no common direction": how often as great an R comes of the shifts with the sign of each flipped at random; NaN where
  /// nothing moved.
  public var probability: Double
  /// Images with a shift, those that did not move among them.
  public var imageCount: Int
  /// Those that did not move at all: they have no direction.
  public var unmovedCount: Int
  /// Images with a dead map, which have no shift.
  public var deadCount: Int

  /// Whether the shift may be called one in a common direction.
  public var isConsistent: Bool { imageCount >= IntervalRule.fewest && probability < 0.05 }
}

extension ShiftStatistics {
  /// So many directions whose signs are flipped at random have a sum that is normal in the plane nearly: it is drawn in place of
  /// them.
  private static let manyDirections = 1000

  /// - Parameters:
  ///   - shifts: of each image; nil where there is none.
  ///   - flips: how often signs are flipped; of at most 13 images all ways are gone through.
  public init(_ shifts: some Collection<Shift?>, seed: UInt64, flips: Int) {
    let known = shifts.compactMap { $0 }
    mean = Shift.mean(known)
    imageCount = known.count
    deadCount = shifts.count - known.count
    let directions = known.filter { $0.length > 0 }.map { Shift(x: $0.x / $0.length, y: $0.y / $0.length) }
    unmovedCount = known.count - directions.count
    if known.count >= IntervalRule.fewest { ellipse = Self.ellipse(known, mean) }
    guard !directions.isEmpty else {
      (consistency, probability) = (.nan, .nan)
      return
    }
    consistency = Shift.sum(directions).length / Double(directions.count)
    probability = Self.probability(directions, seed: seed, flips: flips)
  }

  /// Hotelling's, which holds the mean of a normal sample in 95 of 100 however few images there are: of many the covariance of the
  /// means of resamples comes to the same, of few it is too small. 95% of T squared in the plane, 2 (n - 1) / (n - 2) F(2, n - 2),
  /// is (n - 1) (0.05^(-2 / (n - 2)) - 1).
  private static func ellipse(_ shifts: [Shift], _ mean: Shift) -> Ellipse {
    var (xx, xy, yy) = (0.0, 0.0, 0.0)
    for shift in shifts {
      let (x, y) = (shift.x - mean.x, shift.y - mean.y)
      xx += x * x
      xy += x * y
      yy += y * y
    }
    let count = Double(shifts.count)
    let ofMean = count * (count - 1)
    (xx, xy, yy) = (xx / ofMean, xy / ofMean, yy / ofMean)
    let middle = (xx + yy) / 2
    let distance = ((xx - yy) * (xx - yy) / 4 + xy * xy).squareRoot()
    let scale = (count - 1) * (pow(0.05, -2 / (count - 2)) - 1)
    return Ellipse(
      half: ((scale * (middle + distance)).squareRoot(), (scale * max(0, middle - distance)).squareRoot()),
      angle: atan2(2 * xy, xx - yy) / 2)
  }

  private static func probability(_ directions: [Shift], seed: UInt64, flips: Int) -> Double {
    // As long within rounding counts as long: directions that cancel leave some 1e-16 each.
    let observed = Shift.sum(directions).length * (1 - 1e-10) - 1e-12 * Double(directions.count)
    if directions.count <= SignFlips.fewImages {
      let ways = 1 << directions.count
      let far = (0..<ways).count { signs in
        var (x, y) = (0.0, 0.0)
        for (index, direction) in directions.enumerated() {
          let isFlipped = signs >> index & 1 == 1
          x += isFlipped ? -direction.x : direction.x
          y += isFlipped ? -direction.y : direction.y
        }
        return (x * x + y * y).squareRoot() >= observed
      }
      return Double(far) / Double(ways)
    }
    var generator = SplitMix64(seed: seed ^ 0x5348_4946_5453_4849)
    if directions.count >= manyDirections { return limit(directions, observed, &generator, flips) }
    let far = (0..<flips).count { _ in
      var (x, y, bits) = (0.0, 0.0, UInt64(0))
      for (index, direction) in directions.enumerated() {
        if index % 64 == 0 { bits = generator.next() }
        let sign: Double = bits & 1 == 1 ? -1 : 1
        bits >>= 1
        x += sign * direction.x
        y += sign * direction.y
      }
      return (x * x + y * y).squareRoot() >= observed
    }
    return Double(1 + far) / Double(1 + flips)
  }
}

extension ShiftStatistics {
  /// Draws from the normal distribution with the covariance of the flipped sum, sum of u u'.
  private static func limit(
    _ directions: [Shift], _ observed: Double, _ generator: inout SplitMix64, _ draws: Int
  ) -> Double {
    let xx = directions.reduce(0) { $0 + $1.x * $1.x }
    let xy = directions.reduce(0) { $0 + $1.x * $1.y }
    let yy = directions.reduce(0) { $0 + $1.y * $1.y }
    let a = xx.squareRoot()
    let b = a > 0 ? xy / a : 0
    let c = max(0, yy - b * b).squareRoot()
    func uniform() -> Double { (Double(generator.next() >> 11) + 0.5) / Double(UInt64(1) << 53) }
    let far = (0..<draws).count { _ in
      // Box and Muller's two normal numbers.
      let (radius, turn) = ((-2 * log(uniform())).squareRoot(), 2 * Double.pi * uniform())
      let (first, second) = (radius * cos(turn), radius * sin(turn))
      let (x, y) = (a * first, b * first + c * second)
      return (x * x + y * y).squareRoot() >= observed
    }
    return Double(1 + far) / Double(1 + draws)
  }
}

extension ShiftStatistics {
  /// Cosine between two mean shifts, in [-1, 1]; nil where one has no length.
  public func cosine(with other: ShiftStatistics) -> Double? { mean.cosine(with: other.mean) }
}
