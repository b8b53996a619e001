import COneDNN
import Graphs
import Support
import Tensors

/// Maximum pooling, which keeps where each maximum stood for the way back, and average pooling.
struct OneDNNPoolingKernel: OneDNNKernel, OneByOneKernel {
  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  let workspaceBytes: Int
  private let forwardPrimitive: OneDNNPrimitive
  /// Does not note where the maxima stood.
  private let inferencePrimitive: OneDNNPrimitive
  private let backwardPrimitive: OneDNNPrimitive

  init(
    _ step: Program.Step, _ pooling: Pooling, _ input: OneDNNLayout, _ inputShape: Shape, _ context: OneDNNContext
  ) throws(Problem) {
    let window = pooling.window
    var description = cdnn_pooling(
      source: cdnn_map(inputShape), destination: cdnn_map(step.shape), rows: cdnn_axis(window.vertical),
      columns: cdnn_axis(window.horizontal), maximum: pooling.kind == .maximum,
      counts_padding: pooling.countsPadding)
    let forward = try unsafe OneDNNPrimitive("pool \(step.name)") {
      unsafe cdnn_pooling_forward($0, context.handle, &description, input.handle, nil, true)
    }
    let layout = try forward.layout(.destination)
    backwardPrimitive = try unsafe OneDNNPrimitive("propagate through \(step.name)") {
      unsafe cdnn_pooling_backward($0, context.handle, &description, input.handle, layout.handle, forward.handle)
    }
    inferencePrimitive = try unsafe OneDNNPrimitive("pool \(step.name)") {
      unsafe cdnn_pooling_forward($0, context.handle, &description, input.handle, layout.handle, false)
    }
    self.layout = layout
    forwardPrimitive = forward
    workspaceBytes = forward.workspaceBytes()
    exchange = try OneDNNExchange(layout, step.shape, context)
    scratchCount = max(
      max(forward.scratchpadCount, inferencePrimitive.scratchpadCount),
      max(backwardPrimitive.scratchpadCount, exchange.scratchpadCount))
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) throws(Problem) {
    try (memory.workspace == nil ? inferencePrimitive : forwardPrimitive).run(
      on: memory.oneDNN(), source: inputs[0], workspace: workspaceBytes > 0 ? memory.workspace : nil,
      destination: output, scratchpad: memory.scratch)
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem) {
    try backwardPrimitive.run(
      on: memory.oneDNN(), source: inputGradient, workspace: workspaceBytes > 0 ? memory.workspace : nil,
      destination: outputGradient, scratchpad: memory.scratch)
  }
}

/// Adaptive average pooling where the sizes do not divide; by plain loops, since oneDNN has none.
struct OneDNNAdaptivePoolingKernel: OneDNNKernel, OneByOneKernel {
  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  private let source: OneDNNExchange
  private let windows: AdaptiveWindows
  private let inputCount: Int

  init(_ step: Program.Step, _ input: OneDNNLayout, _ inputShape: Shape, _ context: OneDNNContext) throws(Problem) {
    layout = try OneDNNLayout(step.shape.batchExtents)
    exchange = try OneDNNExchange(layout, step.shape, context)
    source = try OneDNNExchange(input, inputShape, context)
    windows = AdaptiveWindows(input: inputShape, output: step.shape)
    inputCount = inputShape.count.paddedToCacheLine
    scratchCount = inputCount + max(source.scratchpadCount, exchange.scratchpadCount)
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) throws(Problem) {
    try source.unpack.run(
      inputs[0], to: memory.scratch, context: memory.oneDNN(), scratchpad: memory.scratch.part(from: inputCount))
    windows.average(memory.scratch, to: output)
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem) {
    windows.spread(outputGradient, to: memory.scratch.part(0..<inputCount))
    try source.pack.run(
      memory.scratch, to: inputGradient, context: memory.oneDNN(), scratchpad: memory.scratch.part(from: inputCount))
  }
}

/// Poolings that oneDNN does not have, by plain loops.
struct OneDNNPlainPoolingKernel: OneDNNKernel, OneByOneKernel {
  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  let workspaceBytes: Int
  private let source: OneDNNExchange
  private let windows: PoolingWindows
  private let inputCount: Int

  init(
    _ step: Program.Step, _ pooling: Pooling, _ input: OneDNNLayout, _ inputShape: Shape, _ context: OneDNNContext
  ) throws(Problem) {
    layout = try OneDNNLayout(step.shape.batchExtents)
    exchange = try OneDNNExchange(layout, step.shape, context)
    source = try OneDNNExchange(input, inputShape, context)
    windows = PoolingWindows(pooling, input: inputShape, output: step.shape)
    workspaceBytes = windows.placeCount * MemoryLayout<Float>.stride
    inputCount = inputShape.count.paddedToCacheLine
    scratchCount = inputCount + max(source.scratchpadCount, exchange.scratchpadCount)
  }

  func forward(inputs: LentParts, output: LentFloats, memory: KernelMemory) throws(Problem) {
    try source.unpack.run(
      inputs[0], to: memory.scratch, context: memory.oneDNN(), scratchpad: memory.scratch.part(from: inputCount))
    windows.pool(memory.scratch, to: output, places: memory.workspace)
  }

  func backward(
    input: Int, outputGradient: LentFloats, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem) {
    windows.spread(outputGradient, to: memory.scratch.part(0..<inputCount), places: memory.workspace)
    try source.pack.run(
      memory.scratch, to: inputGradient, context: memory.oneDNN(), scratchpad: memory.scratch.part(from: inputCount))
  }
}

extension Pooling {
  /// Whether oneDNN has it: its windows are not dilated, and an average divides by all elements of the kernel or by those
  /// in the map, where PyTorch and ONNX leave out what a window that was rounded up has beyond the padding.
  /// - Parameters:
  ///   - input: (channels, height, width).
  ///   - output: likewise, of what it makes of that.
  func isOneDNNs(from input: Shape, to output: Shape) -> Bool {
    zip([window.vertical, window.horizontal], [1, 2]).allSatisfy { axis, place in
      let end = (output[place] - 1) * axis.stride + axis.reach
      let isWithin = end <= axis.paddingBefore + input[place] + axis.paddingAfter
      return axis.dilation == 1 && (kind == .maximum || !countsPadding || isWithin)
    }
  }
}
