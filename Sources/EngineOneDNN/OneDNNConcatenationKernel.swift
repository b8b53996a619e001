import COneDNN
import Graphs
import Support
import Tensors

/// Joins maps along channels, in a blocked layout where the blocks allow it, otherwise row-major.
struct OneDNNConcatenationKernel: OneDNNKernel, OneByOneKernel {
  /// More are not handed over at once: `max_arguments` of COneDNN.c, less destination and scratchpad.
  static let mostInputs = 14

  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  private let primitive: OneDNNPrimitive
  private let slices: [OneDNNReorder]

  init(
    _ step: Program.Step, _ inputs: [OneDNNLayout], _ inputShapes: [Shape], _ context: OneDNNContext
  ) throws(Problem) {
    var starts: [Int] = []
    var start = 0
    for shape in inputShapes {
      starts.append(start)
      start += shape[0]
    }
    let plain = try OneDNNLayout(step.shape.batchExtents)
    let handles: [OpaquePointer?] = unsafe inputs.map(unsafe \.handle)
    func join(_ destination: OneDNNLayout?) throws(Problem) -> OneDNNPrimitive {
      try unsafe OneDNNPrimitive("join the inputs of \(step.name)") {
        unsafe cdnn_concatenation($0, context.handle, Int32(handles.count), handles, destination?.handle)
      }
    }
    let preferred = try join(nil)
    let preferredLayout = try preferred.layout(.destination)
    let parts = zip(inputShapes, starts).map { preferredLayout.channels(from: $1, extents: $0.batchExtents) }
    let allowsParts = parts.allSatisfy { $0 != nil } && !preferred.implementation.hasPrefix("ref")
    layout = allowsParts ? preferredLayout : plain
    primitive = allowsParts ? preferred : try join(plain)
    var slices: [OneDNNReorder] = []
    for (index, shape) in inputShapes.enumerated() {
      guard let part = layout.channels(from: starts[index], extents: shape.batchExtents) else {
        throw .failure("oneDNN cannot take channels \(starts[index]) and on out of the output of \(step.name)")
      }
      slices.append(try OneDNNReorder(from: part, to: inputs[index], context: context))
    }
    self.slices = slices
    exchange = try OneDNNExchange(layout, step.shape, context)
    scratchCount = max(
      primitive.scratchpadCount, max(exchange.scratchpadCount, slices.map(\.scratchpadCount).max() ?? 0))
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) throws(Problem) {
    try primitive.run(on: memory.oneDNN(), sources: inputs, destination: output, scratchpad: memory.scratch)
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem) {
    try slices[input].run(
      outputGradient, to: inputGradient, context: memory.oneDNN(), scratchpad: memory.scratch)
  }
}
