/// A number that is made of columns of numbers, one of each image, with its standard error.
enum ImageStatistic: Sendable, Hashable {
  /// The mean of a column over the images that have a number there.
  case mean(Int)
  /// The mean of the first column over the images that have no number in the second.
  case meanWithout(Int, Int)
  /// The mean of the first column minus that of the second; every image has both.
  case difference(Int, Int)
  /// The population standard deviation of the means of some columns.
  case spreadOfMeans([Int])
  /// The population standard deviation of all of an image's numbers over all images, out of the column of their means, less
  /// some constant, and that of their variances.
  case pooled(mean: Int, variance: Int)
  /// Pearson's r of two columns, over the images that have both.
  case correlation(Int, Int)

  /// Whether it is a mean over images that can be told by the images it is over.
  private func isIn(_ columns: [[Double]], _ image: Int) -> Bool {
    switch self {
    case .mean(let a): !columns[a][image].isNaN
    case .meanWithout(let a, let b): !columns[a][image].isNaN && columns[b][image].isNaN
    case .difference(let a, let b), .correlation(let a, let b): !columns[a][image].isNaN && !columns[b][image].isNaN
    case .spreadOfMeans(let all): all.contains { !columns[$0][image].isNaN }
    case .pooled(let a, _): !columns[a][image].isNaN
    }
  }

  /// The images that it is over.
  func images(of columns: [[Double]]) -> [Int] {
    (columns.first?.indices ?? 0..<0).filter { isIn(columns, $0) }
  }
}

/// What Pearson's r is made of; both quantities lie in [-1, 1], or near it, where the sums of squares lose no digit that counts.
struct CorrelationSums: Sendable {
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

  var meanX: Double { x / count }
  var meanY: Double { y / count }
  /// Of the population.
  var varianceX: Double { max(0, xx / count - meanX * meanX) }
  var varianceY: Double { max(0, yy / count - meanY * meanY) }

  /// Nil where there are fewer than three pairs, or one of both does not vary.
  var coefficient: Double? {
    guard count >= 3, varianceX > 1e-13, varianceY > 1e-13 else { return nil }
    return min(1, max(-1, (xy / count - meanX * meanY) / (varianceX * varianceY).squareRoot()))
  }
}
