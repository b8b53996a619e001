import Explanations
import Measures
import Support

/// How far apart the clean heatmaps of different images lie, by one measure: what a MOD has to be held against. Networks whose
/// maps are all alike have small MODs for that reason alone.
public struct UnrelatedMaps: Sendable, Hashable {
  /// Over pairs of images.
  public struct Mean: Sendable, Hashable {
    /// Of the measure.
    public var value: Double
    /// Pairs that it is over.
    public var pairCount: Int
    /// Pairs that there are: more where the mean is over a seeded sample of them.
    public var allCount: Int
    /// Pairs left out, in which a map is dead or the measure has no value.
    public var valuelessCount: Int
  }

  /// Over pairs of images of the same label; nil where there is none.
  public var sameLabel: Mean?
  /// Over pairs of images of different labels; nil where there is none.
  public var differentLabels: Mean?

  /// So many pairs of each kind are compared, all where there are fewer.
  public static let mostPairs = 1000
}

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
        let own = members[ends.firstIndex { pick < $0 } ?? 0]
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
      let weights = labels.map { [members] label in
        labels.count - (members.first { labels[$0[0]] == label }?.count ?? 0)
      }
      var ends: [Int] = []
      for weight in weights { ends.append((ends.last ?? 0) + weight) }
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

extension ExperimentResults {
  /// How far apart the clean maps of different images lie, for a series' model, explanation, target, layer and measure; whatever
  /// the attack, they are the same.
  /// - Throws: `Problem` where a map is missing or damaged.
  public func unrelatedMaps(of series: SeriesSummary) throws(Problem) -> UnrelatedMaps {
    var identity = series.identity
    let (attack, measure) = (identity.attack, identity.measure)
    (identity.attack, identity.measure) = ("", "")
    let made = try found.unrelated(identity) { () throws(Problem) in
      identity.attack = attack
      return try makeUnrelatedMaps(of: identity, size: series.model.inputSize)
    }
    guard let place = measures.firstIndex(where: { type(of: $0).key == measure }) else { return UnrelatedMaps() }
    return made[place]
  }

  /// One for each measure.
  private func makeUnrelatedMaps(of series: SeriesIdentity, size: Int) throws(Problem) -> [UnrelatedMaps] {
    let images = completeImages(of: series)
    let pairs = ImagePairs(labels: images.map(\.label), most: UnrelatedMaps.mostPairs, seed: seed)
    // All comparisons with one image follow each other, so that what is kept of it is made once.
    let groups = Dictionary(grouping: Set(pairs.same + pairs.different).sorted(), by: \.first).sorted {
      $0.key < $1.key
    }
    let compared = try concurrentMap(groups.map(\.value)) { (pairs) throws(Problem) in
      try compare(pairs, images, series, size)
    }
    var values: [ImagePairs.Pair: [Double]] = [:]
    for part in compared { values.merge(part) { first, _ in first } }
    func mean(_ pairs: [ImagePairs.Pair], of all: Int, _ measure: Int) -> UnrelatedMaps.Mean? {
      guard !pairs.isEmpty else { return nil }
      let known = pairs.compactMap { values[$0]?[measure] }.filter { !$0.isNaN }
      return UnrelatedMaps.Mean(
        value: known.isEmpty ? .nan : Drift.mean(known), pairCount: known.count, allCount: all,
        valuelessCount: pairs.count - known.count)
    }
    return measures.indices.map { measure in
      UnrelatedMaps(
        sameLabel: mean(pairs.same, of: pairs.sameCount, measure),
        differentLabels: mean(pairs.different, of: pairs.differentCount, measure))
    }
  }

  /// - Parameter pairs: of one first image.
  /// - Returns: of each pair what each measure says; NaN where it has no value, or a map is dead.
  private func compare(
    _ pairs: [ImagePairs.Pair], _ images: [ImageRecord], _ series: SeriesIdentity, _ size: Int
  ) throws(Problem) -> [ImagePairs.Pair: [Double]] {
    guard let first = pairs.first?.first else { return [:] }
    let none = [Double](repeating: .nan, count: measures.count)
    var found = Dictionary(uniqueKeysWithValues: pairs.map { ($0, none) })
    guard let clean = try cleanMap(images[first], series, size) else { return found }
    var references: [any MeasureReference] = []
    for measure in measures { references.append(try measure.reference(clean)) }
    for pair in pairs {
      guard let other = try cleanMap(images[pair.second], series, size) else { continue }
      found[pair] = try references.map { (reference) throws(Problem) in try reference.compare(with: other).last ?? .nan
      }
    }
    return found
  }

  /// - Returns: nil for a dead map, which says nothing of where attention lies.
  private func cleanMap(
    _ image: ImageRecord, _ series: SeriesIdentity, _ size: Int
  ) throws(Problem) -> ExplainedMap? {
    let raw: RawMap?
    do {
      raw = try pictures.rawMap(of: series, image: image.path, epsilon: nil)
    } catch {
      throw error as? Problem ?? .failure("a raw map cannot be read: \(error)")
    }
    guard let raw, !raw.isDead else { return nil }
    return ExplainedMap(raw: raw, heatmap: heatmap(of: raw, size: size))
  }
}
