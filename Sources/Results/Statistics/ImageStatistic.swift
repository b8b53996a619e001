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

  /// - Parameter images: each as often as it was drawn; all in the statistic.
  /// - Returns: NaN for both without images; the error, of the sample, NaN of fewer than two.
  func estimate(_ columns: [[Double]], _ images: some Collection<Int>) -> (value: Double, error: Double) {
    switch self {
    case .mean(let a), .meanWithout(let a, _):
      return Self.mean(images) { columns[a][$0] }
    case .difference(let a, let b):
      return Self.mean(images) { columns[a][$0] - columns[b][$0] }
    case .spreadOfMeans(let all):
      return spreadOfMeans(all, columns, images)
    case .pooled(let a, let b):
      let centre = Self.mean(images) { columns[a][$0] }.value
      let found = Self.mean(images) { image in
        let distance = columns[a][image] - centre
        return columns[b][image] + distance * distance
      }
      // By the delta method, as the two below: the error of a root is that of what is under it, over twice the root.
      let root = found.value.squareRoot()
      return (root, root > 0 ? found.error / (2 * root) : 0)
    case .correlation(let a, let b):
      return correlation(columns[a], columns[b], images)
    }
  }

  private static func mean(_ images: some Collection<Int>, _ number: (Int) -> Double) -> (value: Double, error: Double)
  {
    let count = Double(images.count)
    var sum = 0.0
    for image in images { sum += number(image) }
    let mean = sum / count
    guard images.count > 1 else { return (mean, .nan) }
    var squares = 0.0
    for image in images {
      let distance = number(image) - mean
      squares += distance * distance
    }
    return (mean, (squares / (count - 1) / count).squareRoot())
  }

  /// What an image adds to the spread is linear in its numbers, each weighted by how far its column's mean lies from that of all.
  private func spreadOfMeans(
    _ all: [Int], _ columns: [[Double]], _ images: some Collection<Int>
  ) -> (value: Double, error: Double) {
    let known = all.map { column in images.count { !columns[column][$0].isNaN } }
    let means = all.map { column in
      Self.mean(images.filter { !columns[column][$0].isNaN }) { columns[column][$0] }.value
    }
    let spread = Drift.standardDeviation(means)
    guard spread > 0 else { return (spread, spread == 0 ? 0 : .nan) }
    let centre = Drift.mean(means)
    let weights = all.indices.map { place in
      (means[place] - centre) / (Double(all.count) * spread) * Double(images.count) / Double(known[place])
    }
    let parts = Self.mean(images) { image in
      var sum = 0.0
      for (place, column) in all.enumerated() where !columns[column][image].isNaN {
        sum += weights[place] * (columns[column][image] - means[place])
      }
      return sum
    }
    return (spread, parts.error)
  }

  private func correlation(_ x: [Double], _ y: [Double], _ images: some Collection<Int>) -> (
    value: Double, error: Double
  ) {
    var sums = CorrelationSums()
    for image in images { sums.add(x[image], y[image]) }
    guard let r = sums.coefficient else { return (.nan, .nan) }
    let (a, b) = (sums.meanX, sums.meanY)
    let (scaleX, scaleY) = (1 / sums.varianceX.squareRoot(), 1 / sums.varianceY.squareRoot())
    let parts = Self.mean(images) { image in
      let (u, v) = ((x[image] - a) * scaleX, (y[image] - b) * scaleY)
      return u * v - r / 2 * (u * u + v * v)
    }
    return (r, parts.error)
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
