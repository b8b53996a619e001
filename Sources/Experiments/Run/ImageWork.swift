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
/// layer; targets that explain the same class share it. The control goes the same way as every attacked image.
final class ImageWork {
  private let experiment: Experiment
  private let model: PlannedModel
  private let keys: KeyMaker
  /// What the prepared network explains, input side first.
  private let layers: [ResolvedLayer]
  private let session: any NetworkSession

  /// - Parameter layers: those of the model that are still missing something.
  init(
    experiment: Experiment, model: PlannedModel, keys: KeyMaker, layers: [ResolvedLayer], session: any NetworkSession
  ) {
    self.experiment = experiment
    self.model = model
    self.keys = keys
    self.layers = layers
    self.session = session
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
      result.photograph = (keys.photograph(of: record), try ImageEncoder.png(RGBImage(tensor: image)))
    }
    let clean = Prediction(try session.logits(of: image))
    let attackedClass = experiment.attack.lossLabel == .label ? record.label : clean.label
    // The loss gradient comes first: the session keeps what both backward passes need.
    let gradient =
      epsilons.contains { $0 > 0 }
      ? try session.inputGradient(logitGradient: crossEntropyGradient(logits: clean.logits, label: attackedClass))
      : nil
    let targets = experiment.explain.targets
    let cleanMaps = try explain(
      targets.map { classIndex(of: $0, label: record.label, clean: clean, own: clean) }, classCount: clean.logits.count)
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
        result.maps.append((subject.map(target: target, layer: layer.name, epsilon: nil), map))
      }
    }

    for epsilon in epsilons {
      var attacked = image
      if let gradient, epsilon > 0 {
        attacked = try FGSM.attack(
          image, gradient: gradient, epsilon: epsilon, quantise: experiment.attack.quantise.forAttack)
      }
      let adversarial = Prediction(try session.logits(of: attacked))
      let classes = targets.map { classIndex(of: $0, label: record.label, clean: clean, own: adversarial) }
      let maps = try explain(classes, classCount: clean.logits.count)
      let heatmaps = maps.mapValues { maps in maps.map { heatmap(of: $0, size: model.record.inputSize).values } }
      for (target, explained) in zip(targets, classes) {
        let cleanClass = classIndex(of: target, label: record.label, clean: clean, own: clean)
        guard let before = cleanMaps[cleanClass], let references = references[cleanClass], let after = maps[explained],
          let heatmaps = heatmaps[explained]
        else { continue }
        for (index, layer) in layers.enumerated() {
          let ssim = try references[index].compare(with: heatmaps[index])
          let measurement = Measurement(
            model: model.record.key, image: record.path, label: record.label, target: target, layer: layer.name,
            epsilon: epsilon, cleanPrediction: clean.label, adversarialPrediction: adversarial.label,
            cleanConfidence: clean.confidence, adversarialConfidence: adversarial.confidence, ssim: ssim,
            nissim: nissim(ssim: ssim), cleanPeak: before[index].peak, adversarialPeak: after[index].peak)
          result.rows.append(
            ResultsStore.ImageResult.Row(
              key: subject.measurement(target: target, layer: layer.name, epsilon: epsilon),
              window: experiment.compare.window.rawValue, measurement: measurement))
          result.maps.append((subject.map(target: target, layer: layer.name, epsilon: epsilon), after[index]))
        }
      }
    }
    return result
  }

  private struct Prediction {
    let logits: [Float]
    let label: Int
    /// Softmax probability of the prediction.
    let confidence: Double

    init(_ logits: [Float]) {
      self.logits = logits
      label = argmax(logits)
      confidence = softmax(logits)[label]
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

  /// The raw maps of each class, in the order of `layers`, for the image whose logits were computed last.
  private func explain(_ classes: [Int], classCount: Int) throws(Problem) -> [Int: [RawMap]] {
    var found: [Int: [RawMap]] = [:]
    for explained in classes where found[explained] == nil {
      var seed = [Float](repeating: 0, count: classCount)
      seed[explained] = 1
      var maps = [RawMap?](repeating: nil, count: layers.count)
      try session.explainLayers(logitGradient: seed) { evidence throws(Problem) in
        maps[evidence.layer] = try GradCAM.rawMap(
          activations: evidence.activations, gradients: evidence.gradients, channelOffsets: evidence.channelOffsets)
      }
      let complete = maps.compactMap { $0 }
      guard complete.count == layers.count else {
        throw .failure("the engine explained \(complete.count) of \(layers.count) layers")
      }
      found[explained] = complete
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
