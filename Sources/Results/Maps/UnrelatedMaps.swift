import Explanations
import Measures
import Support

/// How far apart the clean heatmaps of different images lie, by one measure: what a MOD has to be held against. Networks whose
/// maps are all alike have small MODs for that reason alone.
public struct UnrelatedMaps: Sendable, Hashable {
  /// Over pairs of images.
  public struct Mean: Sendable, Hashable {
    /// Of the measure.
    public var value: Double
    /// Pairs that it is over.
    public var pairCount: Int
    /// Pairs that there are: more where the mean is over a seeded sample of them.
    public var allCount: Int
    /// Pairs left out, in which a map is dead or the measure has no value.
    public var valuelessCount: Int
  }

  /// Over pairs of images of the same label; nil where there is none.
  public var sameLabel: Mean?
  /// Over pairs of images of different labels; nil where there is none.
  public var differentLabels: Mean?

  /// So many pairs of each kind are compared, all where there are fewer.
  public static let mostPairs = 1000
}

extension ExperimentResults {
  /// How far apart the clean maps of different images lie, for a series' model, explanation, target, layer and measure; whatever
  /// the attack, they are the same.
  /// - Throws: `Problem` where a map is missing or damaged.
  public func unrelatedMaps(of series: SeriesSummary) throws(Problem) -> UnrelatedMaps {
    var identity = series.identity.ofAllMeasures
    identity.attack = ""
    let made = try found.unrelated(identity) { () throws(Problem) in
      // The images of the first attack that has any, whichever is asked for first.
      for attack in attacks {
        identity.attack = attack.key
        let images = completeImages(of: identity)
        if !images.isEmpty { return try makeUnrelatedMaps(of: identity, images, size: series.model.inputSize) }
      }
      return measures.map { _ in UnrelatedMaps() }
    }
    guard let place = measureKeys.firstIndex(of: series.measure) else { return UnrelatedMaps() }
    return made[place]
  }

  /// The same where a report may do without: at the deepest explained layer of each model, found when it is first asked for.
  /// - Returns: nil at another layer, and where maps were not kept or cannot be read.
  public func knownUnrelatedMaps(of series: SeriesSummary) -> UnrelatedMaps? {
    series.layer == series.model.deepestLayer ? try? unrelatedMaps(of: series) : nil
  }

  /// What a MOD of a series is held against: the mean of its measure over clean maps of images with different labels.
  /// - Returns: nil where it is not known (`knownUnrelatedMaps(of:)`), or without two labels.
  public func unrelatedMean(of series: SeriesSummary) -> Double? {
    guard let mean = knownUnrelatedMaps(of: series)?.differentLabels?.value, mean.isFinite else { return nil }
    return mean
  }

  /// MOD in units of how far apart unrelated maps lie: 0 nothing moved, 1 as far as the map of another label's image.
  /// - Returns: nil where that distance is not known.
  public func relativeDrift(of series: SeriesSummary, at level: LevelSummary) -> Double? {
    guard level.mod.value.isFinite, let mean = unrelatedMean(of: series), mean > 0 else { return nil }
    return level.mod.value / mean
  }

  /// One for each measure.
  private func makeUnrelatedMaps(
    of series: SeriesIdentity, _ images: [ImageRecord], size: Int
  ) throws(Problem) -> [UnrelatedMaps] {
    let pairs = ImagePairs(labels: images.map(\.label), most: UnrelatedMaps.mostPairs, seed: seed)
    let wanted = Set(pairs.same + pairs.different)
    // Of a great data set few images are in a pair.
    let raw = try concurrentMap(Set(wanted.flatMap { [$0.first, $0.second] }).sorted()) { (image) throws(Problem) in
      (image, try cleanMap(of: images[image], series))
    }
    let maps = Dictionary(raw, uniquingKeysWith: { first, _ in first })
    let compared = try concurrentMap(PairBlocks.blocks(of: wanted)) { (pairs) throws(Problem) in
      try compare(pairs, maps, size)
    }
    var values: [ImagePairs.Pair: [Double]] = [:]
    for part in compared { values.merge(part) { first, _ in first } }
    func mean(_ pairs: [ImagePairs.Pair], of all: Int, _ measure: Int) -> UnrelatedMaps.Mean? {
      guard !pairs.isEmpty else { return nil }
      let known = pairs.compactMap { values[$0]?[measure] }.filter { !$0.isNaN }
      return UnrelatedMaps.Mean(
        value: known.isEmpty ? .nan : Drift.mean(known), pairCount: known.count, allCount: all,
        valuelessCount: pairs.count - known.count)
    }
    return measures.indices.map { measure in
      UnrelatedMaps(
        sameLabel: mean(pairs.same, of: pairs.sameCount, measure),
        differentLabels: mean(pairs.different, of: pairs.differentCount, measure))
    }
  }

  /// - Returns: nil for a dead map, which says nothing of where attention lies.
  private func cleanMap(of image: ImageRecord, _ series: SeriesIdentity) throws(Problem) -> RawMap? {
    let raw: RawMap?
    do {
      raw = try pictures.rawMap(of: series, image: image.path, epsilon: nil)
    } catch {
      throw error as? Problem ?? .failure("a raw map cannot be read: \(error)")
    }
    guard let raw else {
      throw .failure("the raw map of \(series.model) on \(image.path) at layer \(series.layer) was not kept")
    }
    return raw.isDead ? nil : raw
  }

  /// - Parameter maps: of the images; none for one whose map is dead.
  /// - Returns: of each pair what each measure says; NaN where it has no value, or a map is dead.
  private func compare(
    _ pairs: [ImagePairs.Pair], _ maps: [Int: RawMap?], _ size: Int
  ) throws(Problem) -> [ImagePairs.Pair: [Double]] {
    struct Known {
      var map: ExplainedMap
      var references: [any MeasureReference]
    }
    var known: [Int: Known] = [:]
    for image in Set(pairs.flatMap { [$0.first, $0.second] }) {
      guard let raw = maps[image] ?? nil else { continue }
      let map = ExplainedMap(raw: raw, heatmap: heatmap(of: raw, size: size))
      var references: [any MeasureReference] = []
      for measure in measures { references.append(try measure.reference(map)) }
      known[image] = Known(map: map, references: references)
    }
    var found: [ImagePairs.Pair: [Double]] = [:]
    for pair in pairs {
      guard let first = known[pair.first], let second = known[pair.second] else {
        found[pair] = [Double](repeating: .nan, count: measures.count)
        continue
      }
      var values: [Double] = []
      for (one, other) in zip(first.references, second.references) {
        values.append(try one.compare(with: other, of: second.map).last ?? .nan)
      }
      found[pair] = values
    }
    return found
  }
}
