import Support
import Tensors

/// The shapes of values that no window slides over.
extension ShapeRule {
  /// The most axes of a value.
  static let mostAxes = 8

  func shapeOfElementwise(_ inputs: [Shape]) throws(Problem) -> Shape {
    let first = inputs[0]
    switch operation {
    case .activation(let activation):
      guard activation.parameters.allSatisfy(\.isFinite) else {
        throw wrong("\(activation)", expected: "finite numbers")
      }
      if case .clip(let lowest, let highest) = activation, !(lowest <= highest) {
        throw wrong("bounds of \(lowest) and \(highest)", expected: "the lower one first")
      }
    case .parametricReLU(_, let slope): try broadcast(slope, to: first)
    case .affine(_, let affine):
      for tensor in operation.tensors { try broadcast(tensor, to: first) }
      guard affine.scale != nil || affine.shift != nil else {
        throw wrong("neither scale nor shift", expected: "at least one of them")
      }
    case .arithmetic: return try common(first, inputs[1])
    case .matrixProduct: return try product(first, inputs[1])
    case .reduction(let reduction):
      try check(reduction.axes, of: first)
      return Shape(first.dimensions.indices.map { reduction.axes.contains($0) ? 1 : first[$0] })
    case .standardisation(let standardisation):
      try check(standardisation.axes, of: first)
      guard standardisation.epsilon.isFinite, standardisation.epsilon >= 0 else {
        throw wrong("an epsilon of \(standardisation.epsilon)", expected: "a number of at least 0")
      }
    case .softmax(let axis): try check([axis], of: first)
    case .localResponse(let response):
      guard first.rank == 3 else { throw wrong("a value of \(first)", expected: "a map: channels x height x width") }
      guard response.size >= 1, [response.scale, response.exponent, response.bias].allSatisfy(\.isFinite) else {
        throw wrong("\(response)", expected: "a size of at least 1 and finite numbers")
      }
    case .rearrangement(let rearrangement): return try shape(of: rearrangement, from: first)
    case .resampling(let resampling): return try shape(of: resampling, from: first)
    default: break
    }
    return first
  }

  private func check(_ axes: [Int], of shape: Shape) throws(Problem) {
    guard !axes.isEmpty, axes == Set(axes).sorted(), axes.allSatisfy(shape.dimensions.indices.contains) else {
      throw wrong("the axes \(axes) of \(shape)", expected: "some of its axes, ascending")
    }
  }

  /// - Throws: `Problem` where constants cannot stand for all elements of a value.
  private func broadcast(_ tensor: TensorHandle, to shape: Shape) throws(Problem) {
    let fits =
      tensor.shape.rank == shape.rank
      && zip(tensor.shape.dimensions, shape.dimensions).allSatisfy { $0 == $1 || $0 == 1 }
    guard fits else {
      throw wrong(
        "the tensor `\(printable(tensor.name))` of \(tensor.shape)", expected: "\(shape), or 1 in place of an extent")
    }
  }

  private func common(_ first: Shape, _ second: Shape) throws(Problem) -> Shape {
    let fits =
      first.rank == second.rank
      && zip(first.dimensions, second.dimensions).allSatisfy { $0 == $1 || $0 == 1 || $1 == 1 }
    guard fits else {
      throw wrong("\(first) and \(second)", expected: "two values of one shape, or with 1 in place of an extent")
    }
    return Shape(zip(first.dimensions, second.dimensions).map { max($0, $1) })
  }

  private func product(_ first: Shape, _ second: Shape) throws(Problem) -> Shape {
    let rank = first.rank
    guard rank >= 2, second.rank == rank, first.dimensions.dropLast(2) == second.dimensions.dropLast(2),
      first[rank - 1] == second[rank - 2]
    else {
      throw wrong("\(first) and \(second)", expected: "(..., n, k) and (..., k, m)")
    }
    return Shape(first.dimensions.dropLast() + [second[rank - 1]])
  }

  private func shape(of rearrangement: Rearrangement, from input: Shape) throws(Problem) -> Shape {
    let (view, shape) = (rearrangement.view, rearrangement.shape)
    for (found, what) in [(view, "view"), (shape, "shape")] {
      guard (1...Self.mostAxes).contains(found.rank),
        found.dimensions.allSatisfy({ (1...Self.mostExtent).contains($0) }),
        Self.count(found, most: Self.mostElements) == input.count
      else { throw wrong("a \(what) of \(found) for \(input)", expected: "one of \(input.count) elements") }
    }
    guard rearrangement.order.sorted() == Array(0..<view.rank) else {
      throw wrong("the order \(rearrangement.order)", expected: "every axis of \(view) once")
    }
    return shape
  }

  private func shape(of resampling: Resampling, from input: Shape) throws(Problem) -> Shape {
    guard resampling.axes.count == input.rank else {
      throw wrong("\(counted(resampling.axes.count, "axis"))", expected: "\(input.rank)")
    }
    var extents = input.dimensions
    for (axis, found) in resampling.axes.enumerated() {
      guard let found else { continue }
      let ends = found.starts
      guard found.extent == input[axis], ends.count >= 2, ends[0] == 0, ends[ends.count - 1] == found.sources.count,
        zip(ends, ends.dropFirst()).allSatisfy({ $0 <= $1 }), found.weights.count == found.sources.count,
        found.sources.allSatisfy((0..<input[axis]).contains), found.weights.allSatisfy(\.isFinite)
      else {
        throw wrong("elements along axis \(axis) that are not there", expected: "those of \(input)")
      }
      extents[axis] = found.count
    }
    return Shape(extents)
  }
}
