import Foundation
import GRDB
import Support

/// Everything that passes are of, in the order of its ingredients, since the order in which passes came says nothing; kept as
/// numbers, with each text once.
struct ExportedSubjects: Sendable {
  struct Entry: Sendable {
    var subject: Int64
    /// Into `heads`.
    var network: Int32
    /// Into `images`.
    var image: Int32
    var label: Int
    var head: PassHead
  }

  /// A network and a preparation.
  struct Head: Sendable, Hashable {
    var network: String
    var preparation: String
    var text: String { network + preparation }
  }

  private(set) var heads: [Head] = []
  private(set) var images: [String] = []
  /// Subject by subject, of each the pass that was computed first first.
  private var entries: [Entry] = []
  private var starts: [Int] = [0]

  var count: Int { starts.count - 1 }

  /// The passes of a subject.
  subscript(index: Int) -> ArraySlice<Entry> { entries[starts[index]..<starts[index + 1]] }

  func subject(_ entry: Entry) -> KeyMaker.Subject {
    let head = heads[Int(entry.network)]
    return KeyMaker.Subject(
      network: head.network, preparation: head.preparation, image: images[Int(entry.image)], label: entry.label)
  }

  /// Each layout with the pass that was first to have it, in the order of the passes.
  let firstOfLayouts: [Entry]

  /// - Throws: `Problem` where the subject of a pass is missing.
  init(_ reader: StoreReader) throws {
    var places: [Int64: Int32] = [:]
    let texts = try Row.fetchAll(reader.db, sql: "SELECT id, ingredients FROM images ORDER BY ingredients, id")
    for row in texts {
      places[try row.decode(atIndex: 0)] = Int32(images.count)
      images.append(try row.decode(atIndex: 1))
    }
    var known: [[Int64]: Int32] = [:]
    var first: [Int64: Entry] = [:]
    // The index has all that is wanted of a pass; its row has a kilobyte of numbers as well.
    let rows = try Row.fetchCursor(
      reader.db,
      sql: """
        SELECT network, preparation, image, label, model_images.id, passes.id, layout, environment
        FROM model_images CROSS JOIN passes INDEXED BY passes_of_subject ON passes.subject = model_images.id
        """)
    while let row = try rows.next() {
      let key: [Int64] = [try row.decode(atIndex: 0), try row.decode(atIndex: 1)]
      if known[key] == nil {
        known[key] = Int32(heads.count)
        heads.append(Head(network: try reader.text(key[0]), preparation: try reader.text(key[1])))
      }
      guard let network = known[key], let image = places[try row.decode(atIndex: 2)] else {
        throw StoreReader.damaged("the subject of a pass is missing")
      }
      let entry = Entry(
        subject: try row.decode(atIndex: 4), network: network, image: image, label: try row.decode(atIndex: 3),
        head: PassHead(
          id: try row.decode(atIndex: 5), layout: try row.decode(atIndex: 6), environment: try row.decode(atIndex: 7)))
      entries.append(entry)
      if first[entry.head.layout].map({ entry.head.id < $0.head.id }) ?? true { first[entry.head.layout] = entry }
    }
    guard try Int.fetchOne(reader.db, sql: "SELECT COUNT(*) FROM passes") == entries.count else {
      throw StoreReader.damaged("the subject of a pass is missing")
    }
    firstOfLayouts = first.values.sorted { $0.head.id < $1.head.id }
    sort()
  }

  /// By the text of the subject, and then by the order in which passes were computed.
  private mutating func sort() {
    // One text may begin another: then what follows decides, and whole texts must be compared.
    let texts = heads.map(\.text)
    let order = heads.indices.sorted { texts[$0] < texts[$1] }
    var ranks = [Int](repeating: 0, count: heads.count)
    for (rank, head) in order.enumerated() { ranks[head] = rank }
    let isPlain =
      !zip(order, order.dropFirst()).contains { texts[$1].hasPrefix(texts[$0]) }
      && !zip(images, images.dropFirst()).contains { $1.hasPrefix($0) }
    let copy = self
    entries.sort { a, b in
      if a.subject == b.subject { return a.head.id < b.head.id }
      if isPlain {
        if a.network != b.network { return ranks[Int(a.network)] < ranks[Int(b.network)] }
        if a.image != b.image { return a.image < b.image }
        return "\(a.label)\n" < "\(b.label)\n"
      }
      return copy.subject(a).text < copy.subject(b).text
    }
    for index in entries.indices.dropFirst() where entries[index].subject != entries[index - 1].subject {
      starts.append(index)
    }
    if !entries.isEmpty { starts.append(entries.count) }
  }
}

extension StoreReader {
  /// A pass's hash and numbers, which are not held to each other here.
  /// - Throws: `Problem` where they are missing.
  func bytes(ofPass id: Int64) throws -> (digest: Data, numbers: Data) {
    let statement = try db.cachedStatement(sql: "SELECT sha256, numbers FROM passes WHERE id = ?")
    guard let row = try Row.fetchOne(statement, arguments: [id]) else {
      throw StoreReader.damaged("the numbers of a pass are missing")
    }
    return (try row.decode(atIndex: 0), try row.decode(atIndex: 1))
  }
}
