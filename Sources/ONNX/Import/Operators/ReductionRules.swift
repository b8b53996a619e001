import Graphs
import Support

let reductionRules: [String: OperatorRule] = [
  "ReduceMean": reduction(.mean),
  "ReduceSum": reduction(.sum),
  "ReduceMax": reduction(.maximum),
  "ReduceMin": reduction(.minimum),
  "ReduceL2": reduction(.euclideanNorm),
  "ReduceL1": reduction(.sum, of: .absolute),
  "ReduceSumSquare": reduction(.sum, of: .power(exponent: 2)),
  "ReduceLogSum": reduction(.sum, then: .logarithm),
  "ReduceLogSumExp": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    guard let axes = try reducedAxes(of: value, application) else { return [value] }
    let sum = try tracer.logarithmOfSum(value, axes: axes, application)
    guard try application.int("keepdims", 1) == 0 else { return [sum] }
    return [
      try tracer.reshape(
        sum, to: value.shape.indices.filter { !axes.contains($0) }.map { value.shape[$0] }, application)
    ]
  },
  "ReduceProd": { (tracer, application) throws(Problem) in
    // Of shapes: how many elements there are.
    let constant = try application.constant(0, "data")
    let numbers = try ConstantArithmetic(tracer, application).doubles(constant)
    let keeps = try application.int("keepdims", 1) != 0
    let axes = try application.ints("axes", orInput: 1) ?? Array(constant.shape.indices)
    guard try application.axes(axes, of: constant.shape.count).count == constant.shape.count else {
      throw application.unsupported(
        "a product along some axes of \(tracer.dimensions(constant.shape))", supported: "along all")
    }
    let shape = keeps ? constant.shape.map { _ in 1 } : []
    let product = numbers.reduce(1, *)
    if constant.isFloating { return [.constant(Constant([Float(product)], shape: shape))] }
    guard let whole = Int(exactly: product) else {
      throw application.wrong("a product of \(product)", expected: "64 bits")
    }
    return [.constant(Constant([whole], shape: shape))]
  },
]

/// Axes are an attribute in older versions and an input in newer ones; none stands for all, or for none at all: nil.
private func reducedAxes(of value: Value, _ application: Application) throws(Problem) -> [Int]? {
  let found = try application.ints("axes", orInput: 1) ?? []
  if found.isEmpty, try application.int("noop_with_empty_axes", 0) != 0 { return nil }
  return found.isEmpty ? Array(value.shape.indices) : try application.axes(found, of: value.shape.count).sorted()
}

/// - Parameters:
///   - first: of each element before, where there is one.
///   - last: of each result.
private func reduction(
  _ kind: Reduction.Kind, of first: Activation? = nil, then last: Activation? = nil
) -> OperatorRule {
  { (tracer, application) throws(Problem) in
    var value = try application.input(0)
    let axes = try reducedAxes(of: value, application)
    if let first { value = try tracer.activate(first, value, application) }
    if let axes {
      value = try tracer.reduce(kind, value, axes: axes, keepsAxes: application.int("keepdims", 1) != 0, application)
    }
    if let last { value = try tracer.activate(last, value, application) }
    return [value]
  }
}
