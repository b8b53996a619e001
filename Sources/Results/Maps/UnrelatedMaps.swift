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
    if let carried = carriedUnrelated(of: series) { return carried }
    var identity = series.identity.ofAllMeasures
    identity.attack = ""
    let made = try found.unrelated(identity) { () throws(Problem) in
      // The images of the first attack that has any, whichever is asked for first.
      for attack in attacks {
        identity.attack = attack.key
        let images = completeImages(of: identity)
        guard !images.isEmpty else { continue }
        let finding = Finding(.unrelatedMaps, of: identity, self)
        if let kept = kept(finding, { UnrelatedMaps.read(measures.count, &$0) }) { return kept }
        let made = try makeUnrelatedMaps(of: identity, images, size: series.model.inputSize)
        keep(finding) { UnrelatedMaps.write(made, to: &$0) }
        return made
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
}

extension UnrelatedMaps {
  fileprivate static func write(_ all: [UnrelatedMaps], to writer: inout ByteWriter) {
    for mean in all.flatMap({ [$0.sameLabel, $0.differentLabels] }) {
      // There is no mean over pairs of which there are none.
      writer.add((mean?.value ?? .nan).bitPattern)
      for count in [mean?.pairCount, mean?.allCount, mean?.valuelessCount] { writer.add(count ?? 0) }
    }
  }

  /// - Returns: one for each measure; nil for bytes that are none of these.
  fileprivate static func read(_ measures: Int, _ reader: inout ByteReader) -> [UnrelatedMaps]? {
    func mean() -> Mean?? {
      guard let value = reader.double(), let pairs = reader.count(), let all = reader.count(),
        let valueless = reader.count()
      else { return .none }
      return all == 0
        ? .some(nil) : Mean(value: value, pairCount: pairs, allCount: all, valuelessCount: valueless)
    }
    var all: [UnrelatedMaps] = []
    for _ in 0..<measures {
      guard let same = mean(), let different = mean() else { return nil }
      all.append(UnrelatedMaps(sameLabel: same, differentLabels: different))
    }
    return all
  }
}
