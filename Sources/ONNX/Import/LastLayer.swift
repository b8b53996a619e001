import Graphs
import Tensors

/// Which layer `last` is: the last map that lies on every path from the image to the logits, and that neither pooling nor a
/// mere rearrangement or affine step makes; none where attention stands behind it.
struct LastLayer {
  /// Nil where there is none, as in networks of attention alone.
  let node: NodeIndex?
  /// Whether it holds a map for each class, which is averaged to the logits.
  let holdsClassMaps: Bool

  init(_ nodes: [Node]) {
    var lastUse = Array(nodes.indices)
    var firstUse = [NodeIndex?](repeating: nil, count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for input in node.inputs {
        lastUse[input] = index
        if firstUse[input] == nil { firstUse[input] = index }
      }
    }
    var isBesidePooling = [Bool](repeating: false, count: nodes.count)
    for index in nodes.indices.reversed() {
      guard let next = firstUse[index] else { continue }
      switch nodes[next].operation {
      case .pooling, .adaptiveAveragePooling, .reduction: isBesidePooling[index] = true
      // Generalised-mean pooling has powers and bounds around the mean.
      case .activation(.power), .activation(.clip): isBesidePooling[index] = isBesidePooling[next]
      default: break
      }
    }
    // No value from before it is used behind it.
    var reach = 0
    var candidates: [NodeIndex] = []
    for index in nodes.indices {
      if reach <= index, index > 0, Self.isMap(nodes[index]), !Self.isPassedOver(nodes[index], isBesidePooling[index]) {
        candidates.append(index)
      }
      reach = max(reach, lastUse[index])
    }
    // What attention makes of a map is no longer at its place.
    let isMixed = { (node: NodeIndex) in
      nodes[node...].contains { if case .matrixProduct = $0.operation { true } else { false } }
    }
    node = candidates.last.flatMap { isMixed($0) ? nil : $0 }
    let classes = nodes.last?.shape.count
    holdsClassMaps =
      node.map { node in
        nodes[node].shape[0] == classes
          && !nodes[node...].contains { if case .linear = $0.operation { true } else { false } }
      } ?? false
  }

  private static func isMap(_ node: Node) -> Bool { node.shape.rank == 3 && node.shape[1] > 1 && node.shape[2] > 1 }

  private static func isPassedOver(_ node: Node, _ isBesidePooling: Bool) -> Bool {
    switch node.operation {
    case .image, .pooling, .adaptiveAveragePooling, .reduction, .rearrangement, .affine, .batchNormalisation: true
    case .resampling(let resampling): resampling.purpose == .padding
    case .activation(.power): isBesidePooling
    // From 0 up it is an activation, such as ReLU6.
    case .activation(.clip(let lowest, _)): lowest != 0 && isBesidePooling
    default: false
    }
  }
}
