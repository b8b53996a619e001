/// The places of a heatmap's pixels in the order of their values; equal values have the mean of their places.
///
/// Kept as twice the rank less that of the middle, 2 r - (n + 1), which is a whole number: sums of products are then exact
/// up to millions of pixels.
struct AverageRanks: Sendable {
  /// By pixel.
  private let centred: [Int32]
  /// The sum of their squares; 0 where all values are equal.
  private let squares: Double

  /// - Parameter values: not negative; fewer than 2^31.
  init(_ values: [Float]) {
    let count = values.count
    let sorted = AverageRanks.sorted(values)
    // Zeros, of which a ReLU leaves many, come first and are not sorted.
    let zeros = count - sorted.count
    var ranks = [Int32](repeating: Int32(truncatingIfNeeded: zeros + 1 - (count + 1)), count: count)
    var start = 0
    do {
      let sorted = sorted.span
      var ranks = ranks.mutableSpan
      while start < sorted.count {
        let key = sorted[start] >> 32
        var end = start &+ 1
        while end < sorted.count, sorted[end] >> 32 == key { end &+= 1 }
        // Ranks zeros + start + 1 to zeros + end.
        let rank = Int32(truncatingIfNeeded: 2 &* zeros &+ start &+ end &- count)
        for place in start..<end { ranks[Int(truncatingIfNeeded: sorted[place] & 0xFFFF_FFFF)] = rank }
        start = end
      }
    }
    centred = ranks
    squares = AverageRanks.product(ranks, ranks)
  }

  /// Pearson's correlation of the ranks, in [-1, 1].
  /// - Parameter other: of as many values.
  /// - Returns: nil where one of both has one value everywhere.
  func correlation(with other: AverageRanks) -> Double? {
    guard squares > 0, other.squares > 0 else { return nil }
    let rho = AverageRanks.product(centred, other.centred) / (squares * other.squares).squareRoot()
    return min(1, max(-1, rho))
  }

  /// In whole numbers, a stretch at a time that cannot overflow: a square is less than 2^52 of the largest heatmap, 8192 x
  /// 8192.
  private static func product(_ a: [Int32], _ b: [Int32]) -> Double {
    precondition(a.count == b.count)
    let (a, b) = (a.span, b.span)
    var total = 0.0
    for start in stride(from: 0, to: a.count, by: 1024) {
      let some = start..<min(start + 1024, a.count)
      let (x, y) = (a.extracting(some), b.extracting(some))
      var sum: Int64 = 0
      for i in x.indices { sum &+= Int64(x[i]) &* Int64(y[i]) }
      total += Double(sum)
    }
    return total
  }

  /// The bits of the values that are not 0 above, their places below, by value. The bits of numbers that are not negative are
  /// ordered as these are: three rounds of counting, ten bits each, sort numbers up to 1 without comparing any; greater ones
  /// take a fourth.
  private static func sorted(_ values: [Float]) -> [UInt64] {
    var greatest: UInt32 = 0
    var sorted = [UInt64](capacity: values.count) { sorted in
      let values = values.span
      for place in values.indices where values[place] > 0 {
        let bits = values[place].bitPattern
        greatest = max(greatest, bits)
        sorted.append(UInt64(bits) << 32 | UInt64(truncatingIfNeeded: place))
      }
    }
    var next = [UInt64](repeating: 0, count: sorted.count)
    for shift in stride(from: 0, to: 32, by: 10) where greatest >> shift > 0 {
      move(sorted.span, to: &next, by: UInt64(32 + shift))
      swap(&sorted, &next)
    }
    return sorted
  }

  /// By ten bits, those of the same ones in the order in which they stand.
  private static func move(_ values: Span<UInt64>, to target: inout [UInt64], by low: UInt64) {
    var places = [Int](repeating: 0, count: 1024)
    var next = places.mutableSpan
    var moved = target.mutableSpan
    for place in values.indices { next[Int(truncatingIfNeeded: values[place] >> low & 1023)] &+= 1 }
    var before = 0
    for bucket in next.indices {
      let own = next[bucket]
      next[bucket] = before
      before += own
    }
    for place in values.indices {
      let bucket = Int(truncatingIfNeeded: values[place] >> low & 1023)
      moved[next[bucket]] = values[place]
      next[bucket] &+= 1
    }
  }
}
