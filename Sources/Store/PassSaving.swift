import Foundation
import GRDB
import Results
import Support

/// What came of an image's results.
package struct SavedImage: Sendable {
  /// Measurements that were not there before.
  package var rows = 0
  /// What was there, and came out otherwise.
  package var conflicts: [StoreConflict] = []
}

/// Which results of an image go into the store.
package struct SavingRule: Sendable {
  /// `RowEnvironment.text`
  package var environment: String
  /// Whether what is measured takes the place of what is there, in place of being held to it.
  package var replaces = false
  /// Whether the directions of attacks are kept.
  package var keepsDirections: Bool

  package init(environment: String, replaces: Bool = false, keepsDirections: Bool) {
    self.environment = environment
    self.replaces = replaces
    self.keepsDirections = keepsDirections
  }
}

extension ResultsStore {
  /// So long may results wait for those of the next images.
  private static let longestWait = Duration.seconds(1)

  /// Keeps an image's results, all or none of them; what is there already stays as it is, and is held to what was found now.
  ///
  /// Images that come within a second share a transaction: each of its own would write the same few pages of the file again
  /// and again. `commit` ends it.
  package func save(_ result: ImageResult, _ rule: SavingRule) throws(Problem) -> SavedImage {
    try translating {
      try queue.inDatabase { db in
        if !db.isInsideTransaction { try db.beginTransaction(.immediate) }
        var saved = SavedImage()
        // Texts and layouts are the same from image to image. What is rolled back is not known any more.
        let reader = StoreReader(db, known: writing.withLock { $0.takeKnown() })
        try db.inSavepoint {
          saved = try PassWriter(reader).save(result, rule)
          return .commit
        }
        let isDue = writing.withLock { [known = reader.known] writing in
          writing.known = known
          let now = ContinuousClock.now
          guard writing.last.map({ $0.duration(to: now) >= ResultsStore.longestWait }) ?? true else { return false }
          writing.last = now
          return true
        }
        if isDue { try commit(db) }
        return saved
      }
    }
  }

  /// Ends the transaction that images share.
  package func commit() throws(Problem) {
    try translating { try queue.inDatabase { db in if db.isInsideTransaction { try commit(db) } } }
  }

  private func commit(_ db: Database) throws {
    do {
      try db.commit()
    } catch {
      forget()
      throw error
    }
  }

  /// What was looked up while results were saved may not hold any more.
  func forget() { writing.withLock { _ = $0.takeKnown() } }

  /// What is kept from image to image.
  struct Writing: Sendable {
    /// When a transaction was ended last.
    var last: ContinuousClock.Instant?
    fileprivate var known = StoreReader.Known()

    fileprivate mutating func takeKnown() -> StoreReader.Known {
      defer { known = StoreReader.Known() }
      return known
    }
  }
}

extension PassWriter {
  fileprivate func save(_ result: ImageResult, _ rule: SavingRule) throws -> SavedImage {
    let (subject, keys) = (result.subject, result.keys)
    let entry = try entry(of: subject)
    let environment = try identifier(rule.environment)
    let stored = try entry.passes.map { try reader.pass($0, of: subject) }
    var saved = SavedImage()
    var content = PassContent(prediction: result.prediction, confidence: result.confidence)

    func level(_ level: KeyMaker.Level) throws -> PassLayout.Level {
      PassLayout.Level(
        attack: level.epsilon == 0 ? PassLayout.control : try identifier(keys.attacks[level.attack]),
        epsilon: level.epsilon)
    }
    func series(_ place: KeyMaker.MapCoordinates) throws -> PassLayout.Series {
      PassLayout.Series(
        explanation: try identifier(keys.explanations[place.explanation]), target: place.target,
        layer: try identifier(keys.stored(layer: place.layer)))
    }
    let measures = try keys.measures.map { try identifier($0) }
    var cleanMaps: [PassLayout.Series: StoredMap] = [:]
    var cleanPeaks: [PassLayout.Series: Float] = [:]
    for (place, map) in result.cleanMaps {
      let series = try series(place)
      cleanMaps[series] = StoredMap(map)
      cleanPeaks[series] = map.peak
    }
    var levels: [PassLayout.Level: PassNumbers.Level] = [:]
    for own in result.levels {
      var numbers = PassNumbers.Level(prediction: own.prediction, confidence: own.confidence, scores: own.scores)
      let level = try level(own.level)
      if !rule.replaces, stored.contains(where: { $0.scores(at: level) != nil }) { numbers.scores = nil }
      levels[level] = numbers
    }

    var measured: Set<Measured> = []
    for pair in result.pairs {
      let place = pair.place.level ?? KeyMaker.Level(attack: 0, epsilon: 0)
      let key = PassLayout.PairKey(series: try series(pair.place), level: try level(place))
      guard let own = levels[key.level], let cleanPeak = cleanPeaks[key.series] else {
        throw Problem.failure("\(result.place(of: pair.place))measured without its level or its clean map")
      }
      var values: [(settings: Int64, values: [Double])] = []
      for (settings, found) in zip(measures, pair.values) {
        if !rule.replaces, let there = stored.lazy.compactMap({ $0.row(key, measure: settings) }).first {
          let now = StoredRow(
            prediction: result.prediction, confidence: result.confidence, level: own, cleanPeak: cleanPeak,
            peak: pair.map.peak, values: found)
          saved.conflicts += there.differences(from: now).map { what, kept, found in
            StoreConflict(place: result.place(of: pair.place) + what, kept: kept, found: found)
          }
          continue
        }
        values.append((settings, found))
        measured.insert(Measured(key: key, measure: settings))
      }
      guard !values.isEmpty else { continue }
      let index = content.add(key.series, peak: cleanPeak, map: cleanMaps[key.series])
      content.addPair(
        level: content.add(key.level, own), series: index, peak: pair.map.peak, map: StoredMap(pair.map), values: values
      )
      saved.rows += values.count
    }
    for (level, numbers) in levels.sorted(by: { ($0.key.attack, $0.key.epsilon) < ($1.key.attack, $1.key.epsilon) })
    where numbers.scores != nil {
      content.add(level, numbers)
    }

    // Two attacks may have one direction.
    var added: Set<String> = []
    for (attack, signs) in result.directions where added.insert(keys.directions[attack]).inserted {
      if rule.keepsDirections {
        try addDirection(
          Data(signs.packed), height: signs.height, width: signs.width, of: entry.subject, subject,
          settings: keys.directions[attack])
      }
      content.addDirection(
        try identifier(keys.directions[attack]), isZero: signs.isZero, isKept: rule.keepsDirections)
    }
    if let photograph = result.photograph {
      try addPicture(Data(photograph), image: subject.image, preparation: subject.preparation)
    }
    content.layout.hasPicture = try reader.hasPicture(image: subject.image, preparation: subject.preparation)

    if rule.replaces {
      for pass in stored {
        try reduce(
          pass, of: entry.subject, subject, keeps: { !measured.contains(Measured(key: $0, measure: $1)) },
          keepsScores: { levels[$0]?.scores == nil })
      }
    }
    if !content.isEmpty { try insert(content, of: entry.subject, subject, environment: environment) }
    for conflict in saved.conflicts {
      try db.execute(
        sql: "INSERT INTO conflicts (subject, environment, place, kept, found) VALUES (?, ?, ?, ?, ?)",
        arguments: [entry.subject, environment, conflict.place, conflict.kept, conflict.found])
    }
    return saved
  }

  private struct Measured: Hashable {
    var key: PassLayout.PairKey
    var measure: Int64
  }
}

extension ImageResult {
  /// "VGG16, s1/10.pgm, features.29, predicted, epsilon 0.1: "
  fileprivate func place(of pair: KeyMaker.MapCoordinates) -> String {
    let epsilon = AttackLevel.exact(pair.level?.epsilon ?? 0)
    return "\(model), \(image), \(pair.layer), \(pair.target.rawValue), epsilon \(epsilon): "
  }
}

/// A measurement as the store has it.
struct StoredRow: Sendable {
  /// Of the clean image.
  var prediction: Int
  var confidence: Double
  var level: PassNumbers.Level
  var cleanPeak: Float
  var peak: Float
  /// A number for each of the measure's columns.
  var values: [Double]

  /// What `differences` calls the measure's value.
  static let measureName = "the measure"

  /// What another computation of the same row found otherwise; logits aside, which follow from the same pass.
  func differences(from other: StoredRow) -> [(what: String, kept: String, found: String)] {
    var found: [(what: String, kept: String, found: String)] = []
    func compare<Value>(_ what: String, _ own: Value, _ other: Value, _ isSame: Bool) {
      if !isSame { found.append((what, "\(own)", "\(other)")) }
    }
    let isSame =
      values.count == other.values.count && zip(values, other.values).allSatisfy { $0.bitPattern == $1.bitPattern }
    func word(_ row: StoredRow) -> String { row.values.last.map { $0.isNaN ? "no value" : "\($0)" } ?? "no value" }
    compare(Self.measureName, word(self), word(other), isSame)
    compare("the clean prediction", prediction, other.prediction, prediction == other.prediction)
    compare(
      "the attacked prediction", level.prediction, other.level.prediction, level.prediction == other.level.prediction)
    compare("the clean confidence", confidence, other.confidence, confidence == other.confidence)
    compare(
      "the attacked confidence", level.confidence, other.level.confidence, level.confidence == other.level.confidence)
    compare("the clean map's maximum", cleanPeak, other.cleanPeak, cleanPeak == other.cleanPeak)
    compare("the attacked map's maximum", peak, other.peak, peak == other.peak)
    return found
  }
}

extension StoredPass {
  /// - Parameter measure: its settings.
  func row(_ key: PassLayout.PairKey, measure: Int64) -> StoredRow? {
    guard let pair = layout.pairs[key], let position = layout.position(ofMeasure: measure, in: pair) else { return nil }
    let own = layout.layout.pairs[pair]
    return StoredRow(
      prediction: numbers.prediction, confidence: numbers.confidence, level: numbers.levels[own.level],
      cleanPeak: numbers.series[own.series].peak, peak: numbers.pairs[pair].peak,
      values: numbers.pairs[pair].values[position])
  }

  func scores(at level: PassLayout.Level) -> ClassScores? {
    layout.levels[level].flatMap { numbers.levels[$0].scores }
  }
}
