import Attacks
import Graphs
import Results
import Support
import Tensors

/// What a network says of one image.
package struct Prediction: Sendable {
  let logits: [Float]
  /// Of the highest logit.
  package let label: Int
  /// Softmax of the logits.
  let probabilities: [Double]
  /// Softmax probability of the prediction.
  package var confidence: Double { probabilities[label] }

  package init(_ logits: [Float]) {
    self.logits = logits
    label = argmax(logits)
    probabilities = softmax(logits)
  }

  package func scores(against clean: Prediction, clippedShare: Double) -> ClassScores {
    ClassScores(logits: logits, probabilities: probabilities, clean: clean.logits, clippedShare: clippedShare)
  }

  /// Which class a target explains on this image.
  func explained(by target: ExplanationTarget, label: Int, clean: Prediction) -> Int {
    switch target {
    case .predicted: self.label
    case .label: label
    case .cleanPrediction: clean.label
    }
  }
}

/// Gradients of the loss of one image, out of the session that its clean pass was made in.
final class SessionGradients: LossGradients {
  private let session: any NetworkSession
  private let image: Tensor
  private let label: Int
  private let prediction: Prediction
  private var atClean: [LossLabel: Tensor] = [:]
  /// Whether the activations of the clean pass, which the session keeps, are still to be explained.
  var cleanPassIsNeeded = true

  /// - Parameters:
  ///   - session: whose last image was this one.
  ///   - prediction: of the clean image.
  init(session: any NetworkSession, image: Tensor, label: Int, prediction: Prediction) {
    self.session = session
    self.image = image
    self.label = label
    self.prediction = prediction
  }

  func atCleanImage(awayFrom label: LossLabel) throws(Problem) -> Tensor {
    if let known = atClean[label] { return known }
    if !cleanPassIsNeeded { _ = try session.logits(of: image) }
    let gradient = try gradient(prediction.logits, awayFrom: label)
    atClean[label] = gradient
    return gradient
  }

  func at(_ image: Tensor, awayFrom label: LossLabel) throws(Problem) -> Tensor {
    guard !cleanPassIsNeeded else {
      throw .failure("an attack asked for a gradient away from the clean image before its levels were asked for")
    }
    return try gradient(session.logits(of: image), awayFrom: label)
  }

  private func gradient(_ logits: [Float], awayFrom label: LossLabel) throws(Problem) -> Tensor {
    let index = label == .label ? self.label : prediction.label
    let gradient = try session.inputGradient(logitGradient: crossEntropyGradient(logits: logits, label: index))
    guard gradient.values.allSatisfy(\.isFinite) else {
      throw .numbers("the gradient of the loss is not finite", remedy: "Check the weights: gradients overflow.")
    }
    return gradient
  }
}
