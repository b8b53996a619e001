import CElements
import Support
import Tensors
import Weights

/// Constants that a value is computed with, in its order; an extent of 1 stands for all.
struct BroadcastConstant: Sendable {
  /// Of the value.
  let order: ElementOrder
  let buffer: AlignedBuffer
  /// Along the value's axes.
  let strides: [Int]

  /// - Parameters:
  ///   - values: row-major, of a shape of the value's rank.
  ///   - order: of the value.
  init(_ values: [Float], _ shape: Shape, beside order: ElementOrder) throws(Problem) {
    self.order = order
    let own = ElementOrder(shape, block: order.block > 1 && shape[0] == order.shape[0] ? order.block : 1)
    buffer = try AlignedBuffer(copying: own.arranged(values))
    strides = ElementWalk.strides(own.axes(besides: order.block), broadcastTo: order.axes(besides: order.block))
  }
}

extension NamedTensors {
  /// A tensor that stands for a value's elements.
  /// - Throws: `Problem` that names it, where its values are not finite.
  func finiteBroadcast(_ handle: TensorHandle, beside order: ElementOrder) throws(Problem) -> BroadcastConstant {
    try BroadcastConstant(finiteValues(handle.name), handle.shape, beside: order)
  }
}

/// scale x + shift.
struct AffineLoops: ElementLoops {
  let inputs: [ElementOrder]
  var output: ElementOrder { inputs[0] }
  private let scale: BroadcastConstant
  private let shift: BroadcastConstant
  /// Through the value, beside scale and shift.
  private let walk: ElementWalk
  /// Through the gradient, beside scale and gradient.
  private let gradientWalk: ElementWalk

  /// - Parameters:
  ///   - scale: nil for 1.
  ///   - shift: nil for 0.
  init(scale: BroadcastConstant?, shift: BroadcastConstant?, _ input: ElementOrder) throws(Problem) {
    inputs = [input]
    let shape = Shape(input.shape.dimensions.map { _ in 1 })
    self.scale = if let scale { scale } else { try BroadcastConstant([1], shape, beside: input) }
    self.shift = if let shift { shift } else { try BroadcastConstant([0], shape, beside: input) }
    let axes = input.axes(besides: input.block)
    walk = ElementWalk(axes, first: self.scale.strides, second: self.shift.strides)
    gradientWalk = ElementWalk(
      axes, first: self.scale.strides, second: ElementWalk.strides(axes, broadcastTo: axes))
  }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    precondition(min(inputs[0].count, output.count) >= walk.count)
    unsafe withPointers(inputs[0], output) { x, y in
      unsafe withPointers(scale.buffer.floats, shift.buffer.floats) { scale, shift in
        unsafe withUnsafePointer(to: walk.walk) { unsafe celements_affine($0, x, scale, shift, y) }
      }
    }
    self.output.clearTail(output)
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    gradientWalk.combine(celements_product, scale.buffer.floats, gradient, to: result)
    output.clearTail(result)
  }
}

/// x where x > 0, else slope x; its derivative is kept for the way back.
struct ParametricReLULoops: ElementLoops {
  let inputs: [ElementOrder]
  var output: ElementOrder { inputs[0] }
  private let slope: BroadcastConstant
  private let walk: ElementWalk

  init(_ slope: BroadcastConstant) {
    inputs = [slope.order]
    self.slope = slope
    walk = ElementWalk(slope.order.axes(besides: slope.order.block), first: slope.strides)
  }

  var workspaceCount: Int { output.count }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    precondition(min(inputs[0].count, output.count) >= walk.count && (workspace?.count ?? walk.count) >= walk.count)
    unsafe withPointers(inputs[0], output, slope.buffer.floats) { x, y, slope in
      unsafe withUnsafePointer(to: walk.walk) { walk in
        if let workspace {
          unsafe workspace.withPointer { unsafe celements_parametric_relu(walk, x, slope, y, $0) }
        } else {
          unsafe celements_parametric_relu(walk, x, slope, y, nil)
        }
      }
    }
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    if let workspace { Elementwise.multiply(gradient, workspace, to: result, count: output.count) }
  }
}
