import GRDB
import Support

/// The tables of a results store and how they came to be.
///
/// `PRAGMA application_id` tells a results store from any other SQLite file, `PRAGMA user_version` counts the
/// migrations that were applied. A migration, once released, is never changed: a new one is added after it.
enum StoreSchema {
  /// "HtDr" in ASCII.
  static let applicationID = 0x4874_4472

  static let migrations: [String] = [
    """
    -- What a model and an image bring to each of their values: one `name=value` a line.
    CREATE TABLE subjects (
      key BLOB PRIMARY KEY NOT NULL,
      ingredients TEXT NOT NULL
    ) WITHOUT ROWID;

    -- The key is the hash of everything that the row depends on; target, layer, epsilon and window are part of it
    -- and repeated for people who look into the store with other tools.
    CREATE TABLE measurements (
      key BLOB PRIMARY KEY NOT NULL,
      subject BLOB NOT NULL REFERENCES subjects (key),
      target TEXT NOT NULL,
      layer TEXT NOT NULL,
      epsilon REAL NOT NULL,
      window TEXT NOT NULL,
      clean_prediction INTEGER NOT NULL,
      adversarial_prediction INTEGER NOT NULL,
      clean_confidence REAL NOT NULL,
      adversarial_confidence REAL NOT NULL,
      ssim REAL NOT NULL,
      nissim REAL NOT NULL,
      clean_peak REAL NOT NULL,
      adversarial_peak REAL NOT NULL
    ) WITHOUT ROWID;

    -- Raw maps as little-endian Float32, row-major, each different map once.
    CREATE TABLE map_values (
      sha256 BLOB PRIMARY KEY NOT NULL,
      height INTEGER NOT NULL,
      width INTEGER NOT NULL,
      bytes BLOB NOT NULL
    );
    CREATE TABLE maps (
      key BLOB PRIMARY KEY NOT NULL,
      sha256 BLOB NOT NULL REFERENCES map_values (sha256)
    ) WITHOUT ROWID;

    -- Images as a network saw them before the attack, 8-bit PNG.
    CREATE TABLE photographs (
      key BLOB PRIMARY KEY NOT NULL,
      png BLOB NOT NULL
    );

    -- The latest run that was finished, as JSON, and the files that it left beside the store.
    CREATE TABLE runs (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      record TEXT NOT NULL
    );
    CREATE TABLE outputs (path TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;
    """,
    """
    -- The rest of what a row's key was made of: explanation, attack and window, one `name=value` a line, each set
    -- once. Rows of version 1 have none; their keys cannot be made again from the store alone.
    CREATE TABLE settings (
      id INTEGER PRIMARY KEY,
      ingredients TEXT UNIQUE NOT NULL
    );
    ALTER TABLE measurements ADD COLUMN settings INTEGER;
    CREATE INDEX measurements_of_subject ON measurements (subject);
    -- Of a map: the whole text that its key is the hash of.
    ALTER TABLE maps ADD COLUMN ingredients TEXT;
    ALTER TABLE photographs ADD COLUMN ingredients TEXT;
    """,
    """
    -- Of each model, image and attack level, 0 the clean image: a line `class logit probability` for each of the highest
    -- logits. They depend on no target, layer or window. Stores of older versions have none.
    CREATE TABLE scores (
      key BLOB PRIMARY KEY NOT NULL,
      ingredients TEXT NOT NULL,
      sha256 BLOB NOT NULL,
      classes TEXT NOT NULL
    ) WITHOUT ROWID;

    -- The sign of the loss's gradient for each model and image, a bit or two for each value.
    CREATE TABLE perturbations (
      key BLOB PRIMARY KEY NOT NULL,
      ingredients TEXT NOT NULL,
      sha256 BLOB NOT NULL,
      height INTEGER NOT NULL,
      width INTEGER NOT NULL,
      bytes BLOB NOT NULL
    );
    """,
  ]

  /// Makes the tables of a new store, or brings those of an older one up to date.
  static func prepare(_ db: Database, path: String) throws {
    let version = try version(of: db, path: path)
    guard version < migrations.count else { return }
    try db.inTransaction {
      for migration in migrations[version...] { try db.execute(sql: migration) }
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(migrations.count)")
      return .commit
    }
  }

  /// How many migrations were applied; 0 for an empty file.
  /// - Throws: `Problem` when the file is someone else's, or written by a newer Heatdrift.
  static func version(of db: Database, path: String) throws -> Int {
    let place = Place(file: path)
    let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let tables = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") ?? 0
    guard application == applicationID || (application == 0 && version == 0 && tables == 0) else {
      throw Problem.usage(
        at: place, "this SQLite file is no results store of Heatdrift",
        remedy: "Choose another output folder (--output), or move the file away.")
    }
    guard version >= (application == 0 ? 0 : 1) else {
      throw foreign("another version (\(version)) than Heatdrift gives it", place)
    }
    guard version <= migrations.count else {
      throw Problem.usage(
        at: place,
        "the results store has version \(version), and this Heatdrift knows versions up to \(migrations.count)",
        remedy: "Use the newer Heatdrift that wrote it, or choose another output folder (--output).")
    }
    try checkObjects(db, version: version, place)
    return version
  }

  /// Something by name, with the words that SQLite keeps of how it was made.
  private struct Object: Hashable {
    var type: String
    var name: String
    var table: String
    /// Without white space, which no reader cares for; nil for indexes that SQLite makes by itself.
    var sql: String?
  }

  private static func objects(_ db: Database) throws -> Set<Object> {
    let rows = try Row.fetchAll(db, sql: "SELECT type, name, tbl_name, sql FROM sqlite_master")
    return Set(
      try rows.map { row in
        Object(
          type: try row.decode(atIndex: 0), name: try row.decode(atIndex: 1), table: try row.decode(atIndex: 2),
          sql: try row.decode(String?.self, atIndex: 3).map {
            String(decoding: $0.utf8.filter { $0 > 32 }, as: UTF8.self)
          })
      })
  }

  /// What the first migrations make, one more with each element.
  private static let made = Result {
    try DatabaseQueue().inDatabase { db in
      try migrations.map { migration in
        try db.execute(sql: migration)
        return try objects(db)
      }
    }
  }

  /// A view in a table's place can be without end, a computed column without limit, and a trigger undoes what is
  /// written: our tables must be those that the migrations make. What people keep in tables of their own beside them
  /// is their business.
  private static func checkObjects(_ db: Database, version: Int, _ place: Place) throws {
    guard version > 0 else { return }
    let expected = try made.get()[version - 1]
    let tables = Set(expected.map { $0.table.lowercased() })
    let found = try objects(db).filter {
      tables.contains($0.table.lowercased()) || tables.contains($0.name.lowercased())
    }
    func first(_ objects: Set<Object>) -> Object? {
      objects.min { ($0.table, $0.name, $0.type) < ($1.table, $1.name, $1.type) }
    }
    if let object = first(found.subtracting(expected)) {
      throw foreign("another \(object.type) `\(object.name)` than Heatdrift gives it", place)
    }
    if let object = first(expected.subtracting(found)) {
      throw foreign("no \(object.type) `\(object.name)`", place)
    }
  }

  private static func foreign(_ what: String, _ place: Place) -> Problem {
    .usage(
      at: place, "the results store has \(what)",
      remedy: "Someone changed it: move it away; the next run computes everything again.")
  }
}
