import Graphs
import Support
import Tensors

let productRules: [String: OperatorRule] = [
  "Gemm": { (tracer, application) throws(Problem) in
    let (alpha, beta) = (try application.float("alpha", 1), try application.float("beta", 1))
    var first = try application.input(0)
    guard first.shape.count == 2 else {
      throw application.wrong("a value of \(tracer.dimensions(first.shape))", expected: "a matrix")
    }
    if try application.int("transA", 0) != 0 { first = try tracer.transpose(first, [1, 0], application) }
    var weights = try application.constant(1, "B")
    guard weights.shape.count == 2 else {
      throw application.wrong("weights of \(tracer.dimensions(weights.shape))", expected: "a matrix")
    }
    // (output, input)
    if try application.int("transB", 0) == 0 {
      weights = try tracer.permuted(weights, [1, 0], application: application)
    }
    if alpha != 1 {
      let numbers = try application.floats(of: weights)
      try tracer.budget.spend(weights.shape, by: application.node)
      weights = Constant(numbers.map { alpha * $0 }, shape: weights.shape)
    }
    var bias: Constant?
    if let constant = try application.optionalConstant(2, "C"), beta != 0 {
      let numbers = try application.floats(of: constant)
      bias = beta == 1 ? constant : Constant(numbers.map { beta * $0 }, shape: constant.shape)
    }
    return [try tracer.project(first, weights: weights, bias: bias, application)]
  },
  "MatMul": { (tracer, application) throws(Problem) in
    let (first, second) = (try application.input(0), try application.input(1))
    switch (first, second) {
    case (_, .constant(let weights)) where weights.shape.count == 2:
      return [
        try tracer.project(
          first, weights: tracer.permuted(weights, [1, 0], application: application), bias: nil, application)
      ]
    case (.constant(let weights), .traced) where weights.shape.count == 2 && second.shape.count >= 2:
      // (A B)^T = B^T A^T
      let order = exchanged(second.shape)
      let turned = try tracer.transpose(second, order, application)
      return [
        try tracer.transpose(tracer.project(turned, weights: weights, bias: nil, application), order, application)
      ]
    case (.traced(let a), .traced(let b)): return [try tracer.product(a, b, application)]
    case (.traced, .constant(let weights)): return [try tracer.product(first, weights, application)]
    case (.constant(let weights), .traced):
      // (A B)^T = B^T A^T
      let turned = try tracer.permuted(weights, exchanged(weights.shape), application: application)
      let value = try tracer.transpose(second, exchanged(second.shape), application)
      let product = try tracer.product(value, turned, application)
      return [try tracer.transpose(product, exchanged(product.shape), application)]
    case (.constant, .constant):
      throw application.unsupported("a product of two constants", supported: "of values that depend on the image")
    }
  },
]

/// The order of axes in which the last two have changed places.
private func exchanged(_ shape: [Int]) -> [Int] {
  var order = Array(shape.indices)
  if order.count >= 2 { order.swapAt(order.count - 1, order.count - 2) }
  return order
}

extension Tracer {
  /// weights x + bias along a value's last axis.
  /// - Parameters:
  ///   - weights: (output, input).
  ///   - bias: of a shape that can be broadcast to the result.
  func project(
    _ value: Value, weights: Constant, bias: Constant?, _ application: Application
  ) throws(Problem) -> Value {
    guard case .traced(let traced) = value else {
      throw application.unsupported("a product of two constants", supported: "of values that depend on the image")
    }
    let shape = traced.shape
    let (outputs, inputs) = (weights.shape[0], weights.shape[1])
    guard let last = shape.indices.last, shape[last] == inputs else {
      throw application.wrong(
        "\(dimensions(shape)) times \(inputs)x\(outputs) constants", expected: "inner extents that are equal")
    }
    let result = Array(shape.dropLast()) + [outputs]
    var own: TensorHandle?
    var rest = bias
    if let bias, bias.shape.last == outputs, bias.count == outputs {
      own = try tensor(bias, shape: [outputs], application: application)
      rest = nil
    }
    let handle = try tensor(weights, shape: [outputs, inputs], application: application)
    var product: Value
    if shape.dropLast().allSatisfy({ $0 == 1 }) {
      let linear = Linear(
        name: application.node.title, inputFeatures: inputs, outputFeatures: outputs, weights: handle, bias: own)
      let node = try append(.linear(linear), [traced.node])
      product = .traced(Traced(node: node, shape: result, arrangement: [last]))
    } else {
      product = try projectMap(traced, weights, bias: own, application)
    }
    if let rest { product = try arithmetic(.sum, product, .constant(rest), application) }
    guard product.shape == result else {
      throw application.wrong(
        "a bias of \(dimensions(bias?.shape ?? []))", expected: "one that fits \(dimensions(result))")
    }
    return product
  }

  /// As a convolution of 1 x 1: channels are the last axis, wherever its node has it.
  private func projectMap(
    _ value: Traced, _ weights: Constant, bias: TensorHandle?, _ application: Application
  ) throws(Problem) -> Value {
    let last = value.shape.count - 1
    var arranged = arrangement(of: value)
    if arranged.count != 3 || arranged[0] != last {
      // Channels first; all other axes one behind the other.
      let others = value.shape.indices.dropLast().filter { value.shape[$0] != 1 }
      if others.count <= 2 {
        arranged = [last] + others + [Int?](repeating: nil, count: 2 - others.count)
      } else {
        let flat = [value.shape.dropLast().reduce(1, *), value.shape[last]]
        guard case .traced(let matrix) = try reshape(.traced(value), to: flat, application) else {
          return .traced(value)
        }
        let product = try projectMap(matrix, weights, bias: bias, application)
        return try reshape(product, to: Array(value.shape.dropLast()) + [weights.shape[0]], application)
      }
    }
    let geometry = ConvolutionGeometry(
      inputChannels: weights.shape[1], outputChannels: weights.shape[0],
      window: Window(kernel: 1, stride: 1, padding: 0))
    let convolution = Convolution(
      name: application.node.title, geometry: geometry,
      weights: try tensor(weights, shape: geometry.weightsShape.dimensions, application: application), bias: bias)
    let node = try append(.convolution(convolution), [self.node(of: value, arranged: arranged)])
    return .traced(
      Traced(node: node, shape: Array(value.shape.dropLast()) + [weights.shape[0]], arrangement: arranged))
  }

  /// Of two values, with as many axes before the matrices.
  fileprivate func product(_ first: Traced, _ second: Traced, _ application: Application) throws(Problem) -> Value {
    let rank = max(first.shape.count, second.shape.count)
    guard first.shape.count >= 2, second.shape.count >= 2,
      let outer = Constant.broadcast(Array(first.shape.dropLast(2)), Array(second.shape.dropLast(2)))
    else {
      throw application.unsupported(
        "\(dimensions(first.shape)) times \(dimensions(second.shape))", supported: "matrices")
    }
    func arranged(_ value: Traced) throws(Problem) -> NodeIndex {
      let expanded = try expand(.traced(value), to: outer + value.shape.suffix(2), application)
      guard case .traced(let traced) = expanded else { return value.node }
      return try self.node(
        of: traced, arranged: traced.shape.indices.filter { $0 > 0 || rank == 2 || traced.shape[0] != 1 })
    }
    let node = try append(.matrixProduct, [try arranged(first), try arranged(second)])
    let shape = outer + [first.shape[first.shape.count - 2], second.shape[second.shape.count - 1]]
    let dropped = rank > 2 && shape[0] == 1 ? 1 : 0
    return .traced(Traced(node: node, shape: shape, axes: shape.indices.map { $0 - dropped }))
  }

  /// Of a value and several matrices of constants: a convolution of 1 x 1 with a group for each matrix.
  fileprivate func product(
    _ value: Value, _ weights: Constant, _ application: Application
  ) throws(Problem) -> Value {
    guard value.shape.count >= 2, weights.shape.count >= 2, value.shape.last == weights.shape[weights.shape.count - 2],
      let outer = Constant.broadcast(Array(value.shape.dropLast(2)), Array(weights.shape.dropLast(2)))
    else {
      throw application.unsupported(
        "\(dimensions(value.shape)) times \(dimensions(weights.shape))", supported: "matrices that fit")
    }
    let (rows, inner, columns) = (
      value.shape[value.shape.count - 2], weights.shape[weights.shape.count - 2], weights.shape[weights.shape.count - 1]
    )
    let count = outer.reduce(1, *)
    // (matrices, columns, inner)
    guard case .constant(let all) = try expand(.constant(weights), to: outer + [inner, columns], application) else {
      return value
    }
    let filters = try permuted(
      Constant(shape: [count, inner, columns], type: all.type, content: numbers(of: all, application)), [0, 2, 1],
      application: application)
    let stacked = try reshape(
      expand(value, to: outer + [rows, inner], application), to: [1, count, rows, inner], application)
    let channels = try reshape(
      transpose(stacked, [0, 1, 3, 2], application), to: [1, count * inner, rows, 1], application)
    let geometry = ConvolutionGeometry(
      inputChannels: count * inner, outputChannels: count * columns, window: Window(kernel: 1, stride: 1, padding: 0),
      groups: count)
    let convolution = Convolution(
      name: application.node.title, geometry: geometry,
      weights: try tensor(filters, shape: geometry.weightsShape.dimensions, application: application), bias: nil)
    let result = self.value(
      ofMap: try append(.convolution(convolution), [map(channels, application).node]), rank: 4)
    let turned = try transpose(
      reshape(result, to: [1, count, columns, rows], application), [0, 1, 3, 2], application)
    return try reshape(turned, to: outer + [rows, columns], application)
  }
}
