import Graphs
import Support
import Tensors
import Weights

/// A network of an embedding with logits behind it: scale times the cosines with one prototype for each label.
struct CosineHead {
  let graph: Graph
  /// Of `graph`: those of the embedding's network, and (labels, features) of the head.
  let weights: any NamedTensors

  /// - Parameters:
  ///   - embedding: whose logits are the embedding.
  ///   - labels: how many prototypes there are.
  ///   - rows: gives the prototypes, normalised and times the scale, (labels, features) row-major; asked when an engine prepares
  ///     the network.
  init(
    _ embedding: Graph, weights: any NamedTensors, labels: Int, rows: @escaping @Sendable () throws(Problem) -> [Float]
  ) throws(Problem) {
    let features = embedding.classCount
    var name = "head.prototypes"
    while weights.shape(of: name) != nil { name += "'" }
    let handle = TensorHandle(name: name, shape: [labels, features])
    var nodes = embedding.nodes
    func append(_ operation: Operation, _ inputs: [NodeIndex], _ shape: Shape) -> NodeIndex {
      nodes.append(Node(operation: operation, inputs: inputs, shape: shape))
      return nodes.count - 1
    }
    var vector = nodes.count - 1
    if nodes[vector].shape.rank != 1 {
      vector = append(
        .rearrangement(Rearrangement(reshaping: nodes[vector].shape, to: [features])), [vector], [features])
    }
    let norm = append(.reduction(Reduction(.euclideanNorm, axes: [0])), [vector], [1])
    let unit = append(.arithmetic(.quotient), [vector, norm], [features])
    _ = append(
      .linear(Linear(name: "head", inputFeatures: features, outputFeatures: labels, weights: handle, bias: nil)),
      [unit],
      [labels])
    graph = try Graph(name: embedding.name, nodes: nodes, lastLayer: embedding.lastLayer)
    self.weights = HeadTensors(base: weights, head: handle, rows: rows)
  }

  /// A vector of length 1 in the same direction.
  /// - Returns: nil for one without a direction.
  static func normalised(_ values: [Float]) -> [Float]? {
    // In double precision, as sums of many are.
    let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    guard norm > 0, norm.isFinite else { return nil }
    return values.map { Float(Double($0) / norm) }
  }
}

/// The tensors of a network and one more.
private struct HeadTensors: NamedTensors {
  let base: any NamedTensors
  let head: TensorHandle
  let rows: @Sendable () throws(Problem) -> [Float]

  var source: String { base.source }
  var tensorNames: [String] { base.tensorNames + [head.name] }
  func shape(of name: String) -> Shape? { name == head.name ? head.shape : base.shape(of: name) }
  func refusal(of name: String) -> Problem? { name == head.name ? nil : base.refusal(of: name) }

  func values(_ name: String) throws(Problem) -> [Float] { try name == head.name ? rows() : base.values(name) }

  func forEachPiece(of name: String, _ body: (Int, Span<Float>) throws(Problem) -> Void) throws(Problem) {
    guard name == head.name else { return try base.forEachPiece(of: name, body) }
    let values = try rows()
    try body(0, values.span)
  }
}
