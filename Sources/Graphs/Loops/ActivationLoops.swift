import CElements
import Tensors

/// A function of each element; its derivative is kept for the way back.
struct ActivationLoops: ElementLoops {
  let inputs: [ElementOrder]
  var output: ElementOrder { inputs[0] }
  private let function: (celements_function, Float, Float)

  init(_ activation: Activation, _ input: ElementOrder) {
    inputs = [input]
    function = activation.function
  }

  var workspaceCount: Int { output.count }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    let count = self.output.count
    let (kind, first, second) = function
    precondition(inputs[0].count >= count && output.count >= count)
    unsafe withPointers(inputs[0], output) { x, y in
      if let workspace {
        precondition(workspace.count >= count)
        unsafe workspace.withPointer { unsafe celements_apply(kind, first, second, x, y, $0, count) }
      } else {
        unsafe celements_apply(kind, first, second, x, y, nil, count)
      }
    }
    self.output.clearTail(output)
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    if let workspace { Elementwise.multiply(gradient, workspace, to: result, count: output.count) }
    output.clearTail(result)
  }
}

extension Elementwise {
  /// y <- a b, of the first elements.
  /// - Precondition: all three have as many; y overlaps neither.
  static func multiply(_ a: LentFloats, _ b: LentFloats, to y: LentFloats, count: Int) {
    precondition(min(a.count, b.count, y.count) >= count)
    unsafe withPointers(a, b, y) { unsafe celements_multiply($0, $1, $2, count) }
  }
}

extension Activation {
  fileprivate var function: (celements_function, Float, Float) {
    switch self {
    case .leakyReLU(let slope): (celements_leaky_relu, slope, 0)
    case .clip(let lowest, let highest): (celements_clip, lowest, highest)
    case .sigmoid: (celements_sigmoid, 0, 0)
    case .hardSigmoid(let slope, let offset): (celements_hard_sigmoid, slope, offset)
    case .hardSwish: (celements_hard_swish, 0, 0)
    case .silu: (celements_silu, 0, 0)
    case .mish: (celements_mish, 0, 0)
    case .gelu: (celements_gelu, 0, 0)
    case .tanhGELU: (celements_tanh_gelu, 0, 0)
    case .tanh: (celements_tanh, 0, 0)
    case .elu(let scale): (celements_elu, scale, 1)
    case .selu(let scale, let gain): (celements_elu, scale, gain)
    case .celu(let scale): (celements_celu, scale, 0)
    case .softplus: (celements_softplus, 0, 0)
    case .softsign: (celements_softsign, 0, 0)
    case .exponential: (celements_exponential, 0, 0)
    case .logarithm: (celements_logarithm, 0, 0)
    case .squareRoot: (celements_square_root, 0, 0)
    case .power(let exponent): (celements_power, exponent, 0)
    case .absolute: (celements_absolute, 0, 0)
    case .reciprocal: (celements_reciprocal, 0, 0)
    case .errorFunction: (celements_error_function, 0, 0)
    }
  }
}
