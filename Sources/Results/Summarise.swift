import Attacks
import Measures
import Support

extension ExperimentResults {
  /// A summary for each series that has a complete image; see `summaries()`, which names the others.
  /// - Throws: `Problem` when no series has one.
  public func summarise() throws(Problem) -> [SeriesSummary] {
    let (complete, problems) = summaries()
    if complete.isEmpty, let first = problems.first { throw first }
    return complete
  }

  /// A summary for each model, attack, explanation, layer, target and measure, in that order, over the images of which every level is there.
  /// - Returns: beside them a problem for each series that has no such image.
  public func summaries() -> (complete: [SeriesSummary], problems: [Problem]) {
    let series = Dictionary(grouping: measurements) { SeriesIdentity($0) }
    let wanted = models.flatMap { model in allSeries(of: model) }
    // The resamples of many layers take longer than reading their rows.
    let made = concurrentMap(wanted) { wanted in
      Result { () throws(Problem) in
        var rows = wanted.identity
        rows.measure = ""
        return try summary(of: series[rows] ?? [], wanted)
      }
    }
    var summaries: [SeriesSummary] = []
    var problems: [Problem] = []
    for result in made {
      switch result {
      case .success(let summary): summaries.append(summary)
      case .failure(let problem): problems.append(problem)
      }
    }
    return (summaries, problems)
  }

  /// A series to be summarised.
  private struct Wanted {
    var model: ModelRecord
    var attack: AttackSetting
    var identity: SeriesIdentity
    /// Into `measures`.
    var measure: Int
  }

  private func allSeries(of model: ModelRecord) -> [Wanted] {
    var wanted: [Wanted] = []
    for attack in attacks {
      for explanation in explanations {
        for layer in model.layers {
          for target in targets {
            for (index, measure) in measures.enumerated() {
              wanted.append(
                Wanted(
                  model: model, attack: attack,
                  identity: SeriesIdentity(
                    model: model.key, attack: attack.key, explanation: type(of: explanation).key, target: target,
                    layer: layer, measure: type(of: measure).key), measure: index))
            }
          }
        }
      }
    }
    return wanted
  }

  /// Of what there are several of: ", Noise, rank".
  private func methods(of series: SeriesIdentity) -> String {
    [
      attacks.count > 1 ? attackTitle(series.attack) : nil,
      explanations.count > 1 ? explanationTitle(series.explanation) : nil,
      measures.count > 1 ? measureTitle(series.measure) : nil,
    ].compactMap { $0.map { ", " + $0 } }.joined()
  }

  private func summary(of rows: [Measurement], _ wanted: Wanted) throws(Problem) -> SeriesSummary {
    let (model, layer, target) = (wanted.model, wanted.identity.layer, wanted.identity.target)
    let epsilons = wanted.attack.levels
    let levels = [0] + epsilons
    func value(_ row: Measurement) -> Double {
      row.dissimilarities.indices.contains(wanted.measure) ? row.dissimilarities[wanted.measure] : .nan
    }
    let byImage = Dictionary(grouping: rows, by: \.image)
    // By image in the experiment's order, then by level, the control first.
    let complete: [[Measurement]] = images.compactMap { image in
      guard let own = byImage[image.path] else { return nil }
      let ordered = levels.compactMap { level in own.first { $0.epsilon == level } }
      return ordered.count == levels.count ? ordered : nil
    }
    guard !complete.isEmpty else {
      throw .failure(
        "there is no image with all results of \(model.name)\(methods(of: wanted.identity)) at layer \(layer) "
          + "(\(target.rawValue))",
        remedy: "Run the experiment again; what is missing is computed.")
    }
    // VID is over the attack levels alone, MOD is wanted at the control too.
    let attacked = DriftTable(complete.map { $0.dropFirst().map(value) })
    // MOD and accuracy by level, accuracy on the clean image: all are means, over the same draws.
    let means = ResampledMeans(
      complete.map { own in
        own.map(value) + own.map { $0.adversarialPrediction == $0.label ? 1 : 0 }
          + [own[0].cleanPrediction == own[0].label ? 1 : 0]
      })
    func statistics(_ draw: [Int]) -> [Double] {
      let found = means.means(of: draw)
      return found + [
        attacked.vid(of: draw), Drift.standardDeviation(Array(found[1..<levels.count])), attacked.vidPooled(of: draw),
      ]
    }
    let intervals = Bootstrap(imageCount: complete.count, seed: seed).intervals(statistics)
    let estimates = zip(statistics(Array(complete.indices)), intervals).map {
      Estimate(value: $0, lower: $1.lower, upper: $1.upper)
    }
    func level(_ index: Int) -> LevelSummary {
      let own = complete.map { $0[index] }
      let right = own.filter { $0.cleanPrediction == $0.label }
      let lost = right.count { $0.adversarialPrediction != $0.label }
      return LevelSummary(
        epsilon: levels[index], mod: estimates[index], accuracy: estimates[levels.count + index],
        successRate: right.isEmpty ? nil : Double(lost) / Double(right.count), deadCount: own.count(where: \.isDead),
        unmovedCount: own.count(where: \.isUnmoved), dissimilarities: own.map(value))
    }
    let deadMaps = complete.reduce(0) { total, own in
      total + (own[0].cleanPeak > 0 ? 0 : 1) + own.dropFirst().count { !($0.adversarialPeak > 0) }
    }
    let rest = 2 * levels.count
    return SeriesSummary(
      model: model, attack: wanted.identity.attack, explanation: wanted.identity.explanation, layer: layer,
      target: target, measure: wanted.identity.measure, measureIndex: wanted.measure, imageCount: complete.count,
      cleanAccuracy: estimates[rest],
      control: level(0), levels: epsilons.indices.map { level($0 + 1) }, vid: estimates[rest + 1],
      vidOfMOD: estimates[rest + 2], vidPooled: estimates[rest + 3], deadMapCount: deadMaps,
      zeroGradientImageCount: complete.count { own in own.contains { $0.gradientIsZero == true } })
  }
}
