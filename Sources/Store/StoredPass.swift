import Explanations
import Foundation
import GRDB
import Results
import Support

/// A pass without its numbers.
package struct PassHead: Sendable, Hashable {
  var id: Int64
  package var layout: Int64
  package var environment: Int64
}

/// A pass with its numbers, held to their hash.
struct StoredPass: Sendable {
  var head: PassHead
  var layout: StoredLayout
  var numbers: PassNumbers
  var firstMap: Int64
}

/// A subject as the store has it.
struct StoredSubject: Sendable {
  var id: Int64
  var subject: KeyMaker.Subject
}

/// What is stored of a subject.
package struct SubjectPasses: Sendable {
  var subject: Int64
  /// The first computed first.
  package var passes: [PassHead]
}

extension StoreReader {
  /// - Returns: nil where nothing is stored of the subject.
  package func entry(of subject: KeyMaker.Subject) throws -> SubjectPasses? {
    guard let network = try identifier(subject.network), let preparation = try identifier(subject.preparation),
      let image = try image(subject.image)
    else { return nil }
    let statement = try db.cachedStatement(
      sql: "SELECT id FROM model_images WHERE image = ? AND network = ? AND preparation = ? AND label = ?")
    guard
      let id = try Int64.fetchOne(statement, arguments: [image, network, preparation, subject.label])
    else { return nil }
    return SubjectPasses(subject: id, passes: try passes(of: id))
  }

  package func passes(of subject: Int64) throws -> [PassHead] {
    let statement = try db.cachedStatement(
      sql: "SELECT id, layout, environment FROM passes WHERE subject = ? ORDER BY id")
    return try Row.fetchAll(statement, arguments: [subject]).map {
      PassHead(id: try $0.decode(atIndex: 0), layout: try $0.decode(atIndex: 1), environment: try $0.decode(atIndex: 2))
    }
  }

  func image(_ ingredients: String) throws -> Int64? {
    try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM images WHERE ingredients = ?"), arguments: [ingredients])
  }

  /// The numbers of a pass.
  /// - Throws: `Problem` when they are not those that were stored.
  func pass(_ head: PassHead, of subject: KeyMaker.Subject) throws -> StoredPass {
    let statement = try db.cachedStatement(sql: "SELECT first_map, sha256, numbers FROM passes WHERE id = ?")
    guard let row = try Row.fetchOne(statement, arguments: [head.id]) else {
      throw StoreReader.damaged("the numbers of a pass are missing")
    }
    let layout = try layout(head.layout)
    let numbers = try row.decode(Data.self, atIndex: 2)
    guard
      try digest(subject, layout: layout, environment: head.environment, numbers: numbers)
        == row.decode(Data.self, atIndex: 1), let made = PassNumbers(numbers, layout: layout.layout)
    else { throw StoreReader.damaged("numbers are not those that were stored") }
    return StoredPass(head: head, layout: layout, numbers: made, firstMap: try row.decode(atIndex: 0))
  }

  /// A raw map of a pass.
  /// - Parameter index: into the pass's maps.
  /// - Returns: nil where its row is missing.
  /// - Throws: `Problem` when it is not the one that was stored.
  func map(_ index: Int, of pass: StoredPass) throws -> RawMap? {
    let statement = try db.cachedStatement(sql: "SELECT height, width, bytes FROM raw_maps WHERE id = ?")
    // A damaged number leads to no row.
    guard let row = try Row.fetchOne(statement, arguments: [pass.firstMap &+ Int64(index)]) else { return nil }
    return try StoredMap.map(
      height: row.decode(atIndex: 0), width: row.decode(atIndex: 1), bytes: row.decode(atIndex: 2),
      sha256: pass.numbers.maps[index])
  }

  // MARK: - Pictures

  package func hasPicture(image: String, preparation: String) throws -> Bool {
    guard let image = try self.image(image), let preparation = try identifier(preparation) else { return false }
    return try Bool.fetchOne(
      db.cachedStatement(sql: "SELECT 1 FROM pictures WHERE image = ? AND preparation = ?"),
      arguments: [image, preparation]) ?? false
  }

  /// - Throws: `Problem` when it is not the one that was stored.
  func picture(image: String, preparation: String) throws -> Data? {
    guard let id = try self.image(image), let prepared = try identifier(preparation) else { return nil }
    let statement = try db.cachedStatement(sql: "SELECT png, sha256 FROM pictures WHERE image = ? AND preparation = ?")
    guard let row = try Row.fetchOne(statement, arguments: [id, prepared]) else { return nil }
    let png = try row.decode(Data.self, atIndex: 0)
    guard
      try row.decode(Data.self, atIndex: 1) == StoreReader.hash(ofPicture: png, image: image, preparation: preparation)
    else { throw StoreReader.damaged("a photograph is not the one that was stored") }
    return png
  }

  static func hash(ofPicture png: Data, image: String, preparation: String) -> Data {
    var hash = SHA256()
    hash.update(data: Data((preparation + image).utf8))
    hash.update(data: png)
    return Data(hash.finalize())
  }

  func hasDirection(of subject: Int64, settings: Int64) throws -> Bool {
    try Bool.fetchOne(
      db.cachedStatement(sql: "SELECT 1 FROM directions WHERE subject = ? AND settings = ?"),
      arguments: [subject, settings]) ?? false
  }

  /// - Throws: `Problem` when it is not the one that was stored.
  func direction(of entry: Int64, _ subject: KeyMaker.Subject, settings: String) throws -> PerturbationSigns? {
    guard let id = try identifier(settings) else { return nil }
    let statement = try db.cachedStatement(
      sql: "SELECT height, width, bytes, sha256 FROM directions WHERE subject = ? AND settings = ?")
    guard let row = try Row.fetchOne(statement, arguments: [entry, id]) else { return nil }
    let (height, width) = (try row.decode(Int.self, atIndex: 0), try row.decode(Int.self, atIndex: 1))
    let bytes = try row.decode(Data.self, atIndex: 2)
    guard let signs = PerturbationSigns(height: height, width: width, packed: Array(bytes)),
      try row.decode(Data.self, atIndex: 3)
        == StoreReader.hash(ofDirection: bytes, height: height, width: width, subject, settings: settings)
    else { throw StoreReader.damaged("the direction of an attack is not what was stored") }
    return signs
  }

  static func hash(
    ofDirection bytes: Data, height: Int, width: Int, _ subject: KeyMaker.Subject, settings: String
  ) -> Data {
    var hash = SHA256()
    hash.update(data: Data("\(subject.text)\(settings)\(height)x\(width)\n".utf8))
    hash.update(data: bytes)
    return Data(hash.finalize())
  }
}
