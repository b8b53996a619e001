import Foundation
import Results
import Support

/// The numbers of a pass, in the order of its layout.
struct PassNumbers: Hashable, Sendable {
  package struct Level: Hashable, Sendable {
    /// Class index of the highest logit, and its softmax probability.
    var prediction: Int
    var confidence: Double
    var scores: ClassScores?
  }

  package struct Series: Hashable, Sendable {
    /// Maximum of the clean map.
    var peak: Float
    /// Into `maps`; nil where the map is not there.
    var map: Int?
  }

  package struct Pair: Hashable, Sendable {
    /// Maximum of the attacked map.
    var peak: Float
    var map: Int?
    /// Of each measure a number for each of its columns.
    var values: [[Double]]
  }

  /// Of the clean image.
  var prediction = 0
  var confidence = 0.0
  /// Of each direction, whether the gradient is 0 everywhere.
  var zeroDirections: [Bool] = []
  /// SHA-256 of the raw maps of the pass, each different one once.
  var maps: [Data] = []
  var levels: [Level] = []
  var series: [Series] = []
  var pairs: [Pair] = []
}

extension PassNumbers {
  private static let noMap = UInt32.max

  /// Little-endian; Int32 for classes, Float32 for logits and peaks, Float64 for all else.
  func bytes(_ layout: PassLayout) -> Data {
    var writer = ByteWriter()
    writer.add(UInt32(bitPattern: Int32(truncatingIfNeeded: prediction)))
    writer.add(confidence.bitPattern)
    for isZero in zeroDirections { writer.add(UInt8(isZero ? 1 : 0)) }
    writer.add(UInt32(maps.count))
    for map in maps { writer.add(map) }
    for (index, level) in levels.enumerated() {
      writer.add(UInt32(bitPattern: Int32(truncatingIfNeeded: level.prediction)))
      writer.add(level.confidence.bitPattern)
      guard layout.scored.contains(index), let scores = level.scores else { continue }
      writer.add((scores.clippedShare ?? .nan).bitPattern)
      writer.add(UInt8(scores.classes.count))
      for score in scores.classes {
        writer.add(UInt32(bitPattern: Int32(truncatingIfNeeded: score.label)))
        writer.add(score.logit.bitPattern)
        writer.add(score.probability.bitPattern)
      }
    }
    for one in series {
      writer.add(one.peak.bitPattern)
      writer.add(one.map.map { UInt32($0) } ?? Self.noMap)
    }
    for pair in pairs {
      writer.add(pair.peak.bitPattern)
      writer.add(pair.map.map { UInt32($0) } ?? Self.noMap)
      for value in pair.values.joined() { writer.add(value.bitPattern) }
    }
    return writer.bytes
  }

  /// - Parameter keepsMaps: whether the hashes of maps are wanted, which rows are not made of.
  /// - Returns: nil for bytes that are not those of such a layout.
  init?(_ bytes: Data, layout: PassLayout, keepsMaps: Bool = true) {
    var reader = ByteReader(bytes)
    func label() -> Int? { reader.number(UInt32.self).map { Int(Int32(bitPattern: $0)) } }
    func double() -> Double? { reader.number(UInt64.self).map { Double(bitPattern: $0) } }
    func float() -> Float? { reader.number(UInt32.self).map { Float(bitPattern: $0) } }
    guard let prediction = label(), let confidence = double() else { return nil }
    (self.prediction, self.confidence) = (prediction, confidence)
    for _ in layout.directions {
      guard let byte = reader.number(UInt8.self) else { return nil }
      zeroDirections.append(byte != 0)
    }
    guard let count = reader.number(UInt32.self), Int(count) <= bytes.count / 32 else { return nil }
    if keepsMaps {
      for _ in 0..<count {
        guard let hash = reader.data(32) else { return nil }
        maps.append(hash)
      }
    } else if !reader.skip(32 * Int(count)) {
      return nil
    }
    levels.reserveCapacity(layout.levels.count)
    for index in layout.levels.indices {
      guard let prediction = label(), let confidence = double() else { return nil }
      var level = Level(prediction: prediction, confidence: confidence)
      // Few: looking through them costs less than a set.
      if layout.scored.contains(index) {
        guard let share = double(), let count = reader.number(UInt8.self) else { return nil }
        var classes: [ClassScore] = []
        classes.reserveCapacity(Int(count))
        for _ in 0..<count {
          guard let own = label(), let logit = float(), let probability = double() else { return nil }
          classes.append(ClassScore(label: own, logit: logit, probability: probability))
        }
        let scores = ClassScores(classes, clippedShare: share.isNaN ? nil : share)
        guard scores.isPossible else { return nil }
        level.scores = scores
      }
      levels.append(level)
    }
    /// Nil for an index of no map; `.some(nil)` where there is none.
    func map() -> Int?? {
      guard let index = reader.number(UInt32.self) else { return .none }
      if index == Self.noMap { return .some(nil) }
      return index < count ? .some(Int(index)) : .none
    }
    series.reserveCapacity(layout.series.count)
    for _ in layout.series {
      guard let peak = float(), let map = map() else { return nil }
      series.append(Series(peak: peak, map: map))
    }
    pairs.reserveCapacity(layout.pairs.count)
    for pair in layout.pairs {
      guard let peak = float(), let map = map() else { return nil }
      var values: [[Double]] = []
      values.reserveCapacity(pair.measures.count)
      for measure in pair.measures {
        var own: [Double] = []
        own.reserveCapacity(layout.measures[measure].columns)
        for _ in 0..<layout.measures[measure].columns {
          guard let value = double() else { return nil }
          own.append(value)
        }
        values.append(own)
      }
      pairs.append(Pair(peak: peak, map: map, values: values))
    }
    guard reader.isAtEnd else { return nil }
  }
}
