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

  /// Sums of draws that are held at once, 128 MB at most: two for each column.
  private static let sumsAtOnce = 1 << 24

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
        sums += made.reduce(0) { $0 + 2 * $1.columns.count * resamples }
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
    let drawn = Set(planned.joined().compactMap(\.fewImages)).sorted()
    let draws = concurrentMap(drawn) { FewDraws(of: $0, seed: seed, count: resamples) }
    let drawsOf = Dictionary(uniqueKeysWithValues: zip(drawn, draws))
    var found = concurrentMap(planned) { $0.map { $0.estimate(drawsOf) } }
    for count in Set(samples.map(\.imageCount)).sorted() {
      let own = samples.indices.filter { index in
        samples[index].imageCount == count && planned[index].contains { $0.isByPercentiles }
      }
      guard !own.isEmpty else { continue }
      var shared = SharedSums(images: count)
      let recipes = own.map { index in
        Recipe(samples[index], &shared) { planned[index][$0].isByPercentiles }
      }
      let sums = Resamples(imageCount: count, seed: seed, count: resamples).sums(of: [shared.table])[0]
      let intervals = concurrentMap(Array(own.indices)) { place in
        planned[own[place]].indices.map { index -> Estimate.Interval? in
          guard planned[own[place]][index].isByPercentiles else { return nil }
          let statistic = planned[own[place]][index].statistic
          let values = recipes[place].values(of: statistic, sums, resamples)
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
  private let few: (columns: [[Double]], images: [Int])?

  init(_ statistic: ImageStatistic, _ sample: ImageSample) {
    self.statistic = statistic
    let images = statistic.images(of: sample.columns)
    rule = IntervalRule(images: sample.imageCount, count: images.count)
    if images.isEmpty {
      (value, error) = (.nan, .nan)
    } else {
      var whole = DrawnStatistic(statistic, sample.columns, images)
      let all = images.indices.map { UInt32($0) }
      (value, error) = whole.estimate(all.span)
    }
    few = rule == .studentised && error > 0 ? (sample.columns, images) : nil
  }

  /// Where nothing varies there is nothing to draw.
  var isByPercentiles: Bool { rule == .percentile && error > 0 }

  /// Of how many images draws are wanted; nil where the interval is made without.
  var fewImages: Int? { few?.images.count }

  /// Without the interval of one that is made by percentiles.
  /// - Parameter draws: by how many images.
  func estimate(_ draws: [Int: FewDraws]) -> Estimate {
    guard rule != .none, value.isFinite, error.isFinite else { return Estimate(value) }
    if error == 0 { return Estimate(value: value, lower: value, upper: value) }
    switch rule {
    case .none, .percentile: return Estimate(value)
    case .normal:
      return Estimate(value: value, lower: value - Normal.z95 * error, upper: value + Normal.z95 * error)
    case .studentised:
      guard let few, let draws = draws[few.images.count] else { return Estimate(value) }
      return Estimate(value, studentised(DrawnStatistic(statistic, few.columns, few.images), draws))
    }
  }

  /// The ends lie where the value lies as many standard errors away as it does in 2.5% of the draws. A draw without spread has
  /// no such distance and is left out.
  private func studentised(_ statistic: DrawnStatistic, _ draws: FewDraws) -> Estimate.Interval? {
    var statistic = statistic
    var distances: [Double] = []
    distances.reserveCapacity(draws.count)
    for index in 0..<draws.count {
      let drawn = draws.withDraw(index) { statistic.estimate($0) }
      // Rounding alone gives equal numbers some spread.
      guard drawn.error > 1e-9 * error else { continue }
      distances.append((drawn.value - value) / drawn.error)
    }
    guard 2 * distances.count >= draws.count, let (lower, upper) = Resampling.percentiles(distances) else { return nil }
    return Estimate.Interval(value - upper * error, value - lower * error)
  }
}

/// The columns whose sums over draws are wanted, of all samples side by side.
private struct SharedSums {
  let images: Int
  private(set) var columns: [[Double]] = []
  /// Images that have a number are often the same in several columns, and of several samples.
  private var counts: [[Bool]: Int] = [:]

  init(images: Int) { self.images = images }

  mutating func add(_ column: [Double]) -> Int {
    columns.append(column)
    return columns.count - 1
  }

  mutating func addCount(_ isKnown: [Bool]) -> Int {
    if let place = counts[isKnown] { return place }
    let place = add(isKnown.map { $0 ? 1 : 0 })
    counts[isKnown] = place
    return place
  }

  var table: ResampledTable {
    var table = ResampledTable(images: images, width: columns.count)
    for (place, column) in columns.enumerated() {
      for image in column.indices { table[image, place] = column[image] }
    }
    return table
  }
}

/// Which sums over the images of a draw a sample's statistics are made of.
private struct Recipe: Sendable {
  private enum Part: Hashable, Sendable {
    /// Of a column, nothing where an image has no number.
    case sum(Int)
    /// How many images have a number.
    case count(Int)
    case product(Int, Int)
  }

  /// Among the shared sums.
  private var places: [Part: Int] = [:]
  private let isPartial: [Bool]
  private let images: Int

  init(_ sample: ImageSample, _ shared: inout SharedSums, isWanted: (Int) -> Bool) {
    images = sample.imageCount
    isPartial = sample.columns.map { $0.contains { $0.isNaN } }
    for (index, statistic) in sample.statistics.enumerated() where isWanted(index) {
      switch statistic {
      case .mean(let a): add([a], [], sample, &shared)
      case .meanWithout(let a, let b), .difference(let a, let b): add([a, b], [], sample, &shared)
      case .spreadOfMeans(let all): add(all, [], sample, &shared)
      case .pooled(let a, let b): add([a, b], [(a, a)], sample, &shared)
      case .correlation(let a, let b): add([a, b], [(a, a), (a, b), (b, b)], sample, &shared)
      }
    }
  }

  private mutating func add(
    _ columns: [Int], _ products: [(Int, Int)], _ sample: ImageSample, _ shared: inout SharedSums
  ) {
    for a in columns where places[.sum(a)] == nil {
      let column = sample.columns[a]
      places[.sum(a)] = shared.add(isPartial[a] ? column.map { $0.isNaN ? 0 : $0 } : column)
      if isPartial[a] { places[.count(a)] = shared.addCount(column.map { !$0.isNaN }) }
    }
    for (a, b) in products where places[.product(a, b)] == nil {
      let product = zip(sample.columns[a], sample.columns[b]).map { $0 * $1 }
      places[.product(a, b)] = shared.add(product.map { $0.isNaN ? 0 : $0 })
    }
  }

  /// - Parameter sums: of `Resamples.sums`.
  /// - Returns: the statistic of each draw; NaN where a draw has none.
  func values(of statistic: ImageStatistic, _ sums: [Double], _ draws: Int) -> [Double] {
    // Found once: a look-up for each draw would take longer than the sums.
    func sum(_ part: Part) -> (Int) -> Double {
      let start = (places[part] ?? 0) * draws
      return { sums[start + $0] }
    }
    func count(_ column: Int) -> (Int) -> Double {
      let all = Double(images)
      return isPartial[column] ? sum(.count(column)) : { _ in all }
    }
    func mean(_ column: Int) -> (Int) -> Double {
      let (sum, count) = (sum(.sum(column)), count(column))
      return { sum($0) / count($0) }
    }
    let all = 0..<draws
    switch statistic {
    case .mean(let a): return all.map(mean(a))
    case .meanWithout(let a, let b):
      let (whole, part, wholeCount, partCount) = (sum(.sum(a)), sum(.sum(b)), count(a), count(b))
      return all.map { (whole($0) - part($0)) / (wholeCount($0) - partCount($0)) }
    case .difference(let a, let b):
      let (first, second) = (sum(.sum(a)), sum(.sum(b)))
      return all.map { (first($0) - second($0)) / Double(images) }
    case .spreadOfMeans(let columns):
      let means = columns.map(mean)
      return all.map { draw in Drift.standardDeviation(means.map { $0(draw) }) }
    case .pooled(let a, let b):
      let (centre, variance, square, count) = (mean(a), mean(b), sum(.product(a, a)), count(a))
      return all.map { draw in
        max(0, variance(draw) + square(draw) / count(draw) - centre(draw) * centre(draw)).squareRoot()
      }
    case .correlation(let a, let b):
      let (counts, x, y) = (count(a), sum(.sum(a)), sum(.sum(b)))
      let (xx, xy, yy) = (sum(.product(a, a)), sum(.product(a, b)), sum(.product(b, b)))
      return all.map { draw in
        let found = CorrelationSums(
          count: counts(draw), x: x(draw), y: y(draw), xx: xx(draw), xy: xy(draw), yy: yy(draw))
        // A draw without variation has none.
        return found.coefficient ?? .nan
      }
    }
  }
}
