import Images
import Support
import Tensors
import Weights

/// A graph with its weights and its normalisation, ready to be prepared by an engine.
public final class Network: Sendable {
  /// From the image to the logits.
  public let graph: Graph
  /// What is done with the image before the first layer.
  public let normalisation: Normalisation
  /// Every tensor of the graph, under its name and of its shape; values are looked at when they are read.
  public let weights: any NamedTensors

  /// Compares the weights with the graph by name and shape.
  /// - Throws: `Problem` that lists what is missing, left over or of another shape; and for a normalisation of other
  ///   channels than the image's.
  public convenience init(
    _ graph: Graph, normalisation: Normalisation, weights: any NamedTensors
  ) throws(Problem) {
    try self.init(
      graph, normalisation: normalisation,
      weights: WeightsComparison(expected: graph.tensors, found: weights).fitting(graph.name))
  }

  /// With weights that were compared with the graph's tensors already.
  /// - Throws: `Problem` for a normalisation of other channels than the image's.
  public init(_ graph: Graph, normalisation: Normalisation, weights: FittingWeights) throws(Problem) {
    let channels = graph.input[0]
    guard normalisation.mean.count == channels, normalisation.standardDeviation.count == channels else {
      throw .usage(
        "\(graph.name) takes images of \(channels) channel\(channels == 1 ? "" : "s"), but its normalisation has "
          + "\(normalisation.mean.count) means and \(normalisation.standardDeviation.count) standard deviations")
    }
    self.graph = graph
    self.normalisation = normalisation
    self.weights = weights.tensors
  }

  /// `vgg16`, as in the experiment file.
  public var architecture: String { graph.name }

  /// (channels, height, width) of the image.
  public var input: Shape { graph.input }

  /// Height of the image, and its width where that is square.
  public var inputSize: Int { graph.input[1] }

  /// How many logits there are.
  public var classCount: Int { graph.classCount }

  /// Weights and biases, batch normalisation's scale and shift included, running statistics not.
  public var parameterCount: Int { graph.parameterCount }

  /// The layer that `layers: last` means.
  public var lastLayer: String { graph.lastLayer }

  /// Every layer that can be explained, input side first.
  public var layers: [LayerDescription] { graph.layers }

  /// See `Graph.resolve(layers:)`.
  public func resolve(layers names: [String]) throws(Problem) -> [ResolvedLayer] { try graph.resolve(layers: names) }
}
