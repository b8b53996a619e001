import Graphs
import Support
import Tensors

let normalisationRules: [String: OperatorRule] = [
  "BatchNormalization": batchNormalisation,
  "InstanceNormalization": { (tracer, application) throws(Problem) in
    let (value, shape) = try traced(tracer, application)
    return [
      try standardise(
        value, axes: Array(shape.indices.dropFirst(2)), epsilon: application.epsilon(1e-5),
        scale: application.constant(1, "scale"), shift: application.constant(2, "B"), axis: 1, tracer, application)
    ]
  },
  "LayerNormalization": { (tracer, application) throws(Problem) in
    let (value, shape) = try traced(tracer, application)
    let axis = try application.axis(application.int("axis", -1), of: shape.count)
    return [
      try standardise(
        value, axes: Array(axis..<shape.count), epsilon: application.epsilon(1e-5),
        scale: application.optionalConstant(1, "Scale"), shift: application.optionalConstant(2, "B"), axis: nil, tracer,
        application)
    ]
  },
  "GroupNormalization": groupNormalisation,
  "LRN": { (tracer, application) throws(Problem) in
    let input = try application.input(0)
    let (node, _, _) = try tracer.map(input, application)
    let response = LocalResponse(
      size: try application.int("size", 0), scale: try application.float("alpha", 0.0001),
      exponent: try application.float("beta", 0.75), bias: try application.float("bias", 1))
    return [tracer.value(ofMap: try tracer.append(.localResponse(response), [node]), rank: input.shape.count)]
  },
  "LpNormalization": { (tracer, application) throws(Problem) in
    let exponent = try application.int("p", 2)
    guard (1...2).contains(exponent) else { throw application.wrong("a `p` of \(exponent)", expected: "1 or 2") }
    let (value, shape) = try traced(tracer, application)
    let axis = try application.axis(application.int("axis", -1), of: shape.count)
    let norm = try tracer.norm(exponent, .traced(value), axes: [axis], application)
    return [try tracer.arithmetic(.quotient, .traced(value), norm, application)]
  },
  "MeanVarianceNormalization": { (tracer, application) throws(Problem) in
    let (value, shape) = try traced(tracer, application)
    let axes = try application.axes(application.ints("axes") ?? [0, 2, 3], of: shape.count)
    // The standard adds 1e-9 to the deviation, which is this where that is 0, and nothing to speak of elsewhere.
    return [try standardise(value, axes: axes, epsilon: 1e-18, scale: nil, shift: nil, axis: nil, tracer, application)]
  },
  "Softmax": { (tracer, application) throws(Problem) in
    [
      try along(tracer, application) { (value, axis) throws(Problem) in
        try tracer.elementwise(.softmax(axis: value.axes[axis]), value)
      }
    ]
  },
  "LogSoftmax": { (tracer, application) throws(Problem) in
    // Of the logarithm of a softmax, what is far from the greatest would be minus infinity.
    [
      try along(tracer, application) { (value, axis) throws(Problem) in
        let sum = try tracer.logarithmOfSum(.traced(value), axes: [axis], application)
        return try tracer.arithmetic(.difference, .traced(value), sum, application)
      }
    ]
  },
]

private func traced(_ tracer: Tracer, _ application: Application) throws(Problem) -> (Traced, [Int]) {
  guard case .traced(let value) = try application.input(0) else {
    throw application.unsupported("a constant input", supported: "values that depend on the image")
  }
  return (value, value.shape)
}

extension Tracer {
  /// An input that has one number for each channel.
  fileprivate func channelConstant(
    _ index: Int, _ name: String, channels: Int, _ application: Application
  ) throws(Problem) -> Constant {
    let constant = try application.constant(index, name)
    guard constant.shape == [channels] else {
      throw application.wrong(
        "`\(name)` of \(dimensions(constant.shape)) for \(channels) channels", expected: "as many")
    }
    return constant
  }
}

private let batchNormalisation: OperatorRule = { (tracer, application) throws(Problem) in
  if case .constant(let weights) = try application.input(0) {
    return [try normalisedConstant(weights, tracer, application)]
  }
  let (value, shape) = try traced(tracer, application)
  guard shape.count >= 2 else {
    throw application.wrong("a value of \(tracer.dimensions(shape))", expected: "batch x channels")
  }
  guard try application.int("training_mode", 0) == 0 else {
    throw application.unsupported("`training_mode`", supported: "running statistics: export the network in eval mode")
  }
  var handles: [TensorHandle] = []
  for (index, name) in ["scale", "B", "input_mean", "input_var"].enumerated() {
    let constant = try tracer.channelConstant(index + 1, name, channels: shape[1], application)
    handles.append(try tracer.tensor(constant, shape: [shape[1]], application: application))
  }
  let normalisation = BatchNormalisation(
    name: application.node.title, channels: shape[1], epsilon: try application.epsilon(1e-5),
    scale: handles[0], shift: handles[1], mean: handles[2], variance: handles[3])
  // Channels stand first: of a node's map, or of its features.
  let others = shape.indices.filter { $0 != 1 && ($0 > 0 || shape[0] != 1) }
  var arranged: [Int?] = [1] + others
  if arranged.count == 2 { arranged.append(nil) }
  guard arranged.count == 1 || arranged.count == 3 else {
    let flat = [1, shape[1], shape[0] * shape[2...].reduce(1, *), 1]
    guard shape[0] == 1, case .traced(let map) = try tracer.reshape(.traced(value), to: flat, application) else {
      throw application.unsupported("a value of \(tracer.dimensions(shape))", supported: "a batch of 1")
    }
    let node = try tracer.append(.batchNormalisation(normalisation), [tracer.node(of: map)])
    return [try tracer.reshape(tracer.value(node, flat), to: shape, application)]
  }
  // A map that has them first already keeps the order of its other axes.
  let own = tracer.arrangement(of: value)
  if own.count == arranged.count, own[0] == 1 { arranged = own }
  let node = try tracer.append(.batchNormalisation(normalisation), [tracer.node(of: value, arranged: arranged)])
  return [.traced(Traced(node: node, shape: shape, arrangement: arranged))]
}

/// Weights that are normalised, as networks with standardised weights do.
private func normalisedConstant(
  _ weights: Constant, _ tracer: Tracer, _ application: Application
) throws(Problem) -> Value {
  guard weights.shape.count >= 2 else {
    throw application.wrong("a value of \(tracer.dimensions(weights.shape))", expected: "batch x channels")
  }
  func spread(_ index: Int, _ name: String) throws(Problem) -> Constant {
    var constant = try tracer.channelConstant(index, name, channels: weights.shape[1], application)
    constant.content = try tracer.numbers(of: constant, application)
    constant.shape += [Int](repeating: 1, count: weights.shape.count - 2)
    return constant
  }
  let epsilon = try application.epsilon(1e-5)
  let mean: Value
  var variance: Value
  if try application.int("training_mode", 0) != 0 {
    // By statistics of their own, which are as constant as they are.
    let axes = weights.shape.indices.filter { $0 != 1 }
    mean = try tracer.reduce(.mean, .constant(weights), axes: axes, keepsAxes: true, application)
    let difference = try tracer.arithmetic(.difference, .constant(weights), mean, application)
    let squares = try tracer.arithmetic(.product, difference, difference, application)
    variance = try tracer.reduce(.mean, squares, axes: axes, keepsAxes: true, application)
  } else {
    mean = .constant(try spread(3, "input_mean"))
    variance = .constant(try spread(4, "input_var"))
  }
  variance = try tracer.arithmetic(.sum, variance, .constant(Constant([Float(epsilon)], shape: [])), application)
  let deviation = try tracer.activate(.squareRoot, variance, application)
  var result = try tracer.arithmetic(.difference, .constant(weights), mean, application)
  result = try tracer.arithmetic(.quotient, result, deviation, application)
  result = try tracer.arithmetic(.product, result, .constant(spread(1, "scale")), application)
  return try tracer.arithmetic(.sum, result, .constant(spread(2, "B")), application)
}

/// - Parameter axis: which axis scale and shift run along; nil where they have the last axes of the value.
private func standardise(
  _ value: Traced, axes: [Int], epsilon: Double, scale: Constant?, shift: Constant?, axis: Int?, _ tracer: Tracer,
  _ application: Application
) throws(Problem) -> Value {
  let own = axes.map { value.axes[$0] }.filter { $0 >= 0 }.sorted()
  guard !own.isEmpty else { throw application.unsupported("a mean of single numbers", supported: "of several") }
  let result = try tracer.elementwise(
    .standardisation(Standardisation(axes: own, epsilon: epsilon)), value)
  guard case .traced(let traced) = result else { return result }
  func spread(_ constant: Constant?) throws(Problem) -> (Constant, [Float])? {
    guard var constant else { return nil }
    if let axis {
      guard constant.shape == [value.shape[axis]] else {
        throw application.wrong(
          "\(tracer.dimensions(constant.shape)) constants for \(value.shape[axis]) channels", expected: "as many")
      }
      constant.shape = constant.shape + [Int](repeating: 1, count: value.shape.count - axis - 1)
    }
    guard let shape = Constant.broadcast(constant.shape, value.shape), shape == value.shape else {
      throw application.wrong(
        "constants of \(tracer.dimensions(constant.shape))",
        expected: "those that can be broadcast to \(tracer.dimensions(value.shape))")
    }
    return (constant, try application.floats(of: constant))
  }
  let (scales, shifts) = (try spread(scale), try spread(shift))
  guard scales != nil || shifts != nil else { return result }
  return try tracer.affine(traced, scale: scales, shift: shifts, application)
}

private let groupNormalisation: OperatorRule = { (tracer, application) throws(Problem) in
  let (value, shape) = try traced(tracer, application)
  let groups = try application.int("num_groups", 0)
  guard shape.first == 1 else {
    throw application.unsupported("a batch of \(tracer.dimensions(shape))", supported: "one image")
  }
  guard shape.count >= 3, groups >= 1, shape[1] % groups == 0 else {
    throw application.wrong(
      "\(groups) groups of \(tracer.dimensions(shape))", expected: "groups that divide the channels")
  }
  let grouped = [1, groups, shape[1] / groups] + shape[2...]
  guard case .traced(let parts) = try tracer.reshape(.traced(value), to: grouped, application) else { return [] }
  let isByChannel = application.opset >= 21
  let normal = try standardise(
    parts, axes: Array(2..<grouped.count), epsilon: application.epsilon(1e-5),
    scale: isByChannel ? nil : application.constant(1, "scale"),
    shift: isByChannel ? nil : application.constant(2, "bias"),
    axis: 1, tracer, application)
  let result = try tracer.reshape(normal, to: shape, application)
  guard isByChannel, case .traced(let traced) = result else { return [result] }
  func spread(_ index: Int, _ name: String) throws(Problem) -> (Constant, [Float])? {
    var constant = try tracer.channelConstant(index, name, channels: shape[1], application)
    constant.shape += [Int](repeating: 1, count: shape.count - 2)
    return (constant, try application.floats(of: constant))
  }
  return [try tracer.affine(traced, scale: spread(1, "scale"), shift: spread(2, "bias"), application)]
}

/// What a softmax runs along, and is computed by `body`. Before version 13 all axes from the given one on are one.
private func along(
  _ tracer: Tracer, _ application: Application, _ body: (Traced, Int) throws(Problem) -> Value
) throws(Problem) -> Value {
  let (value, shape) = try traced(tracer, application)
  let axis = try application.axis(application.int("axis", application.opset < 13 ? 1 : -1), of: shape.count)
  if application.opset < 13, shape[axis...].filter({ $0 != 1 }).count != 1 || shape[axis] == 1 {
    let flat = [shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *)]
    guard case .traced(let matrix) = try tracer.reshape(.traced(value), to: flat, application) else {
      return .traced(value)
    }
    return try tracer.reshape(body(tracer.plain(matrix), 1), to: shape, application)
  }
  if value.axes[axis] < 0 {
    // Of single numbers: 1 each.
    throw application.unsupported("a softmax over an axis of 1", supported: "over several numbers")
  }
  return try body(value, axis)
}
