import Results
import Store
import Support

/// How many measurements several plans lack together: what they share would be measured once.
public struct SharedForecast: Sendable {
  /// Of each image of a network, by a sum of what tells it: what rows are missing, as a number into `unions`.
  private var missing: [Int: Int] = [:]
  /// Rows that some images lack, by sums of what tells them.
  private var unions: [Set<Int>] = []
  private var known: [Set<Int>: Int] = [:]
  private var joined: [[Int]: Int] = [:]

  public init() {}

  /// Measurements that would be computed.
  public var missingMeasurements: Int { missing.values.reduce(0) { $0 + unions[$1].count } }

  /// - Parameters:
  ///   - store: nil where there is none yet.
  ///   - engine: name and version of the library that would compute: "oneDNN 2.6.3".
  ///   - environment: the only one whose rows count; nil for all.
  /// - Throws: `Problem` where the store cannot be read.
  public mutating func add(
    _ plan: Plan, store: ResultsStore?, engine: String, environment: RowEnvironment? = nil
  ) throws(Problem) {
    let work: [MissingWork]
    do {
      work =
        try store?.reading { reader in
          try MissingWork.all(of: plan, engine: engine, reader: reader, environment: environment?.text)
        } ?? MissingWork.all(of: plan, engine: engine, reader: nil)
    } catch {
      throw error as? Problem ?? .failure("the results store cannot be read: \(error)")
    }
    for own in work {
      let gaps = own.gaps.map { gap in place(of: Set(gap.rows.map { Self.sum(of: $0, own.keys) })) }
      for item in own.items {
        let subject = own.keys.subject(of: plan.images[item.image].record)
        let key = subject.hashValue
        missing[key] = missing[key].map { join($0, gaps[item.gap]) } ?? gaps[item.gap]
      }
    }
  }

  private static func sum(of row: Gap.Row, _ keys: KeyMaker) -> Int {
    var hasher = Hasher()
    for (name, value) in keys.settings(row.pair, measure: row.measure) {
      hasher.combine(name)
      hasher.combine(value)
    }
    hasher.combine(row.pair.target)
    hasher.combine(keys.stored(layer: row.pair.layer))
    hasher.combine(row.pair.level?.epsilon)
    return hasher.finalize()
  }

  private mutating func place(of rows: Set<Int>) -> Int {
    if let place = known[rows] { return place }
    known[rows] = unions.count
    unions.append(rows)
    return unions.count - 1
  }

  private mutating func join(_ first: Int, _ second: Int) -> Int {
    guard first != second else { return first }
    if let place = joined[[first, second]] { return place }
    let place = place(of: unions[first].union(unions[second]))
    joined[[first, second]] = place
    return place
  }
}
