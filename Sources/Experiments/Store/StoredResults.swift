import Explanations
import Foundation
import Images
import Results
import Support

extension ResultsStore {
  /// Everything that a report on a run is made of: the rows now, the pictures when they are asked for.
  /// - Throws: `Problem` when a row is missing.
  public func results(of run: StoredRun) throws(Problem) -> ExperimentResults {
    let epsilons = [0] + run.experiment.attack.epsilons
    var measurements: [Results.Measurement] = []
    try reading { reader in
      for (index, model) in run.models.enumerated() {
        let keys = run.keys(of: index)
        for image in run.images {
          let subject = keys.subject(of: image)
          var scores: [Double: ClassScores] = [:]
          for epsilon in epsilons {
            scores[epsilon] = try reader.scores(ContentKey(subject.scoresIngredients(epsilon: epsilon)))
          }
          let gradientIsZero = try reader.gradientIsZero(ContentKey(subject.perturbationIngredients))
          for target in run.experiment.explain.targets {
            for layer in model.layers {
              for epsilon in epsilons {
                let key = subject.measurement(target: target, layer: layer, epsilon: epsilon)
                let row = Results.Measurement(
                  model: model.key, image: image.path, label: image.label, target: target, layer: layer,
                  epsilon: epsilon, cleanPrediction: 0, adversarialPrediction: 0, cleanConfidence: 0,
                  adversarialConfidence: 0, ssim: 0, nissim: 0, cleanPeak: 0, adversarialPeak: 0)
                guard var measurement = try reader.measurement(key, filling: row) else {
                  throw Problem.failure(
                    at: Place(file: self.path),
                    "\(model.key) has no result for \(image.path) at layer \(layer) and epsilon \(epsilon)",
                    remedy: "`heatdrift run` computes what is missing.")
                }
                measurement.cleanClassConfidence = scores[epsilon]?[measurement.cleanPrediction]?.probability
                measurement.clippedShare = scores[epsilon]?.clippedShare
                measurement.gradientIsZero = gradientIsZero
                measurements.append(measurement)
              }
            }
          }
        }
      }
    }
    var results = ExperimentResults(
      title: run.experiment.title, seed: UInt64(run.experiment.seed), models: run.models, images: run.images,
      classNames: run.classNames, epsilons: run.experiment.attack.epsilons, targets: run.experiment.explain.targets,
      measurements: measurements, options: run.experiment.optionRecords, provenance: run.provenance,
      skipped: run.skipped, pictures: StorePictures(store: self, run: run))
    results.notes = run.notes ?? []
    results.warnings = (run.warnings ?? []) + results.accuracyWarnings + results.driftWarnings
    return results
  }
}

/// The pictures behind the rows of a run, out of its store.
private struct StorePictures: PictureSource {
  let store: ResultsStore
  let keys: [String: KeyMaker]
  let images: [String: ImageRecord]

  init(store: ResultsStore, run: StoredRun) {
    self.store = store
    keys = Dictionary(
      run.models.indices.map { (run.models[$0].key, run.keys(of: $0)) }, uniquingKeysWith: { first, _ in first })
    images = Dictionary(run.images.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
  }

  func rawMap(
    model: String, image: String, target: ExplanationTarget, layer: String, epsilon: Double?
  ) throws -> RawMap? {
    guard let keys = keys[model], let image = images[image] else { return nil }
    let key = keys.subject(of: image).map(target: target, layer: layer, epsilon: epsilon)
    return try store.reading { reader in try reader.map(key) }
  }

  func photograph(model: String, image: String) throws -> RGBImage? {
    guard let keys = keys[model], let image = images[image] else { return nil }
    let key = keys.photograph(of: image)
    guard let png = try store.reading({ reader in try reader.photograph(key) }) else { return nil }
    return try ImageDecoder.decode(Array(png), name: image.path)
  }

  func perturbation(model: String, image: String) throws -> PerturbationSigns? {
    guard let keys = keys[model], let image = images[image] else { return nil }
    let key = ContentKey(keys.subject(of: image).perturbationIngredients)
    return try store.reading { reader in try reader.perturbation(key) }
  }

  func scores(model: String, image: String, epsilon: Double) throws -> ClassScores? {
    guard let keys = keys[model], let image = images[image] else { return nil }
    let key = ContentKey(keys.subject(of: image).scoresIngredients(epsilon: epsilon))
    return try store.reading { reader in try reader.scores(key) }
  }
}
