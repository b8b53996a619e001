import Support
import Tensors

/// What a heatmap is made of: a layer's activations and the gradient of the explained score with respect to them.
public struct LayerEvidence: Sendable {
  /// Index into `PreparedNetwork.layers`.
  public let layer: Int
  /// (K, h, w).
  public let activations: Tensor
  /// (K, h, w), the gradient of the score whose gradient by the logits was given.
  public let gradients: Tensor
  /// Where batch normalisation was folded into the convolution and the convolution's own output is asked for: what lies
  /// in `activations` in its place. Nil otherwise.
  public let folding: ChannelFolding?

  public init(layer: Int, activations: Tensor, gradients: Tensor, folding: ChannelFolding?) {
    self.layer = layer
    self.activations = activations
    self.gradients = gradients
    self.folding = folding
  }
}

/// The same where the engine keeps it: nothing is copied, and nothing can be kept beyond the call that hands it out.
public struct LentEvidence: ~Escapable {
  /// Index into `PreparedNetwork.layers`.
  public let layer: Int
  /// (K, h, w).
  public let activations: FeatureMaps
  /// (K, h, w), see `LayerEvidence.gradients`.
  public let gradients: FeatureMaps
  /// See `LayerEvidence.folding`.
  public let folding: ChannelFolding?

  @_lifetime(copy activations, copy gradients)
  public init(layer: Int, activations: FeatureMaps, gradients: FeatureMaps, folding: ChannelFolding?) {
    self.layer = layer
    self.activations = activations
    self.gradients = gradients
    self.folding = folding
  }

  /// To be kept.
  public var copy: LayerEvidence {
    LayerEvidence(
      layer: layer, activations: activations.tensor, gradients: gradients.tensor, folding: folding)
  }
}

/// The same of a layer of whose gradients nothing but means was made.
public struct LentMeans: ~Escapable {
  /// Index into `PreparedNetwork.layers`.
  public let layer: Int
  /// (K, h, w).
  public let activations: FeatureMaps
  /// (K), of `LayerEvidence.gradients` over each map.
  public let gradientMeans: [Double]
  /// See `LayerEvidence.folding`.
  public let folding: ChannelFolding?

  @_lifetime(copy activations)
  public init(layer: Int, activations: FeatureMaps, gradientMeans: [Double], folding: ChannelFolding?) {
    self.layer = layer
    self.activations = activations
    self.gradientMeans = gradientMeans
    self.folding = folding
  }
}

/// A number whose gradient is wanted: sum_c logitGradient_c logit_c of one image.
public struct Score: Sendable {
  /// Index into the images of the last `logits(of:)`.
  public let image: Int
  /// One number per class.
  public let logitGradient: [Float]

  public init(image: Int, logitGradient: [Float]) {
    self.image = image
    self.logitGradient = logitGradient
  }
}

/// One network being run on one thread: it keeps the activations, until a session that was made beside it is used.
/// Every image's numbers are the same bits whichever images stand beside it: images share the reading of weights, never
/// a sum.
public protocol NetworkSession: AnyObject {
  /// The most images at a time.
  var capacity: Int { get }

  /// The memory that it takes once so many scores of it were explained at once: bytes. What it shares with a session that it
  /// was made beside is counted there.
  func bytes(explaining scores: Int) -> Int

  /// The logits of some images, and keeps what the gradients need until the next call, or one of a session
  /// made beside this one.
  /// - Parameter images: (channels, height, width) in [0, 1], before normalisation; at most `capacity`.
  /// - Returns: one number per class for each image.
  /// - Throws: `Problem` of the kind `numbers` that names the layer where NaN or infinity first appears in the logits'
  ///   computation.
  func logits(of images: [Tensor]) throws(Problem) -> [[Float]]

  /// d score / d image. Only of a session made for `inputGradients`.
  /// - Returns: (channels, height, width), with respect to the image in [0, 1]: the normalisation is inside.
  func inputGradient(of score: Score) throws(Problem) -> Tensor

  /// Runs the backward passes of some scores down to the earliest explained layer and no further, and hands out the
  /// evidence of each explained layer as it becomes known (output side first).
  /// - Parameters:
  ///   - visit: takes the index of the score.
  ///   - visitMeans: the same, for the layers of whose gradients a session made for means has made no more.
  func explainLayers(
    _ scores: [Score], visit: (Int, LentEvidence) throws(Problem) -> Void,
    visitMeans: (Int, LentMeans) throws(Problem) -> Void
  ) throws(Problem)

  /// Whether every value inside the network is finite on this image, and so far from overflow that no sum can have
  /// passed through infinity or NaN unseen. Costs one forward pass; what was computed before is gone.
  func staysFinite(_ image: Tensor) throws(Problem) -> Bool
}

extension NetworkSession {
  /// Of one image.
  public func logits(of image: Tensor) throws(Problem) -> [Float] { try logits(of: [image])[0] }

  /// Of the one image of the last `logits(of:)`.
  public func inputGradient(logitGradient seed: [Float]) throws(Problem) -> Tensor {
    try inputGradient(of: Score(image: 0, logitGradient: seed))
  }

  /// Of a session that makes gradients everywhere.
  public func explainLayers(
    _ scores: [Score], visit: (Int, LentEvidence) throws(Problem) -> Void
  ) throws(Problem) {
    try explainLayers(scores, visit: visit) { (_, evidence) throws(Problem) in
      throw .failure("gradients of layer \(evidence.layer) were asked for of a session that was made for their means")
    }
  }

  /// Of the one image of the last `logits(of:)`.
  public func explainLayers(
    logitGradient seed: [Float], visit: (LayerEvidence) throws(Problem) -> Void
  ) throws(Problem) {
    try explainLayers([Score(image: 0, logitGradient: seed)]) { (_, evidence) throws(Problem) in
      try visit(evidence.copy)
    }
  }
}

/// What a session is used for; it decides which activations are kept.
public enum SessionPurpose: Sendable {
  /// Logits and the evidence of the explained layers.
  case explanations
  /// These and gradients with respect to the image.
  case inputGradients
}

/// What is asked of the gradients of explained layers; it decides which of them a backward pass has to make.
public enum LayerGradients: Sendable {
  /// A number for each element.
  case everywhere
  /// The mean over each map is enough: the largest gradients, those nearest the image, may then not be made.
  case means
}

/// A network whose weights are folded and laid out for an engine, once per run; shared by all threads.
public protocol PreparedNetwork: Sendable {
  /// What was prepared.
  var network: Network { get }
  /// The explained layers, input side first.
  var layers: [ResolvedLayer] { get }
  /// Activations for one more thread.
  /// - Parameters:
  ///   - batch: so many images at a time, or fewer where their activations would take too much memory; see
  ///     `NetworkSession.capacity`.
  ///   - gradients: what is asked of those of explained layers.
  ///   - other: a session of the same thread, whose memory this one then uses too: what one of them computed is gone
  ///     as soon as the other is used, and asking for its gradients is an error.
  func makeSession(
    batch: Int, for purpose: SessionPurpose, gradients: LayerGradients, beside other: (any NetworkSession)?
  ) throws(Problem) -> any NetworkSession
}

extension PreparedNetwork {
  /// With gradients everywhere.
  public func makeSession(
    batch: Int, for purpose: SessionPurpose, beside other: (any NetworkSession)?
  ) throws(Problem) -> any NetworkSession {
    try makeSession(batch: batch, for: purpose, gradients: .everywhere, beside: other)
  }

  /// With memory of its own.
  public func makeSession(
    batch: Int, for purpose: SessionPurpose, gradients: LayerGradients = .everywhere
  ) throws(Problem) -> any NetworkSession {
    try makeSession(batch: batch, for: purpose, gradients: gradients, beside: nil)
  }

  /// For one image at a time and every use.
  public func makeSession() throws(Problem) -> any NetworkSession { try makeSession(batch: 1, for: .inputGradients) }
}

/// A library that can run networks forwards and backwards.
public protocol Engine: Sendable {
  /// `onednn`, `openblas`
  var name: String { get }
  /// For people and provenance: "oneDNN 2.6.3".
  var version: String { get }
  /// Reads, folds and lays out the weights.
  /// - Parameter layers: what will be explained, from `Network.resolve(layers:)`.
  /// - Throws: `Problem` that names the tensor whose values are not finite, and whatever the library says.
  func prepare(_ network: Network, layers: [ResolvedLayer]) throws(Problem) -> any PreparedNetwork
}
