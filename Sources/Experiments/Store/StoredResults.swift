import Explanations
import Foundation
import Images
import Results
import Support

extension ResultsStore {
  /// Everything that a report on a run is made of: the rows now, the pictures when they are asked for.
  /// - Throws: `Problem` when a row is missing.
  public func results(of run: StoredRun) throws(Problem) -> ExperimentResults {
    let experiment = run.experiment
    var measurements: [Results.Measurement] = []
    try reading { reader in
      for (index, model) in run.models.enumerated() {
        let keys = run.keys(of: index)
        for image in run.images {
          let subject = keys.subject(of: image)
          for (attack, setting) in experiment.attacks.enumerated() {
            let levels = ([0] + setting.levels).map { KeyMaker.Level(attack: attack, epsilon: $0) }
            let scores = try levels.map { try reader.scores(ContentKey(subject.scoresIngredients($0))) }
            let gradientIsZero = try reader.gradientIsZero(ContentKey(subject.perturbationIngredients(attack: attack)))
            for pair in experiment.pairs(at: nil, layers: model.layers) {
              for (level, scores) in zip(levels, scores) {
                var pair = pair
                pair.level = level
                guard var measurement = try reader.measurement(pair, subject, experiment, model: model.key, image)
                else {
                  throw Problem.failure(
                    at: Place(file: self.path),
                    "\(model.key) has no result for \(image.path) at layer \(pair.layer) and epsilon \(level.epsilon)",
                    remedy: "`heatdrift run` computes what is missing.")
                }
                measurement.cleanClassConfidence = scores?[measurement.cleanPrediction]?.probability
                measurement.clippedShare = scores?.clippedShare
                measurement.gradientIsZero = gradientIsZero
                measurements.append(measurement)
              }
            }
          }
        }
      }
    }
    var results = ExperimentResults(
      title: experiment.title, seed: UInt64(experiment.seed), models: run.models, images: run.images,
      classNames: run.classNames, epsilons: experiment.epsilons, attacks: experiment.attacks,
      explanations: experiment.explain.methods, targets: experiment.explain.targets,
      measures: experiment.compare.measures, measurements: measurements, options: experiment.optionRecords,
      provenance: run.provenance, skipped: run.skipped, pictures: StorePictures(store: self, run: run))
    results.notes = run.notes ?? []
    results.warnings = (run.warnings ?? []) + results.accuracyWarnings + results.driftWarnings
    return results
  }
}

extension ResultsStore.Reader {
  /// A row with what every measure says of it; nil where one of them is not there.
  fileprivate func measurement(
    _ pair: KeyMaker.MapCoordinates, _ subject: KeyMaker.Subject, _ experiment: Experiment, model: String,
    _ image: ImageRecord
  ) throws -> Results.Measurement? {
    var row = Results.Measurement(
      model: model, image: image.path, label: image.label, attack: experiment.attacks[pair.level?.attack ?? 0].key,
      explanation: type(of: experiment.explain.methods[pair.explanation]).key, target: pair.target, layer: pair.layer,
      epsilon: pair.level?.epsilon ?? 0, cleanPrediction: 0, adversarialPrediction: 0, cleanConfidence: 0,
      adversarialConfidence: 0, dissimilarities: [], parts: [], cleanPeak: 0, adversarialPeak: 0)
    var dissimilarities: [Double] = []
    var parts: [Double] = []
    for measure in experiment.compare.measures.indices {
      guard let found = try measurement(subject.measurement(pair, measure: measure), filling: row) else { return nil }
      row = found
      dissimilarities += found.dissimilarities
      parts += found.parts
    }
    row.dissimilarities = dissimilarities
    row.parts = parts
    return row
  }
}

/// The pictures behind the rows of a run, out of its store.
private struct StorePictures: PictureSource {
  let store: ResultsStore
  let keys: [String: KeyMaker]
  let images: [String: ImageRecord]
  let experiment: Experiment

  init(store: ResultsStore, run: StoredRun) {
    self.store = store
    experiment = run.experiment
    keys = Dictionary(
      run.models.indices.map { (run.models[$0].key, run.keys(of: $0)) }, uniquingKeysWith: { first, _ in first })
    images = Dictionary(run.images.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
    guard let keys = keys[series.model], let image = images[image],
      let explanation = experiment.explain.methods.firstIndex(where: { type(of: $0).key == series.explanation }),
      let attack = index(ofAttack: series.attack)
    else { return nil }
    let coordinates = KeyMaker.MapCoordinates(
      explanation: explanation, target: series.target, layer: series.layer,
      level: epsilon.map { KeyMaker.Level(attack: attack, epsilon: $0) })
    let key = keys.subject(of: image).map(coordinates)
    return try store.reading { reader in try reader.map(key) }
  }

  private func index(ofAttack key: String) -> Int? { experiment.attacks.firstIndex { $0.key == key } }

  func photograph(model: String, image: String) throws -> RGBImage? {
    guard let keys = keys[model], let image = images[image] else { return nil }
    let key = keys.photograph(of: image)
    guard let png = try store.reading({ reader in try reader.photograph(key) }) else { return nil }
    return try ImageDecoder.decode(Array(png), name: image.path)
  }

  func perturbation(model: String, image: String, attack: String) throws -> PerturbationSigns? {
    guard let keys = keys[model], let image = images[image], let attack = index(ofAttack: attack) else { return nil }
    let key = ContentKey(keys.subject(of: image).perturbationIngredients(attack: attack))
    return try store.reading { reader in try reader.perturbation(key) }
  }

  func scores(model: String, image: String, attack: String, epsilon: Double) throws -> ClassScores? {
    guard let keys = keys[model], let image = images[image], let attack = index(ofAttack: attack) else { return nil }
    let level = KeyMaker.Level(attack: attack, epsilon: epsilon)
    let key = ContentKey(keys.subject(of: image).scoresIngredients(level))
    return try store.reading { reader in try reader.scores(key) }
  }
}
