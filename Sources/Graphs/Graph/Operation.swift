import Tensors

/// What a node computes from the values of its inputs.
public enum Operation: Sendable, Hashable {
  /// The image after its normalisation, (channels, height, width).
  case image
  case convolution(Convolution)
  case batchNormalisation(BatchNormalisation)
  /// max(x, 0), of any value.
  case relu
  case pooling(Pooling)
  /// Average over windows of varying size such that (height, width) become these, as `torch.nn.AdaptiveAvgPool2d`.
  case adaptiveAveragePooling(Int, Int)
  /// Of two values of one shape.
  case add
  /// Along channels, of maps of one height and width.
  case concatenation
  /// Of the flattened input.
  case linear(Linear)
}

/// The extents of a convolution: all that decides where its sums run, without the weights.
public struct ConvolutionGeometry: Sendable, Hashable {
  /// Of the map that is convolved.
  public var inputChannels: Int
  /// Filters, one for each.
  public var outputChannels: Int
  /// Extents of a filter, its steps and what is added around the map.
  public var window: Window
  /// Output channel o sees the input channels of its group only. 1, or as many as there are channels: a filter for each.
  public var groups: Int

  public init(inputChannels: Int, outputChannels: Int, window: Window, groups: Int = 1) {
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.window = window
    self.groups = groups
  }

  /// Whether every channel has a filter of its own, and sees no other. So has a convolution of one channel to one, which
  /// is computed as any other.
  public var isDepthwise: Bool { groups > 1 }

  /// (output, input / groups, kernel height, kernel width).
  public var weightsShape: Shape {
    [outputChannels, inputChannels / max(groups, 1), window.kernelHeight, window.kernelWidth]
  }
}

/// A convolution as `torch.nn.Conv2d` defines it: filters are not turned, what lies outside of the map is 0.
public struct Convolution: Sendable, Hashable {
  /// What messages call it.
  public var name: String
  /// All that decides where its sums run.
  public var geometry: ConvolutionGeometry
  /// (output, input / groups, kernel height, kernel width).
  public var weights: TensorHandle
  /// (output); nil for none.
  public var bias: TensorHandle?

  public init(name: String, geometry: ConvolutionGeometry, weights: TensorHandle, bias: TensorHandle?) {
    self.name = name
    self.geometry = geometry
    self.weights = weights
    self.bias = bias
  }

  /// With the tensors `path.weight` and, where asked for, `path.bias`, as PyTorch names them.
  public init(path: String, geometry: ConvolutionGeometry, hasBias: Bool) {
    self.init(
      name: path, geometry: geometry, weights: TensorHandle(name: path + ".weight", shape: geometry.weightsShape),
      bias: hasBias ? TensorHandle(name: path + ".bias", shape: [geometry.outputChannels]) : nil)
  }
}

/// Batch normalisation with running statistics (Ioffe & Szegedy, ICML 2015, evaluation mode): per channel
/// y = scale (x - mean) / sqrt(variance + epsilon) + shift.
public struct BatchNormalisation: Sendable, Hashable {
  /// What messages call it.
  public var name: String
  /// Of the map that is normalised.
  public var channels: Int
  /// Added to the variance, so that none divides by 0.
  public var epsilon: Double
  /// Each (channels).
  public var scale: TensorHandle
  /// What is added last: PyTorch's `bias`.
  public var shift: TensorHandle
  /// PyTorch's `running_mean`.
  public var mean: TensorHandle
  /// PyTorch's `running_var`; not negative.
  public var variance: TensorHandle

  public init(
    name: String, channels: Int, epsilon: Double, scale: TensorHandle, shift: TensorHandle, mean: TensorHandle,
    variance: TensorHandle
  ) {
    self.name = name
    self.channels = channels
    self.epsilon = epsilon
    self.scale = scale
    self.shift = shift
    self.mean = mean
    self.variance = variance
  }

  /// With the tensors `path.weight`, `.bias`, `.running_mean` and `.running_var`, as PyTorch names them.
  public init(path: String, channels: Int, epsilon: Double) {
    func tensor(_ name: String) -> TensorHandle { TensorHandle(name: "\(path).\(name)", shape: [channels]) }
    self.init(
      name: path, channels: channels, epsilon: epsilon, scale: tensor("weight"), shift: tensor("bias"),
      mean: tensor("running_mean"), variance: tensor("running_var"))
  }
}

/// A fully connected layer: y = weights x + bias.
public struct Linear: Sendable, Hashable {
  /// What messages call it.
  public var name: String
  /// Elements of the flattened input.
  public var inputFeatures: Int
  /// Elements of the result.
  public var outputFeatures: Int
  /// (output, input).
  public var weights: TensorHandle
  /// (output); nil for none.
  public var bias: TensorHandle?

  public init(name: String, inputFeatures: Int, outputFeatures: Int, weights: TensorHandle, bias: TensorHandle?) {
    self.name = name
    self.inputFeatures = inputFeatures
    self.outputFeatures = outputFeatures
    self.weights = weights
    self.bias = bias
  }

  /// With the tensors `path.weight` and `path.bias`, as PyTorch names them.
  public init(path: String, inputFeatures: Int, outputFeatures: Int) {
    self.init(
      name: path, inputFeatures: inputFeatures, outputFeatures: outputFeatures,
      weights: TensorHandle(name: path + ".weight", shape: [outputFeatures, inputFeatures]),
      bias: TensorHandle(name: path + ".bias", shape: [outputFeatures]))
  }
}

/// Maximum or average over a window. What lies outside of the map is never a maximum; the average counts it, as 0:
/// PyTorch's `count_include_pad`, its default.
public struct Pooling: Sendable, Hashable {
  /// What is taken of the elements under the window.
  public enum Kind: Sendable, Hashable { case maximum, average }
  /// Maximum or average.
  public var kind: Kind
  /// Extents of the window, its steps and what is added around the map.
  public var window: Window

  public init(kind: Kind, window: Window) {
    self.kind = kind
    self.window = window
  }
}

extension Operation {
  /// For lists of layers.
  public var kind: String {
    switch self {
    case .image: "image"
    case .convolution(let convolution):
      convolution.geometry.isDepthwise ? "depthwise convolution" : "convolution"
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
