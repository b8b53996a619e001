import Foundation
import GRDB
import Images
import Measures
import Results
import Support

/// What was found in a store, and what is wrong with it.
public struct StoreCheck: Sendable, Equatable {
  public var measurements = 0
  public var maps = 0
  public var photographs = 0
  /// Rows of version 1 that say not enough to make their key again.
  public var rowsWithoutSettings = 0
  /// In words; at most 100, with their whole number in `faultCount`.
  public private(set) var faults: [String] = []
  public private(set) var faultCount = 0

  mutating func add(_ fault: String) {
    faultCount += 1
    if faults.count < 100 { faults.append(fault) }
  }
}

extension ResultsStore {
  /// Reads every row and holds it to its hash, its key to its ingredients, its numbers to each other and their range,
  /// and the latest run to what it needs. Nothing is changed.
  /// - Throws: `Problem` when SQLite itself cannot read the file.
  public func check() throws(Problem) -> StoreCheck {
    let run = try latestRun()
    return try translating {
      try queue.read { db in
        var check = StoreCheck()
        for line in try String.fetchAll(db, sql: "PRAGMA integrity_check(20)") where line != "ok" {
          check.add("SQLite: \(line)")
        }
        try checkSubjects(db, &check)
        try checkMeasurements(db, &check)
        try checkMaps(db, &check)
        try checkPhotographs(db, &check)
        if schemaVersion >= 3 { try checkScores(db, &check) }
        if let run { try checkRun(run, Reader(db: db, schemaVersion: schemaVersion), &check) }
        return check
      }
    }
  }

  private func checkSubjects(_ db: Database, _ check: inout StoreCheck) throws {
    for (key, text) in try Reader(db: db).subjects() where ContentKey(text: text) != key {
      check.add("subject \(key.short): its ingredients are not those that its key was made of")
    }
  }

  private func checkMeasurements(_ db: Database, _ check: inout StoreCheck) throws {
    let settings = schemaVersion >= 2 ? "(SELECT ingredients FROM settings WHERE id = settings)" : "NULL"
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT key, subject, target, layer, epsilon, clean_confidence, adversarial_confidence, ssim, nissim,
          clean_peak, adversarial_peak, \(settings), EXISTS (SELECT 1 FROM subjects WHERE subjects.key = subject)
        FROM measurements ORDER BY key
        """)
    while let row = try rows.next() {
      check.measurements += 1
      let key = ContentKey(bytes: try row.decode(atIndex: 0))
      let subject = ContentKey(bytes: try row.decode(atIndex: 1))
      let epsilon = try row.decode(Double.self, atIndex: 4)
      if !(try row.decode(Bool.self, atIndex: 12)) { check.add("measurement \(key.short): its subject is missing") }
      if let text = try row.decode(String?.self, atIndex: 11) {
        let made = KeyMaker.measurementKey(
          subject: subject, settings: ContentKey.ingredients(of: text), target: try row.decode(atIndex: 2),
          layer: try row.decode(atIndex: 3), epsilon: epsilon)
        if made != key { check.add("measurement \(key.short): its ingredients are not those of its key") }
      } else {
        check.rowsWithoutSettings += 1
      }
      let values = [try row.decode(Double.self, atIndex: 7), try row.decode(Double.self, atIndex: 8)]
      let measure = try measure(ofSettings: row.decode(String?.self, atIndex: 11))
      if let contradiction = measure.contradiction(in: values) {
        check.add("measurement \(key.short): \(contradiction)")
      }
      if epsilon == 0, let value = values.last, value != 0 {
        check.add("measurement \(key.short): the control's \(type(of: measure).title) is \(value), not 0")
      }
      for index in 5...6 where !(0...1).contains(try row.decode(Double.self, atIndex: index)) {
        check.add("measurement \(key.short): a confidence outside of [0, 1]")
      }
      for index in 9...10 {
        let peak = try row.decode(Double.self, atIndex: index)
        if !(peak >= 0 && peak.isFinite) { check.add("measurement \(key.short): the peak \(peak)") }
      }
    }
  }

  /// The measure that a row's settings name; the protocol's alone where they name none.
  private func measure(ofSettings text: String?) throws -> any Measure {
    let name = ContentKey.ingredients(of: text ?? "").first { $0.name == "measure" }?.value
    return (name.flatMap { Measures.measures[$0] } ?? standardMeasure).init()
  }

  private func checkMaps(_ db: Database, _ check: inout StoreCheck) throws {
    let values = try Row.fetchCursor(db, sql: "SELECT sha256, height, width, bytes FROM map_values ORDER BY sha256")
    while let row = try values.next() {
      let hash = try row.decode(Data.self, atIndex: 0)
      do {
        _ = try StoredMap.map(
          height: row.decode(atIndex: 1), width: row.decode(atIndex: 2), bytes: row.decode(atIndex: 3), sha256: hash)
      } catch is Problem {
        check.add("map \(ContentKey(bytes: hash).short): its values are not those that were stored")
      }
    }
    let ingredients = schemaVersion >= 2 ? "ingredients" : "NULL"
    let maps = try Row.fetchCursor(
      db,
      sql: """
        SELECT key, \(ingredients), EXISTS (SELECT 1 FROM map_values WHERE map_values.sha256 = maps.sha256)
        FROM maps ORDER BY key
        """)
    while let row = try maps.next() {
      check.maps += 1
      let key = ContentKey(bytes: try row.decode(atIndex: 0))
      if !(try row.decode(Bool.self, atIndex: 2)) { check.add("map \(key.short): its values are missing") }
      if let text = try row.decode(String?.self, atIndex: 1), ContentKey(text: text) != key {
        check.add("map \(key.short): its ingredients are not those of its key")
      }
    }
  }

  private func checkPhotographs(_ db: Database, _ check: inout StoreCheck) throws {
    let ingredients = schemaVersion >= 2 ? "ingredients" : "NULL"
    let rows = try Row.fetchCursor(db, sql: "SELECT key, png, \(ingredients) FROM photographs ORDER BY key")
    while let row = try rows.next() {
      check.photographs += 1
      let key = ContentKey(bytes: try row.decode(atIndex: 0))
      do {
        _ = try ImageDecoder.decode(Array(try row.decode(Data.self, atIndex: 1)), name: "photograph \(key.short)")
      } catch let problem as Problem {
        check.add("photograph \(key.short): \(problem.message)")
      }
      if let text = try row.decode(String?.self, atIndex: 2), ContentKey(text: text) != key {
        check.add("photograph \(key.short): its ingredients are not those of its key")
      }
    }
  }

  private func checkRun(_ run: StoredRun, _ reader: Reader, _ check: inout StoreCheck) throws {
    let needed = run.neededKeys
    let measurements = try needed.measurements.count { try !reader.hasMeasurement($0) }
    if measurements > 0 { check.add("the latest run: \(measurements) of its measurements are missing") }
    let maps = try needed.maps.count { try !reader.hasMap($0) }
    if maps > 0 { check.add("the latest run: \(maps) of its maps are missing") }
    let photographs = try needed.photographs.count { try !reader.hasPhotograph($0) }
    if photographs > 0 { check.add("the latest run: \(photographs) of its photographs are missing") }
  }
}

extension ContentKey {
  /// For messages.
  var short: String { String(bytes.hexadecimal.prefix(12)) }
}

extension Sequence {
  fileprivate func count(where isCounted: (Element) throws -> Bool) rethrows -> Int {
    try reduce(0) { try isCounted($1) ? $0 + 1 : $0 }
  }
}

struct NeededKeys {
  var measurements: Set<ContentKey> = []
  var maps: Set<ContentKey> = []
  var photographs: Set<ContentKey> = []
  var scores: Set<ContentKey> = []
  var perturbations: Set<ContentKey> = []
}

extension StoredRun {
  /// The keys of everything that the run's report is made of.
  var neededKeys: NeededKeys {
    var found = NeededKeys()
    for (index, model) in models.enumerated() {
      let keys = keys(of: index)
      for image in images {
        let subject = keys.subject(of: image)
        found.photographs.insert(keys.photograph(of: image))
        for attack in experiment.attacks.indices {
          found.perturbations.insert(ContentKey(subject.perturbationIngredients(attack: attack)))
        }
        for map in experiment.pairs(at: nil, layers: model.layers) { found.maps.insert(subject.map(map)) }
        for level in experiment.levels {
          found.scores.insert(ContentKey(subject.scoresIngredients(level)))
          for pair in experiment.pairs(at: level, layers: model.layers) {
            found.maps.insert(subject.map(pair))
            for measure in experiment.compare.measures.indices {
              found.measurements.insert(subject.measurement(pair, measure: measure))
            }
          }
        }
      }
    }
    return found
  }
}
