import Diagnostics
import Tensors

/// What a heatmap is made of: a layer's activations and the gradient of the explained score with respect to them.
public struct LayerEvidence: Sendable {
  /// Index into `PreparedNetwork.layers`.
  public let layer: Int
  /// (K, h, w).
  public let activations: Tensor
  /// (K, h, w), the gradient of the score whose gradient by the logits was given.
  public let gradients: Tensor
  /// Where batch normalisation was folded into the convolution and the convolution's own output is asked for:
  /// one number per channel t_k such that the layer's w_k A_k equals w_k (activations_k - t_k). Nil otherwise.
  public let channelOffsets: [Float]?

  public init(layer: Int, activations: Tensor, gradients: Tensor, channelOffsets: [Float]?) {
    self.layer = layer
    self.activations = activations
    self.gradients = gradients
    self.channelOffsets = channelOffsets
  }
}

/// One network being run on one thread: it owns the activations. Images go through one at a time, so that
/// results cannot depend on how they were batched.
public protocol NetworkSession: AnyObject {
  /// The logits of one image, and keeps what the gradients need until the next call.
  /// - Parameter image: (3, S, S) in [0, 1], before normalisation.
  /// - Returns: one number per class.
  /// - Throws: `Problem` that names the layer where NaN or infinity first appears in the logits' computation.
  func logits(of image: Tensor) throws(Problem) -> [Float]

  /// d (sum_c seed_c logit_c) / d image, for the image of the last `logits(of:)`.
  /// - Parameter seed: one number per class.
  /// - Returns: (3, S, S), with respect to the image in [0, 1]: the normalisation is inside.
  func inputGradient(logitGradient seed: [Float]) throws(Problem) -> Tensor

  /// Runs the backward pass of sum_c seed_c logit_c down to the earliest explained layer and no further, and
  /// hands out the evidence of each explained layer as it becomes known (output side first).
  func explainLayers(logitGradient seed: [Float], visit: (LayerEvidence) throws(Problem) -> Void) throws(Problem)
}

/// A network whose weights are folded and laid out for an engine, once per run; shared by all threads.
public protocol PreparedNetwork: Sendable {
  var network: Network { get }
  /// The explained layers, input side first.
  var layers: [ResolvedLayer] { get }
  /// Activations for one more thread.
  func makeSession() throws(Problem) -> any NetworkSession
}

/// A library that can run networks forwards and backwards.
public protocol Engine: Sendable {
  /// `onednn`, `openblas`
  var name: String { get }
  /// For people and provenance: "oneDNN 2.6.3".
  var version: String { get }
  /// - Parameters:
  ///   - layers: from `Network.resolve(layers:)`.
  func prepare(_ network: Network, layers: [ResolvedLayer]) throws(Problem) -> any PreparedNetwork
}

/// The engines there are.
public enum EngineName: String, CaseIterable, Sendable {
  case onednn
  case openblas

  public func makeEngine() throws(Problem) -> any Engine {
    switch self {
    case .onednn: try OneDNNEngine()
    case .openblas: OpenBLASEngine()
    }
  }
}
