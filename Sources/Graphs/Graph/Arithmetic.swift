import Tensors

/// What is made of two values, element by element. Both have one rank, and along each axis one extent, or one of them has 1
/// there and stands for all.
public enum Arithmetic: Sendable, Hashable {
  /// a + b.
  case sum
  /// a - b.
  case difference
  /// a b.
  case product
  /// a / b.
  case quotient
  /// The greater of the two; where they are equal, each gets half of the gradient, as PyTorch has it.
  case maximum
  /// The smaller of the two; as `maximum`.
  case minimum

  /// For lists of layers.
  var kind: String {
    switch self {
    case .sum: "addition"
    case .difference: "subtraction"
    case .product: "multiplication"
    case .quotient: "division"
    case .maximum: "maximum"
    case .minimum: "minimum"
    }
  }
}

/// scale x + shift with constants: of the value's rank, and along each axis of its extent or of 1, which stands for all.
public struct Affine: Sendable, Hashable {
  /// Nil for 1.
  public var scale: TensorHandle?
  /// Nil for 0.
  public var shift: TensorHandle?

  public init(scale: TensorHandle?, shift: TensorHandle?) {
    self.scale = scale
    self.shift = shift
  }
}

/// One number made of all along some axes, which stay with an extent of 1.
public struct Reduction: Sendable, Hashable {
  /// What is made of them.
  public enum Kind: Sendable, Hashable {
    /// Their sum over their number.
    case mean
    /// Their sum.
    case sum
    /// Where several elements are the greatest, they share the gradient equally, as `torch.amax` has it.
    case maximum
    /// As `maximum`.
    case minimum
    /// The root of the sum of squares; its gradient at 0 is 0.
    case euclideanNorm
  }
  /// What is made of them.
  public var kind: Kind
  /// Ascending, each once.
  public var axes: [Int]

  public init(_ kind: Kind, axes: [Int]) {
    self.kind = kind
    self.axes = axes
  }
}

/// (x - mean) / sqrt(variance + epsilon), both over all elements along some axes; the variance divides by their number
/// (Ba, Kiros & Hinton 2016). What scales and shifts the result is an `Affine` behind it.
public struct Standardisation: Sendable, Hashable {
  /// Ascending, each once.
  public var axes: [Int]
  /// Added to the variance; at least 0.
  public var epsilon: Double

  public init(axes: [Int], epsilon: Double) {
    self.axes = axes
    self.epsilon = epsilon
  }
}

/// x / (bias + scale / size * sum of squares over the `size` channels around)^exponent, as `torch.nn.LocalResponseNorm` and
/// ONNX's LRN (Krizhevsky, Sutskever & Hinton 2012): (size - 1) / 2 channels before, rounded down, the others behind.
public struct LocalResponse: Sendable, Hashable {
  /// Channels whose squares are summed.
  public var size: Int
  /// Of their sum: PyTorch's and ONNX's `alpha`.
  public var scale: Float
  /// PyTorch's and ONNX's `beta`.
  public var exponent: Float
  /// PyTorch's `k`.
  public var bias: Float

  public init(size: Int, scale: Float, exponent: Float, bias: Float) {
    self.size = size
    self.scale = scale
    self.exponent = exponent
    self.bias = bias
  }
}
