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
    // Series that were measured on as many images share their resamples, some at a time: each brings a table of its own.
    let counts = made.compactMap { try? $0.get().images.count }
    var estimates: [Int: [Estimate]] = [:]
    for count in Set(counts).sorted() {
      let own = made.indices.filter { (try? made[$0].get().images.count) == count }
      let atOnce = max(1, Self.numbersAtOnce / count)
      for start in stride(from: 0, to: own.count, by: atOnce) {
        let some = Array(own[start..<min(start + atOnce, own.count)])
        let sums = Resamples(imageCount: count, seed: seed).sums(
          of: concurrentMap(some) { try? made[$0].get().table }.compactMap { $0 })
        let found = concurrentMap(Array(some.indices)) { index in
          SeriesStatistics(levels: wanted[some[index]].attack.levels.count + 1, images: count)
            .estimates(of: sums[index])
        }
        for (index, own) in zip(some, found) { estimates[index] = own }
      }
    }
    var summaries: [SeriesSummary] = []
    var problems: [Problem] = []
    for (index, result) in made.enumerated() {
      switch result {
      case .success(let series): summaries.append(series.summary(estimates[index] ?? []))
      case .failure(let problem): problems.append(problem)
      }
    }
    return (summaries, problems)
  }

  /// Images times series whose numbers are resampled together: 16 numbers each, 130 MB.
  private static let numbersAtOnce = 1 << 20

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

  /// Of each image: its value and whether the prediction is right, level by level; whether that of the clean image is; what
  /// VID is made of.
  var table: ResampledTable {
    let values = series.values[wanted.measure]
    let rest = 2 * levels + 1
    var table = ResampledTable(images: images.count, width: rest + 3, spread: (rest + 1, rest + 2))
    for (row, image) in images.enumerated() {
      for level in 0..<levels {
        // Where the control is not run nothing is added to it: see `control`.
        let isMeasured = series.traits[level][image].contains(.measured)
        table[row, level] = isMeasured ? values[level][image] : 0
        table[row, levels + level] =
          isMeasured
          ? series.traits[level][image].contains(.right) ? 1 : 0
          : series.clean(image).contains(.cleanRight) ? 1 : 0
      }
      table[row, 2 * levels] = series.clean(image).contains(.cleanRight) ? 1 : 0
      // VID is over the attack levels alone, MOD is wanted at the control too.
      let attacked = (1..<levels).map { values[$0][image] }
      let variance = Drift.variance(attacked)
      table[row, rest] = variance.squareRoot()
      table[row, rest + 1] = Drift.mean(attacked)
      table[row, rest + 2] = variance
    }
    return table
  }

  /// - Parameter estimates: of `SeriesStatistics`.
  func summary(_ estimates: [Estimate]) -> SeriesSummary {
    let isWhole = images.count == series.traits[0].count
    func traits(_ level: Int) -> [MeasurementTables.Traits] {
      isWhole ? series.traits[level] : images.map { series.traits[level][$0] }
    }
    func level(_ index: Int) -> LevelSummary {
      let (traits, values) = (traits(index), series.values[wanted.measure][index])
      let right = traits.count { $0.contains(.cleanRight) }
      let lost = traits.count { $0.contains(.cleanRight) && !$0.contains(.right) }
      return LevelSummary(
        epsilon: series.levels[index], mod: estimates[index], accuracy: estimates[levels + index],
        successRate: right == 0 ? nil : Double(lost) / Double(right), deadCount: traits.count { $0.contains(.dead) },
        unmovedCount: traits.count { $0.contains(.unmoved) },
        // Of all images it is the table's own storage.
        dissimilarities: isWhole ? values : images.map { values[$0] })
    }
    let deadMaps =
      images.count { series.clean($0).contains(.cleanMapIsDead) }
      + (1..<levels).reduce(0) { $0 + traits($1).count { $0.contains(.mapIsDead) } }
    let rest = 2 * levels
    return SeriesSummary(
      model: wanted.model, attack: wanted.identity.attack, explanation: wanted.identity.explanation,
      layer: wanted.identity.layer, target: wanted.identity.target, measure: wanted.identity.measure,
      measureIndex: wanted.measure, imageCount: images.count, valuelessCount: valueless, cleanAccuracy: estimates[rest],
      control: control(level(0)),
      levels: (1..<levels).map(level), vid: estimates[rest + 1], vidOfMOD: estimates[rest + 2],
      vidPooled: estimates[rest + 3], deadMapCount: deadMaps,
      zeroGradientImageCount: images.count { image in
        series.traits.contains { $0[image].contains(.gradientIsZero) }
      })
  }
}

extension CompleteSeries {
  /// Of a control that is not run on every image, the mean over those on which it is; with an interval only where it is 0 on all
  /// of them, as it must be.
  fileprivate func control(_ level: LevelSummary) -> LevelSummary {
    let measured = zip(images, level.dissimilarities).filter { series.traits[0][$0.0].contains(.measured) }.map(\.1)
    guard measured.count < images.count else { return level }
    var level = level
    let mean = measured.isEmpty ? .nan : Drift.mean(measured)
    let end = mean == 0 ? 0 : Double.nan
    level.mod = Estimate(value: mean, lower: end, upper: end)
    level.dissimilarities = measured
    return level
  }
}

/// What a series comes to, out of sums over images: MOD and accuracy by level, accuracy on the clean image, VID by its three
/// readings.
private struct SeriesStatistics {
  let levels: Int
  let images: Int

  /// With their intervals.
  func estimates(of sums: ResampledSums) -> [Estimate] {
    let values = statistics(sums.whole)
    let draws = sums.draws.map(statistics)
    return values.indices.map { index in
      let (lower, upper) = Bootstrap.interval(draws.map { $0[index] })
      return Estimate(value: values[index], lower: lower, upper: upper)
    }
  }

  /// - Parameter sums: of a `CompleteSeries.table`.
  private func statistics(_ sums: [Double]) -> [Double] {
    let means = sums.map { $0 / Double(images) }
    let rest = 2 * levels + 1
    return means[..<rest] + [
      means[rest], Drift.standardDeviation(Array(means[1..<levels])), means[rest + 2].squareRoot(),
    ]
  }
}
