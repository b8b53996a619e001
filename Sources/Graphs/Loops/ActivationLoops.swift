import CElements
import Tensors

/// A function of each element; its derivative is kept for the way back.
struct ActivationLoops: ElementLoops {
  let inputs: [ElementOrder]
  var output: ElementOrder { inputs[0] }
  private let function: ElementFunction

  init(_ activation: Activation, _ input: ElementOrder) {
    inputs = [input]
    function = ElementFunction(activation)
  }

  var workspaceCount: Int { output.count }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    let count = self.output.count
    if let workspace {
      function.apply(to: inputs[0].part(0..<count), output.part(0..<count), derivative: workspace.part(0..<count))
    } else {
      function.apply(to: inputs[0].part(0..<count), output.part(0..<count), derivative: nil)
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

  /// a <- a b.
  /// - Precondition: both are as many, and do not overlap.
  static func multiply(_ a: LentFloats, by b: LentFloats) {
    let count = a.count
    precondition(b.count == count)
    unsafe withPointers(a, b) { unsafe celements_multiply_in_place($0, $1, count) }
  }
}

/// An activation as the loops in C know it.
struct ElementFunction: Sendable {
  private let function: celements_function
  private let first: Float
  private let second: Float

  init(_ activation: Activation) {
    (function, first, second) =
      switch activation {
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

  /// y <- f(x), and its derivative.
  /// - Precondition: all are as many, and do not overlap.
  func apply(to x: LentFloats, _ y: LentFloats, derivative: LentFloats?) {
    let count = x.count
    precondition(y.count == count && derivative?.count ?? count == count)
    unsafe withPointers(x, y) { x, y in
      if let derivative {
        unsafe derivative.withPointer { unsafe celements_apply(function, first, second, x, y, $0, count) }
      } else {
        unsafe celements_apply(function, first, second, x, y, nil, count)
      }
    }
  }

  /// x <- f(x), and its derivative.
  /// - Precondition: both are as many, and do not overlap.
  func apply(to x: LentFloats, derivative: LentFloats?) {
    let count = x.count
    precondition(derivative?.count ?? count == count)
    unsafe x.withPointer { x in
      if let derivative {
        unsafe derivative.withPointer { unsafe celements_apply_in_place(function, first, second, x, $0, count) }
      } else {
        unsafe celements_apply_in_place(function, first, second, x, nil, count)
      }
    }
  }
}
