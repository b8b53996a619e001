/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same numbers everywhere for the same seed.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 0 ..< bound, without bias: draws from the incomplete last block are thrown away.
  public mutating func index(below bound: Int) -> Int {
    let bound = UInt64(bound)
    let limit = UInt64.max - UInt64.max % bound
    var value = next()
    while value >= limit { value = next() }
    return Int(value % bound)
  }
}

/// Resamples of a set of images, drawn with replacement; the same ones for every statistic of a series, so that
/// its intervals belong together.
public struct Bootstrap: Sendable {
  public static let resamples = 2000
  /// Image indices, one row per resample.
  private let draws: [[Int]]

  public init(imageCount: Int, seed: UInt64) {
    var generator = SplitMix64(seed: seed)
    draws =
      imageCount == 0
      ? [] : (0..<Bootstrap.resamples).map { _ in (0..<imageCount).map { _ in generator.index(below: imageCount) } }
  }

  /// The 2.5% and 97.5% percentiles of a statistic over the resamples, with linear interpolation as
  /// `numpy.percentile` has it; 0 and 0 without images.
  public func interval(_ statistic: ([Int]) -> Double) -> (lower: Double, upper: Double) {
    guard !draws.isEmpty else { return (0, 0) }
    let values = draws.map(statistic).sorted()
    return (percentile(values, 0.025), percentile(values, 0.975))
  }

  private func percentile(_ sorted: [Double], _ share: Double) -> Double {
    let position = share * Double(sorted.count - 1)
    let below = Int(position)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    return sorted[below] + (position - Double(below)) * (sorted[below + 1] - sorted[below])
  }
}
