import Foundation
import GRDB

/// Changes a results store: as damage does, over its pages, and as someone does who can write SQL.
struct StoreMutator {
  let sound: [UInt8]
  /// Where SQL is carried out.
  let folder: FuzzFolder

  func make(_ mutator: inout Mutator) throws -> [UInt8] {
    switch mutator.integer(0...9) {
    case 0: return mutator.change([sound])
    case 1...3: return changedPages(&mutator)
    default: return try changedBySQL(&mutator)
    }
  }

  // MARK: - Pages

  private func changedPages(_ mutator: inout Mutator) -> [UInt8] {
    var bytes = sound
    let size = 4096
    for _ in 0..<mutator.integer(1...12) {
      let page = mutator.integer(0...max(0, bytes.count / size - 1)) * size
      guard page + size <= bytes.count else { break }
      switch mutator.integer(0...9) {
      case 0: bytes.replaceSubrange(page..<page + size, with: repeatElement(0, count: size))
      case 1:
        let other = mutator.integer(0...bytes.count / size - 1) * size
        bytes.replaceSubrange(page..<page + size, with: bytes[other..<other + size])
      case 2: bytes.removeLast(bytes.count - page - mutator.integer(0...size))
      case 3...5:
        // A page's head: its kind, its cells and where they lie.
        bytes[page + mutator.integer(0...23)] = mutator.byte()
      case 6:
        let number = mutator.element(Mutator.numbers)
        let place = page + mutator.integer(0...size - 8)
        for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(24 - 8 * index)) }
      default: bytes[page + mutator.integer(0...size - 1)] ^= 1 << UInt8(mutator.integer(0...7))
      }
    }
    return bytes
  }

  // MARK: - SQL

  private func changedBySQL(_ mutator: inout Mutator) throws -> [UInt8] {
    let path = "\(folder.path)/changed.sqlite"
    for ending in ["", "-wal", "-shm", "-journal"] { try? FileManager.default.removeItem(atPath: path + ending) }
    try Data(sound).write(to: URL(filePath: path))
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.inDatabase { db in
      try db.execute(sql: "PRAGMA synchronous = OFF")
      for _ in 0..<mutator.integer(1...2) {
        // What SQLite itself refuses changes nothing.
        do {
          if mutator.once(in: 3) {
            let record = try String.fetchOne(db, sql: "SELECT record FROM runs") ?? ""
            try db.execute(sql: "UPDATE runs SET record = ?", arguments: [changedRecord(record, &mutator)])
          } else {
            try db.execute(sql: statement(&mutator))
          }
        } catch is DatabaseError {}
      }
      _ = try db.checkpoint(.truncate)
    }
    try queue.close()
    return Array(try Data(contentsOf: URL(filePath: path)))
  }

  private static let columns: [(table: String, columns: [String])] = [
    ("texts", ["id", "text"]), ("images", ["id", "ingredients"]),
    ("model_images", ["id", "image", "network", "preparation", "label"]), ("layouts", ["id", "text"]),
    ("passes", ["id", "subject", "layout", "environment", "first_map", "sha256", "numbers"]),
    ("raw_maps", ["id", "height", "width", "bytes"]), ("pictures", ["id", "image", "preparation", "sha256", "png"]),
    ("directions", ["id", "subject", "settings", "sha256", "height", "width", "bytes"]),
    ("runs", ["id", "record"]), ("outputs", ["path"]),
  ]

  private static let values = [
    "-1", "0", "1", "9223372036854775807", "-9223372036854775808", "1e308", "-1e999", "1e999", "0.5", "''", "'x'",
    "x''", "x'00'", "zeroblob(4)", "zeroblob(1000)", "zeroblob(4096)", "randomblob(31)", "randomblob(32)",
    "randomblob(33)", "'../../x'", "'/etc/passwd'", "'=1+1'", "'a=b' || char(10) || 'c'", "char(0)", "NULL",
    "CAST(x'FF80' AS TEXT)", "x'89504E470D0A1A0A'", "'explain=grad-cam' || char(10)",
  ]

  /// Foreign tables, views and triggers in place of ours or beside them.
  private static let schemas = [
    "CREATE TABLE foreign_table (x)", "CREATE VIEW everything AS SELECT * FROM passes",
    "CREATE TRIGGER t AFTER INSERT ON texts BEGIN DELETE FROM passes; END",
    "CREATE TRIGGER t BEFORE INSERT ON passes BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TRIGGER t AFTER DELETE ON outputs BEGIN INSERT INTO outputs VALUES ('../../x'); END",
    "CREATE INDEX i ON raw_maps (length(bytes) + height)", "CREATE UNIQUE INDEX i ON passes (layout)",
    "PRAGMA user_version = 1", "PRAGMA user_version = 0", "PRAGMA user_version = 99", "PRAGMA user_version = -5",
    "PRAGMA application_id = 7", "PRAGMA journal_mode = DELETE", "PRAGMA encoding = 'UTF-16le'",
    "ALTER TABLE passes DROP COLUMN numbers", "ALTER TABLE passes RENAME COLUMN numbers TO figures",
    "ALTER TABLE pictures RENAME TO photographs",
    "ALTER TABLE texts ADD COLUMN more AS (zeroblob(1000000)) VIRTUAL",
    "UPDATE layouts SET text = text || text", "UPDATE layouts SET text = text || 'pair 0 0 0' || char(10)",
    "UPDATE layouts SET text = 'level 0 1e999' || char(10)", "INSERT INTO leftovers VALUES (NULL, 'x', x'00', 'y')",
    "INSERT INTO conflicts VALUES (NULL, 1, 1, '', '', '')",
    """
    DROP TABLE texts; CREATE VIEW texts AS WITH RECURSIVE endless (n) AS (SELECT 1 UNION ALL SELECT n + 1
    FROM endless) SELECT n AS id, 'a=' || n AS text FROM endless
    """,
    """
    DROP TABLE raw_maps; CREATE VIEW raw_maps AS WITH RECURSIVE endless (n) AS (SELECT 1 UNION ALL SELECT n + 1
    FROM endless) SELECT n AS id, 1 AS height, n AS width, zeroblob(n) AS bytes FROM endless
    """,
    """
    DROP TABLE runs; CREATE TABLE runs (id INTEGER PRIMARY KEY, record TEXT AS (hex(zeroblob(1000000))) VIRTUAL);
    INSERT INTO runs (id) VALUES (1)
    """,
    "DROP TABLE outputs; CREATE TABLE outputs (path BLOB)", "INSERT INTO outputs VALUES ('../../../tmp/x')",
  ]

  private func statement(_ mutator: inout Mutator) -> String {
    let (table, columns) = mutator.element(Self.columns)
    let key = columns[0]
    let row = "\(key) = (SELECT \(key) FROM \(table) ORDER BY \(key) LIMIT 1 OFFSET \(mutator.integer(0...5)))"
    let place = mutator.once(in: 3) ? "" : " WHERE \(row)"
    switch mutator.integer(0...9) {
    case 0: return mutator.element(Self.schemas)
    case 1: return "DELETE FROM \(table)\(place)"
    case 2: return "DROP TABLE \(table)"
    case 3:
      return "UPDATE raw_maps SET height = width * \(mutator.integer(0...3)), bytes = substr(bytes, 1, 400)"
    default:
      return "UPDATE \(table) SET \(mutator.element(columns)) = \(mutator.element(Self.values))\(place)"
    }
  }

  // MARK: - The record of the run

  private static var leaves: [Any] {
    [
      -1, 0, 1, Int.max, Int.min, 1e308, -1e308, 0.5, "", "x", "../../x", "/etc/passwd", "=1+1", "\u{0}", "last",
      "caffe",
      "vgg16", "xception", true, NSNull(), [Any](), [String: Any](), "\u{202E}", "<svg>", "\\input{x}", 100_000, 1e-300,
    ]
  }

  /// One value of the JSON in another's place.
  private func changedRecord(_ text: String, _ mutator: inout Mutator) -> String {
    guard !mutator.once(in: 10), let record = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else {
      return String(decoding: mutator.change([Array(text.utf8)]), as: UTF8.self)
    }
    let changed = change(record, &mutator, depth: 0)
    let data = try? JSONSerialization.data(withJSONObject: changed, options: [.fragmentsAllowed, .sortedKeys])
    return String(decoding: data ?? Data(), as: UTF8.self)
  }

  private func change(_ value: Any, _ mutator: inout Mutator, depth: Int) -> Any {
    if depth > 0, mutator.once(in: 5) { return mutator.element(Self.leaves) }
    if var object = value as? [String: Any], let key = object.keys.sorted().randomElement(using: &mutator.generator) {
      if mutator.once(in: 12) {
        object.removeValue(forKey: key)
      } else {
        object[key] = change(object[key] ?? NSNull(), &mutator, depth: depth + 1)
      }
      return object
    }
    if var list = value as? [Any], !list.isEmpty {
      let index = mutator.integer(0...list.count - 1)
      switch mutator.integer(0...7) {
      case 0: list.remove(at: index)
      case 1: list.append(list[index])
      default: list[index] = change(list[index], &mutator, depth: depth + 1)
      }
      return list
    }
    return mutator.element(Self.leaves)
  }
}
