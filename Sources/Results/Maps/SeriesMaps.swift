import Explanations
import Measures
import Support

/// Where the heatmaps of a series lie: their means over images, and how their centres moved.
public struct SeriesMaps: Sendable {
  /// At one attack level.
  public struct Level: Sendable {
    /// In pixel units of [0, 1].
    public var epsilon: Double
    /// Mean of the attacked heatmaps, size x size, row-major, in [0, 1]; a dead map counts as 0 everywhere.
    public var mean: [Double]
    /// Of each image; nil where they are kept elsewhere: `ExperimentResults.shifts(of:epsilon:)` has them in any case.
    var shifts: Shifts?
    /// What the shifts come to.
    public var statistics: ShiftStatistics
    /// Attacked maps that are dead.
    public var deadCount: Int
  }

  /// Height and width of the heatmaps: the network's input.
  public var size: Int
  /// Of the clean heatmaps, as `Level.mean`.
  public var clean: [Double]
  /// Clean maps that are dead.
  public var deadCount: Int
  /// In the order of the attack's levels, without the control.
  public var levels: [Level]
  /// Those that it is over, ascending, into the results' images.
  public var images: [Int]
}

extension ExperimentResults {
  /// Where the heatmaps of some series lie, all read at once.
  /// - Returns: in the order of the series.
  /// - Throws: `Problem` where a map is missing or damaged.
  public func maps(of series: [SeriesSummary]) throws(Problem) -> [SeriesMaps] {
    try found.maps(of: series) { (wanted) throws(Problem) in
      var known: [SeriesIdentity: SeriesMaps] = [:]
      for one in wanted {
        known[one.identity.ofAllMeasures] = SeriesMaps(keptOf: one, self)
      }
      for (one, maps) in try makeMaps(of: wanted.filter { known[$0.identity.ofAllMeasures] == nil }) {
        known[one.identity.ofAllMeasures] = maps
        maps.keep(of: one, self)
      }
      return wanted.compactMap { known[$0.identity.ofAllMeasures] }
    }
  }

  /// How the centres of a series' heatmaps moved, of each image of `SeriesMaps.images`; nil where one of its two maps is dead.
  /// - Returns: none for a level that the series was not attacked at.
  /// - Throws: `Problem` where a map is missing or damaged.
  public func shifts(of series: SeriesSummary, epsilon: Double) throws(Problem) -> Shifts {
    guard let maps = try maps(of: [series]).first, let level = maps.levels.first(where: { $0.epsilon == epsilon })
    else { return Shifts(count: 0) }
    if let shifts = level.shifts ?? maps.keptShifts(of: series, epsilon: epsilon, self) { return shifts }
    return try makeMaps(of: [series]).first?.maps.levels.first { $0.epsilon == epsilon }?.shifts ?? Shifts(count: 0)
  }

  /// The measure does not matter: one series of each measure's is made.
  private func makeMaps(of series: [SeriesSummary]) throws(Problem) -> [(series: SeriesSummary, maps: SeriesMaps)] {
    guard !series.isEmpty else { return [] }
    let places = Dictionary(images.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
    var made: [(series: SeriesSummary, maps: SeriesMaps)] = []
    for model in Set(series.map(\.model.key)).sorted() {
      var own: [SeriesIdentity: MapSums] = [:]
      var summaries: [SeriesSummary] = []
      var isWanted = [Bool](repeating: false, count: images.count)
      for one in series where one.model.key == model && own[one.identity.ofAllMeasures] == nil {
        let complete = completeImageIndices(of: one.identity)
        for image in complete { isWanted[image] = true }
        own[one.identity.ofAllMeasures] = MapSums(one, images: complete, places: places)
        summaries.append(one)
      }
      let empty = own.mapValues(\.part)
      let wanted = isWanted.allSatisfy(\.self) ? nil : Set(zip(images, isWanted).lazy.filter(\.1).map(\.0.path))
      try readMaps(of: model, images: wanted) { (rows) throws(Problem) in
        var parts = empty
        for row in rows { parts[SeriesIdentity(row.row)]?.add(row) }
        return parts
      } consume: { parts in
        for (identity, part) in parts { own[identity]?.add(part) }
      }
      let found = own
      made += concurrentMap(summaries) { one in
        found[one.identity.ofAllMeasures].map { (one, $0.maps(seed: seed, flips: resamples)) }
      }.compactMap(\.self)
    }
    return made
  }
}

extension SeriesIdentity {
  /// The same without a measure.
  var ofAllMeasures: SeriesIdentity {
    var copy = self
    copy.measure = ""
    return copy
  }
}
