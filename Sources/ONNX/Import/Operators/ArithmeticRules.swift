import Foundation
import Graphs
import Support

/// Of two values and more.
let arithmeticRules: [String: OperatorRule] = [
  "Add": two(.sum),
  "Sub": two(.difference),
  "Mul": two(.product),
  "Div": two(.quotient),
  "Sum": many(.sum),
  "Max": many(.maximum),
  "Min": many(.minimum),
  "Mean": { (tracer, application) throws(Problem) in
    let sum = try many(.sum)(tracer, application)
    let share = Constant([1 / Float(application.inputs.count)], shape: [])
    return [try tracer.arithmetic(.product, sum[0], .constant(share), application)]
  },
  "Pow": power,
]

private func two(_ kind: Arithmetic) -> OperatorRule {
  { (tracer, application) throws(Problem) in
    [try tracer.arithmetic(kind, application.input(0), application.input(1), application)]
  }
}

private func many(_ kind: Arithmetic) -> OperatorRule {
  { (tracer, application) throws(Problem) in
    var result = try application.input(0)
    for index in application.inputs.indices.dropFirst() {
      result = try tracer.arithmetic(kind, result, application.input(index), application)
    }
    return [result]
  }
}

private let power: OperatorRule = { (tracer, application) throws(Problem) in
  let exponent = try application.constant(1, "Y")
  let numbers = try application.floats(of: exponent)
  let value = try application.input(0)
  if case .constant(let base) = value {
    let arithmetic = ConstantArithmetic(tracer, application)
    guard let shape = Constant.broadcast(base.shape, exponent.shape) else {
      throw application.wrong("shapes that cannot be broadcast", expected: "those that can")
    }
    try tracer.budget.spend(shape, by: application.node)
    let bases = try arithmetic.doubles(base)
    let result = zip(arithmetic.places(base, shape), arithmetic.places(exponent, shape)).map {
      pow(bases[$0], Double(numbers[$1]))
    }
    if base.isFloating {
      return [.constant(Constant(shape: shape, type: base.type, content: .floats(result.map { Float($0) })))]
    }
    return [
      .constant(
        Constant(shape: shape, type: base.type, content: .integers(result.map { Int64(exactly: $0.rounded()) ?? 0 })))
    ]
  }
  guard let first = numbers.first else { throw application.wrong("no exponent", expected: "one or more") }
  guard numbers.allSatisfy({ $0 == first }), exponent.shape.count <= value.shape.count else {
    // x^y = exp(y log x), as a generalised mean of each channel has it behind a Clip; where x is 0 its gradient is 0.
    guard case .traced(let traced) = value, tracer.isNeverNegative(traced.node) else {
      throw application.unsupported(
        "several exponents of numbers that may be negative",
        supported: "one exponent, and several behind Clip, Relu, Abs, Sigmoid or Exp")
    }
    let positive = try tracer.activate(.clip(lowest: .leastNormalMagnitude, highest: .infinity), value, application)
    let logarithm = try tracer.activate(.logarithm, positive, application)
    return [
      try tracer.activate(
        .exponential, tracer.arithmetic(.product, logarithm, .constant(exponent), application), application)
    ]
  }
  switch first {
  case 1: return [value]
  case 0.5: return [try tracer.activate(.squareRoot, value, application)]
  case -1: return [try tracer.activate(.reciprocal, value, application)]
  default: return [try tracer.activate(.power(exponent: first), value, application)]
  }
}

extension Tracer {
  fileprivate func isNeverNegative(_ node: NodeIndex) -> Bool {
    switch builder.nodes[node].operation {
    case .relu, .activation(.absolute), .activation(.sigmoid), .activation(.exponential): true
    case .activation(.clip(let lowest, _)): lowest >= 0
    default: false
    }
  }
}
