import Diagnostics
import Dissimilarity

extension ExperimentResults {
  /// A summary for each model, layer and target, in that order, over the images of which every level is there.
  /// - Throws: `Problem` when a series has no complete image.
  public func summarise() throws(Problem) -> [SeriesSummary] {
    struct Row: Hashable {
      var model: String
      var layer: String
      var target: ExplanationTarget
    }
    let series = Dictionary(grouping: measurements) { Row(model: $0.model, layer: $0.layer, target: $0.target) }
    var summaries: [SeriesSummary] = []
    for model in models {
      for layer in model.layers {
        for target in targets {
          let rows = series[Row(model: model.key, layer: layer, target: target)] ?? []
          summaries.append(try summary(of: rows, model: model, layer: layer, target: target))
        }
      }
    }
    return summaries
  }

  private func summary(
    of rows: [Measurement], model: ModelRecord, layer: String, target: ExplanationTarget
  ) throws(Problem) -> SeriesSummary {
    let levels = [0] + epsilons
    let byImage = Dictionary(grouping: rows, by: \.image)
    // By image in the experiment's order, then by level, the control first.
    let complete: [[Measurement]] = images.compactMap { image in
      guard let own = byImage[image.path] else { return nil }
      let ordered = levels.compactMap { level in own.first { $0.epsilon == level } }
      return ordered.count == levels.count ? ordered : nil
    }
    guard !complete.isEmpty else {
      throw .failure(
        "there is no image with all results of \(model.name) at layer \(layer) (\(target.rawValue))",
        remedy: "Run the experiment again; what is missing is computed.")
    }
    let bootstrap = Bootstrap(imageCount: complete.count, seed: seed)
    func estimate(_ value: ([Int]) -> Double) -> Estimate {
      let (lower, upper) = bootstrap.interval(value)
      return Estimate(value: value(Array(complete.indices)), lower: lower, upper: upper)
    }
    func mean(_ values: [Double]) -> Estimate {
      estimate { draw in draw.reduce(0.0) { $0 + values[$1] } / Double(draw.count) }
    }
    func level(_ index: Int) -> LevelSummary {
      let own = complete.map { $0[index] }
      let right = own.filter { $0.cleanPrediction == $0.label }
      let lost = right.count { $0.adversarialPrediction != $0.label }
      return LevelSummary(
        epsilon: levels[index], mod: mean(own.map(\.nissim)),
        accuracy: mean(own.map { $0.adversarialPrediction == $0.label ? 1 : 0 }),
        successRate: right.isEmpty ? nil : Double(lost) / Double(right.count), deadCount: own.count(where: \.isDead),
        nissim: own.map(\.nissim))
    }
    // The attack levels without the control.
    let drift = complete.map { $0.dropFirst().map(\.nissim) }
    let perImage = drift.map(Drift.standardDeviation)
    let deadMaps = complete.reduce(0) { total, own in
      total + (own[0].cleanPeak > 0 ? 0 : 1) + own.dropFirst().count { !($0.adversarialPeak > 0) }
    }
    return SeriesSummary(
      model: model, layer: layer, target: target, imageCount: complete.count,
      cleanAccuracy: mean(complete.map { $0[0].cleanPrediction == $0[0].label ? 1 : 0 }), control: level(0),
      levels: epsilons.indices.map { level($0 + 1) }, vid: mean(perImage),
      vidOfMOD: estimate { draw in Drift.vidOfMOD(draw.map { drift[$0] }) },
      vidPooled: estimate { draw in Drift.vidPooled(draw.map { drift[$0] }) }, deadMapCount: deadMaps)
  }

  /// Images spread over a series' drift at the strongest attack level, least first: for four the quantiles 1/6, 1/2,
  /// 5/6 and 1, so that the choice is nobody's.
  /// - Returns: at most `count` different images.
  public func samplesByDriftQuantile(_ series: SeriesSummary, count: Int) -> [ImageRecord] {
    guard let strongest = epsilons.last, count > 0 else { return [] }
    var drift: [String: Double] = [:]
    for row in measurements
    where row.model == series.model.key && row.layer == series.layer && row.target == series.target
      && row.epsilon == strongest
    {
      drift[row.image] = row.nissim
    }
    let ranked = images.filter { drift[$0.path] != nil }
      .sorted { (drift[$0.path] ?? 0, $0.path) < (drift[$1.path] ?? 0, $1.path) }
    guard ranked.count > count else { return ranked }
    var chosen: [Int] = []
    for index in 0..<count {
      // The middle of each of the first count - 1 equal parts, and the greatest.
      let share = index == count - 1 ? 1 : (Double(index) + 0.5) / (Double(count) - 1)
      let wanted = Int((share * Double(ranked.count - 1)).rounded())
      chosen.append(max(wanted, (chosen.last ?? -1) + 1))
    }
    return chosen.map { ranked[min($0, ranked.count - 1)] }
  }
}
