import Results
import Support

/// What the numbers of a pass stand for: its levels, its maps, its pairs of maps, in the order in which the numbers come.
///
/// Many passes share one layout. Attacks, explanations, measures and layers are identifiers of texts.
package struct PassLayout: Hashable, Sendable {
  /// No attack: the control.
  static let control: Int64 = 0

  package struct Level: Hashable, Sendable {
    var attack: Int64
    package var epsilon: Double
  }

  /// What a raw map is of, beyond the level; each series has a clean map.
  package struct Series: Hashable, Sendable {
    var explanation: Int64
    package var target: ExplanationTarget
    package var layer: Int64
  }

  /// A clean map and an attacked one.
  package struct Pair: Hashable, Sendable {
    /// Into `levels`.
    var level: Int
    /// Into `series`.
    var series: Int
    /// By which it was measured, into `measures`.
    var measures: [Int]
  }

  struct Measure: Hashable, Sendable {
    var settings: Int64
    /// Numbers for each pair.
    var columns: Int
  }

  struct Direction: Hashable, Sendable {
    var settings: Int64
    /// Whether its signs were stored with the pass.
    var isKept: Bool
  }

  var levels: [Level] = []
  /// Into `levels`: those with logits.
  var scored: [Int] = []
  var series: [Series] = []
  var measures: [Measure] = []
  var pairs: [Pair] = []
  var directions: [Direction] = []
  /// Whether the store had a picture of the image when the pass was stored.
  var hasPicture = false
}

extension PassLayout {
  /// As the store keeps it: a line for each part, words with spaces between them.
  var text: String { text { String($0) } }

  /// - Parameter name: of a text's identifier; without spaces and line breaks, or nobody reads it again.
  func text(_ name: (Int64) -> String) -> String {
    var lines: [String] = []
    for (index, level) in levels.enumerated() {
      let attack = level.attack == Self.control ? "0" : name(level.attack)
      lines.append("level \(attack) \(level.epsilon)" + (scored.contains(index) ? " scores" : ""))
    }
    for one in series { lines.append("series \(name(one.explanation)) \(one.target.rawValue) \(name(one.layer))") }
    for measure in measures { lines.append("measure \(name(measure.settings)) \(measure.columns)") }
    for pair in pairs {
      lines.append("pair \(pair.level) \(pair.series)" + pair.measures.map { " \($0)" }.joined())
    }
    for direction in directions {
      lines.append("direction \(name(direction.settings))" + (direction.isKept ? " kept" : ""))
    }
    if hasPicture { lines.append("picture") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// - Returns: nil for a text that `text` does not make.
  init?(text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      switch words.first {
      case "level" where words.count == 3 || words.count == 4 && words[3] == "scores":
        guard let attack = Int64(words[1]), let epsilon = Double(words[2]) else { return nil }
        if words.count == 4 { scored.append(levels.count) }
        levels.append(Level(attack: attack, epsilon: epsilon))
      case "series" where words.count == 4:
        guard let explanation = Int64(words[1]), let target = ExplanationTarget(rawValue: String(words[2])),
          let layer = Int64(words[3])
        else { return nil }
        series.append(Series(explanation: explanation, target: target, layer: layer))
      case "measure" where words.count == 3:
        guard let settings = Int64(words[1]), let columns = Int(words[2]), (1...64).contains(columns) else {
          return nil
        }
        measures.append(Measure(settings: settings, columns: columns))
      case "pair" where words.count >= 4:
        let numbers = words.dropFirst().compactMap { Int($0) }
        guard numbers.count == words.count - 1, levels.indices.contains(numbers[0]),
          series.indices.contains(numbers[1]), numbers.dropFirst(2).allSatisfy(measures.indices.contains)
        else { return nil }
        pairs.append(Pair(level: numbers[0], series: numbers[1], measures: Array(numbers.dropFirst(2))))
      case "direction" where words.count == 2 || words.count == 3 && words[2] == "kept":
        guard let settings = Int64(words[1]) else { return nil }
        directions.append(Direction(settings: settings, isKept: words.count == 3))
      case "picture" where words.count == 1: hasPicture = true
      default: return nil
      }
    }
    guard self.text == text else { return nil }
  }
}

extension PassLayout {
  /// A pair of maps, whatever pass it is in.
  package struct PairKey: Hashable, Sendable {
    package var series: Series
    package var level: Level
  }

  /// How many measurements it holds.
  var rowCount: Int { pairs.reduce(0) { $0 + $1.measures.count } }

  func key(of pair: Pair) -> PairKey { PairKey(series: series[pair.series], level: levels[pair.level]) }

  /// - Parameter body: called with each measurement: its pair of maps, the settings of its measure, and where its values are.
  package func forEachRow(_ body: (PairKey, _ measure: Int64, _ pair: Int, _ position: Int) throws -> Void) rethrows {
    for (index, pair) in pairs.enumerated() {
      let key = key(of: pair)
      for (position, measure) in pair.measures.enumerated() {
        try body(key, measures[measure].settings, index, position)
      }
    }
  }
}
