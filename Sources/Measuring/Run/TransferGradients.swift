import Attacks
import Graphs
import Images
import Results
import Support
import Tensors

/// Gradients of the loss of another network than the one that is attacked: a black box is attacked with what its attacker has.
///
/// The source sees the image of the attacked network, resized to its own input as photographs are, and normalises it in its own
/// way; the gradient goes back through that resize, by its transpose, before anybody takes a sign. The clamp to [0, 1] behind the
/// resize holds what rounding carries beyond, and lets gradients pass.
package final class TransferGradients: LossGradients {
  private let session: any NetworkSession
  private let source: String
  private let size: Int
  private let channels: Int
  private let image: Tensor
  private let label: Int
  private let prediction: Int
  private var atClean: [LossLabel: Tensor] = [:]

  /// - Parameters:
  ///   - session: of the source, for input gradients.
  ///   - source: as the report calls it, for messages.
  ///   - size: of the source's input, in pixels.
  ///   - channels: of the source's input, 3, or 1 for a grey one.
  ///   - image: the clean image as the attacked network sees it, (3, S, S) in [0, 1].
  ///   - label: its true class.
  ///   - prediction: the class that the attacked network predicts on it: what an attack leads away from belongs to the network that
  ///     is attacked.
  package init(
    session: any NetworkSession, source: String, size: Int, channels: Int = 3, image: Tensor, label: Int,
    prediction: Int
  ) {
    self.session = session
    self.source = source
    self.size = size
    self.channels = channels
    self.image = image
    self.label = label
    self.prediction = prediction
  }

  package func atCleanImage(awayFrom label: LossLabel) throws(Problem) -> Tensor {
    if let known = atClean[label] { return known }
    let gradient = try at(image, awayFrom: label)
    atClean[label] = gradient
    return gradient
  }

  package func at(_ image: Tensor, awayFrom label: LossLabel) throws(Problem) -> Tensor {
    let (height, width) = (image.shape[1], image.shape[2])
    let isResized = height != size || width != size
    var seen = image
    if isResized {
      seen = Resize.bilinear(GreyConversion.converted(image, channels: 3), height: size, width: size)
      seen = Tensor(shape: seen.shape, values: seen.values.map { min(1, max(0, $0)) })
    }
    let resizedChannels = seen.shape[0]
    seen = GreyConversion.converted(seen, channels: channels)
    let logits = try session.logits(of: seen)
    let index = label == .label ? self.label : prediction
    guard logits.indices.contains(index) else {
      throw .failure("\(source), whose gradient is taken, has no class \(index)")
    }
    let own = try session.inputGradient(logitGradient: crossEntropyGradient(logits: logits, label: index))
    var gradient = GreyConversion.transposed(own, channels: resizedChannels)
    if isResized {
      gradient = Resize.transposed(gradient, height: height, width: width)
      gradient = GreyConversion.transposed(gradient, channels: image.shape[0])
    }
    guard gradient.values.allSatisfy(\.isFinite) else {
      throw .numbers(
        "the gradient of the loss of \(source) is not finite", remedy: "Check its weights: gradients overflow.")
    }
    return gradient
  }
}

/// A model whose gradients attacks on another one take, made ready.
struct PreparedSource: Sendable {
  /// As the report calls it.
  var name: String
  /// Height and width of its input.
  var size: Int
  /// Of its input: 3, or 1 for a grey one.
  var channels: Int
  var network: any PreparedNetwork

  /// - Throws: `Problem` where its weights are not any more what was hashed.
  init(_ model: PlannedModel, engine: any Engine) throws(Problem) {
    name = model.record.name
    size = model.record.inputSize
    let own = try model.run()
    channels = own.input[0]
    try model.makeReady(for: engine)
    // Engines keep what the explained layers need: as little as can be.
    network = try HeldFile.whileUnchanged(model.files) { () throws(Problem) in
      try engine.prepare(own, layers: Array(model.layers.suffix(1)))
    }
  }
}

extension Plan {
  /// The models whose gradients some attacks on a model take, each once, in the plan's order.
  func sources(attacking victim: PlannedModel, levels: some Sequence<Int>) -> [PlannedModel] {
    // Maps that were computed elsewhere bring the attacked answers with them.
    guard victim.maps == nil else { return [] }
    let wanted = Set(levels.compactMap { experiment.attacks[$0].source(attacking: victim.options.key) })
    return models.filter { wanted.contains($0.options.key) }
  }
}
