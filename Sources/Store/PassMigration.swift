import Foundation
import GRDB
import Results
import Support

/// Moves the rows of versions 1 to 3, each under a hash of what it depends on, into passes.
///
/// Every row's hash is made again from its ingredients, as those versions made it; those of version 1, which did not keep
/// all of them, are found by trying what there was to choose from then. What is not what its hash says goes to `leftovers`,
/// as it was. Nothing here may change: it reads what was written.
struct PassMigration {
  private let db: Database
  private let reader: StoreReader
  /// By number.
  private var settings: [Int64: String] = [:]
  /// What stands behind the subject in the ingredients of logits and of directions: attack and level, or attack.
  private var levels: [String] = []
  private var directions: [String] = []
  private var moved = Moved()

  init(_ db: Database) {
    self.db = db
    reader = StoreReader(db)
  }

  mutating func run() throws {
    for row in try Row.fetchAll(db, sql: "SELECT id, ingredients FROM settings") {
      settings[try row.decode(atIndex: 0)] = try row.decode(atIndex: 1)
    }
    levels = try endings(of: "scores")
    directions = try endings(of: "perturbations")
    let subjects = try Row.fetchCursor(db, sql: "SELECT key, ingredients FROM subjects ORDER BY key")
    while let row = try subjects.next() {
      let (key, text) = (try row.decode(Data.self, atIndex: 0), try row.decode(String.self, atIndex: 1))
      guard let subject = FormerSubject(key: key, text: text) else { continue }
      moved.add("subjects", key)
      try move(subject)
    }
    try keepTheRest()
  }

  /// The different texts behind the first two lines of the ingredients.
  private func endings(of table: String) throws -> [String] {
    var found: Set<String> = []
    let rows = try Row.fetchCursor(db, sql: "SELECT ingredients FROM \(table)")
    while let row = try rows.next() {
      let lines = try row.decode(String.self, atIndex: 0).split(separator: "\n", omittingEmptySubsequences: false)
      guard lines.count > 2, lines[1].hasPrefix("subject=") else { continue }
      found.insert(lines.dropFirst(2).joined(separator: "\n"))
    }
    return found.sorted()
  }

  // MARK: - One model on one image

  private mutating func move(_ former: FormerSubject) throws {
    let subject = former.subject
    let writer = PassWriter(reader)
    let environment = try writer.identifier(former.environment)
    let entry = try writer.entry(of: subject).subject
    try movePhotograph(subject, writer)
    var passes: [FormerPass] = []
    for row in try rows(of: former) {
      moved.add("measurements", row.key)
      if let index = passes.firstIndex(where: { $0.takes(row) }) {
        passes[index].add(row)
      } else {
        passes.append(FormerPass(row))
      }
    }
    try addScores(to: &passes, former)
    let signs = try moveDirections(of: former, entry, writer)
    for pass in passes {
      var content = PassContent(prediction: pass.prediction, confidence: pass.confidence)
      for row in pass.sorted {
        let level = content.add(
          PassLayout.Level(
            attack: row.attack.isEmpty ? PassLayout.control : try writer.identifier(row.attack), epsilon: row.epsilon),
          pass.numbers(of: row))
        let head = "map=1\nsubject=\(former.hexadecimal)\n" + row.explanation + row.placeText
        let series = content.add(
          PassLayout.Series(
            explanation: try writer.identifier(row.explanation), target: row.target,
            layer: try writer.identifier(row.layer)), peak: row.cleanPeak, map: try moveMap(head))
        content.addPair(
          level: level, series: series, peak: row.peak, map: try moveMap(head + row.levelText),
          values: try pass.measures(of: row).map { (try writer.identifier($0.measure), $0.values) })
      }
      for direction in pass.directions where signs[direction.text] != nil || direction.isScored {
        content.addDirection(
          try writer.identifier(direction.text), isZero: signs[direction.text] ?? false, isKept: true)
      }
      // Every version up to this one stored it.
      content.layout.hasPicture = true
      try writer.insert(content, of: entry, subject, environment: environment)
    }
  }

  private func rows(of former: FormerSubject) throws -> [FormerRow] {
    let statement = try db.cachedStatement(
      sql: """
        SELECT key, target, layer, epsilon, window, clean_prediction, adversarial_prediction, clean_confidence,
          adversarial_confidence, ssim, nissim, clean_peak, adversarial_peak, settings
        FROM measurements WHERE subject = ?
        """)
    return try Row.fetchAll(statement, arguments: [former.key]).compactMap { row in
      let known = try row.decode(Int64?.self, atIndex: 13).flatMap { settings[$0] }
      return try FormerRow(row, settings: known, subject: former.hexadecimal)
    }
  }

  private mutating func addScores(to passes: inout [FormerPass], _ former: FormerSubject) throws {
    let statement = try db.cachedStatement(sql: "SELECT sha256, classes FROM scores WHERE key = ?")
    for ending in levels {
      let key = ContentKey(text: "scores=1\nsubject=\(former.hexadecimal)\n" + ending).bytes
      guard let row = try Row.fetchOne(statement, arguments: [key]) else { continue }
      let text = try row.decode(String.self, atIndex: 1)
      guard try Data(SHA256.hash(data: Data(text.utf8))) == row.decode(Data.self, atIndex: 0),
        let scores = ClassScores(text: text)
      else { continue }
      // Of several passes the first computed the level.
      for index in passes.indices where passes[index].setScores(scores, at: ending) {
        moved.add("scores", key)
        break
      }
    }
  }

  /// - Returns: whether the gradient is 0 everywhere, by what the direction depends on.
  private mutating func moveDirections(
    of former: FormerSubject, _ entry: Int64, _ writer: PassWriter
  ) throws -> [String: Bool] {
    var found: [String: Bool] = [:]
    let statement = try db.cachedStatement(sql: "SELECT height, width, bytes, sha256 FROM perturbations WHERE key = ?")
    for ending in directions {
      let key = ContentKey(text: "perturbation=1\nsubject=\(former.hexadecimal)\n" + ending).bytes
      guard let row = try Row.fetchOne(statement, arguments: [key]) else { continue }
      let (height, width) = (try row.decode(Int.self, atIndex: 0), try row.decode(Int.self, atIndex: 1))
      let bytes = try row.decode(Data.self, atIndex: 2)
      guard try FormerSubject.hash(height, width, bytes) == row.decode(Data.self, atIndex: 3),
        let signs = PerturbationSigns(height: height, width: width, packed: Array(bytes))
      else { continue }
      try writer.addDirection(bytes, height: height, width: width, of: entry, former.subject, settings: ending)
      found[ending] = signs.isZero
      moved.add("perturbations", key)
    }
    return found
  }

  private mutating func movePhotograph(_ subject: KeyMaker.Subject, _ writer: PassWriter) throws {
    let key = ContentKey(text: "photograph=1\n" + subject.preparation + subject.image).bytes
    let statement = try db.cachedStatement(sql: "SELECT png FROM photographs WHERE key = ?")
    guard let png = try Data.fetchOne(statement, arguments: [key]) else { return }
    if moved.add("photographs", key) {
      try writer.addPicture(png, image: subject.image, preparation: subject.preparation)
    }
  }

  /// As it is: what is wrong with it the store's check says.
  private mutating func moveMap(_ ingredients: String) throws -> StoredMap? {
    let key = ContentKey(text: ingredients).bytes
    let statement = try db.cachedStatement(
      sql: "SELECT height, width, bytes, map_values.sha256 FROM maps JOIN map_values USING (sha256) WHERE key = ?")
    guard let row = try Row.fetchOne(statement, arguments: [key]) else { return nil }
    moved.add("maps", key)
    return StoredMap(
      height: try row.decode(atIndex: 0), width: try row.decode(atIndex: 1), bytes: try row.decode(atIndex: 2),
      sha256: try row.decode(atIndex: 3))
  }

  // MARK: - What is left

  /// Whatever was not moved is kept as it is, as text.
  private func keepTheRest() throws {
    for table in ["subjects", "measurements", "maps", "photographs", "scores", "perturbations"] {
      let count = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM \(table)") ?? 0
      guard count > moved.count(table) else { continue }
      let rows = try Row.fetchCursor(db, sql: "SELECT * FROM \(table) ORDER BY key")
      while let row = try rows.next() {
        let key = try row.decode(Data.self, atIndex: 0)
        guard !moved.contains(table, key) else { continue }
        let content = row.map { name, value in "\(name)=\(PassMigration.text(value))\n" }.joined()
        try db.execute(
          sql: "INSERT INTO leftovers (source, key, content) VALUES (?, ?, ?)", arguments: [table, key, content])
      }
    }
  }

  private static func text(_ value: DatabaseValue) -> String {
    switch value.storage {
    case .null: ""
    case .int64(let number): String(number)
    case .double(let number): String(number)
    case .string(let text): text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    case .blob(let bytes): bytes.hexadecimal
    }
  }
}

/// Which rows of which tables were moved; of a key its first eight bytes, since there may be many millions.
private struct Moved {
  private var keys: [String: Set<UInt64>] = [:]

  /// - Returns: whether it was not there before.
  @discardableResult
  mutating func add(_ table: String, _ key: Data) -> Bool { keys[table, default: []].insert(Moved.short(key)).inserted }

  func contains(_ table: String, _ key: Data) -> Bool { keys[table]?.contains(Moved.short(key)) ?? false }

  func count(_ table: String) -> Int { keys[table]?.count ?? 0 }

  private static func short(_ key: Data) -> UInt64 { key.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
