import Measures
import Support

/// How much more one series drifts than another at one attack level, both on the same images.
public struct LevelDifference: Sendable, Hashable {
  /// The attack level.
  public var epsilon: Double
  /// MOD of the first series minus MOD of the second, over the images that both have.
  public var mod: Estimate
  /// P of a difference at least as great by chance, by the paired sign-flip test.
  public var probability: Double
  /// The same, adjusted by Holm for all differences of the family at this level.
  public var adjusted: Double

  /// Whether it is more than chance: the adjusted p is below 0.05, and there are images enough for an interval.
  public var isClear: Bool { mod.interval != nil && adjusted < 0.05 }
}

/// The differences between two series.
public struct SeriesDifference: Sendable, Hashable {
  /// Minus the second.
  public var first: SeriesIdentity
  /// Of the pair.
  public var second: SeriesIdentity
  /// Those levels of the family at which both were attacked.
  public var levels: [LevelDifference]
  /// Of which both have every level.
  public var imageCount: Int

  /// The same with the series the other way round.
  public var reversed: SeriesDifference {
    var other = self
    (other.first, other.second) = (second, first)
    for index in other.levels.indices {
      let mod = other.levels[index].mod
      other.levels[index].mod = Estimate(-mod.value, mod.interval.map { Estimate.Interval(-$0.upper, -$0.lower) })
    }
    return other
  }
}

/// Differences that are looked at together.
public struct FamilyOfDifferences: Sendable {
  struct Key: Hashable, Sendable {
    var series: [SeriesIdentity]
    var epsilons: [Double]
    var what: DifferenceOf
    var comparableAlone: Bool
  }

  /// Of each series minus each later one.
  public internal(set) var pairs: [SeriesDifference] = []
  /// The least p that any of them could have after Holm's adjustment, however great it were: draws and images are too few for
  /// less, and the more differences a level has, the greater it is. 0 where the normal distribution gives p.
  public internal(set) var leastProbability = 0.0

  /// Of the level that has most, since p is adjusted level by level.
  public var mostAtALevel: Int {
    var counts: [Double: Int] = [:]
    for level in pairs.flatMap(\.levels) where !level.probability.isNaN { counts[level.epsilon, default: 0] += 1 }
    return counts.values.max() ?? 0
  }

  /// The difference of two series of the family, whichever comes first; nil for others.
  public func of(_ first: SeriesIdentity, minus second: SeriesIdentity) -> SeriesDifference? {
    for pair in pairs {
      if pair.first == first, pair.second == second { return pair }
      if pair.first == second, pair.second == first { return pair.reversed }
    }
    return nil
  }
}

extension SeriesIdentity {
  /// Whether a difference between two series has one reason: they differ in one respect at most, of model, attack, explanation,
  /// target and measure; in its layer too where the model is the same, since each model has layers of its own.
  public func isComparable(with other: SeriesIdentity) -> Bool {
    let isOneModel = model == other.model
    let respects = [
      !isOneModel, isOneModel && layer != other.layer, attack != other.attack, explanation != other.explanation,
      target != other.target, measure != other.measure,
    ]
    return respects.count { $0 } <= 1
  }
}

/// Which number of each image is held against that of another series.
public enum DifferenceOf: Sendable, Hashable {
  /// The series' measure.
  case drift
  /// 1 where the attacked image is named right, 0 where not; at the level 0 where the clean one is.
  case right
}

extension ExperimentResults {
  /// The differences of each of some series minus each later one, level by level, paired by image: both are resampled with
  /// the same images, so that what makes an image hard for both falls out of the difference. Those of a level are one family
  /// for Holm's adjustment: p is the same, whether that level is asked for alone or with others.
  /// - Parameters:
  ///   - epsilons: the levels to look at; nil for all attack levels.
  ///   - comparableAlone: whether series that differ in more than one respect are left out
  ///     (`SeriesIdentity.isComparable(with:)`): they say nothing, and make every other p of the family greater.
  public func differences(
    among series: [SeriesSummary], epsilons: [Double]? = nil, of what: DifferenceOf = .drift,
    comparableAlone: Bool = false
  ) -> FamilyOfDifferences {
    let levels = epsilons ?? self.epsilons
    let key = FamilyOfDifferences.Key(
      series: series.map(\.identity), epsilons: levels, what: what, comparableAlone: comparableAlone)
    guard let tables = try? tables else { return FamilyOfDifferences() }
    return found.differences(key) {
      var maker = DifferenceMaker(self, tables, levels: levels, what: what)
      for (index, first) in series.enumerated() {
        for second in series.dropFirst(index + 1) {
          if !comparableAlone || first.identity.isComparable(with: second.identity) { maker.add(first, second) }
        }
      }
      return maker.made()
    }
  }
}

/// Collects pairs of series by the images that both have, so that what can be drawn once is.
private struct DifferenceMaker {
  private struct Group {
    var sample: ImageSample
    var places: [Place: Int] = [:]
    /// Into the statistics: the pair and its level.
    var members: [(pair: Int, epsilon: Double)] = []
    var columns: [(Int, Int)] = []
  }

  private struct Place: Hashable {
    var series: SeriesIdentity
    var epsilon: Double
  }

  private let results: ExperimentResults
  private let tables: MeasurementTables
  private let levels: [Double]
  private let what: DifferenceOf
  private var pairs: [SeriesDifference] = []
  private var groups: [[Int]: Group] = [:]
  private var order: [[Int]] = []

  init(_ results: ExperimentResults, _ tables: MeasurementTables, levels: [Double], what: DifferenceOf) {
    self.results = results
    self.tables = tables
    self.levels = levels
    self.what = what
  }

  mutating func add(_ first: SeriesSummary, _ second: SeriesSummary) {
    guard let ours = results.place(of: first.identity), let theirs = results.place(of: second.identity) else { return }
    let (own, other) = (tables.series[ours], tables.series[theirs])
    // The control too must be there: only then does the image count in either series' MOD.
    let paired = results.images.indices.filter {
      own.counts($0, measure: first.measureIndex) && other.counts($0, measure: second.measureIndex)
    }
    pairs.append(
      SeriesDifference(first: first.identity, second: second.identity, levels: [], imageCount: paired.count))
    guard !paired.isEmpty else { return }
    for epsilon in levels {
      guard let a = numbers(first, own, epsilon), let b = numbers(second, other, epsilon) else { continue }
      // Where a measure gives one of both no value the pair has no difference.
      let known = paired.filter { !a[$0].isNaN && !b[$0].isNaN }
      guard !known.isEmpty else { continue }
      var group = groups[known] ?? Group(sample: ImageSample(images: known.count))
      if groups[known] == nil { order.append(known) }
      func column(_ series: SeriesSummary, _ numbers: [Double]) -> Int {
        let place = Place(series: series.identity, epsilon: epsilon)
        if let column = group.places[place] { return column }
        let column = group.sample.add(known.map { numbers[$0] }, false)
        group.places[place] = column
        return column
      }
      let columns = (column(first, a), column(second, b))
      group.sample.statistics.append(.difference(columns.0, columns.1))
      group.columns.append(columns)
      group.members.append((pairs.count - 1, epsilon))
      groups[known] = group
    }
  }

  private func numbers(
    _ summary: SeriesSummary, _ series: MeasurementTables.Series, _ epsilon: Double
  ) -> [Double]? {
    guard let level = series.levels.firstIndex(of: epsilon) else { return nil }
    switch what {
    case .drift: return series.values[summary.measureIndex][level]
    case .right:
      let trait: MeasurementTables.Traits = epsilon == 0 ? .cleanRight : .right
      return series.traits[level].map { $0.contains(trait) ? 1 : 0 }
    }
  }

  func made() -> FamilyOfDifferences {
    var family = FamilyOfDifferences(pairs: pairs)
    let maker = IntervalMaker(seed: results.seed, resamples: results.resamples)
    let flips = SignFlips(seed: results.seed, flips: results.resamples)
    var least = 1.0
    for known in order {
      guard let group = groups[known] else { continue }
      let estimates = maker.estimates(of: [group.sample])[0]
      let probabilities = flips.probabilities(of: group.sample.columns, pairs: group.columns)
      least = min(least, flips.leastProbability(images: known.count))
      for (index, member) in group.members.enumerated() {
        family.pairs[member.pair].levels.append(
          LevelDifference(
            epsilon: member.epsilon, mod: estimates[index], probability: probabilities[index], adjusted: .nan))
      }
    }
    family.leastProbability = min(1, least * Double(family.mostAtALevel))
    for pair in family.pairs.indices { family.pairs[pair].levels.sort { $0.epsilon < $1.epsilon } }
    for epsilon in Set(family.pairs.flatMap { $0.levels.map(\.epsilon) }) {
      let places = family.pairs.indices.flatMap { pair in
        family.pairs[pair].levels.indices.filter { family.pairs[pair].levels[$0].epsilon == epsilon }.map { (pair, $0) }
      }
      let adjusted = Holm.adjusted(places.map { family.pairs[$0].levels[$1].probability })
      for ((pair, level), value) in zip(places, adjusted) { family.pairs[pair].levels[level].adjusted = value }
    }
    return family
  }
}
