import Graphs
import Support
import Tensors

/// What changes where elements stand, of constants and of values.
extension Tracer {
  func reshape(_ value: Value, to shape: [Int], _ application: Application) throws(Problem) -> Value {
    switch value {
    case .constant(var constant):
      if case .file(let tensor, true) = constant.content {
        constant.content = .floats(try file.floats(of: tensor, isTransposed: true))
      }
      constant.shape = shape
      return .constant(constant)
    case .traced(let traced):
      let old = traced.wideAxes
      let new = shape.indices.filter { shape[$0] != 1 }
      guard old.map({ traced.shape[$0] }) == new.map({ shape[$0] }) else {
        let plain = try node(of: traced)
        let target = Shape(Self.nodeShape(shape))
        return self.value(
          try append(.rearrangement(Rearrangement(reshaping: self.shape(of: plain), to: target)), [plain]), shape)
      }
      var axes = [Int](repeating: -1, count: shape.count)
      for (from, to) in zip(old, new) { axes[to] = traced.axes[from] }
      return .traced(Traced(node: traced.node, shape: shape, axes: axes))
    }
  }

  func transpose(_ value: Value, _ order: [Int], _ application: Application) throws(Problem) -> Value {
    switch value {
    case .constant(let constant): return .constant(try permuted(constant, order, application: application))
    case .traced(let traced):
      return .traced(
        Traced(node: traced.node, shape: order.map { traced.shape[$0] }, axes: order.map { traced.axes[$0] }))
    }
  }

  /// Axis i of the result is axis `order[i]` of the constant; axes of 1 may be left out.
  func permuted(_ constant: Constant, _ order: [Int], application: Application) throws(Problem) -> Constant {
    let shape = order.map { constant.shape[$0] }
    guard order != Array(constant.shape.indices) else { return constant }
    if case .file(let tensor, let isTransposed) = constant.content, order == [1, 0],
      tensor.shape.dimensions == constant.shape || isTransposed
    {
      return Constant(shape: shape, type: constant.type, content: .file(tensor, isTransposed: !isTransposed))
    }
    let strides = Constant.strides(constant.shape)
    return try gathered(constant, shape: shape, strides: order.map { strides[$0] }, application)
  }

  /// A constant's elements in another order, some several times: along the axes of the result they have these strides.
  /// - Parameter start: the place of the first.
  func gathered(
    _ constant: Constant, shape: [Int], strides: [Int], from start: Int = 0, _ application: Application
  ) throws(Problem) -> Constant {
    try budget.spend(shape, by: application.node)
    let places = Constant.places(shape, strides: strides)
    return try taken(
      constant, start == 0 ? places : places.map { $0 + start }, shape: shape, application)
  }

  /// The elements of a constant at some places, for which there is room.
  private func taken(
    _ constant: Constant, _ places: [Int], shape: [Int], _ application: Application
  ) throws(Problem) -> Constant {
    let content = try numbers(of: constant, application)
    return Constant(shape: shape, type: constant.type, content: content.gathered(places) ?? content)
  }

  /// A constant's numbers in memory.
  func numbers(of constant: Constant, _ application: Application) throws(Problem) -> Constant.Content {
    guard case .file(let tensor, let isTransposed) = constant.content else { return constant.content }
    guard let reading = tensor.dataType.reading else {
      throw application.unsupported(
        "a constant of type \(tensor.dataType.name)",
        supported: "integers of 8 bits and more, FLOAT, FLOAT16, BFLOAT16 and DOUBLE")
    }
    try budget.spend(constant.shape, by: application.node)
    if reading == .integers { return .integers(try file.integers(of: tensor)) }
    return .floats(try file.floats(of: tensor, isTransposed: isTransposed))
  }

  /// Along some axes, each element is made of others with constant weights.
  func resample(
    _ value: Value, _ purpose: Resampling.Purpose, _ axes: [Int: AxisSampling], _ application: Application
  ) throws(Problem) -> Value {
    let changed = axes.filter { axis, sampling in
      sampling.elements != (0..<value.shape[axis]).map { Optional($0) }
    }
    guard !changed.isEmpty else { return value }
    var shape = value.shape
    for (axis, sampling) in changed {
      shape[axis] = sampling.count
      guard sampling.count > 0 || isConstant(value) else {
        throw application.wrong("no element along axis \(axis)", expected: "at least one")
      }
    }
    switch value {
    case .constant(let constant): return .constant(try sampled(constant, changed, shape, application))
    case .traced(var traced):
      if changed.keys.contains(where: { traced.axes[$0] < 0 }) {
        let all = traced.shape.indices.filter { $0 > 0 || !Self.drops(traced.shape) || changed[0] != nil }
        let node = try node(of: traced, arranged: all)
        traced = Traced(node: node, shape: traced.shape, arrangement: all)
      }
      var samplings = [AxisSampling?](repeating: nil, count: self.shape(of: traced.node).rank)
      for (axis, sampling) in changed { samplings[traced.axes[axis]] = sampling }
      let node = try append(.resampling(Resampling(purpose, axes: samplings)), [traced.node])
      return .traced(Traced(node: node, shape: shape, axes: traced.axes))
    }
  }

  private func sampled(
    _ constant: Constant, _ axes: [Int: AxisSampling], _ shape: [Int], _ application: Application
  ) throws(Problem) -> Constant {
    var result = constant
    for axis in axes.keys.sorted() {
      guard let elements = axes[axis]?.elements else {
        throw application.unsupported("a constant that is resized", supported: "slices and padding of constants")
      }
      var shape = result.shape
      shape[axis] = elements.count
      let strides = Constant.strides(result.shape)
      try budget.spend(shape, by: application.node)
      var places = Constant.places(shape, strides: strides)
      let inner = shape[(axis + 1)...].reduce(1, *)
      var isOutside = [Bool](repeating: false, count: places.count)
      for index in places.indices {
        let element = index / max(inner, 1) % max(elements.count, 1)
        if let source = elements[element] {
          places[index] += (source - element) * strides[axis]
        } else {
          places[index] = 0
          isOutside[index] = true
        }
      }
      guard result.count > 0 || places.isEmpty else {
        throw application.wrong("padding of a constant without elements", expected: "one with elements")
      }
      let type = result.type
      result = try taken(result, places, shape: shape, application)
      result.type = type
      if isOutside.contains(true) {
        switch result.content {
        case .floats(var values):
          for index in values.indices where isOutside[index] { values[index] = 0 }
          result.content = .floats(values)
        case .integers(var values):
          for index in values.indices where isOutside[index] { values[index] = 0 }
          result.content = .integers(values)
        case .file: break
        }
      }
    }
    result.shape = shape
    return result
  }

  private func isConstant(_ value: Value) -> Bool {
    if case .constant = value { true } else { false }
  }

  /// To a shape that broadcasting gives: axes of 1 are repeated.
  func expand(_ value: Value, to shape: [Int], _ application: Application) throws(Problem) -> Value {
    guard value.shape != shape else { return value }
    var padded = Constant.padded(value.shape, shape.count)
    var result = padded == value.shape ? value : try reshape(value, to: padded, application)
    if case .constant(let constant) = result {
      var strides = Constant.strides(padded)
      for axis in padded.indices where padded[axis] == 1 { strides[axis] = 0 }
      return .constant(try gathered(constant, shape: shape, strides: strides, application))
    }
    var axes: [Int: AxisSampling] = [:]
    for axis in shape.indices where padded[axis] != shape[axis] {
      axes[axis] = AxisSampling(extent: 1, taking: [Int?](repeating: 0, count: shape[axis]))
      padded[axis] = shape[axis]
    }
    result = try resample(result, .repetition, axes, application)
    return result
  }

  func dimensions(_ shape: [Int]) -> String {
    shape.isEmpty ? "a single number" : "\(Shape(shape))"
  }
}
