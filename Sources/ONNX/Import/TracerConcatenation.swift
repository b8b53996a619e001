import Graphs
import Support
import Tensors

/// Values one behind the other.
extension Tracer {
  /// Values one behind the other along an axis.
  func concatenate(_ values: [Value], axis: Int, _ application: Application) throws(Problem) -> Value {
    guard let first = values.first else { throw application.wrong("no inputs", expected: "at least one") }
    var shape = first.shape
    shape[axis] = 0
    for value in values {
      var other = value.shape
      guard other.count == shape.count else {
        throw application.wrong("values of \(shape.count) and \(other.count) axes", expected: "as many of each")
      }
      other[axis] = shape[axis]
      guard other == shape else {
        throw application.wrong(
          "\(dimensions(first.shape)) and \(dimensions(value.shape))", expected: "values that agree in all other axes")
      }
      shape[axis] += value.shape[axis]
    }
    // Parts of no elements are left out.
    let parts = values.filter { $0.shape[axis] > 0 }
    if parts.count == 1 { return parts[0] }
    guard
      let base = parts.lazy.compactMap({ part -> Traced? in
        if case .traced(let traced) = part { traced } else { nil }
      }).first
    else {
      return .constant(try joined(parts.isEmpty ? values : parts, axis, shape, application))
    }
    var arrangement = arrangement(of: base)
    if !arrangement.contains(axis) {
      arrangement = base.shape.indices.filter { $0 > 0 || !Self.drops(base.shape) || axis == 0 }
    }
    var nodes: [NodeIndex] = []
    for part in parts {
      guard case .traced(let traced) = part else { return try joinedWithConstants(parts, axis, shape, application) }
      nodes.append(try node(of: traced, arranged: arrangement))
    }
    let node = try append(.concatenation(axis: arrangement.firstIndex(of: axis) ?? 0), nodes)
    return .traced(Traced(node: node, shape: shape, arrangement: arrangement))
  }

  /// Values stand where they belong with 0 around them; constants are added.
  private func joinedWithConstants(
    _ parts: [Value], _ axis: Int, _ shape: [Int], _ application: Application
  ) throws(Problem) -> Value {
    var sum: Value?
    var start = 0
    for part in parts {
      let extent = part.shape[axis]
      let elements: [Int?] = (0..<shape[axis]).map { (start..<start + extent).contains($0) ? $0 - start : nil }
      let placed = try resample(part, .padding, [axis: AxisSampling(extent: extent, taking: elements)], application)
      start += extent
      guard let before = sum else {
        sum = placed
        continue
      }
      sum = try arithmetic(.sum, before, placed, application)
    }
    return sum ?? parts[0]
  }

  private func joined(
    _ parts: [Value], _ axis: Int, _ shape: [Int], _ application: Application
  ) throws(Problem) -> Constant {
    try budget.spend(shape, by: application.node)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    var contents: [(Constant.Content, Int)] = []
    var type = ModelDataType.int64
    for part in parts {
      guard case .constant(let constant) = part else { continue }
      type = constant.type
      contents.append((try numbers(of: constant, application), constant.shape[axis] * inner))
    }
    var integers: [Int64] = []
    var floats: [Float] = []
    for index in 0..<outer {
      for (content, size) in contents {
        switch content {
        case .integers(let values): integers += values[index * size..<(index + 1) * size]
        case .floats(let values): floats += values[index * size..<(index + 1) * size]
        case .file: break
        }
      }
    }
    return Constant(
      shape: shape, type: type, content: type.reading == .integers ? .integers(integers) : .floats(floats))
  }
}
