import Support

/// The pairs of a series at an attack level by whether the attack changed the prediction.
public struct HeldAndFlipped: Sendable, Hashable {
  /// What the measure says of the pairs that held their prediction, in the order of the images.
  public var held: [Double]
  /// The same of those whose prediction changed.
  public var flipped: [Double]
}

extension ExperimentResults {
  /// The values of a series at an attack level, those behind `LevelSummary.modHeld` and `LevelSummary.modFlipped`.
  /// - Parameter epsilon: an attack level of the series.
  /// - Returns: nothing in either where the series was not attacked at the level.
  /// - Throws: `Problem` where a row is missing or damaged.
  public func heldAndFlipped(_ series: SeriesSummary, epsilon: Double) throws(Problem) -> HeldAndFlipped {
    var found = HeldAndFlipped(held: [], flipped: [])
    guard let place = place(of: series.identity), case let own = try tables.series[place],
      let level = own.levels.firstIndex(of: epsilon)
    else { return found }
    for image in images.indices where own.counts(image, measure: series.measureIndex) {
      let value = own.values[series.measureIndex][level][image]
      guard own.traits[level][image].contains(.measured), value.isFinite else { continue }
      if own.traits[level][image].contains(.flipped) {
        found.flipped.append(value)
      } else {
        found.held.append(value)
      }
    }
    return found
  }
}
