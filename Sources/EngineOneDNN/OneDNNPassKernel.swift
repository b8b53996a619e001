import Graphs
import Support
import Tensors

/// The steps that need no arithmetic of oneDNN's: the image, a ReLU of its own, a sum of its own.
struct OneDNNPassKernel: OneDNNKernel, OneByOneKernel {
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

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) throws(Problem) {
    switch kind {
    case .image: break
    case .rectify: Elementwise.rectify(inputs[0], to: output)
    case .add:
      var second = inputs[1]
      if let enter, enter.isNeeded {
        let entered = memory.scratch.part(0..<layout.count)
        try enter.run(
          second, to: entered, context: memory.oneDNN(), scratchpad: memory.scratch.part(from: enterCount))
        second = entered
      }
      Elementwise.add(inputs[0], second, to: output, rectified: hasReLU)
    }
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem) {
    switch kind {
    case .image: break
    case .rectify: inputGradient.copy(outputGradient, count: layout.count)
    case .add:
      if input == 1, let leave {
        try leave.run(outputGradient, to: inputGradient, context: memory.oneDNN(), scratchpad: memory.scratch)
      } else {
        inputGradient.copy(outputGradient, count: layout.count)
      }
    }
  }

  func handsOn(input: Int) -> Bool { input == 0 || leave?.isNeeded == false }
}
