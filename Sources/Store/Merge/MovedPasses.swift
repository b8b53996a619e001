import GRDB
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

extension StoreReader {
  /// Where a pass comes from, in words.
  func origin(ofPass head: PassHead) throws -> String {
    let known = try Int64.fetchOne(
      db, sql: "SELECT origin FROM main.origin_passes WHERE first <= ?1 AND last >= ?1 ORDER BY first DESC LIMIT 1",
      arguments: [head.id])
    let all = try origins()
    if let origin = all.first(where: { $0.id == known })?.origin { return origin.words }
    return RowEnvironment(text: try text(head.environment)).words
  }

  /// "features.29, predicted, epsilon 0.1"
  func place(of key: PassLayout.PairKey) throws -> String {
    "\(try text(key.series.layer)), \(key.series.target.rawValue), epsilon \(AttackLevel.exact(key.level.epsilon))"
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
