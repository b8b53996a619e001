import Graphs
import Support
import Tensors

/// A value of a model while its graph is written down.
enum Value: Sendable {
  case constant(Constant)
  case traced(Traced)

  var shape: [Int] {
    switch self {
    case .constant(let constant): constant.shape
    case .traced(let traced): traced.shape
    }
  }
}

/// A value that depends on the image: that of a node of the graph, looked at with other axes.
///
/// Transposes, and reshapes that only add or remove axes of 1, make no node: they change the look. So the Transposes of
/// networks that keep channels last vanish, and the axis of the batch, which is 1, is in no node.
struct Traced: Sendable {
  var node: NodeIndex
  /// As the model has it, the batch included.
  var shape: [Int]
  /// For each axis of `shape` the axis of the node's value, -1 for one of 1 that the node does not have. Axes of the node that
  /// do not appear have an extent of 1.
  var axes: [Int]

  init(node: NodeIndex, shape: [Int], axes: [Int]) {
    self.node = node
    self.shape = shape
    self.axes = axes
  }

  /// - Parameter arrangement: by axis of the node, which of `shape` it is; nil for one of 1 that `shape` does not have.
  init(node: NodeIndex, shape: [Int], arrangement: [Int?]) {
    var axes = [Int](repeating: -1, count: shape.count)
    for (place, axis) in arrangement.enumerated() { if let axis { axes[axis] = place } }
    self.init(node: node, shape: shape, axes: axes)
  }

  /// The axes of more than 1, outermost first.
  var wideAxes: [Int] { shape.indices.filter { shape[$0] != 1 } }

  /// The axis of the model's value that is one of the node's.
  func axis(ofNodeAxis axis: Int) -> Int? { axes.firstIndex(of: axis) }
}
