import Measures
import Support

/// How a series' drift goes with the confidence that the attack takes.
public struct DriftCorrelation: Sendable, Hashable {
  /// Pearson's r of the measure and confidence drop.
  public var coefficient: Estimate
  /// Pairs of an image and an attack level.
  public var pairCount: Int
  /// How many images it is over.
  public var imageCount: Int
}

extension ExperimentResults {
  /// Pearson's r of the measure and confidence drop over all pairs of an image and an attack level. Its interval resamples
  /// images, each with all its levels: the levels of one image are not independent of each other.
  /// - Returns: nil where there are fewer than three pairs, or one of both does not vary.
  /// - Throws: `Problem` where a row is missing or damaged.
  public func confidenceCorrelation(
    _ series: SeriesSummary, epsilons: [Double]
  ) throws(Problem) -> DriftCorrelation? {
    let sums = try confidenceSums(series, epsilons: epsilons)
    var table = ResampledTable(images: sums.count, width: 6)
    for (row, sums) in sums.enumerated() {
      for (column, number) in sums.numbers.enumerated() { table[row, column] = number }
    }
    let all = ConfidenceSums(numbers: table.sums)
    guard all.count >= 3, let value = all.correlation else { return nil }
    let draws = Resamples(imageCount: sums.count, seed: seed).sums(of: [table])[0].draws
    // A draw without variation says nothing about a correlation; it counts as none.
    let (lower, upper) = Bootstrap.interval(draws.map { ConfidenceSums(numbers: $0).correlation ?? 0 })
    return DriftCorrelation(
      coefficient: Estimate(value: value, lower: lower, upper: upper), pairCount: Int(all.count),
      imageCount: sums.count)
  }

  /// The rows of a series at some attack levels of which the confidence drop is known, of evenly chosen images in their order.
  /// - Parameter most: so many rows at most, or little more.
  /// - Throws: `Problem` where a row is missing or damaged.
  public func confidenceRows(
    _ series: SeriesSummary, epsilons: [Double], most: Int = .max
  ) throws(Problem) -> [[Measurement]] {
    let known = try confidenceSums(series, epsilons: epsilons)
    let step = max(1, known.reduce(0) { $0 + Int($1.count) } / most)
    var rows: [[Measurement]] = []
    for index in stride(from: 0, to: known.count, by: step) {
      let own = try self.rows.rows(model: series.model.key, image: images[known[index].image].path)
      rows.append(own.filter { series.hasConfidence($0, Set(epsilons)) })
    }
    return rows
  }

  /// What the correlation is made of, of each image that has any of these rows, in the order of the images.
  private func confidenceSums(_ series: SeriesSummary, epsilons: [Double]) throws(Problem) -> [ConfidenceSums] {
    try found.sums(of: series.identity, epsilons) { () throws(Problem) in
      let wanted = Set(epsilons)
      let places = Dictionary(
        images.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
      var sums: [Int: ConfidenceSums] = [:]
      try rows.forEachPart(of: series.model.key) { (rows) throws(Problem) in
        rows.filter { series.hasConfidence($0, wanted) }.map {
          ($0.image, $0.confidenceDrop ?? 0, series.value(of: $0))
        }
      } consume: { part in
        for (image, drop, value) in part {
          if let place = places[image] { sums[place, default: ConfidenceSums(image: place)].add(drop, value) }
        }
      }
      return sums.values.sorted { $0.image < $1.image }
    }
  }
}

extension SeriesSummary {
  fileprivate func hasConfidence(_ row: Measurement, _ epsilons: Set<Double>) -> Bool {
    contains(row) && epsilons.contains(row.epsilon) && row.confidenceDrop?.isFinite == true
      && value(of: row).isFinite
  }
}

/// What Pearson's r is made of; both quantities lie in [-1, 1], where the sums of squares lose no digit that counts.
struct ConfidenceSums: Sendable {
  /// Into the results' images.
  var image = 0
  var count = 0.0
  var x = 0.0
  var y = 0.0
  var xx = 0.0
  var xy = 0.0
  var yy = 0.0

  init(image: Int) { self.image = image }

  /// - Parameter numbers: as `numbers` has them.
  init(numbers: [Double]) {
    (count, x, y) = (numbers[0], numbers[1], numbers[2])
    (xx, xy, yy) = (numbers[3], numbers[4], numbers[5])
  }

  var numbers: [Double] { [count, x, y, xx, xy, yy] }

  mutating func add(_ a: Double, _ b: Double) {
    count += 1
    x += a
    y += b
    xx += a * a
    xy += a * b
    yy += b * b
  }

  var correlation: Double? {
    let varianceX = xx - x * x / count
    let varianceY = yy - y * y / count
    guard count > 1, varianceX > 1e-12, varianceY > 1e-12 else { return nil }
    return min(1, max(-1, (xy - x * y / count) / (varianceX * varianceY).squareRoot()))
  }
}
