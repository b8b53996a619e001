import Graphs
import Support
import Tensors

/// Writes down the graph of a model, node by node: what rules of operators call.
final class Tracer {
  let file: ONNXFile
  private(set) var builder: GraphBuilder
  /// Of every node of the graph: which node of the model it came of.
  private(set) var origins: [ModelNode?] = []
  /// By node of the graph: what the model calls its value.
  private(set) var valueNames: [NodeIndex: String] = [:]
  /// By the model's name of a value: whose it is.
  private(set) var nodesOfValues: [String: NodeIndex] = [:]
  private(set) var tensors: [String: ImportedTensors.Entry] = [:]
  var budget: ImportBudget
  /// The node of the model that is written down at the moment.
  var current: ModelNode?
  private var nextNumber = 0

  /// - Parameter image: (channels, height, width).
  init(_ file: ONNXFile, image: Shape) {
    self.file = file
    builder = GraphBuilder(input: image)
    budget = ImportBudget(1 << 28)
    _ = builder.image()
    origins.append(nil)
  }

  // MARK: - Nodes

  func shape(of node: NodeIndex) -> Shape { builder.shape(of: node) }

  /// - Throws: `Problem` that names the node of the model, for what no engine computes.
  func append(_ operation: Graphs.Operation, _ inputs: [NodeIndex]) throws(Problem) -> NodeIndex {
    let node = builder.append(operation, inputs, name: current.map(Self.title))
    origins.append(current)
    if var problem = builder.problem {
      problem.place = problem.place ?? current?.place
      throw problem
    }
    return node
  }

  /// Notes what a node's value is called in the model: its first name is its own, others follow from steps that change nothing.
  func own(_ node: NodeIndex, name: String) {
    if valueNames[node] == nil { valueNames[node] = name }
    if nodesOfValues[name] == nil { nodesOfValues[name] = node }
  }

  private static func title(_ node: ModelNode) -> String { node.title }

  /// A value that has the axes of its node, but for the batch of 1.
  func value(_ node: NodeIndex, _ shape: [Int]) -> Value {
    let dropped = Self.drops(shape) ? 1 : 0
    return .traced(Traced(node: node, shape: shape, axes: shape.indices.map { $0 - dropped }))
  }

  /// Whether the first axis of a model's value is none of the node's.
  static func drops(_ shape: [Int]) -> Bool { shape.count >= 2 && shape[0] == 1 }

  /// What a node's shape is for a model's value.
  static func nodeShape(_ shape: [Int]) -> [Int] {
    shape.isEmpty ? [1] : drops(shape) ? Array(shape.dropFirst()) : shape
  }

  // MARK: - Axes

  /// A node whose axes are some of a value's, in an order; nil stands for an axis of 1. All that are wider than 1 must be
  /// among them. The value's own node where that has them already.
  func node(of value: Traced, arranged axes: [Int?]) throws(Problem) -> NodeIndex {
    let target = axes.map { axis in axis.map { value.shape[$0] } ?? 1 }
    let own = shape(of: value.node)
    var order = axes.compactMap { axis -> Int? in
      guard let axis, value.shape[axis] != 1 else { return nil }
      return value.axes[axis]
    }
    if own.dimensions == target, order == order.sorted() { return value.node }
    // Axes of 1 may stand anywhere.
    order += own.dimensions.indices.filter { !order.contains($0) }
    return try append(
      .rearrangement(Rearrangement(view: own, order: order, shape: Shape(target))), [value.node])
  }

  /// A node with the value's own axes in their order, less the batch of 1.
  func node(of value: Traced) throws(Problem) -> NodeIndex {
    let axes = Array(value.shape.indices)
    return try node(
      of: value, arranged: value.shape.isEmpty ? [nil] : Self.drops(value.shape) ? Array(axes.dropFirst()) : axes)
  }

  /// The same value, with a node that has its axes in their order.
  func plain(_ value: Traced) throws(Problem) -> Traced {
    guard case .traced(let plain) = self.value(try node(of: value), value.shape) else { return value }
    return plain
  }

  /// The axes of a value that a node of the same shape as its own has, nil for those it lacks.
  func arrangement(of value: Traced) -> [Int?] {
    shape(of: value.node).dimensions.indices.map { value.axis(ofNodeAxis: $0) }
  }

  // MARK: - Tensors

  /// A constant as one of the graph's tensors.
  /// - Parameter axes: of the constant, in the order and number that the tensor has; nil stands for one of 1.
  func tensor(
    _ constant: Constant, arranged axes: [Int?], application: Application
  ) throws(Problem) -> TensorHandle {
    let shape = axes.map { axis in axis.map { constant.shape[$0] } ?? 1 }
    let order = axes.compactMap { $0 }.filter { constant.shape[$0] != 1 }
    if order == order.sorted() { return try tensor(constant, shape: shape, application: application) }
    return try tensor(
      permuted(constant, axes.compactMap { $0 }, application: application), shape: shape, application: application)
  }

  /// The same with its elements in their order.
  func tensor(_ constant: Constant, shape: [Int], application: Application) throws(Problem) -> TensorHandle {
    if case .file(let tensor, let isTransposed) = constant.content, tensor.dataType.reading == .floats {
      let name = [
        tensor.name.isEmpty ? "value of \(application.node.title)" : tensor.name, isTransposed ? "transposed" : "",
      ]
      .filter { !$0.isEmpty }.joined(separator: ", ")
      return declare(name, Shape(shape), .file(tensor, isTransposed: isTransposed))
    }
    return tensor(
      try application.floats(of: constant), shape: shape, name: "value \(nextNumber) of \(application.node.title)")
  }

  /// Numbers that were computed.
  func tensor(_ values: [Float], shape: [Int], name: String) -> TensorHandle {
    nextNumber += 1
    return declare(name, Shape(shape), .values(values))
  }

  private func declare(_ name: String, _ shape: Shape, _ source: ImportedTensors.Source) -> TensorHandle {
    var name = name
    while let known = tensors[name], known.shape != shape || !Self.isSame(known.source, source) { name += "'" }
    tensors[name] = ImportedTensors.Entry(shape: shape, source: source)
    return TensorHandle(name: name, shape: shape)
  }

  private static func isSame(_ first: ImportedTensors.Source, _ second: ImportedTensors.Source) -> Bool {
    switch (first, second) {
    case (.file(let a, let x), .file(let b, let y)): a.place == b.place && x == y
    default: false
    }
  }
}
