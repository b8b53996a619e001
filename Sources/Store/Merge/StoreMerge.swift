import Foundation
import GRDB
import Results
import Support

extension ResultsStore {
  /// Takes every pass of another store, what is there already aside: all of it or, where it fails, nothing.
  ///
  /// Each pass is held to its hash and to those of its maps first. What two stores have of one subject is compared row by row:
  /// rows of the same bits are one, of others the first stays and both are noted as a conflict.
  /// - Parameters:
  ///   - other: of which nothing is changed.
  ///   - origin: what is noted of its rows, but of those that it took from elsewhere itself.
  ///   - name: of a subject, for messages: "VGG16, s1/10.pgm".
  /// - Throws: `Problem` where the other store cannot be read, or this one cannot be written.
  package func takeUp(
    _ other: CheckedStore, origin: StoreOrigin, name: (KeyMaker.Subject) -> String
  ) throws(Problem) -> TakenRows {
    guard !other.attached.isEmpty else { return TakenRows() }
    try commit()
    defer { forget() }
    return try translating {
      try queue.inDatabase { db in
        try db.execute(sql: "ATTACH DATABASE ? AS other", arguments: [other.attached.uri])
        defer { try? db.execute(sql: "DETACH DATABASE other") }
        var taken = TakenRows()
        try db.inTransaction(.immediate) {
          var merge = StoreMerge(db, other.damage, origin)
          taken = try merge.run(name)
          return .commit
        }
        return taken
      }
    }
  }
}

/// Copies rows of an attached database, `other`, into the main one, within one transaction.
struct StoreMerge {
  let db: Database
  let damage: StoreDamage
  let origin: StoreOrigin
  let writer: PassWriter
  var taken = TakenRows()
  /// Of what was here before; read when it is first asked for.
  var origins: OriginRanges?
  var theirOrigins: OriginRanges?

  init(_ db: Database, _ damage: StoreDamage, _ origin: StoreOrigin) {
    self.db = db
    self.damage = damage
    self.origin = origin
    writer = PassWriter(StoreReader(db))
  }

  mutating func run(_ name: (KeyMaker.Subject) -> String) throws -> TakenRows {
    try makeTables()
    defer { try? dropTables() }
    try takeTexts()
    let layouts = try takeLayouts()
    try takeSubjects()
    try takePasses(layouts, name)
    try takePictures()
    try takeConflicts()
    taken.damagedPasses = damage.passes.count
    taken.damagedPictures = damage.pictures.count + damage.directions.count
    return taken
  }

  // MARK: - What stands once

  /// What numbers of the other store are here, and of each of its passes what becomes of it.
  private static let tables = [
    "texts": "old INTEGER PRIMARY KEY, new INTEGER NOT NULL",
    "layouts": "old INTEGER PRIMARY KEY, new INTEGER NOT NULL, rows INTEGER NOT NULL",
    "images": "old INTEGER PRIMARY KEY, new INTEGER NOT NULL",
    "subjects": "old INTEGER PRIMARY KEY, new INTEGER NOT NULL",
    "passes":
      "old INTEGER PRIMARY KEY, subject INTEGER NOT NULL, layout INTEGER NOT NULL, environment INTEGER NOT NULL, state INTEGER NOT NULL",
    "damaged": "what TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (what, id)",
  ]

  private func makeTables() throws {
    try dropTables()
    for (name, columns) in Self.tables { try db.execute(sql: "CREATE TEMP TABLE taken_\(name) (\(columns))") }
    for (what, ids) in [
      ("pass", damage.passes), ("picture", damage.pictures), ("direction", damage.directions),
    ] {
      for id in ids { try db.execute(sql: "INSERT INTO taken_damaged VALUES (?, ?)", arguments: [what, id]) }
    }
  }

  private func dropTables() throws {
    for name in Self.tables.keys { try db.execute(sql: "DROP TABLE IF EXISTS temp.taken_\(name)") }
  }

  private func takeTexts() throws {
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO main.texts (text) SELECT text FROM other.texts ORDER BY id;
        INSERT INTO taken_texts SELECT o.id, m.id FROM other.texts o JOIN main.texts m ON m.text = o.text;
        """)
  }

  /// A layout names texts by their numbers, which are others here.
  /// - Returns: those of the other store, by their numbers there, as they are here.
  private func takeLayouts() throws -> [Int64: StoredLayout] {
    var texts: [Int64: Int64] = [:]
    let pairs = try Row.fetchCursor(db, sql: "SELECT old, new FROM taken_texts")
    while let row = try pairs.next() { texts[try row.decode(atIndex: 0)] = try row.decode(atIndex: 1) }
    var found: [Int64: StoredLayout] = [:]
    for row in try Row.fetchAll(db, sql: "SELECT id, text FROM other.layouts") {
      let id = try row.decode(Int64.self, atIndex: 0)
      // One that nobody can read has damaged passes only.
      guard let layout = PassLayout(text: try row.decode(atIndex: 1))?.renumbered(texts) else { continue }
      let own = try writer.layout(layout)
      found[id] = own
      try db.execute(
        sql: "INSERT INTO taken_layouts VALUES (?, ?, ?)", arguments: [id, own.id, layout.rowCount])
    }
    return found
  }

  private func takeSubjects() throws {
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO main.images (ingredients) SELECT ingredients FROM other.images ORDER BY id;
        INSERT INTO taken_images
          SELECT o.id, m.id FROM other.images o JOIN main.images m ON m.ingredients = o.ingredients;
        INSERT OR IGNORE INTO main.model_images (image, network, preparation, label)
          SELECT i.new, n.new, p.new, s.label FROM other.model_images s JOIN taken_images i ON i.old = s.image
            JOIN taken_texts n ON n.old = s.network JOIN taken_texts p ON p.old = s.preparation
          ORDER BY s.id;
        INSERT INTO taken_subjects
          SELECT s.id, m.id FROM other.model_images s JOIN taken_images i ON i.old = s.image
            JOIN taken_texts n ON n.old = s.network JOIN taken_texts p ON p.old = s.preparation
            JOIN main.model_images m
              ON m.image = i.new AND m.network = n.new AND m.preparation = p.new AND m.label = s.label;
        """)
  }

  // MARK: - The rest

  private func takePictures() throws {
    try db.execute(
      sql: """
        INSERT OR IGNORE INTO main.pictures (image, preparation, sha256, png)
          SELECT i.new, t.new, p.sha256, p.png FROM other.pictures p JOIN taken_images i ON i.old = p.image
            JOIN taken_texts t ON t.old = p.preparation
          WHERE p.id NOT IN (SELECT id FROM taken_damaged WHERE what = 'picture') ORDER BY p.id;
        INSERT OR IGNORE INTO main.directions (subject, settings, sha256, height, width, bytes)
          SELECT s.new, t.new, d.sha256, d.height, d.width, d.bytes FROM other.directions d
            JOIN taken_subjects s ON s.old = d.subject JOIN taken_texts t ON t.old = d.settings
          WHERE d.id NOT IN (SELECT id FROM taken_damaged WHERE what = 'direction') ORDER BY d.id;
        """)
  }

  /// Those that the other store found itself.
  private func takeConflicts() throws {
    try db.execute(
      sql: """
        INSERT INTO main.conflicts (subject, environment, place, kept, found)
          SELECT s.new, e.new, c.place, c.kept, c.found FROM other.conflicts c
            JOIN taken_subjects s ON s.old = c.subject JOIN taken_texts e ON e.old = c.environment
          WHERE NOT EXISTS (
            SELECT 1 FROM main.conflicts m WHERE m.subject = s.new AND m.place = c.place
              AND (m.kept = c.kept AND m.found = c.found OR m.kept = c.found AND m.found = c.kept))
          ORDER BY c.id
        """)
  }
}
