import Explanations
import Measures
import Support

extension ExperimentResults {
  /// One for each measure.
  func makeUnrelatedMaps(
    of series: SeriesIdentity, _ images: [ImageRecord], size: Int
  ) throws(Problem) -> [UnrelatedMaps] {
    let pairs = ImagePairs(labels: images.map(\.label), most: UnrelatedMaps.mostPairs, seed: seed)
    let wanted = Set(pairs.same + pairs.different)
    // Of a great data set few images are in a pair.
    let raw = try concurrentMap(Set(wanted.flatMap { [$0.first, $0.second] }).sorted()) { (image) throws(Problem) in
      (image, try cleanMap(of: images[image], series))
    }
    let maps = Dictionary(raw, uniquingKeysWith: { first, _ in first })
    let compared = try concurrentMap(PairBlocks.blocks(of: wanted)) { (pairs) throws(Problem) in
      try compare(pairs, maps, size)
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

  /// - Returns: nil for a dead map, which says nothing of where attention lies.
  private func cleanMap(of image: ImageRecord, _ series: SeriesIdentity) throws(Problem) -> RawMap? {
    let raw: RawMap?
    do {
      raw = try pictures.rawMap(of: series, image: image.path, epsilon: nil)
    } catch {
      throw error as? Problem ?? .failure("a raw map cannot be read: \(error)")
    }
    guard let raw else {
      throw .failure("the raw map of \(series.model) on \(image.path) at layer \(series.layer) was not kept")
    }
    return raw.isDead ? nil : raw
  }

  /// - Parameter maps: of the images; none for one whose map is dead.
  /// - Returns: of each pair what each measure says; NaN where it has no value, or a map is dead.
  private func compare(
    _ pairs: [ImagePairs.Pair], _ maps: [Int: RawMap?], _ size: Int
  ) throws(Problem) -> [ImagePairs.Pair: [Double]] {
    struct Known {
      var map: ExplainedMap
      var references: [any MeasureReference]
    }
    var known: [Int: Known] = [:]
    for image in Set(pairs.flatMap { [$0.first, $0.second] }) {
      guard let raw = maps[image] ?? nil else { continue }
      let map = ExplainedMap(raw: raw, heatmap: heatmap(of: raw, size: size))
      var references: [any MeasureReference] = []
      for measure in measures { references.append(try measure.reference(map)) }
      known[image] = Known(map: map, references: references)
    }
    var found: [ImagePairs.Pair: [Double]] = [:]
    for pair in pairs {
      guard let first = known[pair.first], let second = known[pair.second] else {
        found[pair] = [Double](repeating: .nan, count: measures.count)
        continue
      }
      var values: [Double] = []
      for (one, other) in zip(first.references, second.references) {
        values.append(try one.compare(with: other, of: second.map).last ?? .nan)
      }
      found[pair] = values
    }
    return found
  }
}
