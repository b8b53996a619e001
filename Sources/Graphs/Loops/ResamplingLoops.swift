import CElements
import Tensors

/// Sums of elements along some axes, one axis after the other.
struct ResamplingLoops: ElementLoops {
  let inputs: [ElementOrder]
  let output: ElementOrder
  let scratchCount: Int
  private let passes: [Pass]

  /// Along one axis.
  private struct Pass: Sendable {
    let outer: Int
    let inner: Int
    let sampling: AxisSampling

    var inputCount: Int { outer * sampling.extent * inner }
    var outputCount: Int { outer * sampling.count * inner }

    func withSampling(_ body: (UnsafePointer<celements_sampling>) -> Void) {
      unsafe sampling.starts.withUnsafeBufferPointer { starts in
        unsafe sampling.sources.withUnsafeBufferPointer { sources in
          unsafe sampling.weights.withUnsafeBufferPointer { weights in
            let found = unsafe celements_sampling(
              outer: outer, extent: sampling.extent, count: sampling.count, inner: inner, starts: starts.baseAddress,
              sources: sources.baseAddress, weights: weights.baseAddress)
            unsafe withUnsafePointer(to: found) { unsafe body($0) }
          }
        }
      }
    }

    func sample(_ x: LentFloats, to y: LentFloats) {
      precondition(x.count >= inputCount && y.count >= outputCount)
      unsafe withPointers(x, y) { x, y in unsafe withSampling { unsafe celements_sample($0, x, y) } }
    }

    func spread(_ gradient: LentFloats, to result: LentFloats) {
      precondition(gradient.count >= outputCount && result.count >= inputCount)
      unsafe withPointers(gradient, result) { gradient, result in
        unsafe withSampling { unsafe celements_sample_back($0, gradient, result) }
      }
    }
  }

  init(_ resampling: Resampling, _ input: ElementOrder, to output: Shape) {
    var axes = resampling.axes
    let channels = axes.first ?? nil
    let blocks = channels?.blocks(of: input.block)
    let order = channels == nil || blocks != nil ? input : ElementOrder(input.shape)
    if let blocks { axes[0] = blocks }
    inputs = [order]
    self.output = ElementOrder(output, block: order.block)
    var extents = order.axes(besides: order.block)
    var passes: [Pass] = []
    for (axis, sampling) in axes.enumerated() {
      guard let sampling else { continue }
      passes.append(
        Pass(
          outer: extents[..<axis].reduce(1, *), inner: extents[(axis + 1)...].reduce(1, *), sampling: sampling))
      extents[axis] = sampling.count
    }
    self.passes = passes
    // Two pieces, between which passes take turns.
    scratchCount = 2 * (passes.dropLast().map(\.outputCount).max() ?? 0).paddedToCacheLine
  }

  func forward(_ inputs: LentParts, to output: LentFloats, workspace: LentFloats?, scratch: LentFloats) {
    guard !passes.isEmpty else {
      output.copy(inputs[0], count: self.output.count)
      return
    }
    for (index, pass) in passes.enumerated() {
      pass.sample(
        index == 0 ? inputs[0] : piece(index - 1, of: scratch),
        to: index == passes.count - 1 ? output : piece(index, of: scratch))
    }
    self.output.clearTail(output)
  }

  func backward(
    input: Int, _ gradient: LentFloats, to result: LentFloats, workspace: LentFloats?, scratch: LentFloats
  ) {
    guard !passes.isEmpty else {
      result.copy(gradient, count: output.count)
      return
    }
    for index in passes.indices.reversed() {
      passes[index].spread(
        index == passes.count - 1 ? gradient : piece(index, of: scratch),
        to: index == 0 ? result : piece(index - 1, of: scratch))
    }
  }

  /// What stands between the pass of this index and the next.
  @_lifetime(copy scratch)
  private func piece(_ index: Int, of scratch: LentFloats) -> LentFloats {
    let half = scratchCount / 2
    return scratch.part(index % 2 * half..<(index % 2 + 1) * half)
  }
}

extension AxisSampling {
  /// The same of blocks of channels: where it takes channels that follow each other, the first of which begins a block.
  fileprivate func blocks(of block: Int) -> AxisSampling? {
    guard ElementOrder.commonBlocks.contains(block), let first = sources.first, first % block == 0,
      sources.count == count,
      elements == (first..<first + count).map({ Optional($0) })
    else { return nil }
    let last = (first + count + block - 1) / block
    return AxisSampling(extent: (extent + block - 1) / block, taking: Array(first / block..<last))
  }
}
