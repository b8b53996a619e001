/// Keeps labels along one axis from lying on each other.
public enum LabelPlacement {
  /// Centres for labels that want to be at `wanted`, so far apart that none lies on another, inside `bounds`, moved as little as
  /// possible: the least-squares solution, by pooling adjacent violators (isotonic regression).
  ///
  /// Where they cannot all fit they share the bounds, each as much of it as its height.
  /// - Parameters:
  ///   - wanted: centres.
  ///   - heights: one for each.
  ///   - bounds: which no label leaves.
  /// - Returns: one centre for each wanted place, in the given order.
  public static func separate(
    _ wanted: [Double], heights: [Double], within bounds: ClosedRange<Double>
  ) -> [Double] {
    guard !wanted.isEmpty, heights.count == wanted.count else { return [] }
    let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
    let (first, last) = (heights[order[0]] / 2, heights[order[order.count - 1]] / 2)
    let gaps = zip(order, order.dropFirst()).map { (heights[$0] + heights[$1]) / 2 }
    let (least, greatest) = (bounds.lowerBound + first, bounds.upperBound - last)
    let needed = gaps.reduce(0, +)
    let scale = needed > 0 ? min(1, max(0, greatest - least) / needed) : 1
    // How far each stands from the first where all are as close as they may be: with that taken off, "far enough apart" becomes
    // "not descending".
    let offsets = gaps.reduce(into: [0.0]) { $0.append($0[$0.count - 1] + $1 * scale) }
    var pools: [(sum: Double, count: Int)] = []
    for (rank, index) in order.enumerated() {
      var pool = (sum: wanted[index] - offsets[rank], count: 1)
      while let previous = pools.last, previous.sum / Double(previous.count) > pool.sum / Double(pool.count) {
        pool = (pool.sum + previous.sum, pool.count + previous.count)
        pools.removeLast()
      }
      pools.append(pool)
    }
    let top = greatest - offsets[offsets.count - 1]
    var result = wanted
    var rank = 0
    for pool in pools {
      let place = min(max(pool.sum / Double(pool.count), least), max(top, least))
      for _ in 0..<pool.count {
        result[order[rank]] = place + offsets[rank]
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
