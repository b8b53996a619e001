import Graphs
import Support
import Tensors

/// The steps that need no arithmetic of oneDNN's: the image, a ReLU of its own, a sum of its own.
struct OneDNNPassKernel: OneDNNKernel {
  enum Kind: Sendable {
    case image
    case rectify
    case add
  }

  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  private let kind: Kind
  private let hasReLU: Bool
  /// Of a sum: the second value into the layout of the first, and its gradient back.
  private let enter: OneDNNReorder?
  private let leave: OneDNNReorder?
  /// Floats of scratch for the second value; 0 where it need not be reordered.
  private let enterCount: Int

  init(_ kind: Kind, _ step: Program.Step, _ inputs: [OneDNNLayout], _ context: OneDNNContext) throws(Problem) {
    self.kind = kind
    hasReLU = step.hasReLU
    if let first = inputs.first { layout = first } else { layout = try OneDNNLayout(step.shape.batchExtents) }
    if kind == .add {
      enter = try OneDNNReorder(from: inputs[1], to: layout, context: context)
      leave = try OneDNNReorder(from: layout, to: inputs[1], context: context)
    } else {
      enter = nil
      leave = nil
    }
    exchange = try OneDNNExchange(layout, step.shape, context)
    let reorders = [enter, leave].compactMap { $0?.scratchpadCount }.max() ?? 0
    enterCount = enter?.isNeeded ?? false ? layout.count.paddedToCacheLine : 0
    scratchCount = enterCount + max(reorders, exchange.scratchpadCount)
  }

  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) throws(Problem) {
    switch kind {
    case .image: break
    case .rectify: unsafe Elementwise.rectify(inputs[0], to: output, count: layout.count)
    case .add:
      var second = unsafe inputs[1]
      if let enter, enter.isNeeded {
        try unsafe enter.run(
          second, to: memory.scratch, context: memory.oneDNN(),
          scratchpad: memory.scratch + enterCount)
        unsafe second = unsafe memory.scratch
      }
      unsafe Elementwise.add(inputs[0], second, to: output, count: layout.count, rectified: hasReLU)
    }
  }

  func backward(
    input: Int, outputGradient: FloatPointer, inputGradient: FloatPointer, memory: KernelMemory
  ) throws(Problem) {
    switch kind {
    case .image: break
    case .rectify: unsafe inputGradient.update(from: outputGradient, count: layout.count)
    case .add:
      if input == 1, let leave {
        try unsafe leave.run(outputGradient, to: inputGradient, context: memory.oneDNN(), scratchpad: memory.scratch)
      } else {
        unsafe inputGradient.update(from: outputGradient, count: layout.count)
      }
    }
  }
}
