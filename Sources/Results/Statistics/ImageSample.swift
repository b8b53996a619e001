import Support

/// Columns of numbers, a number of each image in each, and what is to be made of them.
struct ImageSample: Sendable {
  /// NaN where an image has no number.
  var columns: [[Double]] = []
  /// Of the columns.
  var statistics: [ImageStatistic] = []
  let imageCount: Int

  init(images: Int) { imageCount = images }

  /// Adds a column and, unless it only serves others, its mean.
  /// - Returns: the column.
  mutating func add(_ column: [Double], _ isMean: Bool = true) -> Int {
    columns.append(column)
    if isMean { statistics.append(.mean(columns.count - 1)) }
    return columns.count - 1
  }
}

/// Makes estimates with their intervals out of images that are drawn with replacement; all samples of as many images share the
/// draws, so that what makes an image hard for several falls out where they are held against each other.
struct IntervalMaker: Sendable {
  let seed: UInt64
  /// How many draws.
  let resamples: Int

  /// Sums of draws that are held at once: 64 MB.
  private static let sumsAtOnce = 1 << 23

  /// - Parameter samples: of the same images, one behind the other; made when it is their turn.
  /// - Returns: of each sample an estimate for each of its statistics.
  func estimates(of count: Int, _ sample: @Sendable (Int) -> ImageSample) -> [[Estimate]] {
    var estimates: [[Estimate]] = []
    while estimates.count < count {
      // As many as fit, at least one.
      var next: [ImageSample] = []
      var sums = 0
      while estimates.count + next.count < count {
        let made = concurrentMap(
          Array(estimates.count + next.count..<min(estimates.count + next.count + Threads.count, count)), sample)
        next += made
        sums += made.reduce(0) { $0 + Recipe($1).parts.count * resamples }
        if sums > Self.sumsAtOnce || made.contains(where: { $0.imageCount >= IntervalRule.many }) { break }
      }
      estimates += self.estimates(of: next)
    }
    return estimates
  }

  /// - Parameter samples: those of as many images share the draws.
  func estimates(of samples: [ImageSample]) -> [[Estimate]] {
    let planned = concurrentMap(samples) { sample in
      sample.statistics.map { statistic in Planned(statistic, sample) }
    }
    var found = planned.map { $0.map { $0.estimate(seed: seed, resamples: resamples) } }
    for count in Set(samples.map(\.imageCount)).sorted() {
      let own = samples.indices.filter { index in
        samples[index].imageCount == count && planned[index].contains { $0.isByPercentiles }
      }
      guard !own.isEmpty else { continue }
      let recipes = own.map { index in
        Recipe(samples[index]) { planned[index][$0].isByPercentiles }
      }
      let tables = concurrentMap(Array(own.indices)) { recipes[$0].table(of: samples[own[$0]]) }
      let sums = Resamples(imageCount: count, seed: seed, count: resamples).sums(of: tables)
      let intervals = concurrentMap(Array(own.indices)) { place in
        planned[own[place]].indices.map { index -> Estimate.Interval? in
          guard planned[own[place]][index].isByPercentiles else { return nil }
          let statistic = planned[own[place]][index].statistic
          let values = recipes[place].values(of: statistic, sums[place], resamples, images: count)
          return Resampling.percentiles(values).map { Estimate.Interval($0.lower, $0.upper) }
        }
      }
      for (place, index) in own.enumerated() {
        for (statistic, interval) in intervals[place].enumerated() where planned[index][statistic].isByPercentiles {
          found[index][statistic].interval = interval
        }
      }
    }
    return found
  }
}

/// A statistic of a sample with its value, and the rule by which it gets an interval.
private struct Planned: Sendable {
  let statistic: ImageStatistic
  private let value: Double
  private let error: Double
  private let rule: IntervalRule
  /// Kept for the few images of a studentised bootstrap.
  private let columns: [[Double]]
  private let images: [Int]

  init(_ statistic: ImageStatistic, _ sample: ImageSample) {
    self.statistic = statistic
    let images = statistic.images(of: sample.columns)
    rule = IntervalRule(images: sample.imageCount, count: images.count)
    (value, error) = images.isEmpty ? (.nan, .nan) : statistic.estimate(sample.columns, images)
    let isKept = rule == .studentised
    columns = isKept ? sample.columns : []
    self.images = isKept ? images : []
  }

  /// Where nothing varies there is nothing to draw.
  var isByPercentiles: Bool { rule == .percentile && error > 0 }

  /// Without the interval of one that is made by percentiles.
  func estimate(seed: UInt64, resamples: Int) -> Estimate {
    guard rule != .none, value.isFinite, error.isFinite else { return Estimate(value) }
    if error == 0 { return Estimate(value: value, lower: value, upper: value) }
    switch rule {
    case .none, .percentile: return Estimate(value)
    case .normal:
      return Estimate(value: value, lower: value - Normal.z95 * error, upper: value + Normal.z95 * error)
    case .studentised: return Estimate(value, studentised(seed: seed, resamples: resamples))
    }
  }

  /// The ends lie where the value lies as many standard errors away as it does in 2.5% of the draws. A draw without spread has
  /// no such distance and is left out.
  private func studentised(seed: UInt64, resamples: Int) -> Estimate.Interval? {
    var generator = SplitMix64(seed: seed)
    let indices = IndexDraw(below: images.count)
    var draw = images
    var distances: [Double] = []
    distances.reserveCapacity(resamples)
    for _ in 0..<resamples {
      for place in draw.indices { draw[place] = images[indices.next(&generator)] }
      let drawn = statistic.estimate(columns, draw)
      // Rounding alone gives equal numbers some spread.
      guard drawn.error > 1e-9 * error else { continue }
      distances.append((drawn.value - value) / drawn.error)
    }
    guard 2 * distances.count >= resamples, let (lower, upper) = Resampling.percentiles(distances) else { return nil }
    return Estimate.Interval(value - upper * error, value - lower * error)
  }
}

/// Which sums over the images of a draw a sample's statistics are made of.
private struct Recipe: Sendable {
  enum Part: Hashable, Sendable {
    /// Of a column, nothing where an image has no number.
    case sum(Int)
    /// How many images have a number.
    case count(Int)
    case product(Int, Int)
  }

  private(set) var parts: [Part] = []
  private var places: [Part: Int] = [:]
  private let isPartial: [Bool]

  init(_ sample: ImageSample, isWanted: (Int) -> Bool = { _ in true }) {
    isPartial = sample.columns.map { $0.contains { $0.isNaN } }
    for (index, statistic) in sample.statistics.enumerated() where isWanted(index) {
      switch statistic {
      case .mean(let a): add([a])
      case .meanWithout(let a, let b), .difference(let a, let b): add([a, b])
      case .spreadOfMeans(let all): add(all)
      case .pooled(let a, let b): add([a, b], [(a, a)])
      case .correlation(let a, let b): add([a, b], [(a, a), (a, b), (b, b)])
      }
    }
  }

  private mutating func add(_ columns: [Int], _ products: [(Int, Int)] = []) {
    for part in columns.map(Part.sum) + columns.filter({ isPartial[$0] }).map(Part.count)
      + products.map({ Part.product($0.0, $0.1) })
    where places[part] == nil {
      places[part] = parts.count
      parts.append(part)
    }
  }

  func table(of sample: ImageSample) -> ResampledTable {
    var table = ResampledTable(images: sample.imageCount, width: parts.count)
    for (place, part) in parts.enumerated() {
      for image in 0..<sample.imageCount {
        let number =
          switch part {
          case .sum(let a): sample.columns[a][image]
          case .count(let a): sample.columns[a][image].isNaN ? 0 : 1.0
          case .product(let a, let b): sample.columns[a][image] * sample.columns[b][image]
          }
        if !number.isNaN { table[image, place] = number }
      }
    }
    return table
  }

  /// - Parameter sums: of `Resamples.sums`.
  /// - Returns: the statistic of each draw; NaN where a draw has none.
  func values(of statistic: ImageStatistic, _ sums: [Double], _ draws: Int, images: Int) -> [Double] {
    func sum(_ part: Part, _ draw: Int) -> Double { sums[(places[part] ?? 0) * draws + draw] }
    func count(_ column: Int, _ draw: Int) -> Double { isPartial[column] ? sum(.count(column), draw) : Double(images) }
    func mean(_ column: Int, _ draw: Int) -> Double { sum(.sum(column), draw) / count(column, draw) }
    return (0..<draws).map { draw in
      switch statistic {
      case .mean(let a): return mean(a, draw)
      case .meanWithout(let a, let b):
        return (sum(.sum(a), draw) - sum(.sum(b), draw)) / (count(a, draw) - count(b, draw))
      case .difference(let a, let b): return (sum(.sum(a), draw) - sum(.sum(b), draw)) / Double(images)
      case .spreadOfMeans(let all): return Drift.standardDeviation(all.map { mean($0, draw) })
      case .pooled(let a, let b):
        let centre = mean(a, draw)
        return max(0, mean(b, draw) + sum(.product(a, a), draw) / count(a, draw) - centre * centre).squareRoot()
      case .correlation(let a, let b):
        let found = CorrelationSums(
          count: count(a, draw), x: sum(.sum(a), draw), y: sum(.sum(b), draw), xx: sum(.product(a, a), draw),
          xy: sum(.product(a, b), draw), yy: sum(.product(b, b), draw))
        // A draw without variation has none.
        return found.coefficient ?? .nan
      }
    }
  }
}
