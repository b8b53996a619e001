import Measures

/// How a series' drift goes with the confidence that the attack takes.
public struct DriftCorrelation: Sendable, Hashable {
  /// Pearson's r of the measure and confidence drop.
  public var coefficient: Estimate
  /// Pairs of an image and an attack level.
  public var pairCount: Int
  public var imageCount: Int
}

extension ExperimentResults {
  /// The rows of a series at some attack levels of which the confidence drop is known, image by image.
  public func confidenceRows(_ series: SeriesSummary, epsilons: [Double]) -> [[Measurement]] {
    let wanted = Set(epsilons)
    let own = measurements.filter { row in
      series.contains(row) && wanted.contains(row.epsilon) && row.confidenceDrop?.isFinite == true
        && series.value(of: row).isFinite
    }
    let byImage = Dictionary(grouping: own, by: \.image)
    return images.compactMap { byImage[$0.path] }
  }

  /// Pearson's r of the measure and confidence drop over all pairs of an image and an attack level. Its interval resamples
  /// images, each with all its levels: the levels of one image are not independent of each other.
  /// - Returns: nil where there are fewer than three pairs, or one of both does not vary.
  public func confidenceCorrelation(_ series: SeriesSummary, epsilons: [Double]) -> DriftCorrelation? {
    let rows = confidenceRows(series, epsilons: epsilons)
    let sums = rows.map { rows in
      rows.reduce(into: Sums()) { $0.add($1.confidenceDrop ?? 0, series.value(of: $1)) }
    }
    let all = sums.reduce(into: Sums()) { $0.add($1) }
    guard all.count >= 3, let value = all.correlation else { return nil }
    let interval = Bootstrap(imageCount: sums.count, seed: seed).interval { draw in
      // A draw without variation says nothing about a correlation; it counts as none.
      draw.reduce(into: Sums()) { $0.add(sums[$1]) }.correlation ?? 0
    }
    return DriftCorrelation(
      coefficient: Estimate(value: value, lower: interval.lower, upper: interval.upper), pairCount: Int(all.count),
      imageCount: sums.count)
  }
}

/// What Pearson's r is made of; both quantities lie in [-1, 1], where the sums of squares lose no digit that counts.
private struct Sums {
  var count = 0.0
  var x = 0.0
  var y = 0.0
  var xx = 0.0
  var xy = 0.0
  var yy = 0.0

  mutating func add(_ a: Double, _ b: Double) {
    count += 1
    x += a
    y += b
    xx += a * a
    xy += a * b
    yy += b * b
  }

  mutating func add(_ other: Sums) {
    count += other.count
    x += other.x
    y += other.y
    xx += other.xx
    xy += other.xy
    yy += other.yy
  }

  var correlation: Double? {
    let varianceX = xx - x * x / count
    let varianceY = yy - y * y / count
    guard count > 1, varianceX > 1e-12, varianceY > 1e-12 else { return nil }
    return min(1, max(-1, (xy - x * y / count) / (varianceX * varianceY).squareRoot()))
  }
}
