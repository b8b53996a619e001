import Foundation
import GRDB
import Images
import Measures
import Results
import Support

/// What was found in a store, and what is wrong with it.
public struct StoreCheck: Sendable, Equatable {
  /// Numbers of a measure that were read and held to their sums.
  public var measurements = 0
  /// Raw maps, likewise.
  public var maps = 0
  /// Inputs and directions of attacks, likewise.
  public var photographs = 0
  /// In words; at most 100, with their whole number in `faultCount`.
  public private(set) var faults: [String] = []
  /// How many faults were found, of which `faults` has the first.
  public private(set) var faultCount = 0

  /// Whether anything is wrong with what was measured, not only with what was found of it for reports.
  public private(set) var concernsMeasurements = false

  mutating func add(_ fault: String, concernsMeasurements: Bool = true) {
    faultCount += 1
    if concernsMeasurements { self.concernsMeasurements = true }
    if faults.count < 100 { faults.append(fault) }
  }
}

extension ResultsStore {
  /// Reads every row and holds it to its hash, its numbers to each other, to their maps and to their range, and the latest
  /// run to what it needs. Nothing is changed.
  /// - Throws: `Problem` when SQLite itself cannot read the file.
  public func check() throws(Problem) -> StoreCheck {
    let runs = try latestRuns()
    return try translating {
      try queue.read { db in
        var check = StoreCheck()
        for line in try String.fetchAll(db, sql: "PRAGMA integrity_check(20)") where line != "ok" {
          check.add("SQLite: \(line)")
        }
        let reader = StoreReader(db)
        let owned = try reader.checkPasses(&check)
        try reader.checkMaps(owned, &check)
        try reader.checkPictures(&check)
        try reader.checkDirections(&check)
        try reader.checkFindings(&check)
        try reader.checkRemarks(&check)
        for run in runs { try reader.check(run, &check) }
        return check
      }
    }
  }
}

extension StoreReader {
  /// Calls `body` with each pass of a subject, those whose subject cannot be read aside.
  func forEachPass(_ body: (PassHead, _ subject: StoredSubject?) throws -> Void) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT passes.id, layout, environment, passes.subject, network, preparation, ingredients, label
        FROM passes LEFT JOIN model_images ON model_images.id = passes.subject LEFT JOIN images ON images.id = image
        ORDER BY passes.id
        """)
    while let row = try rows.next() {
      let head = PassHead(
        id: try row.decode(atIndex: 0), layout: try row.decode(atIndex: 1), environment: try row.decode(atIndex: 2))
      var subject: StoredSubject?
      if let network = try row.decode(Int64?.self, atIndex: 4).flatMap({ try? text($0) }),
        let preparation = try row.decode(Int64?.self, atIndex: 5).flatMap({ try? text($0) }),
        let image = try row.decode(String?.self, atIndex: 6), let label = try row.decode(Int?.self, atIndex: 7)
      {
        subject = StoredSubject(
          id: try row.decode(atIndex: 3),
          subject: KeyMaker.Subject(network: network, preparation: preparation, image: image, label: label))
      }
      try body(head, subject)
    }
  }

  /// - Returns: how many raw maps the passes have; 0 for passes that cannot be read.
  fileprivate func checkPasses(_ check: inout StoreCheck) throws -> Int {
    var owned = 0
    try forEachPass { head, subject in
      let name = "pass \(head.id)"
      guard let subject else {
        check.add("\(name): its model, image or preparation is missing")
        return
      }
      do {
        let pass = try pass(head, of: subject.subject)
        owned += pass.numbers.maps.count
        try self.check(pass, subject, name, &check)
      } catch let problem as Problem {
        check.add("\(name): \(problem.message.replacing("the results store is damaged: ", with: ""))")
      }
    }
    return owned
  }

  private func check(_ pass: StoredPass, _ subject: StoredSubject, _ name: String, _ check: inout StoreCheck) throws {
    let (layout, numbers) = (pass.layout.layout, pass.numbers)
    var peaks: [Float?] = []
    for index in numbers.maps.indices {
      do {
        let map = try map(index, of: pass)
        if map == nil { check.add("\(name): a raw map is missing") }
        peaks.append(map?.peak)
      } catch is Problem {
        check.add("\(name): the values of a raw map are not those that were stored")
        peaks.append(nil)
      }
    }
    func checkPeak(_ peak: Float, _ map: Int?) {
      guard let map else {
        check.add("\(name): a raw map is missing")
        return
      }
      if !(peak >= 0 && peak.isFinite) {
        check.add("\(name): the peak \(peak)")
      } else if let own = peaks[map], own != peak {
        check.add("\(name): the peak \(peak) of a map whose greatest value is \(own)")
      }
    }
    for confidence in [numbers.confidence] + numbers.levels.map(\.confidence) where !(0...1).contains(confidence) {
      check.add("\(name): a confidence outside of [0, 1]")
    }
    for series in numbers.series { checkPeak(series.peak, series.map) }
    for pair in numbers.pairs { checkPeak(pair.peak, pair.map) }
    check.maps += numbers.series.count + numbers.pairs.count
    try layout.forEachRow { key, settings, pair, position in
      check.measurements += 1
      let values = numbers.pairs[pair].values[position]
      let measure = try measure(ofSettings: settings)
      if let contradiction = measure?.contradiction(in: values) { check.add("\(name): \(contradiction)") }
      if key.level.attack == PassLayout.control, let value = values.last, value != 0, !value.isNaN {
        check.add("\(name): the control's \(measure.map { type(of: $0).title } ?? "measure") is \(value), not 0")
      }
    }
    for direction in layout.directions where direction.isKept {
      if try !hasDirection(of: subject.id, settings: direction.settings) {
        check.add("\(name): the direction of its attack is missing")
      }
    }
    if layout.hasPicture, try !hasPicture(image: subject.subject.image, preparation: subject.subject.preparation) {
      check.add("\(name): its photograph is missing")
    }
  }

  /// The measure that settings name; nil for one that this Heatdrift does not have.
  private func measure(ofSettings settings: Int64) throws -> (any Measure)? {
    let name = ContentKey.ingredients(of: try text(settings)).first { $0.name == "measure" }?.value
    return (name.map { Measures.measures[$0] } ?? standardMeasure)?.init()
  }

  /// Maps that belong to no pass; where passes cannot be read nobody knows whose theirs are.
  fileprivate func checkMaps(_ owned: Int, _ check: inout StoreCheck) throws {
    let count = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM raw_maps") ?? 0
    if count > owned, check.faultCount == 0 { check.add("\(count - owned) raw maps belong to no pass") }
  }

  fileprivate func checkPictures(_ check: inout StoreCheck) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT pictures.id, ingredients, preparation FROM pictures LEFT JOIN images ON images.id = image
        ORDER BY pictures.id
        """)
    while let row = try rows.next() {
      check.photographs += 1
      let name = "photograph \(try row.decode(Int64.self, atIndex: 0))"
      do {
        guard let image = try row.decode(String?.self, atIndex: 1) else {
          check.add("\(name): its image is missing")
          continue
        }
        if let png = try picture(image: image, preparation: text(row.decode(atIndex: 2))) {
          _ = try ImageDecoder.decode(Array(png), name: name)
        }
      } catch let problem as Problem {
        check.add("\(name): \(problem.message.replacing("the results store is damaged: ", with: ""))")
      }
    }
  }

  fileprivate func checkDirections(_ check: inout StoreCheck) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT directions.id, subject, settings, network, preparation, ingredients, label
        FROM directions LEFT JOIN model_images ON model_images.id = subject LEFT JOIN images ON images.id = image
        ORDER BY directions.id
        """)
    while let row = try rows.next() {
      let name = "direction \(try row.decode(Int64.self, atIndex: 0))"
      do {
        guard let network = try row.decode(Int64?.self, atIndex: 3),
          let image = try row.decode(String?.self, atIndex: 5)
        else {
          check.add("\(name): its model or image is missing")
          continue
        }
        let subject = KeyMaker.Subject(
          network: try text(network), preparation: try text(row.decode(atIndex: 4)), image: image,
          label: try row.decode(atIndex: 6))
        _ = try direction(of: row.decode(atIndex: 1), subject, settings: text(row.decode(atIndex: 2)))
      } catch let problem as Problem {
        check.add("\(name): \(problem.message.replacing("the results store is damaged: ", with: ""))")
      }
    }
  }

  /// What was found of all rows; stores of earlier versions have none.
  fileprivate func checkFindings(_ check: inout StoreCheck) throws {
    guard try db.tableExists("findings") else { return }
    let rows = try Row.fetchCursor(db, sql: "SELECT name, content, sha256, bytes FROM findings ORDER BY name")
    while let row = try rows.next() {
      // Anything may stand there in a damaged store.
      let name = (try? row.decode(String.self, atIndex: 0)) ?? ""
      let hash = try? StoredFindings.hash(name, row.decode(atIndex: 1), row.decode(atIndex: 3))
      if hash == nil || (try? row.decode(Data.self, atIndex: 2)) != hash {
        check.add(
          "a finding, `\(name.replacing("\n", with: " "))`, is not the one that was stored; it is not used",
          concernsMeasurements: false)
      }
    }
  }

  /// What was found wrong before.
  fileprivate func checkRemarks(_ check: inout StoreCheck) throws {
    for row in try Row.fetchAll(db, sql: "SELECT source, key FROM leftovers ORDER BY id") {
      let key = ContentKey(bytes: try row.decode(atIndex: 1))
      check.add(
        "a row of an earlier version, `\(try row.decode(String.self, atIndex: 0))` \(key.short), is not what its key says"
      )
    }
    for row in try Row.fetchAll(db, sql: "SELECT place, kept, found FROM conflicts ORDER BY id") {
      let conflict = StoreConflict(
        place: try row.decode(atIndex: 0), kept: try row.decode(atIndex: 1), found: try row.decode(atIndex: 2))
      check.add("two values of one row: \(conflict.sentence)")
    }
  }

  /// Whether everything is there that the run's report is made of.
  fileprivate func check(_ run: StoredRun, _ check: inout StoreCheck) throws {
    let experiment = run.experiment
    var (rows, unscored, scored) = (0, 0, 0)
    let keys = run.models.indices.map { run.keys(of: $0) }
    let passes = try passes(of: keys, on: run.images)
    let control = run.controlImages
    for (index, model) in run.models.enumerated() {
      let wanted = try WantedRows(keys[index], layers: model.layers, self)
      // Images that have passes of the same layouts lack the same, but for the control.
      var known: [[Int64]: (rows: Int, unscored: Int, scored: Int)] = [:]
      for image in run.images.indices {
        let hasControl = control.contains(run.images[image].path)
        let own = passes[index, image].map(\.layout)
        let key = own + [hasControl ? 1 : 0]
        if known[key] == nil {
          let layouts = own.compactMap { try? layout($0) }
          let missing = Gap(experiment, keys[index], hasControl: hasControl, layers: model.layers, wanted, layouts)
            .rows.count
          let levels = experiment.levels.filter(keys[index].includes)
          let count = levels.count { level in
            wanted.level(level).map { own in layouts.contains { $0.hasScores(at: own) } } ?? false
          }
          // Where rows are missing, their logits are as well.
          known[key] = missing > 0 ? (missing, 0, 0) : (0, levels.count - count, count)
        }
        guard let gap = known[key] else { continue }
        rows += gap.rows
        unscored += gap.unscored
        scored += gap.scored
      }
    }
    if rows > 0 { check.add("the latest run: \(rows) of its measurements are missing") }
    // Versions before the third stored none at all; a later one is not done before all are there.
    if unscored > 0, scored > 0 { check.add("the latest run: the logits of \(unscored) images at a level are missing") }
  }
}

extension ContentKey {
  /// For messages.
  var short: String { String(bytes.hexadecimal.prefix(12)) }
}
