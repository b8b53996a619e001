import Foundation
import GRDB
import Results
import Support

extension StoreMerge {
  /// What becomes of a pass of the other store.
  private enum State: Int {
    /// Nothing is here of its subject.
    case new = 0
    /// It is here, to the last bit.
    case known = 1
    /// Something else is here of its subject.
    case compared = 2
  }

  mutating func takePasses(_ layouts: [Int64: StoredLayout], _ name: (KeyMaker.Subject) -> String) throws {
    try db.execute(
      sql: """
        INSERT INTO taken_passes
          SELECT p.id, s.new, l.new, e.new,
            CASE
              WHEN NOT EXISTS (SELECT 1 FROM main.passes m WHERE m.subject = s.new) THEN \(State.new.rawValue)
              WHEN EXISTS (SELECT 1 FROM main.passes m WHERE m.subject = s.new AND m.sha256 = p.sha256)
                THEN \(State.known.rawValue)
              ELSE \(State.compared.rawValue)
            END
          FROM other.passes p JOIN taken_subjects s ON s.old = p.subject JOIN taken_layouts l ON l.old = p.layout
            JOIN taken_texts e ON e.old = p.environment
          WHERE p.id NOT IN (SELECT id FROM taken_damaged WHERE what = 'pass')
        """)
    taken.knownPasses = try count("SELECT COUNT(*) FROM taken_passes WHERE state = \(State.known.rawValue)")
    let others = try count("SELECT COUNT(*) FROM taken_passes WHERE state <> \(State.new.rawValue)")
    var moves = MovedPasses()
    if others == 0, damage.passes.isEmpty, let shifts = try shifts() {
      taken.rows += try count(
        """
        SELECT SUM(l.rows) FROM other.passes p JOIN taken_layouts l ON l.old = p.layout
        """)
      try copyAll(shifts)
      moves.shift = shifts.passes
    } else {
      try takeOneByOne(layouts, &moves, name)
    }
    try noteOrigins(moves)
  }

  private func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql) ?? 0 }

  /// What is added to the other store's numbers so that they come behind all of this one.
  private struct Shifts {
    var passes: Int64
    var maps: Int64
  }

  /// - Returns: nil where the other's numbers are too large, or below 1: no run makes such ones.
  private func shifts() throws -> Shifts? {
    func shift(_ table: String) throws -> Int64? {
      let least = try Int64.fetchOne(db, sql: "SELECT MIN(id) FROM other.\(table)") ?? 1
      let most = try Int64.fetchOne(db, sql: "SELECT MAX(id) FROM other.\(table)") ?? 1
      let own = try Int64.fetchOne(db, sql: "SELECT MAX(id) FROM main.\(table)") ?? 0
      guard least >= 1, most < 1 << 52, (0..<1 << 52).contains(own) else { return nil }
      return own - least + 1
    }
    guard let passes = try shift("passes"), let maps = try shift("raw_maps") else { return nil }
    return Shifts(passes: passes, maps: maps)
  }

  /// All of the other's passes are new: they and their maps are copied in the order in which they lie there.
  private func copyAll(_ shifts: Shifts) throws {
    try db.execute(
      sql: "INSERT INTO main.raw_maps SELECT id + ?, height, width, bytes FROM other.raw_maps ORDER BY id",
      arguments: [shifts.maps])
    try db.execute(
      sql: """
        INSERT INTO main.passes
          SELECT p.id + ?, t.subject, t.layout, t.environment,
            -- A pass without maps says nothing of where they begin, or anything.
            CASE WHEN p.first_map BETWEEN 1 AND \(1 << 52) THEN p.first_map + ? ELSE 0 END, p.sha256, p.numbers
          FROM other.passes p JOIN taken_passes t ON t.old = p.id ORDER BY p.id
        """, arguments: [shifts.passes, shifts.maps])
  }

  private mutating func takeOneByOne(
    _ layouts: [Int64: StoredLayout], _ moves: inout MovedPasses, _ name: (KeyMaker.Subject) -> String
  ) throws {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT p.id, p.layout, t.subject, t.environment, t.state, p.first_map, p.sha256, p.numbers
        FROM taken_passes t JOIN other.passes p ON p.id = t.old WHERE t.state <> \(State.known.rawValue) ORDER BY t.old
        """)
    while let row = try rows.next() {
      guard let layout = layouts[try row.decode(atIndex: 1)],
        let numbers = PassNumbers(try row.decode(atIndex: 7), layout: layout.layout)
      else { continue }
      let (subject, environment) = (try row.decode(Int64.self, atIndex: 2), try row.decode(Int64.self, atIndex: 3))
      let head = PassHead(id: try row.decode(atIndex: 0), layout: layout.id, environment: environment)
      let pass = StoredPass(head: head, layout: layout, numbers: numbers, firstMap: try row.decode(atIndex: 5))
      let number: Int64?
      if try row.decode(Int.self, atIndex: 4) == State.new.rawValue {
        number = try insert(pass, sha256: try row.decode(atIndex: 6), numbers: try row.decode(atIndex: 7), of: subject)
        taken.rows += layout.layout.rowCount
      } else {
        number = try compare(pass, of: subject, name)
      }
      if let number { moves.add(pass.head.id, as: number) }
    }
  }

  private func maps(of pass: StoredPass) throws -> [StoredMap?] {
    let statement = try db.cachedStatement(sql: "SELECT height, width, bytes FROM other.raw_maps WHERE id = ?")
    return try pass.numbers.maps.enumerated().map { index, sha256 in
      try Row.fetchOne(statement, arguments: [pass.firstMap &+ Int64(index)]).map {
        StoredMap(
          height: try $0.decode(atIndex: 0), width: try $0.decode(atIndex: 1), bytes: try $0.decode(atIndex: 2),
          sha256: sha256)
      }
    }
  }

  /// - Returns: its number here.
  private func insert(_ pass: StoredPass, sha256: Data, numbers: Data, of subject: Int64) throws -> Int64 {
    var first: Int64 = 0
    for map in try maps(of: pass) {
      guard let map else { throw StoreReader.damaged("a raw map is missing") }
      let id = try writer.insert(map)
      if first == 0 { first = id }
    }
    try db.cachedStatement(
      sql:
        "INSERT INTO main.passes (subject, layout, environment, first_map, sha256, numbers) VALUES (?, ?, ?, ?, ?, ?)"
    ).execute(arguments: [subject, pass.head.layout, pass.head.environment, first, sha256, numbers])
    return db.lastInsertedRowID
  }

  /// Takes the rows that nothing here has, and notes those that are others here.
  /// - Returns: the number of the pass that they are here; nil where there are none.
  private mutating func compare(_ pass: StoredPass, of id: Int64, _ name: (KeyMaker.Subject) -> String) throws -> Int64?
  {
    let reader = writer.reader
    let subject = try reader.storedSubject(id)
    let own = try reader.passes(of: id).map { try reader.pass($0, of: subject) }
    let theirs = try otherOrigins()[pass.head.id]
    var conflicts: [StoreConflict] = []
    var noted: Set<StoreConflict> = []
    var new = 0
    try pass.layout.layout.forEachRow { key, measure, _, _ in
      guard let found = pass.row(key, measure: measure) else { return }
      for there in own {
        guard let kept = there.row(key, measure: measure) else { continue }
        for (what, keptValue, foundValue) in kept.differences(from: found) {
          let conflict = StoreConflict(
            place: "\(name(subject)), \(try reader.place(of: key)): \(try reader.name(what, measure: measure))",
            kept: "\(keptValue) (\(try words(there.head)))",
            found: "\(foundValue) (\(try words(theirs ?? origin, pass.head)))")
          // What a pair of maps has beside its measures is the same for each of them.
          if noted.insert(conflict).inserted { conflicts.append(conflict) }
        }
        return
      }
      new += 1
    }
    let part = PassContent(part: pass, maps: try maps(of: pass)) { key, measure in
      !own.contains { $0.row(key, measure: measure) != nil }
    } keepsScores: { level in
      !own.contains { $0.scores(at: level) != nil }
    }
    let number =
      part.isEmpty ? nil : try writer.insert(part, of: id, subject, environment: pass.head.environment)
    taken.rows += new
    if new == 0, conflicts.isEmpty { taken.knownPasses += 1 }
    for conflict in conflicts { try note(conflict, of: id, environment: pass.head.environment) }
    return number
  }

  /// Where a pass of this store comes from, and what computed it.
  private mutating func words(_ head: PassHead) throws -> String {
    let known = try origins ?? OriginRanges(writer.reader)
    origins = known
    return try words(known[head.id], head)
  }

  /// What the other store itself took from elsewhere.
  private mutating func otherOrigins() throws -> OriginRanges {
    let known = try theirOrigins ?? OriginRanges(writer.reader, schema: "other")
    theirOrigins = known
    return known
  }

  /// - Parameters:
  ///   - origin: nil for a pass that was measured into this store.
  ///   - head: of the pass, as it is or would be here.
  private func words(_ origin: StoreOrigin?, _ head: PassHead) throws -> String {
    let environment = RowEnvironment(text: try writer.reader.text(head.environment)).words
    guard var origin else { return environment }
    // A store may have rows of several processors, whichever measured last.
    origin.environment = environment
    return origin.shownWords
  }

  private mutating func note(_ conflict: StoreConflict, of subject: Int64, environment: Int64) throws {
    taken.conflicts.append(conflict)
    try db.execute(
      sql: """
        INSERT INTO main.conflicts (subject, environment, place, kept, found) SELECT ?1, ?2, ?3, ?4, ?5
        WHERE NOT EXISTS (
          SELECT 1 FROM main.conflicts WHERE subject = ?1 AND place = ?3
            AND (kept = ?4 AND found = ?5 OR kept = ?5 AND found = ?4))
        """, arguments: [subject, environment, conflict.place, conflict.kept, conflict.found])
  }

  private func noteOrigins(_ moves: MovedPasses) throws {
    let own = try origin.insert(db)
    var named: [(first: Int64, last: Int64, origin: Int64)] = []
    if try db.tableExists("origins", in: "other") {
      // What the other took from elsewhere itself.
      for row in try Row.fetchAll(
        db,
        sql: """
          SELECT first, last, record FROM other.origin_passes JOIN other.origins ON origins.id = origin_passes.origin
          ORDER BY first
          """)
      {
        guard
          let further = try? JSONDecoder().decode(
            StoreOrigin.self, from: Data(try row.decode(String.self, atIndex: 2).utf8))
        else { continue }
        named.append((try row.decode(atIndex: 0), try row.decode(atIndex: 1), try further.insert(db)))
      }
    }
    let bounds = try Row.fetchOne(db, sql: "SELECT MIN(id), MAX(id) FROM other.passes")
    let least = try bounds?.decode(Int64?.self, atIndex: 0), most = try bounds?.decode(Int64?.self, atIndex: 1)
    for range in moves.ranges(least: least, most: most, named: named, else: own) {
      try db.execute(
        sql: "INSERT OR REPLACE INTO main.origin_passes (first, last, origin) VALUES (?, ?, ?)",
        arguments: [range.first, range.last, range.origin])
    }
  }
}
