import ExperimentFile
import Foundation
import GRDB
import Results
import Support

/// Where rows of a store come from: a part of a plan, measured by a process of its own.
public struct StoreOrigin: Sendable, Hashable, Codable {
  /// "3/64"; nil for all images.
  public var shard: String?
  /// As it was given to who took the rows; nil in the store that they were measured into.
  public var folder: String?
  /// Name of the machine that measured last; nil where nobody noted it.
  public var host: String?
  /// What processor and versions measured, in words.
  public var environment: String?
  /// Nil for stores that say nothing of what they were measured for.
  public var plan: PlanIdentity?
  /// Of the whole plan, those that cannot be read among them.
  public var imageCount = 0
  /// Those of the shard.
  public var ownCount = 0
  /// Of the shard: images that could not be measured, and why.
  public var skipped: [SkippedImage] = []
  /// Whether the process came to its end with every other image measured.
  public var isComplete = false

  public init(shard: String? = nil, folder: String? = nil, host: String? = nil, plan: PlanIdentity? = nil) {
    self.shard = shard
    self.folder = folder
    self.host = host
    self.plan = plan
  }

  /// "shard 3/64 in shards/03 (node7, Heatdrift 0.9.0, oneDNN 2.6.3, AVX2)"
  public var words: String {
    let known = [host, environment].compactMap { $0 }
    let place = [shard.map { "shard \($0)" }, folder].compactMap { $0 }.joined(separator: " in ")
    return (place.isEmpty ? "a store" : place) + (known.isEmpty ? "" : " (\(known.joined(separator: ", ")))")
  }
}

extension StoreOrigin {
  /// The same for reports, which name no machine, and of a folder no more than tells it from others: "shard 3/64 in
  /// attempt-812-1 (Heatdrift 0.9.0, oneDNN 2.6.3, AVX2)".
  package var shownWords: String {
    var shown = self
    shown.host = nil
    shown.folder = folder.map { PathName.shown($0) ?? PathName.last(of: $0) }
    return shown.words
  }
}

extension ResultsStore {
  /// Notes what is being measured into this store, in place of what was noted of the same shard.
  public func save(_ origin: StoreOrigin) throws(Problem) {
    try changing { db in
      let reader = StoreReader(db)
      for (id, known) in try reader.origins() where known.folder == nil && known.shard == origin.shard {
        try db.execute(sql: "DELETE FROM origins WHERE id = ?", arguments: [id])
      }
      try origin.insert(db)
    }
  }

  /// What is noted of where this store's rows come from, those that were measured into it first.
  public func origins() throws(Problem) -> [StoreOrigin] {
    try reading { reader in try reader.origins().map(\.origin).sorted { $0.folder == nil && $1.folder != nil } }
  }
}

extension ResultsStore {
  /// Why there is no finished run to report on.
  public func unfinished(at path: String) -> Problem {
    let shards = ((try? origins()) ?? []).filter { $0.folder == nil }.compactMap(\.shard)
    guard shards.isEmpty else {
      return .usage(
        at: Place(file: path), "this is shard \(listInWords(shards)) of an experiment, which has no report of its own",
        remedy: "`heatdrift merge` puts the shards together and makes the report.")
    }
    return .usage(
      at: Place(file: path), "the run that filled this store was not finished",
      remedy: "`heatdrift run` with the same experiment file goes on.")
  }

  /// Values that were computed or merged once more and came out otherwise than what is stored, whatever they are of.
  public func conflicts() throws(Problem) -> [StoreConflict] {
    try reading { reader in
      try Row.fetchAll(reader.db, sql: "SELECT place, kept, found FROM conflicts ORDER BY id").map { row in
        StoreConflict(
          place: try row.decode(atIndex: 0), kept: try row.decode(atIndex: 1), found: try row.decode(atIndex: 2))
      }
    }
  }
}

extension StoreReader {
  /// None in a store that is only read and was made by an earlier version.
  func origins(_ schema: String = "main") throws -> [(id: Int64, origin: StoreOrigin)] {
    guard try db.tableExists("origins", in: schema) else { return [] }
    return try Row.fetchAll(db, sql: "SELECT id, record FROM \(schema).origins ORDER BY id").map { row in
      let text = try row.decode(String.self, atIndex: 1)
      guard let origin = try? JSONDecoder().decode(StoreOrigin.self, from: Data(text.utf8)) else {
        throw StoreReader.damaged("what it says of where its rows come from cannot be read")
      }
      return (try row.decode(atIndex: 0), origin)
    }
  }
}

extension StoreOrigin {
  /// - Returns: its number.
  @discardableResult
  func insert(_ db: Database) throws -> Int64 {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(self), as: UTF8.self)
    if let known = try Int64.fetchOne(db, sql: "SELECT id FROM origins WHERE record = ?", arguments: [text]) {
      return known
    }
    try db.execute(sql: "INSERT INTO origins (record) VALUES (?)", arguments: [text])
    return db.lastInsertedRowID
  }
}
