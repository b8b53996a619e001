import CElements
import Tensors

/// In which order the elements of a value lie: row-major, or maps whose channels lie in blocks as those of `FeatureMaps` do.
///
/// Maps of C channels in blocks of B are row-major themselves, of the axes (C / B, height, width, B), so that loops over
/// row-major elements serve both.
public struct ElementOrder: Sendable, Hashable {
  /// Of the value.
  public let shape: Shape
  /// Channels that lie beside each other; 1 for row-major, as are values that are no maps.
  public let block: Int

  /// Blocks that engines have whatever the number of channels; another one is that number itself, channels last.
  public static let commonBlocks = [4, 8, 16]

  /// - Precondition: a value of other than three axes has a block of 1.
  public init(_ shape: Shape, block: Int = 1) {
    precondition(block == 1 || shape.rank == 3, "\(shape) in blocks of \(block)")
    self.shape = shape
    self.block = block
  }

  /// Floats, the rest of the last block included.
  public var count: Int { axes(besides: block).reduce(1, *) }

  /// Row-major extents.
  /// - Parameter other: the block of the value that this one is computed with: then it has as many axes.
  func axes(besides other: Int) -> [Int] {
    guard other > 1 else { return shape.dimensions }
    return [(shape[0] + block - 1) / block, shape[1], shape[2], block]
  }

  /// Which of `axes` an axis of the shape has become.
  func places(of axis: Int) -> [Int] { block > 1 && axis == 0 ? [0, 3] : [axis] }

  /// What no channel lies at in the last block <- 0: oneDNN's sums take it for that.
  func clearTail(_ floats: LentFloats) {
    guard block > 1, shape[0] % block != 0 else { return }
    precondition(floats.count >= count)
    unsafe floats.withPointer { unsafe celements_clear_tail($0, shape[0], shape[1] * shape[2], block) }
  }

  /// Row-major values in this order; 0 where no channel lies.
  func arranged(_ values: [Float]) -> [Float] {
    guard block > 1 else { return values }
    let area = shape[1] * shape[2]
    var arranged = [Float](repeating: 0, count: count)
    for channel in 0..<shape[0] {
      for i in 0..<area {
        arranged[(channel / block * area + i) * block + channel % block] = values[channel * area + i]
      }
    }
    return arranged
  }
}

/// A way through the elements of a value, and beside them through those of two others that have fewer.
struct ElementWalk: Sendable {
  let walk: celements_walk
  /// Elements of the value.
  let count: Int
  /// Elements that the first of the others must have, at least; of the second likewise.
  let firstCount: Int
  let secondCount: Int

  /// - Parameters:
  ///   - extents: of the value, row-major.
  ///   - first: strides of the others along its axes; nil for one that there is not.
  init(_ extents: [Int], first: [Int], second: [Int]? = nil) {
    let second = second ?? extents.map { _ in 0 }
    walk = unsafe celements_walk_of(Int32(extents.count), extents, first, second)
    count = extents.reduce(1, *)
    firstCount = zip(extents, first).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
    secondCount = zip(extents, second).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
  }

  /// Strides of row-major elements of some extents along the axes of others, where an extent of 1 stands for all.
  static func strides(_ extents: [Int], broadcastTo others: [Int]) -> [Int] {
    var strides = [Int](repeating: 0, count: extents.count)
    var step = 1
    for axis in extents.indices.reversed() {
      strides[axis] = extents[axis] == 1 && others[axis] != 1 ? 0 : step
      step *= extents[axis]
    }
    return strides
  }
}
