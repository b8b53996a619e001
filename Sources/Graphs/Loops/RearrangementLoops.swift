import Tensors

/// The same elements in another order and shape.
struct RearrangementLoops: ElementLoops {
  let inputs: [ElementOrder]
  let output: ElementOrder
  private let forwards: ElementWalk
  private let backwards: ElementWalk

  init(_ rearrangement: Rearrangement, _ input: Shape) {
    inputs = [ElementOrder(input)]
    output = ElementOrder(rearrangement.shape)
    let view = rearrangement.view.dimensions
    let order = rearrangement.order
    let ordered = order.map { view[$0] }
    let strides = ElementWalk.strides(view, broadcastTo: view)
    let orderedStrides = ElementWalk.strides(ordered, broadcastTo: ordered)
    forwards = ElementWalk(ordered, first: order.map { strides[$0] })
    var inverse = order
    for (place, axis) in order.enumerated() { inverse[axis] = place }
    backwards = ElementWalk(view, first: inverse.map { orderedStrides[$0] })
  }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    forwards.copy(inputs[0], to: output)
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    backwards.copy(gradient, to: result)
  }
}

/// Joins values along any axis, of any number. Along channels, maps whose channels fill their blocks simply follow each other.
struct ConcatenationLoops: ElementLoops {
  let inputs: [ElementOrder]
  let output: ElementOrder
  /// Pieces that follow each other in an input.
  private let outer: Int
  /// Floats of each, by input, and where the first one goes.
  private let lengths: [Int]
  private let starts: [Int]
  private let length: Int

  init(axis: Int, _ inputs: [ElementOrder], to output: Shape) {
    let block = inputs.map(\.block).max() ?? 1
    // What lies otherwise is rearranged by whoever hands it over.
    let isBlocked =
      axis == 0 && inputs.allSatisfy { $0.shape[0] % block == 0 } && ElementOrder.commonBlocks.contains(block)
    self.inputs = inputs.map { ElementOrder($0.shape, block: isBlocked ? block : 1) }
    self.output = ElementOrder(output, block: isBlocked ? block : 1)
    outer = output.dimensions[..<axis].reduce(1, *)
    lengths = inputs.map { $0.shape.dimensions[axis...].reduce(1, *) }
    var end = 0
    starts = lengths.map { length in
      defer { end += length }
      return end
    }
    length = end
  }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    for index in 0..<inputs.count {
      for piece in 0..<outer {
        output.part(place(of: piece, from: index)).copy(
          inputs[index].part(from: piece * lengths[index]), count: lengths[index])
      }
    }
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    for piece in 0..<outer {
      result.part(from: piece * lengths[input]).copy(
        gradient.part(place(of: piece, from: input)), count: lengths[input])
    }
  }

  /// In the value.
  private func place(of piece: Int, from input: Int) -> Range<Int> {
    let start = piece * length + starts[input]
    return start..<start + lengths[input]
  }
}
