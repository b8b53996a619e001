import Foundation
import Results
import Support

/// A pass as it is put together before it is stored.
struct PassContent {
  var layout = PassLayout()
  var numbers = PassNumbers()
  /// Those of `numbers.maps`.
  var maps: [StoredMap] = []

  /// - Parameters:
  ///   - prediction: class index on the clean image.
  ///   - confidence: its softmax probability.
  init(prediction: Int, confidence: Double) {
    numbers.prediction = prediction
    numbers.confidence = confidence
  }

  var isEmpty: Bool { layout.pairs.isEmpty && layout.scored.isEmpty }

  /// - Returns: into the levels; one that is there stays as it is.
  @discardableResult
  mutating func add(_ level: PassLayout.Level, _ numbers: PassNumbers.Level) -> Int {
    if let index = layout.levels.firstIndex(of: level) { return index }
    if numbers.scores != nil { layout.scored.append(layout.levels.count) }
    layout.levels.append(level)
    self.numbers.levels.append(numbers)
    return layout.levels.count - 1
  }

  /// - Returns: into the series; one that is there stays as it is.
  mutating func add(_ series: PassLayout.Series, peak: Float, map: StoredMap?) -> Int {
    if let index = layout.series.firstIndex(of: series) { return index }
    layout.series.append(series)
    let map = map.map { add($0) }
    numbers.series.append(PassNumbers.Series(peak: peak, map: map))
    return layout.series.count - 1
  }

  /// - Parameter values: of each measure, by its settings, a number for each of its columns.
  mutating func addPair(
    level: Int, series: Int, peak: Float, map: StoredMap?, values: [(settings: Int64, values: [Double])]
  ) {
    let measures = values.map { settings, values in
      let measure = PassLayout.Measure(settings: settings, columns: values.count)
      if let index = layout.measures.firstIndex(of: measure) { return index }
      layout.measures.append(measure)
      return layout.measures.count - 1
    }
    layout.pairs.append(PassLayout.Pair(level: level, series: series, measures: measures))
    let map = map.map { add($0) }
    numbers.pairs.append(PassNumbers.Pair(peak: peak, map: map, values: values.map(\.values)))
  }

  mutating func addDirection(_ settings: Int64, isZero: Bool, isKept: Bool) {
    layout.directions.append(PassLayout.Direction(settings: settings, isKept: isKept))
    numbers.zeroDirections.append(isZero)
  }

  /// Each different map once: that of the control is most often that of the clean image.
  private mutating func add(_ map: StoredMap) -> Int {
    if let index = numbers.maps.firstIndex(of: map.sha256) { return index }
    maps.append(map)
    numbers.maps.append(map.sha256)
    return maps.count - 1
  }
}

extension PassContent {
  /// A part of a stored pass.
  /// - Parameters:
  ///   - maps: those of the pass; nil where one is missing.
  ///   - keeps: whether a pair's measurement by the measure with these settings stays.
  ///   - keepsScores: whether a level's logits stay.
  init(
    part pass: StoredPass, maps: [StoredMap?], keeps: (PassLayout.PairKey, Int64) -> Bool,
    keepsScores: (PassLayout.Level) -> Bool
  ) {
    let (layout, numbers) = (pass.layout.layout, pass.numbers)
    self.init(prediction: numbers.prediction, confidence: numbers.confidence)
    func map(_ index: Int?) -> StoredMap? { index.flatMap { maps[$0] } }
    func level(_ index: Int) -> PassNumbers.Level {
      var level = numbers.levels[index]
      if !keepsScores(layout.levels[index]) { level.scores = nil }
      return level
    }
    for (index, pair) in layout.pairs.enumerated() {
      let key = layout.key(of: pair)
      let values = zip(pair.measures, numbers.pairs[index].values).compactMap { measure, values in
        let settings = layout.measures[measure].settings
        return keeps(key, settings) ? (settings: settings, values: values) : nil
      }
      guard !values.isEmpty else { continue }
      let clean = numbers.series[pair.series]
      let own = add(key.series, peak: clean.peak, map: map(clean.map))
      let place = add(key.level, level(pair.level))
      addPair(
        level: place, series: own, peak: numbers.pairs[index].peak, map: map(numbers.pairs[index].map), values: values)
    }
    for index in layout.scored where keepsScores(layout.levels[index]) {
      add(layout.levels[index], level(index))
    }
    for (direction, isZero) in zip(layout.directions, numbers.zeroDirections) {
      addDirection(direction.settings, isZero: isZero, isKept: direction.isKept)
    }
    self.layout.hasPicture = layout.hasPicture
  }
}
