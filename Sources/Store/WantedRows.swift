import Results
import Support

/// What an experiment asks of one model, in the numbers that the store has for its texts.
package struct WantedRows {
  let keys: KeyMaker
  /// Of each measure; nil where nothing stored was measured by it.
  let measures: [Int64?]
  let directions: [Int64?]
  private let attacks: [Int64?]
  private let explanations: [Int64?]
  private let layers: [String: Int64]

  package init(_ keys: KeyMaker, layers: [String], _ reader: StoreReader) throws {
    self.keys = keys
    measures = try keys.measures.map { try reader.identifier($0) }
    directions = try keys.directions.map { try reader.identifier($0) }
    attacks = try keys.attacks.map { try reader.identifier($0) }
    explanations = try keys.explanations.map { try reader.identifier($0) }
    var found: [String: Int64] = [:]
    for layer in layers { found[layer] = try reader.identifier(keys.stored(layer: layer)) }
    self.layers = found
  }

  /// - Returns: nil where the store has nothing at all of such a level.
  func level(_ level: KeyMaker.Level) -> PassLayout.Level? {
    if level.epsilon == 0 { return PassLayout.Level(attack: PassLayout.control, epsilon: 0) }
    return attacks[level.attack].map { PassLayout.Level(attack: $0, epsilon: level.epsilon) }
  }

  func series(_ place: KeyMaker.MapCoordinates) -> PassLayout.Series? {
    guard let explanation = explanations[place.explanation], let layer = layers[place.layer] else { return nil }
    return PassLayout.Series(explanation: explanation, target: place.target, layer: layer)
  }

  /// - Parameter pair: with a level.
  func key(_ pair: KeyMaker.MapCoordinates) -> PassLayout.PairKey? {
    guard let series = series(pair), let level = pair.level.flatMap({ level($0) }) else { return nil }
    return PassLayout.PairKey(series: series, level: level)
  }
}

extension StoredLayout {
  /// - Parameter measure: its settings.
  func has(_ key: PassLayout.PairKey, measure: Int64) -> Bool {
    pairs[key].map { position(ofMeasure: measure, in: $0) != nil } ?? false
  }

  func hasScores(at level: PassLayout.Level) -> Bool { levels[level].map(layout.scored.contains) ?? false }
}

/// The passes of one subject; of what several of them have the first counts.
struct PassSet {
  let passes: [StoredPass]

  /// - Parameter measure: its settings.
  func row(_ key: PassLayout.PairKey, measure: Int64) -> (row: StoredRow, environment: Int64)? {
    for pass in passes {
      if let row = pass.row(key, measure: measure) { return (row, pass.head.environment) }
    }
    return nil
  }

  func scores(at level: PassLayout.Level) -> ClassScores? { passes.lazy.compactMap { $0.scores(at: level) }.first }

  /// Whether the gradient is 0 everywhere; nil where it was not noted.
  func isZero(direction settings: Int64) -> Bool? {
    for pass in passes {
      if let index = pass.layout.layout.directions.firstIndex(where: { $0.settings == settings }) {
        return pass.numbers.zeroDirections[index]
      }
    }
    return nil
  }

  /// - Parameter level: nil for the clean image's map.
  /// - Returns: the pass, and where in its maps; nil where there is none.
  func map(_ series: PassLayout.Series, _ level: PassLayout.Level?) -> (pass: StoredPass, index: Int)? {
    for pass in passes {
      let index: Int?
      if let level {
        index = pass.layout.pairs[PassLayout.PairKey(series: series, level: level)].flatMap {
          pass.numbers.pairs[$0].map
        }
      } else {
        index = pass.layout.layout.series.firstIndex(of: series).flatMap { pass.numbers.series[$0].map }
      }
      if let index { return (pass, index) }
    }
    return nil
  }
}
