import Graphs
import Support

/// The same elements, in another shape or order.
let rearrangementRules: [String: OperatorRule] = [
  "Identity": { (_, application) throws(Problem) in [try application.input(0)] },
  "Dropout": { (tracer, application) throws(Problem) in
    if let training = try application.optionalIntegers(2, "training_mode"), training != [0] {
      throw application.unsupported("`training_mode`", supported: "a network that was exported in eval mode")
    }
    let value = try application.input(0)
    let mask = Constant(shape: [], type: .bool, content: .integers([1]))
    guard application.node.outputs.count > 1 else { return [value] }
    return [value, try tracer.expand(.constant(mask), to: value.shape, application)]
  },
  "Cast": cast,
  "CastLike": { (tracer, application) throws(Problem) in
    guard case .constant(let like) = try application.input(1) else { return [try application.input(0)] }
    return [try converted(application.input(0), to: like.type, tracer, application)]
  },
  "Reshape": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    var shape = try application.integers(1, "shape")
    if try application.int("allowzero", 0) == 0 {
      for axis in shape.indices where shape[axis] == 0 {
        guard axis < value.shape.count else {
          throw application.wrong(
            "0 at axis \(axis) of the new shape \(shape)", expected: "an axis of \(tracer.dimensions(value.shape))")
        }
        shape[axis] = value.shape[axis]
      }
    }
    let count = value.shape.reduce(1, *)
    let known = shape.filter { $0 != -1 }
    guard let others = ModelTensor.count(of: known), known.allSatisfy({ $0 >= 0 }), shape.count - known.count <= 1
    else {
      throw application.wrong("the new shape \(shape)", expected: "extents of at least 0, and at most one of -1")
    }
    if let axis = shape.firstIndex(of: -1), others > 0 { shape[axis] = count / others }
    guard ModelTensor.count(of: shape.filter { $0 != -1 }) == count, !shape.contains(-1) else {
      throw application.wrong(
        "the new shape \(shape) for \(tracer.dimensions(value.shape))", expected: "one of \(count) elements")
    }
    return [try tracer.reshape(value, to: shape, application)]
  },
  "Flatten": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    let rank = value.shape.count
    let axis = try application.int("axis", 1)
    guard axis >= -rank, axis <= rank else { throw application.wrong("axis \(axis)", expected: "\(-rank) to \(rank)") }
    let end = axis < 0 ? axis + rank : axis
    return [
      try tracer.reshape(
        value, to: [value.shape[..<end].reduce(1, *), value.shape[end...].reduce(1, *)], application)
    ]
  },
  "Squeeze": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    let axes =
      try application.ints("axes", orInput: 1).map { (axes) throws(Problem) in
        try application.axes(axes, of: value.shape.count)
      }
      ?? value.shape.indices.filter { value.shape[$0] == 1 }
    guard axes.allSatisfy({ value.shape[$0] == 1 }) else {
      throw application.wrong("axes \(axes) of \(tracer.dimensions(value.shape))", expected: "axes of 1")
    }
    return [
      try tracer.reshape(
        value, to: value.shape.indices.filter { !axes.contains($0) }.map { value.shape[$0] }, application)
    ]
  },
  "Unsqueeze": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    guard let found = try application.ints("axes", orInput: 1) else {
      throw application.wrong("no axes", expected: "some")
    }
    let rank = value.shape.count + found.count
    let axes = Set(try application.axes(found, of: rank))
    var old = value.shape.makeIterator()
    return [try tracer.reshape(value, to: (0..<rank).map { axes.contains($0) ? 1 : old.next() ?? 1 }, application)]
  },
  "Transpose": { (tracer, application) throws(Problem) in
    let value = try application.input(0)
    let rank = value.shape.count
    let order = try application.ints("perm") ?? Array((0..<rank).reversed())
    guard order.sorted() == Array(0..<rank) else {
      throw application.wrong("the order \(order) of \(rank) axes", expected: "each once")
    }
    return [try tracer.transpose(value, order, application)]
  },
  "DepthToSpace": { (tracer, application) throws(Problem) in
    let (value, shape, block) = try blocks(tracer, application)
    let channels = shape[1] / block / block
    guard channels * block * block == shape[1] else {
      throw application.wrong("\(shape[1]) channels", expected: "a multiple of \(block * block)")
    }
    let isColumnFirst = try application.string("mode", "DCR") == "CRD"
    let parts =
      isColumnFirst
      ? [1, channels, block, block, shape[2], shape[3]] : [1, block, block, channels, shape[2], shape[3]]
    let split = try tracer.reshape(value, to: parts, application)
    let turned = try tracer.transpose(split, isColumnFirst ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2], application)
    return [try tracer.reshape(turned, to: [1, channels, shape[2] * block, shape[3] * block], application)]
  },
  "SpaceToDepth": { (tracer, application) throws(Problem) in
    let (value, shape, block) = try blocks(tracer, application)
    guard shape[2] % block == 0, shape[3] % block == 0 else {
      throw application.wrong("a map of \(shape[2])x\(shape[3])", expected: "multiples of \(block)")
    }
    let split = try tracer.reshape(
      value, to: [1, shape[1], shape[2] / block, block, shape[3] / block, block], application)
    let turned = try tracer.transpose(split, [0, 3, 5, 1, 2, 4], application)
    return [
      try tracer.reshape(turned, to: [1, shape[1] * block * block, shape[2] / block, shape[3] / block], application)
    ]
  },
  "Concat": { (tracer, application) throws(Problem) in
    var values: [Value] = []
    for index in application.inputs.indices { values.append(try application.input(index)) }
    let axis = try application.axis(application.int("axis", 0), of: values.first?.shape.count ?? 0)
    return [try tracer.concatenate(values, axis: axis, application)]
  },
]

private func blocks(_ tracer: Tracer, _ application: Application) throws(Problem) -> (Value, [Int], Int) {
  let value = try application.input(0)
  let block = try application.int("blocksize", 0)
  guard value.shape.count == 4, value.shape[0] == 1, (1...1 << 15).contains(block) else {
    throw application.wrong(
      "blocks of \(block) in \(tracer.dimensions(value.shape))",
      expected: "a block of at least 1, and 1 x channels x height x width")
  }
  return (value, value.shape, block)
}

private let cast: OperatorRule = { (tracer, application) throws(Problem) in
  let number = try application.int("to", 0)
  guard let type = ModelDataType(rawValue: Int32(clamping: number)) else {
    throw application.wrong("the type \(number)", expected: "a type of ONNX")
  }
  return [try converted(application.input(0), to: type, tracer, application)]
}

private func converted(
  _ value: Value, to type: ModelDataType, _ tracer: Tracer, _ application: Application
) throws(Problem) -> Value {
  guard case .constant(let constant) = value else {
    guard type.reading == .floats else {
      throw application.unsupported(
        "a cast to \(type.name) of a value that depends on the image", supported: "floating-point types")
    }
    return value
  }
  guard let reading = type.reading else {
    throw application.unsupported("a cast to \(type.name)", supported: "numbers")
  }
  if constant.isFloating == (reading == .floats), type != .bool {
    // Narrower floats are computed with as Float32.
    return .constant(Constant(shape: constant.shape, type: type, content: constant.content))
  }
  try tracer.budget.spend(constant.shape, by: application.node)
  let numbers = try ConstantArithmetic(tracer, application).doubles(constant)
  if reading == .floats {
    return .constant(Constant(shape: constant.shape, type: type, content: .floats(numbers.map { Float($0) })))
  }
  var integers: [Int64] = []
  for number in numbers {
    guard type != .bool else {
      integers.append(number != 0 ? 1 : 0)
      continue
    }
    guard let integer = Int64(exactly: number.rounded(.towardZero)) else {
      throw application.wrong("a cast of \(number) to \(type.name)", expected: "a number that it can have")
    }
    integers.append(integer)
  }
  return .constant(Constant(shape: constant.shape, type: type, content: .integers(integers)))
}
