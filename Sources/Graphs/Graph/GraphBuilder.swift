import Support
import Tensors

/// Writes down a network's graph, so that an architecture's file reads like its paper's table.
///
///     var b = GraphBuilder(width: 1, inputSize: 224)
///     var x = b.image()
///     x = b.convolution("features.0", x, channels: 64, kernel: 3, padding: 1)
///     x = b.relu("features.1", x)
///     ...
///     let graph = try b.graph(name: "vgg16", lastLayer: "features.29")
///
/// Every channel count but the image's is multiplied by `width`, rounded, and at least 1. The first thing that is wrong
/// (a window that is larger than its input) is noted in `problem`, and thrown by
/// `graph`, so that the table needs no `try`. Readers of files name their own tensors: `append`.
public struct GraphBuilder: Sendable {
  /// What channel counts are multiplied by.
  public let width: Double
  /// (channels, height, width) of the image.
  public let input: Shape
  /// In the order in which they were written: inputs before who takes them.
  public private(set) var nodes: [Node] = []
  /// The first thing that went wrong while building.
  public private(set) var problem: Problem?

  public init(width: Double = 1, input: Shape) {
    self.width = width
    self.input = input
  }

  /// For square images in colour.
  public init(width: Double, inputSize: Int) { self.init(width: width, input: [3, inputSize, inputSize]) }

  /// What was written down so far.
  /// - Parameters:
  ///   - name: what messages call the network.
  ///   - lastLayer: the layer that `layers: last` means.
  /// - Throws: `problem`, and whatever else is wrong with the graph as a whole.
  public func graph(name: String, lastLayer: String) throws(Problem) -> Graph {
    if let problem { throw problem }
    return try Graph(name: name, nodes: nodes, lastLayer: lastLayer)
  }

  /// All tensors that the nodes compute with so far, each once, in their order.
  public var tensors: [TensorHandle] { nodes.tensors }

  /// A published channel count times `width`: at least 1.
  public func scaled(_ channels: Int) -> Int { max(1, Int((Double(channels) * width).rounded())) }

  /// (channels, height, width), or (features) behind a fully connected layer.
  public func shape(of node: NodeIndex) -> Shape { nodes[node].shape }

  /// The image: once, and first.
  public mutating func image() -> NodeIndex { append(.image, []) }

  /// `channels` is the published count, before `width`.
  public mutating func convolution(
    _ path: String, _ input: NodeIndex, channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    bias: Bool = false
  ) -> NodeIndex {
    convolution(
      path, input, outputChannels: scaled(channels), window: Window(kernel: kernel, stride: stride, padding: padding),
      groups: 1, bias: bias)
  }

  /// A convolution whose kernel is not square; padded so that stride 1 keeps the size.
  public mutating func convolution(
    _ path: String, _ input: NodeIndex, channels: Int, kernelHeight: Int, kernelWidth: Int
  ) -> NodeIndex {
    let window = Window(
      kernelHeight: kernelHeight, kernelWidth: kernelWidth, stride: 1, paddingHeight: kernelHeight / 2,
      paddingWidth: kernelWidth / 2)
    return convolution(path, input, outputChannels: scaled(channels), window: window, groups: 1, bias: false)
  }

  /// One filter per channel.
  public mutating func depthwiseConvolution(
    _ path: String, _ input: NodeIndex, kernel: Int, padding: Int
  ) -> NodeIndex {
    let channels = nodes[input].shape[0]
    return convolution(
      path, input, outputChannels: channels, window: Window(kernel: kernel, stride: 1, padding: padding),
      groups: channels, bias: false)
  }

  private mutating func convolution(
    _ path: String, _ input: NodeIndex, outputChannels: Int, window: Window, groups: Int, bias: Bool
  ) -> NodeIndex {
    let geometry = ConvolutionGeometry(
      inputChannels: nodes[input].shape[0], outputChannels: outputChannels, window: window, groups: groups)
    return append(.convolution(Convolution(path: path, geometry: geometry, hasBias: bias)), [input], name: path)
  }

  /// With the tensors `path.weight`, `.bias`, `.running_mean` and `.running_var`.
  public mutating func batchNormalisation(_ path: String, _ input: NodeIndex, epsilon: Double) -> NodeIndex {
    let normalisation = BatchNormalisation(path: path, channels: nodes[input].shape[0], epsilon: epsilon)
    return append(.batchNormalisation(normalisation), [input], name: path)
  }

  /// - Parameter name: nil for a value that nobody asks for.
  public mutating func relu(_ name: String?, _ input: NodeIndex, inAll: Bool = true) -> NodeIndex {
    append(.relu, [input], name: name, isInAll: inAll)
  }

  /// - Parameter roundsUp: PyTorch's `ceil_mode`.
  public mutating func pooling(
    _ name: String?, _ kind: Pooling.Kind, _ input: NodeIndex, kernel: Int, stride: Int, padding: Int = 0,
    roundsUp: Bool = false
  ) -> NodeIndex {
    var window = Window(kernel: kernel, stride: stride, padding: padding)
    window.roundsUp = roundsUp
    return append(.pooling(Pooling(kind: kind, window: window)), [input], name: name, isInAll: true)
  }

  /// Average to a map of `size` x `size`; nothing to do where the input has that size already.
  public mutating func adaptiveAveragePooling(_ name: String, _ input: NodeIndex, size: Int) -> NodeIndex {
    let shape = nodes[input].shape
    if shape.dimensions.dropFirst() == [size, size] {
      alias(name, input)
      return input
    }
    return append(.adaptiveAveragePooling(size, size), [input], name: name, isInAll: size > 1)
  }

  /// The later of the two inputs is the one whose convolution the sum is fused with.
  public mutating func add(_ name: String?, _ first: NodeIndex, _ second: NodeIndex, inAll: Bool = false) -> NodeIndex {
    append(.add, [first, second], name: name, isInAll: inAll)
  }

  /// Along channels, in the order of the inputs.
  public mutating func concatenation(_ name: String?, _ inputs: [NodeIndex], inAll: Bool) -> NodeIndex {
    append(.concatenation(axis: 0), inputs, name: name, isInAll: inAll)
  }

  /// Of the flattened input, with the tensors `path.weight` and `path.bias`.
  public mutating func linear(_ path: String, _ input: NodeIndex, features: Int) -> NodeIndex {
    let linear = Linear(path: path, inputFeatures: nodes[input].shape.count, outputFeatures: features)
    return append(.linear(linear), [input], name: path)
  }

  /// One more name for a value.
  public mutating func alias(_ name: String, _ node: NodeIndex) {
    nodes[node].names.append(name)
  }

  /// The name under which a value is reported, before its other names.
  public mutating func canonicalName(_ name: String, _ node: NodeIndex, inAll: Bool = true) {
    nodes[node].names.insert(name, at: 0)
    nodes[node].isInAll = nodes[node].isInAll || inAll
  }

  /// Any operation, with tensors of any names.
  /// - Parameter inputs: nodes that were written down before.
  /// - Returns: the new node. Where something is wrong with it, `problem` says so and its shape means nothing.
  public mutating func append(
    _ operation: Operation, _ inputs: [NodeIndex], name: String? = nil, isInAll: Bool = false
  ) -> NodeIndex {
    var shape: Shape
    do throws(Problem) {
      let rule = ShapeRule(operation, name: name, image: input)
      guard inputs.allSatisfy(nodes.indices.contains) else {
        throw rule.wrong("an input that is no node so far", expected: "nodes before it")
      }
      shape = try rule.shape(from: inputs.map { nodes[$0].shape })
    } catch {
      problem = problem ?? error
      shape = operation.shapeInPlace(of: inputs.first.flatMap { nodes.indices.contains($0) ? nodes[$0].shape : nil })
    }
    nodes.append(
      Node(operation: operation, inputs: inputs, shape: shape, names: name.map { [$0] } ?? [], isInAll: isInAll))
    return nodes.count - 1
  }
}

extension Operation {
  /// Something to go on with behind a node that cannot be, so that the rest of a table can be written down.
  fileprivate func shapeInPlace(of input: Shape?) -> Shape {
    switch self {
    case .linear(let linear): [max(linear.outputFeatures, 1)]
    case .convolution(let convolution): [max(convolution.geometry.outputChannels, 1), 1, 1]
    default: [max(input?.dimensions.first ?? 1, 1), 1, 1]
    }
  }
}
