import Explanations

/// The k highest places of a heatmap; of equal values those that come first.
struct TopPixels: Sendable {
  /// Whether each place is among them.
  let isTop: [Bool]

  /// - Parameters:
  ///   - values: not negative.
  ///   - count: k, from 0 to as many as there are values.
  init(_ values: [Float], count: Int) {
    let (threshold, above) = TopPixels.threshold(values, count: count)
    var left = count - above
    isTop = values.map { value in
      if value > threshold { return true }
      guard value == threshold, left > 0 else { return false }
      left -= 1
      return true
    }
  }

  /// How many places both have, of as many places.
  func common(with other: TopPixels) -> Int {
    precondition(isTop.count == other.isTop.count)
    let (own, theirs) = (isTop.span, other.isTop.span)
    var count = 0
    for place in own.indices { count &+= own[place] && theirs[place] ? 1 : 0 }
    return count
  }

  /// The k-th highest value, and how many are higher. The bits of numbers that are not negative are ordered as these are:
  /// they are counted by their upper half, and those of the half in which the k-th lies by their lower one, which takes no
  /// sorting.
  private static func threshold(_ values: [Float], count: Int) -> (value: Float, above: Int) {
    guard count > 0 else { return (.infinity, 0) }
    // -0 is 0.
    let bits = values.map { $0 > 0 ? $0.bitPattern : 0 }
    func place(_ counts: [Int], from before: Int) -> (bucket: UInt32, above: Int) {
      var above = before
      for bucket in counts.indices.reversed() {
        if above + counts[bucket] >= count { return (UInt32(bucket), above) }
        above += counts[bucket]
      }
      return (0, above)
    }
    var counts = [Int](repeating: 0, count: 1 << 16)
    for value in bits { counts[Int(value >> 16)] += 1 }
    let upper = place(counts, from: 0)
    counts = [Int](repeating: 0, count: 1 << 16)
    for value in bits where value >> 16 == upper.bucket { counts[Int(value & 0xFFFF)] += 1 }
    let lower = place(counts, from: upper.above)
    return (Float(bitPattern: upper.bucket << 16 | lower.bucket), lower.above)
  }
}
