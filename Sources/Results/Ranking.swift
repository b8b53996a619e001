extension Measurement {
  /// Whether the attack changed nothing: the loss has no gradient, or everything that was measured on the attacked image
  /// is what it is on the clean one to the last bit, as it is where every value is held at 0 or 1 or the step is lost in
  /// rounding. The control is unmoved by definition and does not count.
  public var isUnmoved: Bool {
    guard epsilon > 0 else { return false }
    if gradientIsZero == true { return true }
    // A measure without a value says nothing; two maps of one value have such a one of some measures.
    return dissimilarities.allSatisfy { $0 == 0 || $0.isNaN } && cleanPeak == adversarialPeak
      && cleanPrediction == adversarialPrediction
      && cleanConfidence == adversarialConfidence && (cleanClassConfidence ?? cleanConfidence) == cleanConfidence
  }

  /// Whether the pair's dissimilarity can say how far attention drifted.
  var showsDrift: Bool { !isDead && !isUnmoved }
}

/// Why the numbers of a series say nothing of how far attention drifts, so that it has no place in an order of drift.
public enum RankingObstacle: Sendable, Hashable {
  /// In more than a tenth of the pairs a map is dead.
  /// - Parameter epsilon: the level whose pairs were counted; nil for those of all attack levels.
  case deadMaps(pairs: Int, of: Int, epsilon: Double?)
  /// In more than a tenth of the pairs the attack changed nothing (`Measurement.isUnmoved`).
  case unmoved(pairs: Int, of: Int, epsilon: Double?)
  /// More than a tenth of the images of another series is missing.
  case fewImages(Int, of: Int)
  /// There is no MOD at the strongest attack level.
  case noMOD
}

/// How many pairs of a clean and an attacked map there are at one attack level, and of how many the dissimilarity says
/// nothing.
struct PairCounts {
  var epsilon: Double
  var pairs: Int
  var dead: Int
  var unmoved: Int

  /// What keeps a series with these levels out of an order of drift.
  ///
  /// A pair is dead when either of its maps is. Pairs are counted over all attack levels and at each alone: a MOD that is
  /// compared is of one level, and a few sound levels must not cover for it.
  static func obstacles(_ levels: [PairCounts]) -> [RankingObstacle] {
    var found: [RankingObstacle] = []
    func count(_ part: (PairCounts) -> Int, _ obstacle: (Int, Int, Double?) -> RankingObstacle) {
      let (pairs, all) = (levels.reduce(0) { $0 + $1.pairs }, levels.reduce(0) { $0 + part($1) })
      if 10 * all > pairs {
        found.append(obstacle(all, pairs, nil))
      } else if let level = levels.last(where: { 10 * part($0) > $0.pairs }) {
        found.append(obstacle(part(level), level.pairs, level.epsilon))
      }
    }
    count(\.dead) { .deadMaps(pairs: $0, of: $1, epsilon: $2) }
    count(\.unmoved) { .unmoved(pairs: $0, of: $1, epsilon: $2) }
    return found
  }
}

extension SeriesSummary {
  /// Pairs of a clean and an attacked map at all attack levels, without the control.
  public var pairCount: Int { imageCount * levels.count }
  /// Those in which at least one map is dead.
  public var deadPairCount: Int { levels.reduce(0) { $0 + $1.deadCount } }
  /// Those in which the attack changed nothing.
  public var unmovedPairCount: Int { levels.reduce(0) { $0 + $1.unmovedCount } }

  /// What keeps the series out of an order of drift; empty for one that is ranked.
  /// - Parameter imageCount: the most images that any series to be compared was measured on.
  public func rankingObstacles(imageCount most: Int) -> [RankingObstacle] {
    var found = PairCounts.obstacles(
      levels.map {
        PairCounts(epsilon: $0.epsilon, pairs: imageCount, dead: $0.deadCount, unmoved: $0.unmovedCount)
      })
    if 10 * (most - imageCount) > most { found.append(.fewImages(imageCount, of: most)) }
    if !(levels.last?.mod.value.isFinite ?? false) { found.append(.noMOD) }
    return found
  }
}

/// Series by their MOD at the strongest attack level, and those that have no place in that order.
public struct Ranking: Sendable {
  /// Least MOD first; what is equal keeps its order.
  public let ranked: [SeriesSummary]
  /// In the order in which they were given.
  public let unranked: [(series: SeriesSummary, obstacles: [RankingObstacle])]

  /// - Parameter imageCount: the most images that any series of the experiment was measured on.
  public init(_ summaries: [SeriesSummary], imageCount: Int) {
    var sound: [(mod: Double, place: Int, series: SeriesSummary)] = []
    var unsound: [(SeriesSummary, [RankingObstacle])] = []
    for (place, series) in summaries.enumerated() {
      let obstacles = series.rankingObstacles(imageCount: imageCount)
      if obstacles.isEmpty {
        sound.append((series.levels.last?.mod.value ?? .infinity, place, series))
      } else {
        unsound.append((series, obstacles))
      }
    }
    ranked = sound.sorted { ($0.mod, $0.place) < ($1.mod, $1.place) }.map(\.series)
    unranked = unsound
  }

  /// Ranked and unranked, the latter last.
  public var all: [SeriesSummary] { ranked + unranked.map(\.series) }

  /// From 1, for each of `ranked`; series of the same MOD share a place.
  public var places: [Int] {
    var places: [Int] = []
    for (index, series) in ranked.enumerated() {
      let isShared = index > 0 && ranked[index - 1].levels.last?.mod.value == series.levels.last?.mod.value
      places.append(isShared ? places[index - 1] : index + 1)
    }
    return places
  }
}

/// Images by the drift of one or several series at the strongest attack level.
public struct DriftOrder: Sendable, Hashable {
  /// Shared with the results: of some hundred thousand images an order of each series would take more memory than all else.
  private let images: [ImageRecord]
  private let orderedPlaces: [Int32]
  private let unorderedPlaces: [Int32]
  /// Least first; of equal drift the first by path.
  public var ordered: some RandomAccessCollection<ImageRecord> {
    orderedPlaces.lazy.map { [images] in images[Int($0)] }
  }
  /// By path: those of which more than a tenth of the pairs at that level have a dead map, or were not moved by the
  /// attack. Their dissimilarity is no drift, be it 0 or great.
  public var unordered: some RandomAccessCollection<ImageRecord> {
    unorderedPlaces.lazy.map { [images] in images[Int($0)] }
  }
  /// How many series the drift is of: of several those alone that have a place in an order themselves, where any has.
  public let seriesCount: Int
  /// The attack level that the drift is of; nil without series. Where series were attacked at different ones it is each
  /// one's own, and this the greatest.
  public let strongest: Double?

  /// Every image that counts for the series, those without a place last.
  public var all: [ImageRecord] { Array(ordered) + Array(unordered) }

  fileprivate init(
    images: [ImageRecord] = [], ordered: [Int] = [], unordered: [Int] = [], seriesCount: Int = 0,
    strongest: Double? = nil
  ) {
    self.images = images
    orderedPlaces = ordered.map { Int32($0) }
    unorderedPlaces = unordered.map { Int32($0) }
    self.seriesCount = seriesCount
    self.strongest = strongest
  }

  /// Images spread over the drift, least first: for four the quantiles 1/6, 1/2, 5/6 and 1, so that the choice is
  /// nobody's. Where there are fewer with a place, all of them, and then as many of the others.
  /// - Returns: at most `count` different images.
  public func quantiles(_ count: Int) -> [ImageRecord] {
    guard count > 0 else { return [] }
    guard orderedPlaces.count > count else { return Array(all.prefix(count)) }
    var chosen: [Int] = []
    for index in 0..<count {
      // The middle of each of the first count - 1 equal parts, and the greatest.
      let share = index == count - 1 ? 1 : (Double(index) + 0.5) / (Double(count) - 1)
      // Of two in the middle the lesser.
      let wanted = Int((share * Double(orderedPlaces.count - 1) - 0.5).rounded(.up))
      chosen.append(max(wanted, (chosen.last ?? -1) + 1))
    }
    return chosen.map { images[Int(orderedPlaces[min($0, orderedPlaces.count - 1)])] }
  }
}

extension ExperimentResults {
  /// The images of which every level of all these series was measured, by the mean drift of the series at the strongest
  /// attack.
  public func driftOrder(_ series: [SeriesSummary]) -> DriftOrder {
    guard let strongest = series.compactMap({ $0.levels.last?.epsilon }).max(), let tables = try? tables else {
      return DriftOrder()
    }
    return found.order(of: series.map(\.identity)) { driftOrder(series, tables, strongest: strongest) }
  }

  private func driftOrder(
    _ series: [SeriesSummary], _ tables: MeasurementTables, strongest: Double
  ) -> DriftOrder {
    // One dead model must not take every image's place from it.
    let sound = series.filter { $0.rankingObstacles(imageCount: $0.imageCount).isEmpty }
    let counted = sound.isEmpty ? series : sound
    // Added in the order of the rows, whatever the order of the series.
    let places = counted.compactMap { one in
      place(of: one.identity).map { (place: $0, measure: one.measureIndex) }
    }.sorted { ($0.place, $0.measure) < ($1.place, $1.measure) }
    let wanted = Set(series.compactMap { place(of: $0.identity) })
    var sums = [Double](repeating: 0, count: images.count)
    var unsound = [Int](repeating: 0, count: images.count)
    for (place, measure) in places {
      let own = tables.series[place]
      guard let values = own.values[measure].last, let traits = own.traits.last else { continue }
      for image in images.indices where traits[image].contains(.measured) {
        // A pair that shows no drift has no part in the mean, great as its number may be.
        if traits[image].isDisjoint(with: [.dead, .unmoved]), values[image].isFinite {
          sums[image] += values[image]
        } else {
          unsound[image] += 1
        }
      }
    }
    for image in images.indices where unsound[image] < counted.count {
      sums[image] /= Double(counted.count - unsound[image])
    }
    // An image with holes does not count for the series, and would leave holes in a picture of it.
    let complete = images.indices.filter { image in wanted.allSatisfy { tables.series[$0].isComplete(image) } }
    func hasPlace(_ image: Int) -> Bool { 10 * unsound[image] <= counted.count && sums[image].isFinite }
    return DriftOrder(
      images: images,
      ordered: complete.filter(hasPlace).sorted {
        sums[$0] == sums[$1] ? images[$0].path < images[$1].path : sums[$0] < sums[$1]
      },
      unordered: complete.filter { !hasPlace($0) }.sorted { images[$0].path < images[$1].path },
      seriesCount: counted.count, strongest: strongest)
  }
}
