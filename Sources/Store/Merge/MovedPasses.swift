import GRDB
import Measures
import Results
import Support

/// Which numbers passes have here that came from another store.
struct MovedPasses {
  struct Range: Equatable {
    var first: Int64
    var last: Int64
    var origin: Int64
  }

  /// Added to every number, where all passes were copied at once.
  var shift: Int64?
  private var moved: [(old: Int64, new: Int64)] = []

  mutating func add(_ old: Int64, as new: Int64) { moved.append((old, new)) }

  /// - Parameters:
  ///   - least: of the numbers in the other store; nil where it has no passes.
  ///   - named: what the other store itself took from elsewhere, by its own numbers, in their order.
  ///   - own: where everything else comes from.
  /// - Returns: numbers here, neighbours of one origin together.
  func ranges(
    least: Int64?, most: Int64?, named: [(first: Int64, last: Int64, origin: Int64)], else own: Int64
  ) -> [Range] {
    var ranges: [Range] = []
    func add(_ first: Int64, _ last: Int64, _ origin: Int64) {
      guard first <= last else { return }
      if let end = ranges.last, end.origin == origin, end.last + 1 == first {
        ranges[ranges.count - 1].last = last
      } else {
        ranges.append(Range(first: first, last: last, origin: origin))
      }
    }
    if let shift, let least, let most {
      var next = least
      for one in named where one.last >= next && one.first <= most {
        add(next + shift, one.first - 1 + shift, own)
        add(max(one.first, next) + shift, min(one.last, most) + shift, one.origin)
        next = one.last < most ? one.last + 1 : most + 1
      }
      add(next + shift, most + shift, own)
    }
    for (old, new) in moved {
      add(new, new, named.last { $0.first <= old && old <= $0.last }?.origin ?? own)
    }
    return ranges
  }
}

/// Which passes of a store come from where.
struct OriginRanges: Sendable {
  /// By their numbers; none overlaps another.
  private var ranges: [(first: Int64, last: Int64, origin: StoreOrigin)] = []

  var isEmpty: Bool { ranges.isEmpty }

  /// - Throws: `Problem` where an origin cannot be read.
  init(_ reader: StoreReader, schema: String = "main") throws {
    guard try reader.db.tableExists("origin_passes", in: schema) else { return }
    let known = Dictionary(
      try reader.origins(schema).map { ($0.id, $0.origin) }, uniquingKeysWith: { first, _ in first })
    let rows = try Row.fetchCursor(
      reader.db, sql: "SELECT first, last, origin FROM \(schema).origin_passes ORDER BY first")
    while let row = try rows.next() {
      guard let origin = known[try row.decode(atIndex: 2)] else { continue }
      ranges.append((try row.decode(atIndex: 0), try row.decode(atIndex: 1), origin))
    }
  }

  /// - Returns: nil for a pass that was measured into the store itself.
  subscript(pass: Int64) -> StoreOrigin? {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].last < pass { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].first <= pass ? ranges[low].origin : nil
  }
}

extension StoreReader {
  /// Layer, target, explanation, attack and level, by the names that they have in experiment files.
  func place(of key: PassLayout.PairKey) throws -> String {
    let explanation = try value("explain", of: key.series.explanation) ?? "an explanation"
    let level =
      key.level.attack == PassLayout.control
      ? "control"
      : "\(try value("attack", of: key.level.attack) ?? "an attack") at \(AttackLevel.exact(key.level.epsilon))"
    return "\(try text(key.series.layer)), \(key.series.target.rawValue), \(explanation), \(level)"
  }

  /// Of what differs in a row: which measure it is, where it is the measure.
  func name(_ what: String, measure: Int64) throws -> String {
    what == StoredRow.measureName ? try value("measure", of: measure) ?? standardMeasure.key : what
  }

  private func value(_ ingredient: String, of id: Int64) throws -> String? {
    ContentKey.ingredients(of: try text(id)).first { $0.name == ingredient }?.value
  }
}

extension PassLayout {
  /// The same with other numbers for its texts.
  /// - Returns: nil where one of them has none.
  func renumbered(_ texts: [Int64: Int64]) -> PassLayout? {
    var layout = self
    for index in levels.indices where levels[index].attack != Self.control {
      guard let new = texts[levels[index].attack] else { return nil }
      layout.levels[index].attack = new
    }
    for index in series.indices {
      guard let explanation = texts[series[index].explanation], let layer = texts[series[index].layer] else {
        return nil
      }
      layout.series[index].explanation = explanation
      layout.series[index].layer = layer
    }
    for index in measures.indices {
      guard let new = texts[measures[index].settings] else { return nil }
      layout.measures[index].settings = new
    }
    for index in directions.indices {
      guard let new = texts[directions[index].settings] else { return nil }
      layout.directions[index].settings = new
    }
    return layout
  }
}
