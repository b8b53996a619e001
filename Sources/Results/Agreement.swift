import Support

/// Whether two series drift alike at one attack level: on the same images, in the same direction.
public struct Agreement: Sendable, Hashable {
  /// Of the pair, the one that came first.
  public var first: SeriesIdentity
  /// Of the pair.
  public var second: SeriesIdentity
  /// The attack level.
  public var epsilon: Double
  /// Spearman's correlation of the measure between the two, in [-1, 1], over the images that both have; NaN of fewer than three
  /// images, or where one of both does not vary.
  public var correlation: Estimate
  /// How many images the correlation is over.
  public var imageCount: Int
  /// Cosine of the two mean shifts of heatmaps' centres, in [-1, 1], over the images of which both have one; nil where a mean
  /// shift has no length.
  public var cosine: Double?
  /// How many images the cosine is over.
  public var shiftCount: Int
  /// Whether either series' centres move in a common direction at all (`ShiftStatistics.isConsistent`): where not, the cosine is
  /// one of directions that chance made.
  public var haveDirections: Bool

  /// Whether the correlation is more than chance: its interval does not hold 0, or five images or more stand in one order, which
  /// has no interval and comes by chance in 2 of 120 cases or fewer.
  public var isCorrelated: Bool {
    guard let interval = correlation.interval else {
      return imageCount >= IntervalRule.fewest && abs(correlation.value) == 1
    }
    return interval.lower > 0 || interval.upper < 0
  }
}

extension ExperimentResults {
  /// How some series agree with each other at an attack level, each with each later one.
  /// - Returns: none for a pair of which one was not attacked at the level.
  /// - Throws: `Problem` where a row or a map is missing or damaged.
  public func agreements(among series: [SeriesSummary], epsilon: Double) throws(Problem) -> [Agreement] {
    try found.agreements(series.map(\.identity), epsilon: epsilon) { () throws(Problem) in
      try makeAgreements(among: series, epsilon: epsilon)
    }
  }

  private func makeAgreements(among series: [SeriesSummary], epsilon: Double) throws(Problem) -> [Agreement] {
    let tables = try self.tables
    let columns = series.map { one -> [Double]? in
      guard let place = place(of: one.identity), case let own = tables.series[place],
        let level = own.levels.firstIndex(of: epsilon)
      else { return nil }
      let values = own.values[one.measureIndex][level]
      return values.indices.map { own.counts($0, measure: one.measureIndex) ? values[$0] : .nan }
    }
    let maps = try maps(of: series)
    var shifts: [Shifts] = []
    for (one, own) in zip(series, maps) {
      var all = Shifts(count: images.count)
      for (image, shift) in zip(own.images, try self.shifts(of: one, epsilon: epsilon)) { all[image] = shift }
      shifts.append(all)
    }
    let directed = maps.map { $0.levels.first { $0.epsilon == epsilon }?.statistics.isConsistent ?? false }
    var pairs: [(first: Int, second: Int)] = []
    for first in series.indices where columns[first] != nil {
      for second in series.indices.dropFirst(first + 1) where columns[second] != nil { pairs.append((first, second)) }
    }
    return concurrentMap(pairs) { [shifts] pair in
      let numbers = zip(columns[pair.first] ?? [], columns[pair.second] ?? []).filter { !$0.isNaN && !$1.isNaN }
      let sample = SpearmanSample(numbers.map(\.0), numbers.map(\.1))
      let shared = zip(shifts[pair.first], shifts[pair.second]).compactMap {
        one, other -> (first: Shift, second: Shift)? in
        if let one, let other { (one, other) } else { nil }
      }
      return Agreement(
        first: series[pair.first].identity, second: series[pair.second].identity, epsilon: epsilon,
        correlation: sample.estimate(seed: seed, resamples: resamples), imageCount: numbers.count,
        cosine: Shift.mean(shared.map(\.first)).cosine(with: Shift.mean(shared.map(\.second))),
        shiftCount: shared.count, haveDirections: directed[pair.first] && directed[pair.second])
    }
  }
}
