import Explanations
import Foundation
import GRDB
import Results
import Support

/// Looks up what is stored, within one reading of the store; remembers texts and layouts.
package final class StoreReader {
  /// What was looked up: of use as long as nothing is rolled back or removed.
  struct Known: Sendable {
    fileprivate var texts: [Int64: String] = [:]
    fileprivate var identifiers: [String: Int64?] = [:]
    fileprivate var layouts: [Int64: StoredLayout] = [:]
    fileprivate var layoutIdentifiers: [String: Int64] = [:]
    fileprivate var digests: [String: Data] = [:]
  }

  let db: Database
  private(set) var known: Known

  init(_ db: Database, known: Known = Known()) {
    self.db = db
    self.known = known
  }

  /// What is known of a text, layout or image is forgotten: a transaction was rolled back.
  func forget() { known = Known() }

  // MARK: - Texts

  /// - Throws: `Problem` for a number that no text has.
  package func text(_ id: Int64) throws -> String {
    if let found = known.texts[id] { return found }
    let statement = try db.cachedStatement(sql: "SELECT text FROM texts WHERE id = ?")
    guard let text = try String.fetchOne(statement, arguments: [id]) else {
      throw StoreReader.damaged("a text is missing")
    }
    known.texts[id] = text
    return text
  }

  /// - Returns: nil for a text that nothing stored refers to.
  package func identifier(_ text: String) throws -> Int64? {
    if let found = known.identifiers[text] { return found }
    let statement = try db.cachedStatement(sql: "SELECT id FROM texts WHERE text = ?")
    let found = try Int64.fetchOne(statement, arguments: [text])
    known.identifiers[text] = .some(found)
    return found
  }

  func learn(_ text: String, _ id: Int64) {
    known.identifiers[text] = .some(id)
    known.texts[id] = text
  }

  /// - Returns: nil for one that nothing stored has.
  func identifier(ofLayout text: String) throws -> Int64? {
    if let found = known.layoutIdentifiers[text] { return found }
    let found = try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT id FROM layouts WHERE text = ?"), arguments: [text])
    if let found { known.layoutIdentifiers[text] = found }
    return found
  }

  /// - Throws: `Problem` for one that nobody can read.
  package func layout(_ id: Int64) throws -> StoredLayout {
    if let found = known.layouts[id] { return found }
    let statement = try db.cachedStatement(sql: "SELECT text FROM layouts WHERE id = ?")
    guard let text = try String.fetchOne(statement, arguments: [id]), let layout = PassLayout(text: text) else {
      throw StoreReader.damaged("what the numbers of a pass stand for cannot be read")
    }
    let made = try StoredLayout(id: id, layout: layout, digest: digest(of: layout))
    known.layouts[id] = made
    return made
  }

  // MARK: - Hashes

  /// SHA-256 of a text that many rows share.
  func digest(_ text: String) -> Data {
    if let found = known.digests[text] { return found }
    let made = Data(SHA256.hash(data: Data(text.utf8)))
    known.digests[text] = made
    return made
  }

  /// Of what a layout means, whatever numbers its texts have.
  func digest(of layout: PassLayout) throws -> Data {
    var failure: (any Error)?
    let text = layout.text { id in
      do {
        return try self.text(id).replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
      } catch {
        failure = error
        return ""
      }
    }
    if let failure { throw failure }
    return Data(SHA256.hash(data: Data(text.utf8)))
  }

  /// Of a pass: of all that its numbers depend on, and of themselves.
  func digest(
    _ subject: KeyMaker.Subject, layout: StoredLayout, environment: Int64, numbers: Data
  ) throws -> Data {
    var hash = SHA256()
    hash.update(data: digest(subject.network))
    hash.update(data: digest(subject.preparation))
    hash.update(data: Data(subject.own.utf8))
    hash.update(data: digest(try text(environment)))
    hash.update(data: layout.digest)
    hash.update(data: numbers)
    return Data(hash.finalize())
  }

  static func damaged(_ what: String) -> Problem {
    .failure(
      "the results store is damaged: \(what)",
      remedy: "Move the store away; the next run computes everything again.")
  }

  /// Of a row: those of its explanation, of its attack, and of its measure.
  package func settingsText(_ key: PassLayout.PairKey, measure: Int64) throws -> String {
    try text(key.series.explanation) + (key.level.attack == PassLayout.control ? "" : try text(key.level.attack))
      + text(measure)
  }
}

/// A layout as it is stored, with where everything in it is.
package struct StoredLayout: Sendable {
  let id: Int64
  package let layout: PassLayout
  let digest: Data
  /// Into `layout.pairs`.
  let pairs: [PassLayout.PairKey: Int]
  /// Into `layout.levels`.
  let levels: [PassLayout.Level: Int]

  init(id: Int64, layout: PassLayout, digest: Data) throws {
    self.id = id
    self.layout = layout
    self.digest = digest
    pairs = Dictionary(
      layout.pairs.enumerated().map { (layout.key(of: $1), $0) }, uniquingKeysWith: { first, _ in first })
    levels = Dictionary(layout.levels.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Where in a pair's values those of a measure are; nil where it was not measured by it.
  func position(ofMeasure settings: Int64, in pair: Int) -> Int? {
    layout.pairs[pair].measures.firstIndex { layout.measures[$0].settings == settings }
  }
}
