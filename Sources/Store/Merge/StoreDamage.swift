import Foundation
import GRDB
import Support

/// What in a store is not what was stored of it, by the rows' numbers.
struct StoreDamage: Sendable, Equatable {
  var passes: Set<Int64> = []
  var pictures: Set<Int64> = []
  var directions: Set<Int64> = []
}

extension StoreReader {
  /// Holds every pass, its maps, every picture and direction to its hash, in one walk through each table.
  func damage() throws -> StoreDamage {
    var damage = StoreDamage()
    let maps = MapWalk(db)
    var subjects: [Int64: Result<KeyMaker.Subject, Problem>] = [:]
    func subject(_ id: Int64) throws -> KeyMaker.Subject {
      // The passes of a subject stand near each other; of many the last are enough.
      if subjects.count > 1024 { subjects = [:] }
      let found = subjects[id] ?? Result { () throws(Problem) in try storedSubject(id) }
      subjects[id] = found
      return try found.get()
    }
    let rows = try Row.fetchCursor(
      db, sql: "SELECT id, subject, layout, environment, first_map, sha256, numbers FROM passes ORDER BY id")
    while let row = try rows.next() {
      let id = try row.decode(Int64.self, atIndex: 0)
      do {
        let own = try subject(try row.decode(atIndex: 1))
        let layout = try layout(try row.decode(atIndex: 2))
        let data = try row.decode(Data.self, atIndex: 6)
        guard
          try digest(own, layout: layout, environment: try row.decode(atIndex: 3), numbers: data)
            == row.decode(Data.self, atIndex: 5), let numbers = PassNumbers(data, layout: layout.layout)
        else {
          damage.passes.insert(id)
          continue
        }
        let first = try row.decode(Int64.self, atIndex: 4)
        for (index, hash) in numbers.maps.enumerated() {
          guard try maps.hash(first &+ Int64(index)) == hash else {
            damage.passes.insert(id)
            break
          }
        }
      } catch is Problem {
        damage.passes.insert(id)
      }
    }
    try addPictures(to: &damage)
    return damage
  }

  private func addPictures(to damage: inout StoreDamage) throws {
    func isSound(_ read: () throws -> Any?) throws -> Bool {
      do { return try read() != nil } catch is Problem { return false }
    }
    let pictures = try Row.fetchCursor(
      db,
      sql: """
        SELECT pictures.id, ingredients, preparation FROM pictures LEFT JOIN images ON images.id = pictures.image
        """)
    while let row = try pictures.next() {
      let (image, preparation) = (try row.decode(String?.self, atIndex: 1), try row.decode(Int64.self, atIndex: 2))
      let isSound = try isSound { try image.flatMap { try picture(image: $0, preparation: text(preparation)) } }
      if !isSound { damage.pictures.insert(try row.decode(atIndex: 0)) }
    }
    let directions = try Row.fetchCursor(db, sql: "SELECT id, subject, settings FROM directions")
    while let row = try directions.next() {
      let (subject, settings) = (try row.decode(Int64.self, atIndex: 1), try row.decode(Int64.self, atIndex: 2))
      let isSound = try isSound {
        try direction(of: subject, storedSubject(subject), settings: text(settings))
      }
      if !isSound { damage.directions.insert(try row.decode(atIndex: 0)) }
    }
  }

  /// - Throws: `Problem` for a number that no subject has.
  func storedSubject(_ id: Int64) throws(Problem) -> KeyMaker.Subject {
    do {
      let statement = try db.cachedStatement(
        sql: """
          SELECT ingredients, network, preparation, label FROM model_images JOIN images ON images.id = model_images.image
          WHERE model_images.id = ?
          """)
      guard let row = try Row.fetchOne(statement, arguments: [id]) else {
        throw StoreReader.damaged("a model, image or preparation is missing")
      }
      return KeyMaker.Subject(
        network: try text(try row.decode(atIndex: 1)), preparation: try text(try row.decode(atIndex: 2)),
        image: try row.decode(atIndex: 0), label: try row.decode(atIndex: 3))
    } catch let problem as Problem {
      throw problem
    } catch {
      throw StoreReader.damaged("a model, image or preparation cannot be read")
    }
  }
}

/// Hashes of raw maps, asked for in the order of their numbers mostly.
private final class MapWalk {
  private let db: Database
  private var rows: RowCursor?
  private var current: (id: Int64, hash: Data)?

  init(_ db: Database) { self.db = db }

  /// - Returns: nil where there is no such map.
  func hash(_ id: Int64) throws -> Data? {
    if let current, current.id == id { return current.hash }
    // Walking on to a number that is damaged would leave all maps before it behind.
    if rows == nil || current.map({ $0.id &+ 1 != id }) ?? true {
      rows = try Row.fetchCursor(
        db, sql: "SELECT id, height, width, bytes FROM raw_maps WHERE id >= ? ORDER BY id", arguments: [id])
    }
    guard let row = try rows?.next() else {
      (rows, current) = (nil, nil)
      return nil
    }
    let hash = StoredMap.hash(
      height: try row.decode(atIndex: 1), width: try row.decode(atIndex: 2), bytes: try row.decode(atIndex: 3))
    let found = try row.decode(Int64.self, atIndex: 0)
    current = (found, hash)
    return found == id ? hash : nil
  }
}
