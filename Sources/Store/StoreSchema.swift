import GRDB
import Support

/// The tables of a results store and how they came to be.
///
/// `PRAGMA application_id` tells a results store from any other SQLite file, `PRAGMA user_version` counts the
/// migrations that were applied. A migration, once released, is never changed: a new one is added after it.
enum StoreSchema {
  /// "HtDr" in ASCII.
  static let applicationID = 0x4874_4472

  /// One step from a version to the next.
  struct Migration: Sendable {
    /// Makes what is new.
    var sql: String
    /// Moves what SQL cannot: where hashes have to be made.
    var move: (@Sendable (Database) throws -> Void)?
    /// Takes away what was moved.
    var end = ""

    func apply(_ db: Database) throws {
      try db.execute(sql: sql)
      try move?(db)
      try db.execute(sql: end)
    }
  }

  static let migrations: [Migration] = formerTables.map { Migration(sql: $0) } + [passes, findings, origins]

  /// Stores from this version on are read as they are, whatever was added to them since.
  static let oldestReadable = 4

  /// Makes the tables of a new store, or brings those of an older one up to date.
  static func prepare(_ db: Database, path: String) throws {
    let version = try version(of: db, path: path)
    guard version < migrations.count else { return }
    try db.inTransaction {
      if version == 0 {
        // What the migrations come to, without the tables that went again on the way.
        for sql in try made.get().sql { try db.execute(sql: sql) }
      } else {
        for migration in migrations[version...] { try migration.apply(db) }
      }
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(migrations.count)")
      return .commit
    }
    // What the old tables took; without it the file keeps its size and fills up again.
    if version > 0, version < oldestReadable { try? db.execute(sql: "VACUUM") }
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

  /// What the first migrations make, one more with each element, and how all of it is made at once.
  private static let made = Result {
    try DatabaseQueue().inDatabase { db in
      let versions = try migrations.map { migration in
        try migration.apply(db)
        return try objects(db)
      }
      let sql = try String.fetchAll(db, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
      return (versions: versions, sql: sql)
    }
  }

  /// A view in a table's place can be without end, a computed column without limit, and a trigger undoes what is
  /// written: our tables must be those that the migrations make. What people keep in tables of their own beside them
  /// is their business.
  private static func checkObjects(_ db: Database, version: Int, _ place: Place) throws {
    guard version > 0 else { return }
    let expected = try made.get().versions[version - 1]
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
