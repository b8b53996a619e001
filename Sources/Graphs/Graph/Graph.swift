import Support
import Tensors

/// Index of a node in a graph; every node produces one value.
public typealias NodeIndex = Int

/// One operation of a network's graph.
public struct Node: Sendable, Hashable {
  /// What it computes.
  public var operation: Operation
  /// Of whose values; nodes before it.
  public var inputs: [NodeIndex]
  /// (channels, height, width), or (features) after a fully connected layer.
  public var shape: Shape
  /// The names under which this value is known, the canonical one first; empty for inner values.
  public var names: [String]
  /// Part of `layers: all`.
  public var isInAll: Bool

  public init(
    operation: Operation, inputs: [NodeIndex], shape: Shape, names: [String] = [], isInAll: Bool = false
  ) {
    self.operation = operation
    self.inputs = inputs
    self.shape = shape
    self.names = names
    self.isInAll = isInAll
  }
}

/// A network as single operations, from the image to the logits: what every engine can run, and what architectures and
/// readers of files make. `GraphBuilder` writes one down.
///
/// Whatever there is was checked: nodes stand behind those whose values they take, shapes are what the operations make of
/// their inputs, and tensors have the extents that they are used with. Values of weights are looked at later, when they are
/// read.
public struct Graph: Sendable {
  /// As the experiment file calls the network: `vgg16`.
  public let name: String
  /// The image first, the logits last.
  public let nodes: [Node]
  /// The layer that `layers: last` means; empty where none is such a one.
  public let lastLayer: String

  /// - Parameters:
  ///   - name: what messages call the network.
  ///   - lastLayer: one of the nodes' names, or empty.
  /// - Throws: `Problem` (usage) that names the first node that is wrong or cannot be computed.
  public init(name: String, nodes: [Node], lastLayer: String) throws(Problem) {
    self.name = name
    self.nodes = nodes
    self.lastLayer = lastLayer
    guard let image = nodes.first, image.operation == .image, let logits = nodes.last else {
      throw .usage("\(name) does not begin with an image")
    }
    var isUsed = [Bool](repeating: false, count: nodes.count)
    var named: Set<String> = []
    var shapes: [String: Shape] = [:]
    for (index, node) in nodes.enumerated() {
      let rule = ShapeRule(node.operation, name: node.names.first, image: image.shape)
      guard index == 0 || node.operation != .image else { throw rule.wrong("a second image", expected: "one") }
      for input in node.inputs {
        guard (0..<index).contains(input) else {
          throw rule.wrong("the value of node \(input) as an input of node \(index)", expected: "one before it")
        }
        isUsed[input] = true
      }
      let shape = try rule.shape(from: node.inputs.map { nodes[$0].shape })
      guard node.shape == shape else { throw rule.wrong("a value of \(node.shape)", expected: "\(shape)") }
      for name in node.names where !named.insert(name).inserted {
        throw rule.wrong("another value of that name", expected: "one")
      }
      for tensor in node.operation.tensors {
        if let shape = shapes.updateValue(tensor.shape, forKey: tensor.name) { try rule.hold(tensor, shape) }
      }
    }
    for (index, node) in nodes.enumerated().dropLast() where !isUsed[index] {
      throw ShapeRule(node.operation, name: node.names.first, image: image.shape)
        .wrong("a value that nothing takes", expected: "only the logits to be such a one")
    }
    guard logits.shape.dimensions.dropFirst().allSatisfy({ $0 == 1 }) else {
      throw .usage("\(name) ends with a value of \(logits.shape), expected logits: one number for each class")
    }
  }

  /// (channels, height, width) of the image.
  public var input: Shape { nodes[0].shape }

  /// How many logits there are.
  public var classCount: Int { nodes[nodes.count - 1].shape.count }

  /// All tensors that it computes with, each once, in the order of its nodes.
  public var tensors: [TensorHandle] { nodes.tensors }

  /// Weights and biases, batch normalisation's scale and shift included, running statistics not.
  public var parameterCount: Int { nodes.parameterCount }
}
