import Results
import Support

extension ResultsStore {
  /// Everything that a report on a run is made of: the rows now, the pictures when they are asked for.
  /// - Parameter maker: of pictures that are not stored; nil leaves them out.
  /// - Throws: `Problem` when a row is missing.
  public func results(of run: StoredRun, pictures maker: (any PictureMaker)? = nil) throws(Problem) -> ExperimentResults
  {
    let experiment = run.experiment
    var measurements: [Results.Measurement] = []
    var environments = RowEnvironments()
    try reading { reader in
      for index in run.models.indices {
        try StoredRows(run, model: index, reader).append(to: &measurements, &environments, path: path)
      }
      try environments.addConflicts(of: run, reader)
    }
    var results = ExperimentResults(
      title: experiment.title, seed: UInt64(experiment.seed), models: run.models, images: run.images,
      classNames: run.classNames, epsilons: experiment.epsilons, attacks: experiment.attacks,
      explanations: experiment.explain.methods, targets: experiment.explain.targets,
      measures: experiment.compare.measures, measurements: measurements, options: experiment.optionRecords,
      provenance: environments.replacing(run.provenance), skipped: run.skipped,
      pictures: StorePictures(store: self, run: run, maker: maker))
    results.notes = run.notes ?? []
    results.warnings =
      (run.warnings ?? []) + environments.warnings + results.accuracyWarnings + results.driftWarnings
    return results
  }
}

/// The rows of one model of a run.
private struct StoredRows {
  let run: StoredRun
  let model: ModelRecord
  let keys: KeyMaker
  let reader: StoreReader
  let wanted: WantedRows
  let catalogue: PassCatalogue

  init(_ run: StoredRun, model index: Int, _ reader: StoreReader) throws {
    self.run = run
    self.reader = reader
    model = run.models[index]
    keys = run.keys(of: index)
    wanted = try WantedRows(keys, layers: model.layers, reader)
    catalogue = try reader.catalogue(network: keys.network, preparation: keys.preparation)
  }

  func append(
    to measurements: inout [Results.Measurement], _ environments: inout RowEnvironments, path: String
  ) throws {
    let experiment = run.experiment
    let pairs = experiment.pairs(at: nil, layers: model.layers)
    for image in run.images {
      let subject = keys.subject(of: image)
      let set = PassSet(passes: try (catalogue[subject]?.passes ?? []).map { try reader.pass($0, of: subject) })
      for (attack, setting) in experiment.attacks.enumerated() {
        let levels = ([0] + setting.levels).map { KeyMaker.Level(attack: attack, epsilon: $0) }
        let scores = levels.map { wanted.level($0).flatMap { set.scores(at: $0) } }
        let gradientIsZero = wanted.directions[attack].flatMap { set.isZero(direction: $0) }
        for pair in pairs {
          for (level, scores) in zip(levels, scores) {
            var pair = pair
            pair.level = level
            guard var row = try row(pair, set, image, &environments) else {
              throw Problem.failure(
                at: Place(file: path),
                "\(model.key) has no result for \(image.path) at layer \(pair.layer) and epsilon \(level.epsilon)",
                remedy: "`heatdrift run` computes what is missing.")
            }
            row.cleanClassConfidence = scores?[row.cleanPrediction]?.probability
            row.clippedShare = scores?.clippedShare
            row.gradientIsZero = gradientIsZero
            measurements.append(row)
          }
        }
      }
    }
  }

  /// A row with what every measure says of it; nil where one of them is not there.
  private func row(
    _ pair: KeyMaker.MapCoordinates, _ set: PassSet, _ image: ImageRecord, _ environments: inout RowEnvironments
  ) throws -> Results.Measurement? {
    guard let key = wanted.key(pair) else { return nil }
    var values: [[Double]] = []
    var found: StoredRow?
    for measure in wanted.measures {
      guard let measure, let (row, environment) = set.row(key, measure: measure) else { return nil }
      if found == nil { found = row }
      values.append(row.values)
      try environments.add(environment, reader)
    }
    guard let found else { return nil }
    let experiment = run.experiment
    var measurement = Results.Measurement(
      model: model.key, image: image.path, label: image.label, attack: experiment.attacks[pair.level?.attack ?? 0].key,
      explanation: type(of: experiment.explain.methods[pair.explanation]).key, target: pair.target, layer: pair.layer,
      epsilon: pair.level?.epsilon ?? 0, cleanPrediction: found.prediction,
      adversarialPrediction: found.level.prediction, cleanConfidence: found.confidence,
      adversarialConfidence: found.level.confidence, dissimilarities: [], parts: [], cleanPeak: found.cleanPeak,
      adversarialPeak: found.peak)
    measurement.setValues(values)
    return measurement
  }
}
