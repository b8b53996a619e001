import CElements
import Tensors

/// Which elements of a value are made one: those that agree in all axes but some.
private struct Groups: Sendable {
  let order: ElementOrder
  /// Of one number for each group.
  let output: ElementOrder
  /// Through the value, beside the groups.
  let walk: ElementWalk
  /// Elements of each.
  let size: Int

  /// - Parameter order: as the value lies; taken as row-major where the rest of a last block would count as channels.
  init(_ axes: [Int], of order: ElementOrder) {
    let isWhole = !axes.contains(0) || order.block == 1 || order.shape[0] % order.block == 0
    self.order = isWhole ? order : ElementOrder(order.shape)
    let shape = Shape(order.shape.dimensions.enumerated().map { axes.contains($0.offset) ? 1 : $0.element })
    output = ElementOrder(shape, block: axes.contains(0) ? 1 : self.order.block)
    let block = self.order.block
    let extents = self.order.axes(besides: block)
    walk = ElementWalk(
      extents, first: ElementWalk.strides(output.axes(besides: block), broadcastTo: extents))
    size = axes.reduce(1) { $0 * order.shape[$1] }
  }

  /// Floats that hold two doubles for each.
  var scratchCount: Int { 4 * output.count }
}

/// One number of all along some axes. The derivative of what is not linear is kept for the way back.
struct ReductionLoops: ElementLoops {
  var inputs: [ElementOrder] { [groups.order] }
  var output: ElementOrder { groups.output }
  var scratchCount: Int { groups.scratchCount }
  private let groups: Groups
  private let kind: celements_reduction
  private let factor: Float
  /// Through the value's gradient, beside the derivative and the gradients of the groups.
  private let back: ElementWalk

  init(_ reduction: Reduction, _ input: ElementOrder) {
    groups = Groups(reduction.axes, of: input)
    kind = reduction.kind.reduction
    factor = reduction.kind == .mean ? 1 / Float(groups.size) : 1
    let extents = groups.order.axes(besides: groups.order.block)
    back = ElementWalk(
      extents, first: ElementWalk.strides(extents, broadcastTo: extents),
      second: ElementWalk.strides(groups.output.axes(besides: groups.order.block), broadcastTo: extents))
  }

  private var isLinear: Bool { kind == celements_reduce_sum }
  var workspaceCount: Int { isLinear ? 0 : groups.order.count }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    let walk = groups.walk
    let count = groups.output.count
    precondition(inputs[0].count >= walk.count && output.count >= count && walk.firstCount <= count)
    precondition(scratch.count >= scratchCount && workspace?.count ?? workspaceCount >= workspaceCount)
    unsafe withUnsafePointer(to: walk.walk) { walk in
      unsafe withPointers(inputs[0], output, scratch) { x, y, scratch in
        unsafe celements_reduce(kind, walk, x, factor, y, count, scratch)
        if !isLinear, let workspace {
          unsafe workspace.withPointer { unsafe celements_reduce_derivative(kind, walk, x, y, $0, count, scratch) }
        }
      }
    }
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    if !isLinear {
      if let workspace { back.combine(celements_product, workspace, gradient, to: result) }
    } else {
      groups.walk.copy(gradient, times: factor, to: result)
    }
    groups.order.clearTail(result)
  }
}

/// Layer normalisation without its constants; normalised values and the scale of each group are kept for the way back.
struct StandardisationLoops: ElementLoops {
  var inputs: [ElementOrder] { [groups.order] }
  var output: ElementOrder { groups.order }
  /// Groups' scales lie behind it where no backward call follows.
  var scratchCount: Int { groups.scratchCount.paddedToCacheLine + groups.output.count }
  var workspaceCount: Int { scalePlace + groups.output.count }
  private let groups: Groups
  private let epsilon: Double

  init(_ standardisation: Standardisation, _ input: ElementOrder) {
    groups = Groups(standardisation.axes, of: input)
    epsilon = standardisation.epsilon
  }

  /// Of the scales in the workspace.
  private var scalePlace: Int { groups.order.count.paddedToCacheLine }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    let walk = groups.walk
    let (count, size) = (groups.output.count, groups.size)
    precondition(min(inputs[0].count, output.count) >= walk.count && walk.firstCount <= count)
    precondition(scratch.count >= scratchCount)
    var scales = scratch.part(from: groups.scratchCount.paddedToCacheLine)
    if let workspace { scales = workspace.part(from: scalePlace) }
    precondition(scales.count >= count)
    unsafe withUnsafePointer(to: walk.walk) { walk in
      unsafe withPointers(inputs[0], output) { x, y in
        unsafe withPointers(scales, scratch) { unsafe celements_standardise(walk, x, epsilon, y, $0, count, size, $1) }
      }
    }
    groups.order.clearTail(output)
    workspace?.copy(output, count: walk.count)
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    guard let workspace else { return }
    let walk = groups.walk
    let (count, size) = (groups.output.count, groups.size)
    precondition(min(gradient.count, result.count) >= walk.count && workspace.count >= workspaceCount)
    precondition(scratch.count >= scratchCount)
    unsafe withUnsafePointer(to: walk.walk) { walk in
      unsafe withPointers(gradient, result, scratch) { gradient, result, scratch in
        unsafe withPointers(workspace, workspace.part(from: scalePlace)) {
          unsafe celements_standardise_back(walk, gradient, $0, $1, result, count, size, scratch)
        }
      }
    }
    groups.order.clearTail(result)
  }
}

extension ElementWalk {
  /// y <- factor x, x being the first of the walk.
  func copy(_ x: LentFloats, times factor: Float = 1, to y: LentFloats) {
    precondition(x.count >= firstCount && y.count >= count)
    unsafe withUnsafePointer(to: walk) { walk in
      unsafe withPointers(x, y) { unsafe celements_copy(walk, $0, factor, $1) }
    }
  }
}

extension Reduction.Kind {
  fileprivate var reduction: celements_reduction {
    switch self {
    case .mean, .sum: celements_reduce_sum
    case .maximum: celements_reduce_maximum
    case .minimum: celements_reduce_minimum
    case .euclideanNorm: celements_reduce_norm
    }
  }
}
