/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same numbers everywhere for the same seed.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// - Parameter seed: any number, 0 too.
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// 0 ..< bound, without bias: draws from the incomplete last block are thrown away.
  /// - Precondition: the bound is at least 1.
  public mutating func index(below bound: Int) -> Int {
    let bound = UInt64(bound)
    let limit = UInt64.max - UInt64.max % bound
    var value = next()
    while value >= limit { value = next() }
    return Int(value % bound)
  }
}

/// Draws below one bound, many times: the same numbers as `SplitMix64.index(below:)` without a division for each.
public struct IndexDraw: Sendable {
  private let bound: UInt64
  private let limit: UInt64
  /// 2⁶⁴ / bound, rounded down.
  private let reciprocal: UInt64

  /// - Precondition: the bound is at least 2.
  public init(below bound: Int) {
    self.bound = UInt64(bound)
    limit = UInt64.max - UInt64.max % self.bound
    reciprocal = UInt64.max / self.bound
  }

  /// 0 ..< bound, without bias.
  public func next(_ generator: inout SplitMix64) -> Int {
    var value = generator.next()
    while value >= limit { value = generator.next() }
    // The quotient may be one or two too small.
    var rest = value &- value.multipliedFullWidth(by: reciprocal).high &* bound
    while rest >= bound { rest &-= bound }
    return Int(rest)
  }

  /// So many of them, in their order.
  public func next(_ count: Int, _ generator: inout SplitMix64) -> [UInt32] {
    var drawn = [UInt32](repeating: 0, count: count)
    for place in drawn.indices { drawn[place] = UInt32(next(&generator)) }
    return drawn
  }
}
