import Attacks
import Explanations
import Images
import Measures
import Networks
import Results
import Support
import Tensors

/// The unit of work: one model, one image, all its epsilons, on one thread.
///
/// One gradient of the loss serves every epsilon, and one backward pass of a class score gives the maps of every
/// layer; targets that explain the same class share it. The control goes the same way as every attacked image.
final class ImageWork {
  private let experiment: Experiment
  private let model: PlannedModel
  private let keys: KeyMaker
  /// What the prepared network explains, input side first.
  private let layers: [ResolvedLayer]
  /// Of the clean image, its maps and the gradient of the loss.
  private let cleanSession: any NetworkSession
  /// Of the attacked images, which need no gradient beyond the explained layers.
  private let attackedSession: any NetworkSession

  /// More attacked images at a time would share the reading of the weights with more others, but keep more
  /// activations out of the caches.
  private static let mostAtOnce = 8

  init(experiment: Experiment, model: PlannedModel, keys: KeyMaker, prepared: any PreparedNetwork) throws(Problem) {
    self.experiment = experiment
    self.model = model
    self.keys = keys
    layers = prepared.layers
    cleanSession = try prepared.makeSession(batch: 1, for: .inputGradients)
    attackedSession = try prepared.makeSession(
      batch: min(ImageWork.mostAtOnce, experiment.attack.epsilons.count + 1), for: .explanations, beside: cleanSession)
  }

  /// Looks for NaN and infinity inside the network; only where the engine's own values come near them is the slow
  /// `NumberCheck` asked which layer it is.
  /// - Throws: `Problem` that names the image and the layer.
  func check(_ record: ImageRecord, image: Tensor) throws(Problem) {
    do {
      if try cleanSession.staysFinite(image) { return }
      try NumberCheck(model.network).check(image)
    } catch {
      throw named(error, record)
    }
  }

  private func named(_ problem: Problem, _ record: ImageRecord) -> Problem {
    var problem = problem
    problem.message = "\(model.record.name) on \(record.path): \(problem.message)"
    return problem
  }

  /// - Parameters:
  ///   - image: as the network sees it, (3, S, S) in [0, 1].
  ///   - epsilons: those that are still missing something; 0 is the control.
  ///   - keepsPhotograph: whether the store has no picture of the image yet.
  /// - Throws: `Problem` that names the image.
  func measure(
    _ record: ImageRecord, image: Tensor, epsilons: [Double], keepsPhotograph: Bool
  ) throws(Problem) -> ResultsStore.ImageResult {
    do {
      return try measured(record, image: image, epsilons: epsilons, keepsPhotograph: keepsPhotograph)
    } catch {
      var problem = error
      // Where numbers went wrong inside the network, the layer in which they did says more than the place where it
      // was noticed.
      do throws(Problem) {
        try NumberCheck(model.network).check(image)
      } catch {
        problem = error
      }
      throw named(problem, record)
    }
  }

  private func measured(
    _ record: ImageRecord, image: Tensor, epsilons: [Double], keepsPhotograph: Bool
  ) throws(Problem) -> ResultsStore.ImageResult {
    let subject = keys.subject(of: record)
    var result = ResultsStore.ImageResult(subject: subject)
    if keepsPhotograph {
      result.photograph = (keys.photographIngredients(of: record), try ImageEncoder.png(RGBImage(tensor: image)))
    }
    let clean = Prediction(try cleanSession.logits(of: image))
    let attackedClass = experiment.attack.lossLabel == .label ? record.label : clean.label
    // The loss gradient comes first: the session keeps what both backward passes need.
    let gradient =
      epsilons.contains { $0 > 0 }
      ? try cleanSession.inputGradient(logitGradient: crossEntropyGradient(logits: clean.logits, label: attackedClass))
      : nil
    guard gradient?.values.allSatisfy(\.isFinite) ?? true else {
      throw .failure("the gradient of the loss is not finite", remedy: "Check the weights: gradients overflow.")
    }
    if let gradient {
      let shape = gradient.shape
      result.perturbation = PerturbationSigns(height: shape[1], width: shape[2], gradient: gradient.values)
    }
    let targets = experiment.explain.targets
    let cleanMaps = try explain(
      [targets.map { classIndex(of: $0, label: record.label, clean: clean, own: clean) }],
      classCount: clean.logits.count, in: cleanSession)[0]
    let references = try cleanMaps.mapping { maps throws(Problem) in
      var references: [SSIMReference] = []
      for map in maps {
        let size = model.record.inputSize
        references.append(
          try SSIMReference(
            heatmap(of: map, size: size).values, height: size, width: size, window: experiment.compare.ssimWindow))
      }
      return references
    }
    for target in targets {
      let explained = classIndex(of: target, label: record.label, clean: clean, own: clean)
      for (layer, map) in zip(layers, cleanMaps[explained] ?? []) {
        result.maps.append((subject.mapIngredients(target: target, layer: layer.name, epsilon: nil), map))
      }
    }

    for start in stride(from: 0, to: epsilons.count, by: attackedSession.capacity) {
      let some = epsilons[start..<min(start + attackedSession.capacity, epsilons.count)]
      var images: [Tensor] = []
      for epsilon in some {
        guard let gradient, epsilon > 0 else {
          images.append(image)
          continue
        }
        images.append(
          try FGSM.attack(
            image, gradient: gradient, epsilon: epsilon, quantise: experiment.attack.quantise.forAttack))
      }
      let predictions = try attackedSession.logits(of: images).map { Prediction($0) }
      let classes = predictions.map { own in
        targets.map { classIndex(of: $0, label: record.label, clean: clean, own: own) }
      }
      let maps = try explain(classes, classCount: clean.logits.count, in: attackedSession)
      for (index, epsilon) in some.enumerated() {
        let clippedShare = gradient.map { FGSM.clippedShare(image, gradient: $0, epsilon: epsilon) } ?? 0
        result.scores.append((epsilon, predictions[index].scores(against: clean, clippedShare: clippedShare)))
        try compare(
          record, epsilon: epsilon, clippedShare: clippedShare, clean: clean, cleanMaps: cleanMaps,
          references: references, adversarial: predictions[index], classes: classes[index], maps: maps[index],
          into: &result)
      }
    }
    return result
  }

  /// Holds one attacked image's maps to the clean ones: a row for each target and layer.
  private func compare(
    _ record: ImageRecord, epsilon: Double, clippedShare: Double, clean: Prediction, cleanMaps: [Int: [RawMap]],
    references: [Int: [SSIMReference]], adversarial: Prediction, classes: [Int], maps: [Int: [RawMap]],
    into result: inout ResultsStore.ImageResult
  ) throws(Problem) {
    let subject = result.subject
    let heatmaps = maps.mapValues { maps in maps.map { heatmap(of: $0, size: model.record.inputSize).values } }
    for (target, explained) in zip(experiment.explain.targets, classes) {
      let cleanClass = classIndex(of: target, label: record.label, clean: clean, own: clean)
      guard let before = cleanMaps[cleanClass], let references = references[cleanClass], let after = maps[explained],
        let heatmaps = heatmaps[explained]
      else { continue }
      for (index, layer) in layers.enumerated() {
        let ssim = try references[index].compare(with: heatmaps[index])
        guard ssim.isFinite, clean.confidence.isFinite, adversarial.confidence.isFinite else {
          throw .failure(
            "at layer \(layer.name) and epsilon \(epsilon) the SSIM is \(ssim), the confidences \(clean.confidence) and "
              + "\(adversarial.confidence)", remedy: "Check the weights: activations or gradients overflow.")
        }
        let measurement = Measurement(
          model: model.record.key, image: record.path, label: record.label, target: target, layer: layer.name,
          epsilon: epsilon, cleanPrediction: clean.label, adversarialPrediction: adversarial.label,
          cleanConfidence: clean.confidence, adversarialConfidence: adversarial.confidence, ssim: ssim,
          nissim: nissim(ssim: ssim), cleanPeak: before[index].peak, adversarialPeak: after[index].peak,
          cleanClassConfidence: adversarial.probabilities[clean.label], clippedShare: clippedShare)
        result.rows.append(
          ResultsStore.ImageResult.Row(
            key: subject.measurement(target: target, layer: layer.name, epsilon: epsilon),
            window: experiment.compare.window.rawValue, measurement: measurement))
        result.maps.append(
          (subject.mapIngredients(target: target, layer: layer.name, epsilon: epsilon), after[index]))
      }
    }
  }

  private struct Prediction {
    let logits: [Float]
    let label: Int
    /// Softmax of the logits.
    let probabilities: [Double]
    /// Softmax probability of the prediction.
    var confidence: Double { probabilities[label] }

    init(_ logits: [Float]) {
      self.logits = logits
      label = argmax(logits)
      probabilities = softmax(logits)
    }

    func scores(against clean: Prediction, clippedShare: Double) -> ClassScores {
      ClassScores(logits: logits, probabilities: probabilities, clean: clean.logits, clippedShare: clippedShare)
    }
  }

  /// Which class a target explains.
  private func classIndex(of target: ExplanationTarget, label: Int, clean: Prediction, own: Prediction) -> Int {
    switch target {
    case .predicted: own.label
    case .label: label
    case .cleanPrediction: clean.label
    }
  }

  /// The raw maps of some classes of each image whose logits were computed last, in the order of `layers`.
  /// - Parameter classes: of each image; a class that is named twice is explained once.
  /// - Returns: for each image, by class.
  private func explain(
    _ classes: [[Int]], classCount: Int, in session: any NetworkSession
  ) throws(Problem) -> [[Int: [RawMap]]] {
    var wanted: [(image: Int, explained: Int)] = []
    for (image, classes) in classes.enumerated() {
      for explained in Set(classes).sorted() { wanted.append((image, explained)) }
    }
    let scores = wanted.map { image, explained in
      var seed = [Float](repeating: 0, count: classCount)
      seed[explained] = 1
      return Score(image: image, logitGradient: seed)
    }
    var maps = [[RawMap?]](repeating: Array(repeating: nil, count: layers.count), count: scores.count)
    try session.explainLayers(scores) { (score, evidence) throws(Problem) in
      do throws(Problem) {
        maps[score][evidence.layer] = try GradCAM.rawMap(
          activations: evidence.activations, gradients: evidence.gradients, channelOffsets: evidence.channelOffsets)
      } catch {
        var problem = error
        problem.message = "layer \(layers[evidence.layer].name): \(problem.message)"
        throw problem
      }
    }
    var found = [[Int: [RawMap]]](repeating: [:], count: classes.count)
    for (maps, wanted) in zip(maps, wanted) {
      let complete = maps.compactMap { $0 }
      guard complete.count == layers.count else {
        throw .failure("the engine explained \(complete.count) of \(layers.count) layers")
      }
      found[wanted.image][wanted.explained] = complete
    }
    return found
  }
}

extension Dictionary {
  /// `mapValues` that keeps the error's type.
  fileprivate func mapping<Result>(
    _ transform: (Value) throws(Problem) -> Result
  ) throws(Problem) -> [Key: Result] {
    var result: [Key: Result] = [:]
    for (key, value) in self { result[key] = try transform(value) }
    return result
  }
}

extension AttackOptions.Quantisation {
  var forAttack: FGSM.Quantisation { self == .eightBit ? .eightBit : .none }
}

extension CompareOptions {
  var ssimWindow: SSIMWindow { window == .gaussian ? .gaussian : .uniform }
}
