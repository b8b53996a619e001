import Foundation
import GRDB
import Support

/// How much of a store its latest finished run does not need.
public struct StoreCleaning: Sendable, Equatable {
  /// Numbers of a measure that were taken out, or would be.
  public var measurements = 0
  /// Raw maps, likewise.
  public var maps = 0
  /// Inputs and directions of attacks, likewise.
  public var photographs = 0
  /// Size of the file before.
  public var bytesBefore = 0
  /// And afterwards; the same when nothing was removed.
  public var bytesAfter = 0
}

extension ResultsStore {
  /// Removes what the latest finished run, or every run of the latest sweep, does not need: results of former options, layers, weights and images, and
  /// those of a run that was stopped before its end.
  /// - Parameter isTrial: whether to count only.
  /// - Throws: `Problem` when no run was finished: then nothing says what is needed.
  public func removeUnused(isTrial: Bool) throws(Problem) -> StoreCleaning {
    let runs = try latestRuns()
    guard !runs.isEmpty else {
      throw .usage(
        at: Place(file: path), "no run was finished here, so that nothing says which rows are needed",
        remedy: "Let `heatdrift run` come to its end first, or remove the whole folder.")
    }
    try commit()
    return try translating {
      var cleaning = StoreCleaning()
      cleaning.bytesBefore = fileSize
      try queue.inDatabase { db in
        try db.inTransaction {
          try StoreCleaner(StoreReader(db), runs).clean(&cleaning, isTrial: isTrial)
          return isTrial ? .rollback : .commit
        }
        guard !isTrial else { return }
        try db.execute(sql: "VACUUM")
        _ = try db.checkpoint(.truncate)
      }
      cleaning.bytesAfter = fileSize
      return cleaning
    }
  }

  private var fileSize: Int {
    ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int) ?? 0
  }
}

/// Keeps of every pass what some runs need.
private struct StoreCleaner {
  /// What the runs need of a subject.
  private struct Need {
    var rows: Set<Row>
    var levels: Set<PassLayout.Level>
    var directions: Set<Int64>
  }

  private struct Row: Hashable {
    var key: PassLayout.PairKey
    var measure: Int64
  }

  private let reader: StoreReader
  private var needs: [KeyMaker.Subject: Int] = [:]
  /// Of each model of a run two: what images need on which the control is run, and what the others do; and what several of these
  /// need together.
  private var models: [Need] = []
  /// Of two of these.
  private var unions: [[Int]: Int] = [:]

  init(_ reader: StoreReader, _ runs: [StoredRun]) throws {
    self.reader = reader
    for run in runs { try add(run) }
  }

  private mutating func add(_ run: StoredRun) throws {
    let (experiment, control) = (run.experiment, run.controlImages)
    for (index, model) in run.models.enumerated() {
      let keys = run.keys(of: index)
      let wanted = try WantedRows(keys, layers: model.layers, reader)
      var need = Need(rows: [], levels: [], directions: Set(wanted.directions.compactMap { $0 }))
      var attacked = need
      for level in experiment.levels where keys.includes(level) {
        if let own = wanted.level(level) {
          need.levels.insert(own)
          attacked.levels.insert(own)
        }
        for pair in experiment.pairs(at: level, layers: model.layers) {
          guard let key = wanted.key(pair) else { continue }
          for measure in wanted.measures.compactMap({ $0 }) {
            need.rows.insert(Row(key: key, measure: measure))
            if level.epsilon > 0 { attacked.rows.insert(Row(key: key, measure: measure)) }
          }
        }
      }
      let first = models.count
      models += [need, attacked]
      for image in run.images {
        let subject = keys.subject(of: image)
        let own = first + (control.contains(image.path) ? 0 : 1)
        // Files of the same bytes, and several runs, share a subject.
        needs[subject] = needs[subject].map { union($0, own) } ?? own
      }
    }
  }

  private mutating func union(_ first: Int, _ second: Int) -> Int {
    guard first != second else { return first }
    if let known = unions[[first, second]] { return known }
    let (a, b) = (models[first], models[second])
    models.append(
      Need(rows: a.rows.union(b.rows), levels: a.levels.union(b.levels), directions: a.directions.union(b.directions)))
    unions[[first, second]] = models.count - 1
    // What holds all of another is both together.
    for part in [first, second] { unions[[models.count - 1, part]] = models.count - 1 }
    return models.count - 1
  }

  func clean(_ cleaning: inout StoreCleaning, isTrial: Bool) throws {
    let db = reader.db
    let writer = PassWriter(reader)
    var passes: [(head: PassHead, subject: StoredSubject)] = []
    try reader.forEachPass { head, subject in
      // What cannot be read is left to `store check`.
      if let subject { passes.append((head, subject)) }
    }
    var pictures: Set<String> = []
    for (head, subject) in passes {
      let need = needs[subject.subject].map { models[$0] }
      if need != nil { pictures.insert(subject.subject.preparation + subject.subject.image) }
      let pass = try reader.pass(head, of: subject.subject)
      let (rows, maps) = StoreCleaner.kept(pass, need)
      cleaning.measurements += pass.layout.layout.rowCount - rows
      cleaning.maps += pass.numbers.series.count + pass.numbers.pairs.count - maps
      guard !isTrial else { continue }
      try writer.reduce(
        pass, of: subject.id, subject.subject,
        keeps: { key, measure in need?.rows.contains(Row(key: key, measure: measure)) ?? false },
        keepsScores: { need?.levels.contains($0) ?? false })
    }
    for row in try GRDB.Row.fetchAll(
      db,
      sql: """
        SELECT pictures.id, text || ingredients FROM pictures
        JOIN texts ON texts.id = preparation JOIN images ON images.id = image
        """)
    {
      guard !pictures.contains(try row.decode(atIndex: 1)) else { continue }
      cleaning.photographs += 1
      if !isTrial {
        try db.execute(sql: "DELETE FROM pictures WHERE id = ?", arguments: [try row.decode(Int64.self, atIndex: 0)])
      }
    }
    guard !isTrial else { return }
    try db.execute(
      sql: """
        DELETE FROM model_images WHERE id NOT IN (SELECT subject FROM passes);
        DELETE FROM directions WHERE subject NOT IN (SELECT id FROM model_images);
        DELETE FROM conflicts WHERE subject NOT IN (SELECT id FROM model_images);
        DELETE FROM images WHERE id NOT IN (SELECT image FROM model_images) AND id NOT IN (SELECT image FROM pictures);
        DELETE FROM layouts WHERE id NOT IN (SELECT layout FROM passes);
        DELETE FROM leftovers;
        -- The numbers of the last passes are given again.
        DELETE FROM origin_passes WHERE first > (SELECT COALESCE(MAX(id), 0) FROM passes);
        UPDATE origin_passes SET last = MIN(last, (SELECT COALESCE(MAX(id), 0) FROM passes));
        DELETE FROM findings;
        """)
  }

  /// How many rows and maps of a pass are needed.
  private static func kept(_ pass: StoredPass, _ need: Need?) -> (rows: Int, maps: Int) {
    guard let need else { return (0, 0) }
    var (rows, maps) = (0, 0)
    var series: Set<Int> = []
    for pair in pass.layout.layout.pairs {
      let key = pass.layout.layout.key(of: pair)
      let own = pair.measures.count {
        need.rows.contains(Row(key: key, measure: pass.layout.layout.measures[$0].settings))
      }
      rows += own
      guard own > 0 else { continue }
      maps += 1
      series.insert(pair.series)
    }
    return (rows, maps + series.count)
  }
}
