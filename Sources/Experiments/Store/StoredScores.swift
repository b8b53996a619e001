import Foundation
import GRDB
import Results
import Support

/// Logits and the direction of the attack, which stores have from version 3 on.
extension ResultsStore {
  static func saveScores(of result: ImageResult, _ db: Database) throws {
    for (level, scores) in result.scores {
      let ingredients = result.subject.scoresIngredients(level)
      try db.cachedStatement(sql: "INSERT OR IGNORE INTO scores VALUES (?, ?, ?, ?)")
        .execute(arguments: [
          ContentKey(ingredients).bytes, ContentKey.text(of: ingredients), hash(scores.text), scores.text,
        ])
    }
    for (attack, signs) in result.perturbations {
      let ingredients = result.subject.perturbationIngredients(attack: attack)
      let packed = Data(signs.packed)
      try db.cachedStatement(sql: "INSERT OR IGNORE INTO perturbations VALUES (?, ?, ?, ?, ?, ?)")
        .execute(arguments: [
          ContentKey(ingredients).bytes, ContentKey.text(of: ingredients), hash(signs.height, signs.width, packed),
          signs.height, signs.width, packed,
        ])
    }
  }

  fileprivate static func hash(_ text: String) -> Data { Data(SHA256.hash(data: Data(text.utf8))) }

  fileprivate static func hash(_ height: Int, _ width: Int, _ bytes: Data) -> Data {
    var hash = SHA256()
    hash.update(data: Data("\(height)x\(width)\n".utf8))
    hash.update(data: bytes)
    return Data(hash.finalize())
  }

  func checkScores(_ db: Database, _ check: inout StoreCheck) throws {
    for (table, name) in [("scores", "logits"), ("perturbations", "perturbation")] {
      let keys = try Row.fetchCursor(db, sql: "SELECT key, ingredients FROM \(table) ORDER BY key")
      while let row = try keys.next() {
        let key = ContentKey(bytes: try row.decode(atIndex: 0))
        if ContentKey(text: try row.decode(atIndex: 1)) != key {
          check.add("\(name) \(key.short): the ingredients are not those of the key")
        }
        do {
          if table == "scores" {
            _ = try Reader(db: db).scores(key)
          } else {
            _ = try Reader(db: db).perturbation(key)
          }
        } catch is Problem {
          check.add("\(name) \(key.short): the values are not those that were stored")
        }
      }
    }
  }
}

extension ResultsStore.Reader {
  /// Whether logits are there; never in a store that is read as an older version left it.
  func hasScores(_ key: ContentKey) throws -> Bool {
    guard schemaVersion >= 3 else { return false }
    return try Bool.fetchOne(
      db.cachedStatement(sql: "SELECT 1 FROM scores WHERE key = ?"), arguments: [key.bytes]) ?? false
  }

  func scores(_ key: ContentKey) throws -> ClassScores? {
    guard schemaVersion >= 3 else { return nil }
    let statement = try db.cachedStatement(sql: "SELECT classes, sha256 FROM scores WHERE key = ?")
    guard let found = try Row.fetchOne(statement, arguments: [key.bytes]) else { return nil }
    let text = try found.decode(String.self, atIndex: 0)
    guard let scores = ClassScores(text: text), try found.decode(Data.self, atIndex: 1) == ResultsStore.hash(text)
    else { throw damaged("logits are") }
    return scores
  }

  func perturbation(_ key: ContentKey) throws -> PerturbationSigns? {
    guard schemaVersion >= 3 else { return nil }
    let statement = try db.cachedStatement(sql: "SELECT height, width, bytes, sha256 FROM perturbations WHERE key = ?")
    guard let found = try Row.fetchOne(statement, arguments: [key.bytes]) else { return nil }
    let (height, width) = (try found.decode(Int.self, atIndex: 0), try found.decode(Int.self, atIndex: 1))
    let bytes = try found.decode(Data.self, atIndex: 2)
    guard let signs = PerturbationSigns(height: height, width: width, packed: Array(bytes)),
      try found.decode(Data.self, atIndex: 3) == ResultsStore.hash(height, width, bytes)
    else { throw damaged("the direction of an attack is") }
    return signs
  }

  /// Whether the gradient of the loss is 0 everywhere; nil where its direction was not stored. Bytes are read only of
  /// those that have a 0 among them at all.
  func gradientIsZero(_ key: ContentKey) throws -> Bool? {
    guard schemaVersion >= 3 else { return nil }
    let statement = try db.cachedStatement(
      sql: "SELECT length(bytes) > (3 * height * width + 7) / 8 FROM perturbations WHERE key = ?")
    guard let hasZeros = try Bool.fetchOne(statement, arguments: [key.bytes]) else { return nil }
    guard hasZeros else { return false }
    // What shows the signs, or checks the store, says that they are damaged; numbers do not depend on it.
    return (try? perturbation(key))?.isZero
  }

  private func damaged(_ what: String) -> Problem {
    .failure(
      "the results store is damaged: \(what) not what was stored",
      remedy: "Move the store away; the next run computes everything again.")
  }
}
