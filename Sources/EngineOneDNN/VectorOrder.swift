import CConvolutions
import Graphs
import Tensors

/// How loops of ours find the vectors of a map's channels, in blocks of a vector or all beside each other.
struct VectorOrder {
  let order: ElementOrder
  let lanes: Int
  var vectors: Int { (order.shape[0] + lanes - 1) / lanes }

  /// - Parameters:
  ///   - rows: that are gone from one that counts to the next.
  ///   - columns: likewise.
  func layout(every rows: Int = 1, _ columns: Int = 1) -> cconvolutions_layout {
    let (channels, height, width) = (order.shape[0], order.shape[1], order.shape[2])
    let isBlocked = order.block == lanes
    return cconvolutions_layout(
      vector: isBlocked ? height * width * lanes : lanes, row: rows * width * order.block,
      column: columns * order.block, last: isBlocked ? lanes : channels - (vectors - 1) * lanes)
  }

  /// The same order of another map.
  func with(_ shape: Shape) -> VectorOrder {
    VectorOrder(order: ElementOrder(shape, block: order.block == lanes ? lanes : shape[0]), lanes: lanes)
  }
}

extension OneDNNLayout {
  /// Nil for an order, or on a processor, that there are no loops for.
  func vectorOrder(of shape: Shape) -> VectorOrder? {
    guard shape.rank == 3, let block = channelBlock else { return nil }
    // oneDNN's own choice of instructions, which the environment may have narrowed, is that of the blocks' width.
    let widths = OneDNNEngine.instructionSet.hasPrefix("AVX-512") ? [16, 8] : [8]
    let lanes =
      block == shape[0] && !widths.contains(block)
      ? widths.first { cconvolutions_has_lanes($0) }
      : widths.first { block == $0 && cconvolutions_has_lanes($0) }
    return lanes.map { VectorOrder(order: ElementOrder(shape, block: block), lanes: $0) }
  }
}
