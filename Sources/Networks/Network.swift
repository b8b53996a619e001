import Support
import Tensors
import Weights

/// A layer that a heatmap can be made of: its value is a map with more than one row and column.
public struct LayerDescription: Sendable, Hashable {
  /// As torchvision or timm call the module whose output it is.
  public let name: String
  /// Other modules with the same output, such as `layer4` for `layer4.2`.
  public let aliases: [String]
  /// (K, h, w).
  public let shape: Shape
  public let kind: String
  /// The architecture's last convolutional layer, `layers: last`.
  public let isLast: Bool
  /// Part of `layers: all`.
  public let isInAll: Bool
}

/// A layer that was asked for, found in a network.
public struct ResolvedLayer: Sendable, Hashable {
  /// The name by which results call it: the one that was asked for.
  public let name: String
  /// (K, h, w).
  public let shape: Shape
  let node: NodeIndex
}

/// The order of a network's three input channels. Images are always red, green, blue: a network that was trained on
/// blue, green, red takes them the other way round, inside of the gradient.
public enum ChannelOrder: String, CaseIterable, Sendable, Codable {
  case rgb
  case bgr

  /// The image's channel that is the network's `channel`.
  public func source(of channel: Int) -> Int { self == .rgb ? channel : 2 - channel }
}

/// A network's graph with its weights, ready to be prepared by an engine.
public final class Network: Sendable {
  /// `vgg16`, as in the experiment file.
  public let architecture: String
  public let inputSize: Int
  /// Of the normalisation (range x - mean) / standardDeviation, per channel, in the order of `channels`.
  public let mean: [Double]
  public let standardDeviation: [Double]
  /// In which order the network takes the image's channels.
  public let channels: ChannelOrder
  /// What 1 in the image, white, is to the network before the mean is taken away: 1 or 255.
  public let range: Double
  public let classCount: Int
  /// Weights and biases, batch normalisation's scale and shift included, running statistics not.
  public let parameterCount: Int
  public let lastLayer: String
  public let nodes: [Node]
  public let weights: any NamedTensors

  /// Checks the weights against the graph by name and shape.
  /// - Throws: `Problem` that lists what is missing, left over or of another shape.
  public init(
    architecture: String, builder: NetworkBuilder, lastLayer: String, mean: [Double], standardDeviation: [Double],
    channels: ChannelOrder = .rgb, range: Double = 1, weights: any NamedTensors
  ) throws(Problem) {
    if let problem = builder.problem { throw problem }
    self.architecture = architecture
    self.nodes = builder.nodes
    inputSize = builder.inputSize
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.channels = channels
    self.range = range
    self.lastLayer = lastLayer
    self.weights = weights
    classCount = builder.nodes.last?.shape.count ?? 0
    let expected = expectedTensors(of: builder.nodes)
    parameterCount = expected.filter { !$0.name.hasSuffix(".running_mean") && !$0.name.hasSuffix(".running_var") }
      .reduce(0) { $0 + $1.shape.count }
    let comparison = WeightsComparison(expected: expected, found: weights)
    guard comparison.fits else { throw comparison.problem(architecture: architecture) }
  }

  /// Every layer that can be explained, input side first.
  public var layers: [LayerDescription] { describeLayers(of: nodes, lastLayer: lastLayer) }

  /// Finds layers by `last`, `all` or their names.
  /// - Returns: without repetition, input side first.
  /// - Throws: `Problem` for a name that the network does not have, or whose output is no map.
  public func resolve(layers names: [String]) throws(Problem) -> [ResolvedLayer] {
    var found: [ResolvedLayer] = []
    for name in names {
      switch name {
      case "last": found.append(try resolve(lastLayer))
      case "all":
        for layer in layers where layer.isInAll { found.append(try resolve(layer.name)) }
      default: found.append(try resolve(name))
      }
    }
    var seen: Set<NodeIndex> = []
    return found.filter { seen.insert($0.node).inserted }.sorted { $0.node < $1.node }
  }

  private func resolve(_ name: String) throws(Problem) -> ResolvedLayer {
    guard let node = nodes.lastIndex(where: { $0.names.contains(name) }) else {
      let known = nodes.filter(\.isMap).flatMap(\.names)
      let hint = closestMatch(to: name, in: known).map { "Did you mean `\($0)`? " } ?? ""
      throw .usage(
        "\(architecture) has no layer `\(name)`",
        remedy: hint + "`heatdrift layers \(architecture)` lists its layers.")
    }
    guard nodes[node].isMap else {
      throw .usage(
        "the output of layer `\(name)` of \(architecture) has the shape \(nodes[node].shape), which is no map",
        remedy: "Choose a layer whose output has more than one row and column: `heatdrift layers \(architecture)` "
          + "lists them.")
    }
    return ResolvedLayer(name: name, shape: nodes[node].shape, node: node)
  }
}

extension Node {
  /// Whether the value has more than one row and column.
  var isMap: Bool { shape.rank == 3 && shape[1] > 1 && shape[2] > 1 && operation != .image }
}

/// The layers of a graph that can be explained, input side first.
public func describeLayers(of nodes: [Node], lastLayer: String) -> [LayerDescription] {
  nodes.filter { $0.isMap && !$0.names.isEmpty }.map { node in
    LayerDescription(
      name: node.names[0], aliases: Array(node.names.dropFirst()), shape: node.shape, kind: node.operation.kind,
      isLast: node.names.contains(lastLayer), isInAll: node.isInAll)
  }
}

extension Operation {
  /// For lists of layers.
  var kind: String {
    switch self {
    case .image: "image"
    case .convolution(let convolution): convolution.groups > 1 ? "depthwise convolution" : "convolution"
    case .batchNormalisation: "batch normalisation"
    case .relu: "ReLU"
    case .pooling(let pooling): pooling.kind == .maximum ? "maximum pooling" : "average pooling"
    case .adaptiveAveragePooling: "average pooling"
    case .add: "addition"
    case .concatenation: "concatenation"
    case .linear: "fully connected"
    }
  }
}
