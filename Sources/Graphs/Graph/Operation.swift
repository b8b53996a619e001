import Tensors

/// What a node computes from the values of its inputs.
public enum Operation: Sendable, Hashable {
  /// The image after its normalisation, (channels, height, width).
  case image
  case convolution(Convolution)
  case batchNormalisation(BatchNormalisation)
  /// max(x, 0), of any value.
  case relu
  /// A function of each element, of any value.
  case activation(Activation)
  /// x where x > 0, else slope x (He et al., ICCV 2015). The slope has the value's rank, and along each axis its extent or 1.
  case parametricReLU(name: String, slope: TensorHandle)
  /// With constants, of any value.
  case affine(name: String, Affine)
  case pooling(Pooling)
  /// Average over windows of varying size such that (height, width) become these, as `torch.nn.AdaptiveAvgPool2d`.
  case adaptiveAveragePooling(Int, Int)
  /// Of two values of one shape.
  case add
  /// Of two values, one of which may stand for more elements of the other.
  case arithmetic(Arithmetic)
  /// Along an axis, 0 being channels, of values that agree in all others.
  case concatenation(axis: Int)
  /// Of the flattened input.
  case linear(Linear)
  /// Matrix products of two values over their last two axes, of one extent in all others: (..., n, k) times (..., k, m).
  case matrixProduct
  case reduction(Reduction)
  case standardisation(Standardisation)
  case localResponse(LocalResponse)
  /// exp(x) over its sum along an axis.
  case softmax(axis: Int)
  case rearrangement(Rearrangement)
  case resampling(Resampling)
}

/// The extents of a convolution: all that decides where its sums run, without the weights.
public struct ConvolutionGeometry: Sendable, Hashable {
  /// Of the map that is convolved.
  public var inputChannels: Int
  /// Filters, one for each.
  public var outputChannels: Int
  /// Extents of a filter, its steps and what is added around the map.
  public var window: Window
  /// Output channel o sees the input channels of its group only.
  public var groups: Int

  public init(inputChannels: Int, outputChannels: Int, window: Window, groups: Int = 1) {
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.window = window
    self.groups = groups
  }

  /// Whether every channel has a filter of its own, and sees no other. So has a convolution of one channel to one, which
  /// is computed as any other.
  public var isDepthwise: Bool { groups > 1 && groups == inputChannels && groups == outputChannels }

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

/// Maximum or average over a window. What lies outside of the map is never a maximum.
public struct Pooling: Sendable, Hashable {
  /// What is taken of the elements under the window.
  public enum Kind: Sendable, Hashable { case maximum, average }
  /// Maximum or average.
  public var kind: Kind
  /// Extents of the window, its steps and what is added around the map.
  public var window: Window
  /// Of an average: whether it divides by the elements of the window that lie in the map or in its padding (PyTorch's
  /// `count_include_pad`, its default), or by those in the map alone. What a window that was rounded up has beyond the
  /// padding counts in neither.
  public var countsPadding: Bool

  public init(kind: Kind, window: Window, countsPadding: Bool = true) {
    self.kind = kind
    self.window = window
    self.countsPadding = countsPadding
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
    case .activation(let activation): activation.kind
    case .parametricReLU: "parametric ReLU"
    case .affine: "affine"
    case .pooling(let pooling): pooling.kind == .maximum ? "maximum pooling" : "average pooling"
    case .adaptiveAveragePooling: "average pooling"
    case .add: "addition"
    case .arithmetic(let arithmetic): arithmetic.kind
    case .concatenation: "concatenation"
    case .linear: "fully connected"
    case .matrixProduct: "matrix product"
    case .reduction(let reduction): reduction.kind == .mean ? "average" : "reduction"
    case .standardisation: "layer normalisation"
    case .localResponse: "local response normalisation"
    case .softmax: "softmax"
    case .rearrangement(let rearrangement): rearrangement.isReshape ? "reshape" : "transposition"
    case .resampling(let resampling):
      switch resampling.purpose {
      case .slice: "slice"
      case .padding: "padding"
      case .repetition: "repetition"
      case .resize: "resize"
      }
    }
  }
}
