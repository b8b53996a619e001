import Foundation
import Graphs
import Support

/// Computes with constants, as the standard says: integers as integers, floats rounded to Float32 after each step.
struct ConstantArithmetic {
  private let tracer: Tracer
  private let application: Application

  init(_ tracer: Tracer, _ application: Application) {
    self.tracer = tracer
    self.application = application
  }

  /// - Parameter shape: of the result.
  func combined(_ kind: Arithmetic, _ first: Constant, _ second: Constant, _ shape: [Int]) throws(Problem) -> Constant {
    try tracer.budget.spend(shape, by: application.node)
    let (a, b) = (places(first, shape), places(second, shape))
    let contents = (try tracer.numbers(of: first, application), try tracer.numbers(of: second, application))
    if case (.integers(let x), .integers(let y)) = contents {
      var result: [Int64] = []
      for (i, j) in zip(a, b) { result.append(try combined(kind, x[i], y[j])) }
      return Constant(shape: shape, type: first.type, content: .integers(result))
    }
    let x = try application.floats(of: Constant(shape: first.shape, type: first.type, content: contents.0))
    let y = try application.floats(of: Constant(shape: second.shape, type: second.type, content: contents.1))
    return Constant(
      shape: shape, type: first.isFloating ? first.type : second.type,
      content: .floats(zip(a, b).map { Self.combined(kind, x[$0], y[$1]) }))
  }

  /// Any function of two numbers that gives true or false.
  func compared(
    _ first: Constant, _ second: Constant, _ isTrue: (Double, Double) -> Bool
  ) throws(Problem) -> Constant {
    guard let shape = Constant.broadcast(first.shape, second.shape) else {
      throw application.wrong("shapes that cannot be broadcast", expected: "those that can")
    }
    try tracer.budget.spend(shape, by: application.node)
    let x = try doubles(first)
    let y = try doubles(second)
    let result = zip(places(first, shape), places(second, shape)).map { isTrue(x[$0], y[$1]) ? Int64(1) : 0 }
    return Constant(shape: shape, type: .bool, content: .integers(result))
  }

  func doubles(_ constant: Constant) throws(Problem) -> [Double] {
    switch try tracer.numbers(of: constant, application) {
    case .integers(let values): values.map { Double($0) }
    case .floats(let values): values.map { Double($0) }
    case .file: []
    }
  }

  /// Where broadcasting finds each element of the result.
  func places(_ constant: Constant, _ shape: [Int]) -> [Int] {
    let padded = Constant.padded(constant.shape, shape.count)
    var strides = Constant.strides(padded)
    for axis in padded.indices where padded[axis] == 1 { strides[axis] = 0 }
    return Constant.places(shape, strides: strides)
  }

  private func combined(_ kind: Arithmetic, _ x: Int64, _ y: Int64) throws(Problem) -> Int64 {
    let (value, overflows): (Int64, Bool)
    switch kind {
    case .sum: (value, overflows) = x.addingReportingOverflow(y)
    case .difference: (value, overflows) = x.subtractingReportingOverflow(y)
    case .product: (value, overflows) = x.multipliedReportingOverflow(by: y)
    case .quotient:
      guard y != 0 else { throw application.wrong("a division of constants by 0", expected: "another divisor") }
      (value, overflows) = x.dividedReportingOverflow(by: y)
    case .maximum: (value, overflows) = (max(x, y), false)
    case .minimum: (value, overflows) = (min(x, y), false)
    }
    guard !overflows else { throw application.wrong("integers that overflow", expected: "64 bits") }
    return value
  }

  private static func combined(_ kind: Arithmetic, _ x: Float, _ y: Float) -> Float {
    switch kind {
    case .sum: x + y
    case .difference: x - y
    case .product: x * y
    case .quotient: x / y
    case .maximum: max(x, y)
    case .minimum: min(x, y)
    }
  }

  // MARK: - Of one

  func activated(_ activation: Activation, _ constant: Constant) throws(Problem) -> Constant {
    if case .clip(let lowest, let highest) = activation,
      case .integers(let values) = try tracer.numbers(of: constant, application)
    {
      let bounded = values.map { value -> Int64 in
        let bound = Double(value) < Double(lowest) ? lowest : Double(value) > Double(highest) ? highest : nil
        return bound.flatMap { Int64(exactly: $0.rounded()) } ?? value
      }
      return Constant(shape: constant.shape, type: constant.type, content: .integers(bounded))
    }
    return try mapped(constant) { Self.value(activation, $0) }
  }

  /// A function of each element; of integers the result is an integer again.
  func mapped(_ constant: Constant, _ function: (Double) -> Double) throws(Problem) -> Constant {
    try tracer.budget.spend(constant.shape, by: application.node)
    let content: Constant.Content
    switch try tracer.numbers(of: constant, application) {
    case .integers(let values):
      var result: [Int64] = []
      for value in values {
        guard let number = Int64(exactly: function(Double(value)).rounded()) else {
          throw application.wrong("integers that overflow", expected: "64 bits")
        }
        result.append(number)
      }
      content = .integers(result)
    case .floats(let values): content = .floats(values.map { Float(function(Double($0))) })
    case .file: return constant
    }
    return Constant(shape: constant.shape, type: constant.type, content: content)
  }

  private static func value(_ activation: Activation, _ x: Double) -> Double {
    let sigmoid = 1 / (1 + exp(-x))
    let softplus = max(x, 0) + log1p(exp(-abs(x)))
    switch activation {
    case .leakyReLU(let slope): return x > 0 ? x : Double(slope) * x
    case .clip(let lowest, let highest): return min(max(x, Double(lowest)), Double(highest))
    case .sigmoid: return sigmoid
    case .hardSigmoid(let slope, let offset): return min(max(Double(slope) * x + Double(offset), 0), 1)
    case .hardSwish: return x * min(max(x / 6 + 0.5, 0), 1)
    case .silu: return x * sigmoid
    case .mish: return x * tanh(softplus)
    case .gelu: return 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
    case .tanhGELU: return 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .tanh: return tanh(x)
    case .elu(let scale): return x > 0 ? x : Double(scale) * expm1(x)
    case .selu(let scale, let gain): return Double(gain) * (x > 0 ? x : Double(scale) * expm1(x))
    case .celu(let scale): return x > 0 ? x : Double(scale) * expm1(x / Double(scale))
    case .softplus: return softplus
    case .softsign: return x / (1 + abs(x))
    case .exponential: return exp(x)
    case .logarithm: return log(x)
    case .squareRoot: return x.squareRoot()
    case .power(let exponent): return pow(x, Double(exponent))
    case .absolute: return abs(x)
    case .reciprocal: return 1 / x
    case .errorFunction: return erf(x)
    }
  }

  func reduced(_ kind: Reduction.Kind, _ constant: Constant, _ axes: [Int], _ shape: [Int]) throws(Problem) -> Constant
  {
    try tracer.budget.spend(constant.shape, by: application.node)
    let values = try doubles(constant)
    var strides = Constant.strides(shape)
    for axis in axes { strides[axis] = 0 }
    let places = Constant.places(constant.shape, strides: strides)
    let count = shape.reduce(1, *)
    var result = [Double](
      repeating: kind == .maximum ? -.infinity : kind == .minimum ? .infinity : 0, count: count)
    for (place, value) in zip(places, values) {
      switch kind {
      case .mean, .sum: result[place] += value
      case .maximum: result[place] = max(result[place], value)
      case .minimum: result[place] = min(result[place], value)
      case .euclideanNorm: result[place] += value * value
      }
    }
    if kind == .mean { result = result.map { $0 / Double(max(values.count / max(count, 1), 1)) } }
    if kind == .euclideanNorm { result = result.map { $0.squareRoot() } }
    if constant.isFloating {
      return Constant(shape: shape, type: constant.type, content: .floats(result.map { Float($0) }))
    }
    return Constant(
      shape: shape, type: constant.type, content: .integers(result.map { Int64(exactly: $0.rounded(.towardZero)) ?? 0 })
    )
  }
}
