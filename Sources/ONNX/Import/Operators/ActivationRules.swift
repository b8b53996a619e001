import Graphs
import Support
import Tensors

/// Functions of each element.
let activationRules: [String: OperatorRule] = [
  "Relu": { (tracer, application) throws(Problem) in
    switch try application.input(0) {
    case .traced(let traced): [try tracer.elementwise(.relu, traced)]
    case let value: [try tracer.activate(.clip(lowest: 0, highest: .infinity), value, application)]
    }
  },
  "LeakyRelu": { (tracer, application) throws(Problem) in
    try tracer.activated(.leakyReLU(slope: application.float("alpha", 0.01)), application)
  },
  "PRelu": parametricReLU,
  "Clip": clip,
  "Sigmoid": plain(.sigmoid),
  "Tanh": plain(.tanh),
  "Softplus": plain(.softplus),
  "Softsign": plain(.softsign),
  "Exp": plain(.exponential),
  "Log": plain(.logarithm),
  "Sqrt": plain(.squareRoot),
  "Abs": plain(.absolute),
  "Reciprocal": plain(.reciprocal),
  "Erf": plain(.errorFunction),
  "HardSwish": plain(.hardSwish),
  "Mish": plain(.mish),
  "HardSigmoid": { (tracer, application) throws(Problem) in
    try tracer.activated(
      .hardSigmoid(slope: application.float("alpha", 0.2), offset: application.float("beta", 0.5)), application)
  },
  "Elu": { (tracer, application) throws(Problem) in
    try tracer.activated(.elu(scale: application.float("alpha", 1)), application)
  },
  "Celu": { (tracer, application) throws(Problem) in
    let scale = try application.float("alpha", 1)
    guard scale != 0 else { throw application.wrong("an alpha of 0", expected: "another number") }
    return try tracer.activated(.celu(scale: scale), application)
  },
  "Selu": { (tracer, application) throws(Problem) in
    try tracer.activated(
      .selu(scale: application.float("alpha", 1.67326319), gain: application.float("gamma", 1.05070102)), application)
  },
  "Gelu": { (tracer, application) throws(Problem) in
    switch try application.string("approximate", "none") {
    case "none": try tracer.activated(.gelu, application)
    case "tanh": try tracer.activated(.tanhGELU, application)
    case let other: throw application.wrong("an approximation `\(printable(other))`", expected: "none or tanh")
    }
  },
  "Swish": { (tracer, application) throws(Problem) in
    guard try application.float("alpha", 1) == 1 else {
      throw application.unsupported("an alpha of \(try application.float("alpha", 1))", supported: "1")
    }
    return try tracer.activated(.silu, application)
  },
  "Neg": { (tracer, application) throws(Problem) in
    switch try application.input(0) {
    case .constant(let constant):
      [.constant(try ConstantArithmetic(tracer, application).mapped(constant) { -$0 })]
    case let value: [try tracer.arithmetic(.product, value, .constant(Constant([-1], shape: [])), application)]
    }
  },
]

private func plain(_ activation: Activation) -> OperatorRule {
  { (tracer, application) throws(Problem) in try tracer.activated(activation, application) }
}

extension Tracer {
  fileprivate func activated(_ activation: Activation, _ application: Application) throws(Problem) -> [Value] {
    [try activate(activation, application.input(0), application)]
  }
}

private let parametricReLU: OperatorRule = { (tracer, application) throws(Problem) in
  let slope = try application.constant(1, "slope")
  guard case .traced(let value) = try application.input(0) else {
    throw application.unsupported("a constant input", supported: "values that depend on the image")
  }
  guard slope.shape.count <= value.shape.count,
    zip(Constant.padded(slope.shape, value.shape.count), value.shape).allSatisfy({ $0 == $1 || $0 == 1 })
  else {
    throw application.wrong(
      "slopes of \(tracer.dimensions(slope.shape)) for a value of \(tracer.dimensions(value.shape))",
      expected: "slopes that can be broadcast to it")
  }
  let numbers = try application.floats(of: slope)
  if slope.count == 1 { return [try tracer.activate(.leakyReLU(slope: numbers[0]), value)] }
  let padded = Constant(numbers, shape: Constant.padded(slope.shape, value.shape.count))
  let tensor = try tracer.tensor(padded, arranged: tracer.arrangement(of: value), application: application)
  return [try tracer.elementwise(.parametricReLU(name: application.node.title, slope: tensor), value)]
}

/// Bounds are attributes up to version 6 of the operator (opset 10), inputs behind it.
private let clip: OperatorRule = { (tracer, application) throws(Problem) in
  func bound(_ index: Int, _ name: String, _ standard: Float) throws(Problem) -> Float {
    let found: Float
    if application.opset < 11 {
      found = try application.float(name, standard)
    } else {
      guard let constant = try application.optionalConstant(index, name) else { return standard }
      let numbers = try application.floats(of: constant)
      guard numbers.count == 1 else {
        throw application.wrong("\(numbers.count) numbers as `\(name)`", expected: "one")
      }
      found = numbers[0]
    }
    guard !found.isNaN else { throw application.wrong("NaN as `\(name)`", expected: "a number") }
    // Exporters write the greatest number that there is for none.
    return abs(found) == .greatestFiniteMagnitude ? standard : found
  }
  let lowest = try bound(1, "min", -.infinity)
  let highest = try bound(2, "max", .infinity)
  let value = try application.input(0)
  if lowest == -.infinity, highest == .infinity { return [value] }
  // By the standard, the upper bound counts.
  return [try tracer.activate(.clip(lowest: min(lowest, highest), highest: highest), value, application)]
}
