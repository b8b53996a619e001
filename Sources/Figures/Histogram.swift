/// Counts of values in equal bins.
public struct Histogram: Sendable, Hashable {
  /// Bin i holds [i x width, (i + 1) x width); the last one its upper end as well.
  public let binWidth: Double
  /// Of each bin, from 0 up.
  public let counts: [Int]

  /// The last bin's upper end.
  public var upper: Double { binWidth * Double(counts.count) }

  /// - Parameters:
  ///   - values: not negative; what is not finite is left out.
  ///   - binCount: how many bins, from 0.
  public init(_ values: [Double], binWidth: Double, binCount: Int) {
    var counts = [Int](repeating: 0, count: max(1, binCount))
    for value in values where value.isFinite {
      // 0.3 / 0.1 is a hair below 3: without the tolerance a value on an edge would fall into the bin below.
      // Held within the bins before it becomes an integer, which a damaged store's 1e300 has no room in.
      let bin = min(max(value / binWidth + 1e-9, 0), Double(counts.count - 1))
      counts[Int(bin.rounded(.down))] += 1
    }
    self.binWidth = binWidth
    self.counts = counts
  }

  /// A rounded bin width and the number of bins that cover 0 to the greatest of `values` in about `wanted` bins.
  public static func bins(for values: [[Double]], wanted: Int = 20) -> (width: Double, count: Int) {
    // There may be millions: they are neither joined nor copied.
    var top = 0.0
    for some in values {
      for value in some where value > top && value.isFinite { top = value }
    }
    guard top > 0 else { return (0.05, 2) }
    let ticks = Ticks(enclosing: 0...top, count: wanted)
    return (ticks.values[1] - ticks.values[0], ticks.values.count - 1)
  }
}
