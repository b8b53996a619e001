import Support

/// Pairs of different images, those of one label and those of different labels apart.
struct ImagePairs: Sendable {
  /// Into the labels that they were drawn from, the lesser first, in order; a seeded sample where there are too many.
  private(set) var same: [Pair] = []
  private(set) var different: [Pair] = []
  let sameCount: Int
  let differentCount: Int

  struct Pair: Sendable, Hashable, Comparable {
    var first: Int
    var second: Int

    init(_ a: Int, _ b: Int) { (first, second) = (min(a, b), max(a, b)) }

    static func < (a: Pair, b: Pair) -> Bool { (a.first, a.second) < (b.first, b.second) }
  }

  /// - Parameters:
  ///   - labels: of the images.
  ///   - most: pairs of each kind.
  init(labels: [Int], most: Int, seed: UInt64) {
    let members = Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted { $0.key < $1.key }.map(\.value)
    let all = labels.count * (labels.count - 1) / 2
    sameCount = members.reduce(0) { $0 + $1.count * ($1.count - 1) / 2 }
    differentCount = all - sameCount
    var generator = SplitMix64(seed: seed ^ 0x554E_5245_4C41_5445)
    if sameCount <= most {
      for own in members {
        for (place, first) in own.enumerated() { same += own[(place + 1)...].map { Pair(first, $0) } }
      }
    } else {
      // By the number of pairs that each label has.
      var ends: [Int] = []
      for own in members { ends.append((ends.last ?? 0) + own.count * (own.count - 1) / 2) }
      same = Self.draw(most) {
        let pick = generator.index(below: sameCount)
        let own = members[Self.place(of: pick, in: ends)]
        let first = generator.index(below: own.count)
        let second = generator.index(below: own.count - 1)
        return Pair(own[first], own[second < first ? second : second + 1])
      }
    }
    if differentCount <= most {
      for (place, own) in members.enumerated() {
        for other in members[(place + 1)...] { different += own.flatMap { one in other.map { Pair(one, $0) } } }
      }
    } else {
      // A first image by the number of pairs that it has: those of a rare label have more.
      let counts = Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +)
      var ends: [Int] = []
      for label in labels { ends.append((ends.last ?? 0) + labels.count - (counts[label] ?? 0)) }
      different = Self.draw(most) {
        let pick = generator.index(below: ends[ends.count - 1])
        let first = Self.place(of: pick, in: ends)
        var second = generator.index(below: labels.count)
        while labels[second] == labels[first] { second = generator.index(below: labels.count) }
        return Pair(first, second)
      }
    }
    same.sort()
    different.sort()
  }

  /// Different ones.
  private static func draw(_ count: Int, _ next: () -> Pair) -> [Pair] {
    var found: Set<Pair> = []
    while found.count < count { found.insert(next()) }
    return Array(found)
  }

  /// The first end above a number.
  private static func place(of number: Int, in ends: [Int]) -> Int {
    var (low, high) = (0, ends.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if number < ends[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

/// Pairs in blocks of few images, so that what a measure keeps of an image is made seldom, and of few images at a time: of one of
/// 299 x 299 it may be 1.4 MB.
enum PairBlocks {
  /// Images of a block at most.
  static let mostImages = 16

  /// - Returns: every pair in one block, in an order that depends on nothing but the pairs.
  static func blocks(of pairs: Set<ImagePairs.Pair>) -> [[ImagePairs.Pair]] {
    let images = Set(pairs.flatMap { [$0.first, $0.second] }).sorted()
    let places = Dictionary(uniqueKeysWithValues: images.enumerated().map { ($1, $0) })
    // Of all pairs of some images, those between one half of a block's images and another half follow each other.
    func half(_ image: Int) -> Int { (places[image] ?? 0) / (mostImages / 2) }
    let ordered = pairs.map { (halves: (half($0.first), half($0.second)), pair: $0) }.sorted {
      ($0.halves.0, $0.halves.1, $0.pair) < ($1.halves.0, $1.halves.1, $1.pair)
    }
    var blocks: [[ImagePairs.Pair]] = []
    var held: Set<Int> = []
    for (_, pair) in ordered {
      let more = held.union([pair.first, pair.second])
      if blocks.isEmpty || more.count > mostImages {
        blocks.append([pair])
        held = [pair.first, pair.second]
      } else {
        blocks[blocks.count - 1].append(pair)
        held = more
      }
    }
    return blocks
  }
}
