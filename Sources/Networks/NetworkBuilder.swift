import Support
import Tensors

/// Writes down a network's graph, so that an architecture's file reads like its paper's table.
///
///     var b = NetworkBuilder(width: 1, inputSize: 224)
///     var x = b.image()
///     x = b.convolution("features.0", x, channels: 64, kernel: 3, padding: 1)
///     x = b.relu("features.1", x)
///
/// Every channel count but the image's is multiplied by `width`, rounded, and at least 1. A window that is larger
/// than its input is noted in `problem` and reported by the architecture, so that the table needs no `try`.
public struct NetworkBuilder {
  public let width: Double
  public let inputSize: Int
  public private(set) var nodes: [Node] = []
  /// The first thing that went wrong while building.
  public private(set) var problem: Problem?

  public init(width: Double, inputSize: Int) {
    self.width = width
    self.inputSize = inputSize
  }

  public func scaled(_ channels: Int) -> Int { max(1, Int((Double(channels) * width).rounded())) }

  public func shape(of node: NodeIndex) -> Shape { nodes[node].shape }

  public mutating func image() -> NodeIndex {
    append(.image, [], [3, inputSize, inputSize], name: nil)
  }

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
    let convolution = Convolution(
      path: path, inputChannels: nodes[input].shape[0], outputChannels: outputChannels, window: window,
      groups: groups, hasBias: bias)
    return append(
      .convolution(convolution), [input], slide(window, over: input, channels: outputChannels, name: path), name: path)
  }

  public mutating func batchNormalisation(_ path: String, _ input: NodeIndex, epsilon: Double) -> NodeIndex {
    let shape = nodes[input].shape
    return append(
      .batchNormalisation(BatchNormalisation(path: path, channels: shape[0], epsilon: epsilon)), [input], shape,
      name: path)
  }

  public mutating func relu(_ name: String?, _ input: NodeIndex, inAll: Bool = true) -> NodeIndex {
    append(.relu, [input], nodes[input].shape, name: name, isInAll: inAll)
  }

  /// - Parameter roundsUp: PyTorch's `ceil_mode`; of maximum pooling only.
  public mutating func pooling(
    _ name: String?, _ kind: Pooling.Kind, _ input: NodeIndex, kernel: Int, stride: Int, padding: Int = 0,
    roundsUp: Bool = false
  ) -> NodeIndex {
    var window = Window(kernel: kernel, stride: stride, padding: padding)
    window.roundsUp = roundsUp
    let shape = slide(window, over: input, channels: nodes[input].shape[0], name: name ?? "pooling")
    return append(.pooling(Pooling(kind: kind, window: window)), [input], shape, name: name, isInAll: true)
  }

  /// Average to a map of `size` x `size`; nothing to do where the input has that size already.
  public mutating func adaptiveAveragePooling(_ name: String, _ input: NodeIndex, size: Int) -> NodeIndex {
    let shape = nodes[input].shape
    if shape[1] == size && shape[2] == size {
      alias(name, input)
      return input
    }
    return append(
      .adaptiveAveragePooling(size, size), [input], [shape[0], size, size], name: name, isInAll: size > 1)
  }

  /// The later of the two inputs is the one whose convolution the sum is fused with.
  public mutating func add(_ name: String?, _ first: NodeIndex, _ second: NodeIndex, inAll: Bool = false) -> NodeIndex {
    append(.add, [first, second], nodes[first].shape, name: name, isInAll: inAll)
  }

  public mutating func concatenation(_ name: String?, _ inputs: [NodeIndex], inAll: Bool) -> NodeIndex {
    let channels = inputs.map { nodes[$0].shape[0] }.reduce(0, +)
    let shape = nodes[inputs[0]].shape
    return append(.concatenation, inputs, [channels, shape[1], shape[2]], name: name, isInAll: inAll)
  }

  public mutating func linear(_ path: String, _ input: NodeIndex, features: Int) -> NodeIndex {
    let linear = Linear(path: path, inputFeatures: nodes[input].shape.count, outputFeatures: features)
    return append(.linear(linear), [input], [features], name: path)
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

  private mutating func slide(_ window: Window, over input: NodeIndex, channels: Int, name: String) -> Shape {
    let shape = nodes[input].shape
    guard window.fits(height: shape[1], width: shape[2]) else {
      problem =
        problem
        ?? .usage(
          "an input of \(inputSize) x \(inputSize) pixels is too small for this network: at \(name) a map of "
            + "\(shape[1]) x \(shape[2]) is left for a window of \(window.kernelHeight) x \(window.kernelWidth)",
          remedy: "Choose a larger `input.size`.")
      return [channels, 1, 1]
    }
    return [channels, window.outputHeight(of: shape[1]), window.outputWidth(of: shape[2])]
  }

  private mutating func append(
    _ operation: Operation, _ inputs: [NodeIndex], _ shape: Shape, name: String?, isInAll: Bool = false
  ) -> NodeIndex {
    nodes.append(
      Node(operation: operation, inputs: inputs, shape: shape, names: name.map { [$0] } ?? [], isInAll: isInAll))
    return nodes.count - 1
  }
}
