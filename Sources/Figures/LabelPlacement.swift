/// Keeps labels along one axis from lying on each other.
public enum LabelPlacement {
  /// Centres for labels that want to be at `wanted`, at least `spacing` apart, inside `bounds`, moved as little as
  /// possible: the least-squares solution, by pooling adjacent violators (isotonic regression).
  ///
  /// Where they cannot all fit at that spacing they share the bounds evenly.
  /// - Returns: one centre for each wanted place, in the given order.
  public static func separate(_ wanted: [Double], spacing: Double, within bounds: ClosedRange<Double>) -> [Double] {
    guard !wanted.isEmpty else { return [] }
    let room = bounds.upperBound - bounds.lowerBound
    let gap = wanted.count > 1 ? min(spacing, room / Double(wanted.count - 1)) : 0
    let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
    // With i gaps taken off, "at least one gap apart" becomes "not descending".
    var pools: [(sum: Double, count: Int)] = []
    for (rank, index) in order.enumerated() {
      var pool = (sum: wanted[index] - Double(rank) * gap, count: 1)
      while let previous = pools.last, previous.sum / Double(previous.count) > pool.sum / Double(pool.count) {
        pool = (pool.sum + previous.sum, pool.count + previous.count)
        pools.removeLast()
      }
      pools.append(pool)
    }
    let top = bounds.upperBound - gap * Double(wanted.count - 1)
    var result = wanted
    var rank = 0
    for pool in pools {
      let place = min(max(pool.sum / Double(pool.count), bounds.lowerBound), max(top, bounds.lowerBound))
      for _ in 0..<pool.count {
        result[order[rank]] = place + Double(rank) * gap
        rank += 1
      }
    }
    return result
  }

  /// Which of the labels on a line can be printed with `gap` between them, the last one always, then from the
  /// right to the left whatever fits.
  /// - Parameters:
  ///   - centres: ascending.
  ///   - widths: one for each centre.
  public static func visible(centres: [Double], widths: [Double], gap: Double) -> [Bool] {
    var result = [Bool](repeating: false, count: centres.count)
    var limit = Double.infinity
    for index in centres.indices.reversed() where centres[index] + widths[index] / 2 + gap <= limit {
      result[index] = true
      limit = centres[index] - widths[index] / 2
    }
    return result
  }
}
