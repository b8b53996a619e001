import Explanations
import Foundation
import GRDB
import Results
import Support

/// A value that was computed once more and came out otherwise than what is stored, which stays.
public struct StoreConflict: Sendable, Hashable, Codable {
  /// Model, image, explanation, target, layer, level and what differs.
  public var place: String
  /// The value that is stored, with all its digits.
  public var kept: String
  /// The one that was computed now.
  public var found: String

  /// One sentence.
  public var sentence: String { "\(place): \(kept) is stored, and \(found) was found" }
}

/// Appends what was measured.
struct PassWriter {
  let db: Database
  let reader: StoreReader

  init(_ reader: StoreReader) {
    db = reader.db
    self.reader = reader
  }

  // MARK: - What stands once

  func identifier(_ text: String) throws -> Int64 {
    if let known = try reader.identifier(text) { return known }
    try db.cachedStatement(sql: "INSERT INTO texts (text) VALUES (?)").execute(arguments: [text])
    let id = db.lastInsertedRowID
    reader.learn(text, id)
    return id
  }

  func image(_ ingredients: String) throws -> Int64 {
    if let known = try reader.image(ingredients) { return known }
    try db.cachedStatement(sql: "INSERT INTO images (ingredients) VALUES (?)").execute(arguments: [ingredients])
    return db.lastInsertedRowID
  }

  /// - Returns: what is stored of the subject; a new subject has no passes.
  func entry(of subject: KeyMaker.Subject) throws -> SubjectPasses {
    if let known = try reader.entry(of: subject) { return known }
    let (image, network) = (try image(subject.image), try identifier(subject.network))
    try db.cachedStatement(
      sql: "INSERT INTO model_images (image, network, preparation, label) VALUES (?, ?, ?, ?)"
    ).execute(arguments: [image, network, try identifier(subject.preparation), subject.label])
    return SubjectPasses(subject: db.lastInsertedRowID, passes: [])
  }

  func layout(_ layout: PassLayout) throws -> StoredLayout {
    let text = layout.text
    if let id = try reader.identifier(ofLayout: text) { return try reader.layout(id) }
    try db.cachedStatement(sql: "INSERT INTO layouts (text) VALUES (?)").execute(arguments: [text])
    return try reader.layout(db.lastInsertedRowID)
  }

  // MARK: - Passes

  /// - Parameter environment: a text.
  /// - Returns: the number of the new pass.
  @discardableResult
  func insert(
    _ content: PassContent, of entry: Int64, _ subject: KeyMaker.Subject, environment: Int64
  ) throws -> Int64 {
    let layout = try layout(content.layout)
    var first: Int64 = 0
    for map in content.maps {
      let id = try insert(map)
      // One after the other, since nobody else writes: the rest follows the first.
      if first == 0 { first = id }
    }
    let numbers = content.numbers.bytes(content.layout)
    let digest = try reader.digest(subject, layout: layout, environment: environment, numbers: numbers)
    try db.cachedStatement(
      sql: """
        INSERT INTO passes (subject, layout, environment, first_map, sha256, numbers) VALUES (?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [entry, layout.id, environment, first, digest, numbers])
    return db.lastInsertedRowID
  }

  /// - Returns: its number.
  func insert(_ map: StoredMap) throws -> Int64 {
    try db.cachedStatement(sql: "INSERT INTO raw_maps (height, width, bytes) VALUES (?, ?, ?)")
      .execute(arguments: [map.height, map.width, map.bytes])
    return db.lastInsertedRowID
  }

  func remove(_ pass: StoredPass) throws {
    for index in pass.numbers.maps.indices {
      // Where the number of the first is damaged others' maps are there, which must stay.
      guard let map = try? reader.map(index, of: pass), map != nil else { continue }
      try db.cachedStatement(sql: "DELETE FROM raw_maps WHERE id = ?")
        .execute(arguments: [pass.firstMap &+ Int64(index)])
    }
    try db.execute(sql: "DELETE FROM passes WHERE id = ?", arguments: [pass.head.id])
  }

  /// Keeps a part of a stored pass in its place.
  /// - Returns: whether anything of it went.
  @discardableResult
  func reduce(
    _ pass: StoredPass, of entry: Int64, _ subject: KeyMaker.Subject,
    keeps: (PassLayout.PairKey, Int64) -> Bool, keepsScores: (PassLayout.Level) -> Bool
  ) throws -> Bool {
    let maps = try pass.numbers.maps.indices.map { try reader.map($0, of: pass).map { StoredMap($0) } }
    let part = PassContent(part: pass, maps: maps, keeps: keeps, keepsScores: keepsScores)
    let layout = pass.layout.layout
    guard part.layout.rowCount < layout.rowCount || part.layout.scored.count < layout.scored.count else { return false }
    if !part.isEmpty { try insert(part, of: entry, subject, environment: pass.head.environment) }
    try remove(pass)
    return true
  }

  // MARK: - Pictures

  func addPicture(_ png: Data, image: String, preparation: String) throws {
    try db.cachedStatement(
      sql: "INSERT OR IGNORE INTO pictures (image, preparation, sha256, png) VALUES (?, ?, ?, ?)"
    ).execute(arguments: [
      try self.image(image), try identifier(preparation),
      StoreReader.hash(ofPicture: png, image: image, preparation: preparation), png,
    ])
  }

  func addDirection(
    _ bytes: Data, height: Int, width: Int, of entry: Int64, _ subject: KeyMaker.Subject, settings: String
  ) throws {
    try db.cachedStatement(
      sql: """
        INSERT OR IGNORE INTO directions (subject, settings, sha256, height, width, bytes) VALUES (?, ?, ?, ?, ?, ?)
        """
    ).execute(arguments: [
      entry, try identifier(settings),
      StoreReader.hash(ofDirection: bytes, height: height, width: width, subject, settings: settings), height, width,
      bytes,
    ])
  }
}
