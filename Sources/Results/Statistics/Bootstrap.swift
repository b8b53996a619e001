import Support

/// Resamples of a set of images, drawn with replacement; the same ones for every statistic of a series, so that
/// its intervals belong together.
///
/// They are drawn again whenever they are asked for instead of being kept: 2,000 resamples of all images of VGGFace2's
/// test set would fill gigabytes.
public struct Bootstrap: Sendable {
  /// How many samples of the images an interval is made of.
  public static let resamples = 2000
  private let imageCount: Int
  private let seed: UInt64

  public init(imageCount: Int, seed: UInt64) {
    self.imageCount = imageCount
    self.seed = seed
  }

  /// The 2.5% and 97.5% percentiles of some statistics over the resamples, with linear interpolation as
  /// `numpy.percentile` has it.
  /// - Parameter statistics: from the image indices of a resample; as many numbers each time.
  /// - Returns: in the order of the statistics; none without images.
  public func intervals(_ statistics: ([Int]) -> [Double]) -> [(lower: Double, upper: Double)] {
    guard imageCount > 0 else { return [] }
    var generator = SplitMix64(seed: seed)
    var draw = [Int](repeating: 0, count: imageCount)
    var values: [[Double]] = []
    for _ in 0..<Self.resamples {
      for position in draw.indices { draw[position] = generator.index(below: imageCount) }
      let found = statistics(draw)
      if values.isEmpty { values = [[Double]](repeating: [], count: found.count) }
      for (index, value) in found.enumerated() { values[index].append(value) }
    }
    return values.map(Self.interval)
  }

  /// The 2.5% and 97.5% percentiles of a statistic's values over the resamples.
  static func interval(_ values: [Double]) -> (lower: Double, upper: Double) {
    let sorted = values.sorted()
    return (percentile(sorted, 0.025), percentile(sorted, 0.975))
  }

  /// The interval of one statistic; 0 and 0 without images.
  public func interval(_ statistic: ([Int]) -> Double) -> (lower: Double, upper: Double) {
    intervals { [statistic($0)] }.first ?? (0, 0)
  }

  private static func percentile(_ sorted: [Double], _ share: Double) -> Double {
    let position = share * Double(sorted.count - 1)
    let below = Int(position)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    return sorted[below] + (position - Double(below)) * (sorted[below + 1] - sorted[below])
  }
}
