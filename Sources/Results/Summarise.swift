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

  /// A summary for each model, attack, explanation, layer, target and measure, in that order, over the images of which every level is there and has
  /// a value of the measure.
  /// - Returns: beside them a problem for each series that has no such image.
  public func summaries() -> (complete: [SeriesSummary], problems: [Problem]) {
    let tables: MeasurementTables
    do {
      tables = try self.tables
    } catch {
      return ([], [error])
    }
    let wanted = models.flatMap { model in allSeries(of: model) }
    let made = concurrentMap(wanted) { wanted in
      Result { () throws(Problem) in try CompleteSeries(wanted, self, tables) }
    }
    // Series that were measured on as many images share their resamples.
    let complete = made.indices.filter { (try? made[$0].get()) != nil }
    let maker = IntervalMaker(seed: seed, resamples: resamples)
    let found = maker.estimates(of: complete.count) { place in
      guard let series = try? made[complete[place]].get() else { return ImageSample(images: 0) }
      return series.plan.sample
    }
    let estimates = Dictionary(uniqueKeysWithValues: zip(complete, found))
    var summaries: [SeriesSummary] = []
    var problems: [Problem] = []
    for (index, result) in made.enumerated() {
      switch result {
      case .success(let series):
        summaries.append(series.summary(estimates[index] ?? [], measureBounds(wanted[index].identity.measure)))
      case .failure(let problem): problems.append(problem)
      }
    }
    return (summaries, problems)
  }

  /// A series to be summarised.
  fileprivate struct Wanted: Sendable {
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
              let identity = SeriesIdentity(
                model: model.key, attack: attack.key, explanation: type(of: explanation).key, target: target,
                layer: layer, measure: type(of: measure).key)
              guard grids[model.key]?.has(identity) ?? true else { continue }
              wanted.append(Wanted(model: model, attack: attack, identity: identity, measure: index))
            }
          }
        }
      }
    }
    return wanted
  }

  /// Of what there are several of: ", Noise, rank".
  fileprivate func methods(of series: SeriesIdentity) -> String {
    [
      attacks.count > 1 ? attackTitle(series.attack) : nil,
      explanations.count > 1 ? explanationTitle(series.explanation) : nil,
      measures.count > 1 ? measureTitle(series.measure) : nil,
    ].compactMap { $0.map { ", " + $0 } }.joined()
  }

}

/// The images of a series of which every level is there and has a value.
private struct CompleteSeries: Sendable {
  private let wanted: ExperimentResults.Wanted
  private let series: MeasurementTables.Series
  /// Into the results' images.
  let images: [Int]
  /// Images of which every level is there, and the measure has no value at some.
  private let valueless: Int

  init(_ wanted: ExperimentResults.Wanted, _ results: ExperimentResults, _ tables: MeasurementTables) throws(Problem) {
    self.wanted = wanted
    guard let place = results.place(of: wanted.identity),
      case let series = tables.series[place], case let measured = results.images.indices.filter(series.isComplete),
      !measured.isEmpty
    else {
      throw .failure(
        "there is no image with all results of \(wanted.model.name)\(results.methods(of: wanted.identity)) at layer "
          + "\(wanted.identity.layer) (\(wanted.identity.target.rawValue))",
        remedy: "Run the experiment again; what is missing is computed.")
    }
    images = measured.filter { series.hasValues($0, measure: wanted.measure) }
    valueless = measured.count - images.count
    guard !images.isEmpty else {
      throw .failure(
        "\(results.measureTitle(wanted.identity.measure)) has no value on any image of \(wanted.model.name)"
          + "\(results.methods(of: wanted.identity)) at layer \(wanted.identity.layer) "
          + "(\(wanted.identity.target.rawValue)): at some level one map of each image has no "
          + "peak, being dead or the same everywhere",
        remedy: "Look at dead maps and at other layers, or take a measure that has values for dead maps.")
    }
    self.series = series
  }

  private var levels: Int { series.levels.count }

  /// What is estimated of the series, and where among the estimates each stands.
  var plan: SeriesPlan {
    let isWhole = images.count == series.traits[0].count
    func own<Value>(_ values: [Value]) -> [Value] { isWhole ? values : images.map { values[$0] } }
    return SeriesPlan(values: series.values[wanted.measure].map(own), traits: series.traits.map(own))
  }

  /// - Parameter estimates: of the plan's sample.
  func summary(_ estimates: [Estimate], _ bounds: ClosedRange<Double>?) -> SeriesSummary {
    let plan = plan
    func estimate(_ place: Int?) -> Estimate { place.map { estimates[$0] } ?? Estimate(.nan) }
    func level(_ index: Int) -> LevelSummary {
      let (traits, values, places) = (plan.traits[index], plan.values[index], plan.levels[index])
      let right = images.count { series.clean($0).contains(.cleanRight) }
      let lost = traits.count { $0.contains(.cleanRight) && !$0.contains(.right) }
      return LevelSummary(
        epsilon: series.levels[index], mod: estimate(places.all).within(bounds),
        modWithoutDead: places.alive.map { estimate($0).within(bounds) },
        modHeld: estimate(places.held).within(bounds), modFlipped: estimate(places.flipped).within(bounds),
        flipped: Proportion(traits.count { $0.contains(.flipped) }, of: images.count),
        // Where the control is not run the clean image stands for it.
        accuracy: Proportion(
          zip(images, traits).count {
            $1.contains(.measured) ? $1.contains(.right) : series.clean($0).contains(.cleanRight)
          }, of: images.count),
        success: Proportion(lost, of: right), deadCount: traits.count { $0.contains(.dead) },
        unmovedCount: traits.count { $0.contains(.unmoved) },
        missingCount: zip(values, traits).count { $0.isNaN && $1.contains(.measured) },
        dissimilarities: zip(values, traits).filter { $1.contains(.measured) }.map(\.0))
    }
    let deadMaps =
      images.count { series.clean($0).contains(.cleanMapIsDead) }
      + (1..<levels).reduce(0) { $0 + plan.traits[$1].count { $0.contains(.mapIsDead) } }
    let spreads: ClosedRange<Double> = 0...Double.infinity
    return SeriesSummary(
      model: wanted.model, attack: wanted.identity.attack, explanation: wanted.identity.explanation,
      layer: wanted.identity.layer, target: wanted.identity.target, measure: wanted.identity.measure,
      measureIndex: wanted.measure, imageCount: images.count, valuelessCount: valueless,
      cleanAccuracy: Proportion(images.count { series.clean($0).contains(.cleanRight) }, of: images.count),
      control: level(0), levels: (1..<levels).map(level), vid: estimate(plan.vid).within(spreads),
      vidWithoutDead: plan.vidWithoutDead.map { estimate($0).within(spreads) },
      vidOfMOD: estimate(plan.vidOfMOD).within(spreads),
      vidOfMODWithoutDead: plan.vidOfMODWithoutDead.map { estimate($0).within(spreads) },
      vidPooled: estimate(plan.vidPooled).within(spreads),
      vidPooledWithoutDead: plan.vidPooledWithoutDead.map { estimate($0).within(spreads) },
      deadMapCount: deadMaps,
      zeroGradientImageCount: images.count { image in
        series.traits.contains { $0[image].contains(.gradientIsZero) }
      })
  }
}
