import Explanations
import Foundation
import GRDB
import Results
import Support

/// The results of an output folder: every measurement and raw map under the hash of what it depends on.
///
/// One SQLite file with a write-ahead log: a process that is killed loses the image that it was writing and nothing
/// else. Each image of each model is one transaction.
public final class ResultsStore: Sendable {
  public static let fileName = "results.sqlite"

  public let path: String
  let queue: DatabaseQueue
  /// Migrations that were applied to the file.
  let schemaVersion: Int

  /// Opens the store, and makes it where there is none.
  /// - Parameter isExclusive: whether no other process may open it meanwhile, by SQLite's own lock.
  /// - Throws: `Problem` when the file is damaged, someone else's, or written by a newer Heatdrift.
  public init(path: String, isExclusive: Bool = false) throws(Problem) {
    self.path = path
    var configuration = Configuration()
    configuration.journalMode = .wal
    if isExclusive {
      // Before the write-ahead log is first used: then its index needs no memory that processes share, which file systems
      // without locks do not have either.
      configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
    }
    configuration.busyMode = .timeout(10)
    // A foreign key is a promise of the code that writes; checking each would read the big tables at every row.
    configuration.foreignKeysEnabled = false
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.inDatabase { db in try StoreSchema.prepare(db, path: path) }
      schemaVersion = StoreSchema.migrations.count
    } catch {
      throw ResultsStore.problem(from: error, path: path)
    }
  }

  /// Opens a store to read it; not a byte of its folder is changed, whatever version it has.
  /// - Throws: `Problem` when there is none, or it is damaged, someone else's, or written by a newer Heatdrift.
  public init(readingAt path: String) throws(Problem) {
    try ResultsStore.requireFile(path)
    self.path = path
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    configuration.foreignKeysEnabled = false
    do {
      let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
      if (log ?? 0) == 0 {
        // SQLite would leave files for a write-ahead log beside a file that it only reads, unless told that nobody
        // writes.
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        queue = try DatabaseQueue(path: "file:\(escaped)?immutable=1", configuration: configuration)
      } else {
        queue = try DatabaseQueue(path: path, configuration: configuration)
      }
      schemaVersion = try queue.inDatabase { db in try StoreSchema.version(of: db, path: path) }
    } catch {
      throw ResultsStore.problem(from: error, path: path)
    }
  }

  private static func requireFile(_ path: String) throws(Problem) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw .usage(
        at: Place(file: path), "there are no results here yet",
        remedy: "`heatdrift run EXPERIMENT.yaml` computes them.")
    }
  }

  /// Opens the store of a folder that is this process's own.
  /// - Parameter mustExist: whether it is an error that there is none.
  public convenience init(in folder: OutputFolder, mustExist: Bool = false) throws(Problem) {
    if mustExist { try ResultsStore.requireFile(folder.storePath) }
    try self.init(path: folder.storePath, isExclusive: folder.note != nil)
  }

  /// Opens the store of a folder only when there is one.
  public convenience init(existingAt path: String) throws(Problem) {
    try ResultsStore.requireFile(path)
    try self.init(path: path)
  }

  /// Folds the write-ahead log into the file, so that the file alone can be copied.
  public func close() throws(Problem) {
    try translating {
      _ = try queue.inDatabase { db in try db.checkpoint(.truncate) }
      try queue.close()
    }
  }

  // MARK: - Images

  /// Keeps an image's results, in one transaction; what is there already stays as it is.
  /// - Returns: how many measurements were new.
  @discardableResult
  func save(_ result: ImageResult) throws(Problem) -> Int {
    try translating {
      try queue.write { db in
        let subject = result.subject.key.bytes
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO subjects VALUES (?, ?)")
          .execute(arguments: [subject, ContentKey.text(of: result.subject.ingredients)])
        if let photograph = result.photograph {
          try db.cachedStatement(sql: "INSERT OR IGNORE INTO photographs VALUES (?, ?, ?)")
            .execute(arguments: [
              ContentKey(photograph.ingredients).bytes, Data(photograph.png),
              ContentKey.text(of: photograph.ingredients),
            ])
        }
        for (ingredients, map) in result.maps {
          let stored = StoredMap(map)
          try db.cachedStatement(sql: "INSERT OR IGNORE INTO map_values VALUES (?, ?, ?, ?)")
            .execute(arguments: [stored.sha256, map.height, map.width, stored.bytes])
          try db.cachedStatement(sql: "INSERT OR IGNORE INTO maps VALUES (?, ?, ?)")
            .execute(arguments: [
              ContentKey(ingredients).bytes, stored.sha256, ContentKey.text(of: ingredients),
            ])
        }
        try ResultsStore.saveScores(of: result, db)
        let insert = try db.cachedStatement(
          sql: "INSERT OR IGNORE INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        var settings: [String: Int64] = [:]
        var count = 0
        for row in result.rows {
          let m = row.measurement
          for (measure, values) in row.values.enumerated() {
            let text = ContentKey.text(of: result.subject.settings(row.pair, measure: measure))
            let setting = try settings[text] ?? ResultsStore.identifier(ofSettings: text, db)
            settings[text] = setting
            try insert.execute(arguments: [
              result.subject.measurement(row.pair, measure: measure).bytes, subject, m.target.rawValue, m.layer,
              m.epsilon, ContentKey.ingredients(of: text).last?.value ?? "", m.cleanPrediction,
              m.adversarialPrediction, m.cleanConfidence, m.adversarialConfidence, values.first, values.last,
              Double(m.cleanPeak), Double(m.adversarialPeak), setting,
            ])
            count += db.changesCount
          }
        }
        return count
      }
    }
  }

  private static func identifier(ofSettings text: String, _ db: Database) throws -> Int64? {
    try db.cachedStatement(sql: "INSERT OR IGNORE INTO settings (ingredients) VALUES (?)").execute(arguments: [text])
    return try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM settings WHERE ingredients = ?"), arguments: [text])
  }

  /// Calls `body` with functions that look up single values, all within one reading of the store.
  func reading<Result>(_ body: (Reader) throws -> Result) throws(Problem) -> Result {
    try translating { try queue.read { db in try body(Reader(db: db, schemaVersion: schemaVersion)) } }
  }

  /// Looks up single values.
  struct Reader {
    let db: Database
    var schemaVersion = StoreSchema.migrations.count

    func hasMeasurement(_ key: ContentKey) throws -> Bool {
      try Bool.fetchOne(
        db.cachedStatement(sql: "SELECT 1 FROM measurements WHERE key = ?"), arguments: [key.bytes]) ?? false
    }

    func hasPhotograph(_ key: ContentKey) throws -> Bool {
      try Bool.fetchOne(
        db.cachedStatement(sql: "SELECT 1 FROM photographs WHERE key = ?"), arguments: [key.bytes]) ?? false
    }

    func hasMap(_ key: ContentKey) throws -> Bool {
      try Bool.fetchOne(db.cachedStatement(sql: "SELECT 1 FROM maps WHERE key = ?"), arguments: [key.bytes]) ?? false
    }

    /// - Parameter row: the measurement with everything that its key stands for.
    func measurement(_ key: ContentKey, filling row: Results.Measurement) throws -> Results.Measurement? {
      let statement = try db.cachedStatement(
        sql: """
          SELECT clean_prediction, adversarial_prediction, clean_confidence, adversarial_confidence, ssim, nissim,
            clean_peak, adversarial_peak FROM measurements WHERE key = ?
          """)
      guard let found = try Row.fetchOne(statement, arguments: [key.bytes]) else { return nil }
      var measurement = row
      measurement.cleanPrediction = try found.decode(atIndex: 0)
      measurement.adversarialPrediction = try found.decode(atIndex: 1)
      measurement.cleanConfidence = try found.decode(atIndex: 2)
      measurement.adversarialConfidence = try found.decode(atIndex: 3)
      measurement.parts = [try found.decode(atIndex: 4)]
      measurement.dissimilarities = [try found.decode(atIndex: 5)]
      measurement.cleanPeak = Float(try found.decode(Double.self, atIndex: 6))
      measurement.adversarialPeak = Float(try found.decode(Double.self, atIndex: 7))
      return measurement
    }

    func map(_ key: ContentKey) throws -> RawMap? {
      let statement = try db.cachedStatement(
        sql: """
          SELECT height, width, bytes, map_values.sha256 FROM maps JOIN map_values USING (sha256) WHERE key = ?
          """)
      guard let found = try Row.fetchOne(statement, arguments: [key.bytes]) else { return nil }
      return try StoredMap.map(
        height: found.decode(atIndex: 0), width: found.decode(atIndex: 1), bytes: found.decode(atIndex: 2),
        sha256: found.decode(atIndex: 3))
    }

    func photograph(_ key: ContentKey) throws -> Data? {
      try Data.fetchOne(
        db.cachedStatement(sql: "SELECT png FROM photographs WHERE key = ?"), arguments: [key.bytes])
    }
  }

  // MARK: - The run

  /// Replaces the record of the latest run.
  public func save(_ run: StoredRun) throws(Problem) {
    try translating {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let record = String(decoding: try encoder.encode(run), as: UTF8.self)
      try queue.write { db in
        try db.execute(sql: "INSERT OR REPLACE INTO runs (id, record) VALUES (1, ?)", arguments: [record])
      }
    }
  }

  /// The latest run that was finished; nil when none was.
  public func latestRun() throws(Problem) -> StoredRun? {
    try translating {
      guard let record = try queue.read({ db in try String.fetchOne(db, sql: "SELECT record FROM runs") }) else {
        return nil
      }
      let run = try JSONDecoder().decode(StoredRun.self, from: Data(record.utf8))
      try run.check(path: path)
      return run
    }
  }

  /// Notes which files the run left beside the store.
  /// - Parameter paths: relative to the folder.
  /// - Returns: those of the run before that are not among them.
  public func replaceOutputs(_ paths: [String]) throws(Problem) -> [String] {
    try translating {
      try queue.write { db in
        let former = try String.fetchAll(db, sql: "SELECT path FROM outputs ORDER BY path")
        try db.execute(sql: "DELETE FROM outputs")
        for path in Set(paths) { try db.execute(sql: "INSERT INTO outputs VALUES (?)", arguments: [path]) }
        return former.filter { !paths.contains($0) }
      }
    }
  }

  /// "3.40.1"
  public static var sqliteVersion: String {
    let version = try? DatabaseQueue().read { db in try String.fetchOne(db, sql: "SELECT sqlite_version()") }
    return (version ?? nil) ?? "unknown"
  }
}
