import Measures
import Support

/// How a series' drift goes with the confidence that the attack takes, at one attack level.
public struct DriftCorrelation: Sendable, Hashable {
  /// The attack level.
  public var epsilon: Double
  /// Pearson's r of the measure and confidence drop; NaN where one of both does not vary, or where there are fewer than three
  /// images.
  public var coefficient: Estimate
  /// How many images it is over.
  public var imageCount: Int
}

extension ExperimentResults {
  /// Pearson's r of the measure and confidence drop over the images, within each attack level: over all levels together it
  /// would say that both grow with the attack, whatever becomes of single images.
  /// - Returns: one for each level.
  /// - Throws: `Problem` where a row is missing or damaged.
  public func confidenceCorrelations(
    _ series: SeriesSummary, epsilons: [Double]
  ) throws(Problem) -> [DriftCorrelation] {
    let pairs = try confidencePairs(series, epsilons: epsilons)
    var sample = ImageSample(images: pairs.count)
    for level in epsilons.indices {
      let drops = sample.add(pairs.map { $0.levels[level]?.drop ?? .nan }, false)
      let values = sample.add(pairs.map { $0.levels[level]?.value ?? .nan }, false)
      sample.statistics.append(.correlation(drops, values))
    }
    let estimates = IntervalMaker(seed: seed, resamples: resamples).estimates(of: [sample])[0]
    return epsilons.indices.map { level in
      DriftCorrelation(
        epsilon: epsilons[level], coefficient: estimates[level].within(-1...1),
        imageCount: pairs.count { $0.levels[level] != nil })
    }
  }

  /// The rows of a series at some attack levels of which the confidence drop is known, of evenly chosen images in their order.
  /// - Parameter most: so many rows at most, or little more.
  /// - Throws: `Problem` where a row is missing or damaged.
  public func confidenceRows(
    _ series: SeriesSummary, epsilons: [Double], most: Int = .max
  ) throws(Problem) -> [[Measurement]] {
    let known = try confidencePairs(series, epsilons: epsilons)
    let step = max(1, known.reduce(0) { $0 + $1.levels.count { $0 != nil } } / most)
    var rows: [[Measurement]] = []
    for index in stride(from: 0, to: known.count, by: step) {
      let own = try self.rows.rows(model: series.model.key, image: images[known[index].image].path)
      rows.append(own.filter { series.hasConfidence($0, Set(epsilons)) })
    }
    return rows
  }

  /// What the correlation is made of, of each image that has any of these rows, in the order of the images.
  private func confidencePairs(_ series: SeriesSummary, epsilons: [Double]) throws(Problem) -> [ConfidencePairs] {
    try found.pairs(of: series.identity, epsilons) { () throws(Problem) in
      let wanted = Set(epsilons)
      let places = Dictionary(
        images.enumerated().map { ($1.path, $0) }, uniquingKeysWith: { first, _ in first })
      var pairs: [Int: ConfidencePairs] = [:]
      try rows.forEachPart(of: series.model.key) { (rows) throws(Problem) in
        rows.filter { series.hasConfidence($0, wanted) }.map {
          ($0.image, $0.epsilon, $0.confidenceDrop ?? 0, series.value(of: $0))
        }
      } consume: { part in
        for (image, epsilon, drop, value) in part {
          guard let place = places[image], let level = epsilons.firstIndex(of: epsilon) else { continue }
          pairs[place, default: ConfidencePairs(image: place, levels: epsilons.count)].levels[level] = (drop, value)
        }
      }
      return pairs.values.sorted { $0.image < $1.image }
    }
  }
}

extension SeriesSummary {
  fileprivate func hasConfidence(_ row: Measurement, _ epsilons: Set<Double>) -> Bool {
    contains(row) && epsilons.contains(row.epsilon) && row.confidenceDrop?.isFinite == true
      && value(of: row).isFinite
  }
}

/// Confidence drop and drift of one image.
struct ConfidencePairs: Sendable {
  /// Into the results' images.
  var image: Int
  /// By level; nil where one of both is not known.
  var levels: [(drop: Double, value: Double)?]

  init(image: Int, levels: Int) {
    self.image = image
    self.levels = Array(repeating: nil, count: levels)
  }
}
