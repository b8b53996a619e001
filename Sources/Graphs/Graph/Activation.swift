/// A function of each element by itself, ReLU aside, as PyTorch and ONNX define it.
public enum Activation: Sendable, Hashable {
  /// x where x > 0, else slope x.
  case leakyReLU(slope: Float)
  /// x within the bounds, else the nearer one; its gradient is 0 at the bounds too, as that of `torch.nn.Hardtanh`.
  case clip(lowest: Float, highest: Float)
  /// 1 / (1 + exp(-x)).
  case sigmoid
  /// slope x + offset, clipped to [0, 1].
  case hardSigmoid(slope: Float, offset: Float)
  /// x times x / 6 + 1 / 2 clipped to [0, 1].
  case hardSwish
  /// x sigmoid(x): SiLU, Swish.
  case silu
  /// x tanh(log(1 + exp(x))).
  case mish
  /// x Phi(x), of the normal distribution.
  case gelu
  /// GELU by its approximation with tanh.
  case tanhGELU
  case tanh
  /// x where x > 0, else scale (exp(x) - 1).
  case elu(scale: Float)
  /// gain times ELU: SELU.
  case selu(scale: Float, gain: Float)
  /// x where x > 0, else scale (exp(x / scale) - 1).
  case celu(scale: Float)
  /// log(1 + exp(x)).
  case softplus
  /// x / (1 + |x|).
  case softsign
  case exponential
  /// To the base e.
  case logarithm
  case squareRoot
  /// x^exponent.
  case power(exponent: Float)
  case absolute
  case reciprocal
  /// erf(x).
  case errorFunction

  /// For lists of layers.
  var kind: String {
    switch self {
    case .leakyReLU: "leaky ReLU"
    case .clip(let lowest, let highest): lowest == 0 && highest == 6 ? "ReLU6" : "clipping"
    case .sigmoid: "sigmoid"
    case .hardSigmoid: "hard sigmoid"
    case .hardSwish: "hard Swish"
    case .silu: "SiLU"
    case .mish: "Mish"
    case .gelu, .tanhGELU: "GELU"
    case .tanh: "tanh"
    case .elu: "ELU"
    case .selu: "SELU"
    case .celu: "CELU"
    case .softplus: "softplus"
    case .softsign: "softsign"
    case .exponential: "exponential"
    case .logarithm: "logarithm"
    case .squareRoot: "square root"
    case .power: "power"
    case .absolute: "absolute value"
    case .reciprocal: "reciprocal"
    case .errorFunction: "error function"
    }
  }

  /// Whether it makes 0 of 0, as what lies beside the channels of blocked layouts has to stay.
  var keepsZero: Bool {
    switch self {
    case .clip(let lowest, let highest): lowest <= 0 && highest >= 0
    case .leakyReLU, .hardSwish, .silu, .mish, .gelu, .tanhGELU, .tanh, .elu, .selu, .celu, .softsign, .errorFunction:
      true
    case .sigmoid, .hardSigmoid, .softplus, .exponential, .logarithm, .squareRoot, .power, .absolute, .reciprocal: false
    }
  }

  /// The numbers that it is made with.
  var parameters: [Float] {
    switch self {
    case .leakyReLU(let slope): [slope]
    // Either may be infinite: a bound that is not there.
    case .clip(let lowest, let highest): [lowest.isInfinite ? 0 : lowest, highest.isInfinite ? 0 : highest]
    case .hardSigmoid(let slope, let offset): [slope, offset]
    case .elu(let scale): [scale]
    case .selu(let scale, let gain): [scale, gain]
    case .celu(let scale): [scale]
    case .power(let exponent): [exponent]
    default: []
    }
  }
}
