import Graphs
import Support

let reductionRules: [String: OperatorRule] = [
  "ReduceMean": reduction(.mean),
  "ReduceSum": reduction(.sum),
  "ReduceMax": reduction(.maximum),
  "ReduceMin": reduction(.minimum),
  "ReduceL2": reduction(.euclideanNorm),
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

/// Axes are an attribute in older versions and an input in newer ones; none stands for all, or for none at all.
private func reduction(_ kind: Reduction.Kind) -> OperatorRule {
  { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    let found = try application.ints("axes", orInput: 1) ?? []
    if found.isEmpty, try application.int("noop_with_empty_axes", 0) != 0 { return [value] }
    let axes = found.isEmpty ? Array(value.shape.indices) : try application.axes(found, of: value.shape.count)
    return [
      try tracer.reduce(kind, value, axes: axes.sorted(), keepsAxes: application.int("keepdims", 1) != 0, application)
    ]
  }
}
