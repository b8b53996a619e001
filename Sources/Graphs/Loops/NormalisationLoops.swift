import CElements
import Tensors

/// exp(x) over its sum along an axis; its value is kept for the way back.
struct SoftmaxLoops: ElementLoops {
  let inputs: [ElementOrder]
  var output: ElementOrder { inputs[0] }
  var workspaceCount: Int { output.count }
  private let outer: Int
  private let extent: Int
  private let inner: Int

  init(axis: Int, _ input: ElementOrder) {
    let order = axis == 0 ? ElementOrder(input.shape) : input
    inputs = [order]
    let axes = order.axes(besides: order.block)
    outer = axes[..<axis].reduce(1, *)
    extent = axes[axis]
    inner = axes[(axis + 1)...].reduce(1, *)
  }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    precondition(min(inputs[0].count, output.count) >= self.output.count)
    unsafe withPointers(inputs[0], output) { unsafe celements_softmax(outer, extent, inner, $0, $1) }
    self.output.clearTail(output)
    workspace?.copy(output, count: self.output.count)
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    guard let workspace else { return }
    precondition(min(gradient.count, workspace.count, result.count) >= output.count)
    unsafe withPointers(gradient, workspace, result) {
      unsafe celements_softmax_back(outer, extent, inner, $0, $1, $2)
    }
  }
}

/// Across channels. The value and what it is divided by, before the exponent, are kept for the way back.
struct LocalResponseLoops: ElementLoops {
  let inputs: [ElementOrder]
  var output: ElementOrder { inputs[0] }
  var workspaceCount: Int { 2 * basePlace }
  var scratchCount: Int { output.count }
  private let response: LocalResponse

  init(_ response: LocalResponse, _ input: Shape) {
    inputs = [ElementOrder(input)]
    self.response = response
  }

  /// Of the divisors in the workspace.
  private var basePlace: Int { output.count.paddedToCacheLine }
  private var channels: Int { output.shape[0] }
  private var area: Int { output.shape[1] * output.shape[2] }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    let count = self.output.count
    var bases = scratch
    if let workspace { bases = workspace.part(from: basePlace) }
    precondition(min(inputs[0].count, output.count, bases.count) >= count)
    unsafe withPointers(inputs[0], output, bases) {
      unsafe celements_local_response(
        channels, area, response.size, response.scale, response.exponent, response.bias, $0, $1, $2)
    }
    workspace?.copy(inputs[0], count: count)
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    guard let workspace else { return }
    precondition(min(gradient.count, result.count, scratch.count) >= output.count && workspace.count >= workspaceCount)
    unsafe withPointers(gradient, result, scratch) { gradient, result, scratch in
      unsafe withPointers(workspace, workspace.part(from: basePlace)) {
        unsafe celements_local_response_back(
          channels, area, response.size, response.scale, response.exponent, gradient, $0, $1, result, scratch)
      }
    }
  }
}
