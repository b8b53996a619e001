/// Whether one of some series may be called the one that drifts most, or least, at an attack level.
///
/// It may where it leads by MOD, by relative drift as far as that is known, and, where each image's own prediction is
/// explained, over the pairs that held their prediction; and where its difference to the next by MOD is more than chance.
public struct Superlative: Sendable {
  /// Which end of the order.
  public enum End: Sendable, Hashable, CaseIterable { case most, least }

  /// Why it may not be said.
  public enum Objection: Sendable, Hashable {
    /// Fewer than `IntervalRule.fewest`, so many.
    case fewImages(Int)
    /// The adjusted p of the difference to the next is not below 0.05.
    case chance(probability: Double)
    /// Another leads by relative drift.
    case relative(SeriesIdentity)
    /// Another leads over the pairs that held their prediction.
    case held(SeriesIdentity)
    /// Of some series too few pairs held their prediction to compare them: which, and how many pairs at most.
    case fewHeld([SeriesIdentity], most: Int)
  }

  /// Of the order by MOD.
  public let end: End
  /// The attack level.
  public let epsilon: Double
  /// The leader by MOD.
  public let series: SeriesSummary
  /// The next by MOD.
  public let next: SeriesSummary
  /// Of their difference, adjusted by Holm for all pairs of the series.
  public let probability: Double
  /// Whether every series' relative drift is known.
  public let hasRelative: Bool
  /// Empty where it may be said.
  public let objections: [Objection]

  /// Whether the leader and the next have one MOD, so that which of them leads is the order of the experiment alone.
  public var isTied: Bool {
    let mods = [series, next].map { one in one.levels.first { $0.epsilon == epsilon }?.mod.value }
    return mods[0] == mods[1]
  }

  /// Whether it may be said.
  public var isClear: Bool { objections.isEmpty }
}

extension ExperimentResults {
  /// - Parameters:
  ///   - series: those that are ranked, of one measure.
  ///   - epsilon: an attack level.
  /// - Returns: nil where there are not two of them, or one was not attacked at this level.
  public func superlative(_ end: Superlative.End, among series: [SeriesSummary], epsilon: Double) -> Superlative? {
    let levels = series.compactMap { one in one.levels.first { $0.epsilon == epsilon } }
    guard series.count > 1, levels.count == series.count, levels.allSatisfy({ $0.mod.value.isFinite }) else {
      return nil
    }
    func order(_ quantity: (Int) -> Double) -> [Int] {
      let sorted = series.indices.sorted { (quantity($0), $0) < (quantity($1), $1) }
      return end == .most ? sorted.reversed() : sorted
    }
    let byMOD = order { levels[$0].mod.value }
    let (leader, next) = (byMOD[0], byMOD[1])
    // Of all levels at once: they share what is drawn.
    let (probability, images) = differences(among: series).probability(
      series[leader].identity, series[next].identity, epsilon: epsilon)
    var objections: [Superlative.Objection] = []
    if images < IntervalRule.fewest {
      objections.append(.fewImages(images))
    } else if !(probability < 0.05) {
      objections.append(.chance(probability: probability))
    }
    let relative = series.indices.map { relativeDrift(of: series[$0], at: levels[$0]) }
    let hasRelative = relative.allSatisfy { $0 != nil }
    if hasRelative, case let first = order({ relative[$0] ?? .nan })[0], first != leader {
      objections.append(.relative(series[first].identity))
    }
    if series.contains(where: { $0.target == .predicted }) {
      let few = series.indices.filter { levels[$0].heldCount < IntervalRule.fewest }
      if let most = few.map({ levels[$0].heldCount }).max() {
        // Of fewer images than that too little can be said anyway.
        if images >= IntervalRule.fewest {
          objections.append(.fewHeld(few.map { series[$0].identity }, most: most))
        }
      } else if case let first = order({ levels[$0].modHeld.value })[0], first != leader {
        objections.append(.held(series[first].identity))
      }
    }
    return Superlative(
      end: end, epsilon: epsilon, series: series[leader], next: series[next], probability: probability,
      hasRelative: hasRelative,
      objections: objections)
  }

  /// The series whose attacked images, at the level 0 the clean ones, are named right most often, where the difference to
  /// the next is more than chance: by the paired sign-flip test, adjusted by Holm for all pairs.
  /// - Returns: nil where none is, or there are too few images to say so.
  public func mostAccurate(among series: [SeriesSummary], epsilon: Double) -> SeriesIdentity? {
    func share(_ one: SeriesSummary) -> Double {
      epsilon == 0 ? one.cleanAccuracy.value : one.levels.first { $0.epsilon == epsilon }?.accuracy.value ?? -1
    }
    let order = series.sorted { share($0) > share($1) }
    guard order.count > 1, share(order[0]) > share(order[1]) else { return nil }
    let (probability, images) = differences(among: series, epsilons: [0] + epsilons, of: .right).probability(
      order[0].identity, order[1].identity, epsilon: epsilon)
    return images >= IntervalRule.fewest && probability < 0.05 ? order[0].identity : nil
  }
}

extension FamilyOfDifferences {
  /// Of the difference between two series at a level.
  fileprivate func probability(
    _ first: SeriesIdentity, _ second: SeriesIdentity, epsilon: Double
  ) -> (adjusted: Double, images: Int) {
    guard let pair = of(first, minus: second) else { return (.nan, 0) }
    return (pair.levels.first { $0.epsilon == epsilon }?.adjusted ?? .nan, pair.imageCount)
  }
}
