import Attacks
import Diagnostics
import Dissimilarity
import Explanations
import Images
import Networks
import Results
import Tensors

/// The unit of work: one model, one image, all its epsilons, on one thread.
///
/// One gradient of the loss serves every epsilon, and one backward pass of a class score gives the maps of every
/// layer; targets that explain the same class share it. The control goes the same way as every attacked image, and
/// where the engine's sessions for gradients and for explanations differ in bits, so does the clean image once more.
final class ImageWork {
  private let experiment: Experiment
  private let model: PlannedModel
  private let keys: KeyMaker
  /// What the prepared network explains, input side first.
  private let layers: [ResolvedLayer]
  /// Of the clean image and the gradient of the loss.
  private let cleanSession: any NetworkSession
  /// Of the attacked images, which need no gradient beyond the explained layers.
  private let attackedSession: any NetworkSession
  /// Whether the clean image's maps can be taken from `cleanSession`.
  private let sessionsAgree: Bool

  /// More attacked images at a time would share the reading of the weights with more others, but keep more
  /// activations out of the caches.
  private static let mostAtOnce = 8

  init(experiment: Experiment, model: PlannedModel, keys: KeyMaker, prepared: any PreparedNetwork) throws(Problem) {
    self.experiment = experiment
    self.model = model
    self.keys = keys
    layers = prepared.layers
    cleanSession = try prepared.makeSession(batch: 1, for: .inputGradients)
    sessionsAgree = prepared.sessionsAgree
    // With the control, and the clean image where it has to come along.
    let images = experiment.attack.epsilons.count + (sessionsAgree ? 1 : 2)
    attackedSession = try prepared.makeSession(
      batch: min(ImageWork.mostAtOnce, images), for: .explanations, beside: cleanSession)
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
      problem.message = "\(model.record.name) on \(record.path): \(problem.message)"
      throw problem
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
    let logits = try cleanSession.logits(of: image)
    let attackedClass = experiment.attack.lossLabel == .label ? record.label : argmax(logits)
    // The loss gradient comes first: the session keeps what both backward passes need.
    let gradient =
      epsilons.contains { $0 > 0 }
      ? try cleanSession.inputGradient(logitGradient: crossEntropyGradient(logits: logits, label: attackedClass))
      : nil
    guard gradient?.values.allSatisfy(\.isFinite) ?? true else {
      throw .failure("the gradient of the loss is not finite", remedy: "Check the weights: gradients overflow.")
    }
    if let gradient {
      let shape = gradient.shape
      result.perturbation = PerturbationSigns(height: shape[1], width: shape[2], gradient: gradient.values)
    }
    var clean: Explained?
    if sessionsAgree {
      let own = Prediction(logits)
      let maps = try explain([classes(label: record.label, clean: own, own: own)], of: [own], in: cleanSession)
      clean = try explained(own, maps: maps[0], record, subject, into: &result)
    }
    var next = 0
    while next < epsilons.count || clean == nil {
      let bringsClean = clean == nil
      let some = epsilons[next...].prefix(attackedSession.capacity - (bringsClean ? 1 : 0))
      next += some.count
      var images = bringsClean ? [image] : []
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
      let reference = clean?.prediction ?? predictions[0]
      let explainedClasses = predictions.map { classes(label: record.label, clean: reference, own: $0) }
      let maps = try explain(explainedClasses, of: predictions, in: attackedSession)
      let before: Explained
      if let clean {
        before = clean
      } else {
        before = try explained(reference, maps: maps[0], record, subject, into: &result)
        clean = before
      }
      for (epsilon, index) in zip(some, (bringsClean ? 1 : 0)...) {
        let clippedShare = gradient.map { FGSM.clippedShare(image, gradient: $0, epsilon: epsilon) } ?? 0
        result.scores.append(
          (epsilon, predictions[index].scores(against: before.prediction, clippedShare: clippedShare)))
        try compare(
          record, epsilon: epsilon, clippedShare: clippedShare, clean: before, adversarial: predictions[index],
          classes: explainedClasses[index], maps: maps[index], into: &result)
      }
    }
    return result
  }

  /// The clean image, to which attacked ones are held.
  private struct Explained {
    let prediction: Prediction
    /// By class, in the order of `layers`.
    let maps: [Int: [RawMap]]
    let references: [Int: [SSIMReference]]
  }

  /// Keeps the clean image's maps in the result.
  private func explained(
    _ prediction: Prediction, maps: [Int: [RawMap]], _ record: ImageRecord, _ subject: KeyMaker.Subject,
    into result: inout ResultsStore.ImageResult
  ) throws(Problem) -> Explained {
    let size = model.record.inputSize
    let references = try maps.mapping { maps throws(Problem) in
      var references: [SSIMReference] = []
      for map in maps {
        references.append(
          try SSIMReference(
            heatmap(of: map, size: size).values, height: size, width: size, window: experiment.compare.ssimWindow))
      }
      return references
    }
    for target in experiment.explain.targets {
      let explained = classIndex(of: target, label: record.label, clean: prediction, own: prediction)
      for (layer, map) in zip(layers, maps[explained] ?? []) {
        result.maps.append((subject.mapIngredients(target: target, layer: layer.name, epsilon: nil), map))
      }
    }
    return Explained(prediction: prediction, maps: maps, references: references)
  }

  /// Holds one attacked image's maps to the clean ones: a row for each target and layer.
  private func compare(
    _ record: ImageRecord, epsilon: Double, clippedShare: Double, clean reference: Explained, adversarial: Prediction,
    classes: [Int], maps: [Int: [RawMap]], into result: inout ResultsStore.ImageResult
  ) throws(Problem) {
    let subject = result.subject
    let clean = reference.prediction
    let heatmaps = maps.mapValues { maps in maps.map { heatmap(of: $0, size: model.record.inputSize).values } }
    for (target, explained) in zip(experiment.explain.targets, classes) {
      let cleanClass = classIndex(of: target, label: record.label, clean: clean, own: clean)
      guard let before = reference.maps[cleanClass], let references = reference.references[cleanClass],
        let after = maps[explained],
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

  /// Which classes the targets explain.
  private func classes(label: Int, clean: Prediction, own: Prediction) -> [Int] {
    experiment.explain.targets.map { classIndex(of: $0, label: label, clean: clean, own: own) }
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
    _ classes: [[Int]], of predictions: [Prediction], in session: any NetworkSession
  ) throws(Problem) -> [[Int: [RawMap]]] {
    var wanted: [(image: Int, explained: Int)] = []
    for (image, classes) in classes.enumerated() {
      for explained in Set(classes).sorted() { wanted.append((image, explained)) }
    }
    let scores = wanted.map { image, explained in
      var seed = [Float](repeating: 0, count: predictions[image].logits.count)
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
