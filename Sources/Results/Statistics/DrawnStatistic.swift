import Support

/// A statistic of the images that are in it, to be computed of many draws of them.
struct DrawnStatistic {
  private enum Kind {
    case mean
    case spreadOfMeans
    case pooled
    case correlation
  }

  private let kind: Kind
  /// Numbers of the images that are in it, in their order.
  private let columns: [[Double]]
  /// What the images of a draw add to a mean, and the means of columns in a draw: kept from one draw to the next.
  private var parts: [Double] = []
  private var means: [Double]
  /// Images that have a number, by column.
  private var counts: [Double]

  /// - Parameter images: that are in the statistic; a draw names them by their place among these.
  init(_ statistic: ImageStatistic, _ all: [[Double]], _ images: [Int]) {
    func column(_ index: Int) -> [Double] { images.map { all[index][$0] } }
    switch statistic {
    case .mean(let a), .meanWithout(let a, _):
      (kind, columns) = (.mean, [column(a)])
    case .difference(let a, let b):
      (kind, columns) = (.mean, [images.map { all[a][$0] - all[b][$0] }])
    case .spreadOfMeans(let indices):
      (kind, columns) = (.spreadOfMeans, indices.map(column))
    case .pooled(let a, let b):
      (kind, columns) = (.pooled, [column(a), column(b)])
    case .correlation(let a, let b):
      (kind, columns) = (.correlation, [column(a), column(b)])
    }
    means = [Double](repeating: 0, count: columns.count)
    counts = means
  }

  /// - Parameter draw: places of images, each as often as it was drawn; at least one.
  /// - Returns: the statistic and its standard error, of the sample; NaN for the error of fewer than two.
  mutating func estimate(_ draw: Span<UInt32>) -> (value: Double, error: Double) {
    if parts.count != draw.count { parts = [Double](repeating: 0, count: draw.count) }
    switch kind {
    case .mean:
      let column = columns[0]
      for place in draw.indices { parts[place] = column[Int(draw[place])] }
      return meanOfParts()
    case .spreadOfMeans:
      return spreadOfMeans(draw)
    case .pooled:
      return pooled(draw)
    case .correlation:
      return correlation(draw)
    }
  }

  private func meanOfParts() -> (value: Double, error: Double) {
    let count = Double(parts.count)
    var sum = 0.0
    for part in parts { sum += part }
    let mean = sum / count
    guard parts.count > 1 else { return (mean, .nan) }
    var squares = 0.0
    for part in parts {
      let distance = part - mean
      squares += distance * distance
    }
    return (mean, (squares / (count - 1) / count).squareRoot())
  }

  private mutating func pooled(_ draw: Span<UInt32>) -> (value: Double, error: Double) {
    let (centres, variances) = (columns[0], columns[1])
    var sum = 0.0
    for place in draw.indices { sum += centres[Int(draw[place])] }
    let centre = sum / Double(draw.count)
    for place in draw.indices {
      let image = Int(draw[place])
      let distance = centres[image] - centre
      parts[place] = variances[image] + distance * distance
    }
    let found = meanOfParts()
    // By the delta method, as the two below: the error of a root is that of what is under it, over twice the root.
    let root = found.value.squareRoot()
    return (root, root > 0 ? found.error / (2 * root) : 0)
  }

  /// What an image adds to the spread is linear in its numbers, each weighted by how far its column's mean lies from that of all.
  private mutating func spreadOfMeans(_ draw: Span<UInt32>) -> (value: Double, error: Double) {
    for (index, column) in columns.enumerated() {
      var (sum, known) = (0.0, 0)
      for place in draw.indices {
        let number = column[Int(draw[place])]
        guard !number.isNaN else { continue }
        sum += number
        known += 1
      }
      means[index] = sum / Double(known)
      counts[index] = Double(known)
    }
    let spread = Drift.standardDeviation(means)
    guard spread > 0 else { return (spread, spread == 0 ? 0 : .nan) }
    let centre = Drift.mean(means)
    for place in parts.indices { parts[place] = 0 }
    for (index, column) in columns.enumerated() {
      let mean = means[index]
      let weight = (mean - centre) / (Double(columns.count) * spread) * Double(draw.count) / counts[index]
      for place in draw.indices {
        let number = column[Int(draw[place])]
        if !number.isNaN { parts[place] += weight * (number - mean) }
      }
    }
    return (spread, meanOfParts().error)
  }

  private mutating func correlation(_ draw: Span<UInt32>) -> (value: Double, error: Double) {
    let (x, y) = (columns[0], columns[1])
    var sums = CorrelationSums()
    for place in draw.indices { sums.add(x[Int(draw[place])], y[Int(draw[place])]) }
    guard let r = sums.coefficient else { return (.nan, .nan) }
    let (a, b) = (sums.meanX, sums.meanY)
    let (scaleX, scaleY) = (1 / sums.varianceX.squareRoot(), 1 / sums.varianceY.squareRoot())
    for place in draw.indices {
      let image = Int(draw[place])
      let (u, v) = ((x[image] - a) * scaleX, (y[image] - b) * scaleY)
      parts[place] = u * v - r / 2 * (u * u + v * v)
    }
    return (r, meanOfParts().error)
  }
}

/// Draws with replacement of a few images, the same for all statistics over so many.
struct FewDraws: Sendable {
  /// Images of a draw.
  let imageCount: Int
  let count: Int
  private let places: [UInt32]

  /// - Parameters:
  ///   - imageCount: at least two.
  ///   - count: how many draws.
  init(of imageCount: Int, seed: UInt64, count: Int) {
    (self.imageCount, self.count) = (imageCount, count)
    var generator = SplitMix64(seed: seed)
    places = IndexDraw(below: imageCount).next(imageCount * count, &generator)
  }

  /// - Parameter body: given a draw's images by their place among all.
  func withDraw<Output>(_ index: Int, _ body: (Span<UInt32>) -> Output) -> Output {
    body(places.span.extracting(index * imageCount..<(index + 1) * imageCount))
  }
}
