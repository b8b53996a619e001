import Support
import Tensors

/// What shape a node's value has, and why it cannot be computed where it cannot: the one place that says what a graph may
/// hold. Nothing is trusted: the operation may come from a file.
struct ShapeRule {
  let operation: Operation
  /// What messages call the node.
  let name: String
  /// The shape of the image, for messages.
  let image: Shape

  init(_ operation: Operation, name: String?, image: Shape) {
    self.operation = operation
    self.name =
      name
      ?? {
        switch operation {
        case .pooling: "pooling"
        default: operation.kind
        }
      }()
    self.image = image
  }

  /// The most elements along an axis.
  static let mostExtent = 1 << 30
  /// The most elements of a value: engines count them in 32 bits.
  static let mostElements = Int(Int32.max)
  /// The most elements of a tensor of weights: more than any file holds.
  private static let mostWeights = 1 << 48

  /// - Parameter inputs: shapes of the inputs' values. The image has none; its own is `image`.
  /// - Returns: (channels, height, width), or (features) behind a fully connected layer.
  /// - Throws: `Problem` (usage) that names the node, what was found and what was expected.
  func shape(from inputs: [Shape]) throws(Problem) -> Shape {
    let expected = inputCounts
    guard expected.contains(inputs.count) else {
      throw wrong(
        counted(inputs.count, "input"),
        expected: expected.count == 1 ? "\(expected.lowerBound)" : "at least \(expected.lowerBound)")
    }
    let shape = try shape(ofMany: inputs)
    guard shape.dimensions.allSatisfy({ (1...Self.mostExtent).contains($0) }),
      Self.count(shape, most: Self.mostElements) != nil
    else { throw wrong("a value of \(shape)", expected: "extents of at least 1, and fewer than 2^31 elements") }
    return shape
  }

  private var inputCounts: ClosedRange<Int> {
    switch operation {
    case .image: 0...0
    case .add, .arithmetic, .matrixProduct: 2...2
    case .concatenation: 1...Int(Int32.max)
    default: 1...1
    }
  }

  private func shape(ofMany inputs: [Shape]) throws(Problem) -> Shape {
    guard let first = inputs.first else {
      guard image.rank == 3 else { throw wrong("an image of \(image)", expected: "channels x height x width") }
      return image
    }
    switch operation {
    case .image: return first
    case .relu: return first
    case .add:
      guard inputs[1] == first else { throw wrong("\(first) and \(inputs[1])", expected: "two values of one shape") }
      return first
    case .concatenation(let axis): return try joined(inputs, along: axis)
    case .linear(let linear): return try shape(of: linear, from: first)
    case .batchNormalisation(let normalisation): return try shape(of: normalisation, from: first)
    case .adaptiveAveragePooling(let height, let width):
      return [try map(first)[0], height, width]
    case .pooling(let pooling):
      try check(pooling, over: map(first))
      return try slide(pooling.window, over: first, channels: first[0])
    case .convolution(let convolution):
      try check(convolution, over: map(first))
      return try slide(convolution.geometry.window, over: first, channels: convolution.geometry.outputChannels)
    default: return try shapeOfElementwise(inputs)
    }
  }

  private func map(_ shape: Shape) throws(Problem) -> Shape {
    guard shape.rank == 3 else { throw wrong("a value of \(shape)", expected: "a map: channels x height x width") }
    return shape
  }

  private func joined(_ inputs: [Shape], along axis: Int) throws(Problem) -> Shape {
    let first = inputs[0]
    guard first.dimensions.indices.contains(axis) else {
      throw wrong("the axis \(axis) of \(first)", expected: "one of its axes")
    }
    var extents = first.dimensions
    extents[axis] = 0
    for input in inputs {
      var others = input.dimensions
      if others.count == extents.count { others[axis] = extents[axis] }
      guard others == extents else {
        throw wrong(
          "\(first) and \(input)",
          expected: axis == 0 && first.rank == 3
            ? "maps of one height and width" : "values that agree in all other axes")
      }
      // No more than 2^30 each, and fewer inputs than 2^31.
      extents[axis] += input[axis]
    }
    return Shape(extents)
  }

  private func shape(of linear: Linear, from input: Shape) throws(Problem) -> Shape {
    guard input.count == linear.inputFeatures else {
      throw wrong("\(input.count) features", expected: "\(linear.inputFeatures)")
    }
    guard linear.outputFeatures >= 1 else { throw wrong("no output features", expected: "at least 1") }
    try hold(linear.weights, [linear.outputFeatures, linear.inputFeatures])
    if let bias = linear.bias { try hold(bias, [linear.outputFeatures]) }
    return [linear.outputFeatures]
  }

  private func shape(of normalisation: BatchNormalisation, from input: Shape) throws(Problem) -> Shape {
    guard input.rank == 1 || input.rank == 3 else { throw wrong("a value of \(input)", expected: "a map, or features") }
    guard input[0] == normalisation.channels else {
      throw wrong(counted(input[0], "channel"), expected: "\(normalisation.channels)")
    }
    guard normalisation.epsilon.isFinite, normalisation.epsilon >= 0 else {
      throw wrong("an epsilon of \(normalisation.epsilon)", expected: "a number of at least 0")
    }
    for tensor in operation.tensors { try hold(tensor, [normalisation.channels]) }
    return input
  }

  /// - Throws: `Problem` where the window does not fit on the map even once.
  private func slide(_ window: Window, over map: Shape, channels: Int) throws(Problem) -> Shape {
    guard window.fits(height: map[1], width: map[2]) else {
      throw .usage(
        "an input of \(image[1]) x \(image[2]) pixels is too small for this network: at \(name) a map of "
          + "\(map[1]) x \(map[2]) is left for a window of \(window.kernelHeight) x \(window.kernelWidth)",
        remedy: "Choose a larger `input.size`.")
    }
    let (height, width) = window.places(height: map[1], width: map[2])
    return [channels, height, width]
  }

  // MARK: - Problems

  /// - Throws: `Problem` where a node would take a tensor of weights for one of another shape.
  func hold(_ tensor: TensorHandle, _ shape: Shape) throws(Problem) {
    guard tensor.shape == shape, Self.count(shape, most: Self.mostWeights) != nil else {
      throw wrong("the tensor `\(printable(tensor.name))` of \(tensor.shape)", expected: "\(shape)")
    }
  }

  /// The graph contradicts itself.
  func wrong(_ found: String, expected: String) -> Problem {
    .usage(
      "at \(printable(name)) (\(operation.kind)): found \(found), expected \(expected)")
  }

  func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

  /// The number of elements; nil where that is not between 0 and `most`.
  static func count(_ shape: Shape, most: Int) -> Int? {
    var product = 1
    for extent in shape.dimensions {
      let (next, overflows) = product.multipliedReportingOverflow(by: extent)
      guard extent >= 0, !overflows, next <= most else { return nil }
      product = next
    }
    return product
  }
}
