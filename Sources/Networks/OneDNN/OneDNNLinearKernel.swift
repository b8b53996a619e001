import COneDNN
import Diagnostics
import Tensors
import Weights

/// A fully connected layer. Its weights stay row-major: they are by far the largest of a network, and both
/// directions can read them so.
struct OneDNNLinearKernel: OneDNNKernel {
  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  private let forwardPrimitive: OneDNNPrimitive
  private let backwardPrimitive: OneDNNPrimitive
  private let weights: AlignedBuffer
  private let bias: AlignedBuffer
  private let source: OneDNNExchange
  private let inputCount: Int

  init(
    _ step: Program.Step, _ linear: Linear, _ input: OneDNNLayout, _ inputShape: Shape, _ tensors: any NamedTensors,
    _ context: OneDNNContext
  ) throws(Problem) {
    let inputs = Int64(linear.inputFeatures)
    let outputs = Int64(linear.outputFeatures)
    forwardPrimitive = try OneDNNPrimitive("multiply by \(linear.path)") {
      cdnn_linear_forward($0, context.handle, inputs, outputs, step.hasReLU)
    }
    backwardPrimitive = try OneDNNPrimitive("propagate through \(linear.path)") {
      cdnn_linear_backward($0, context.handle, inputs, outputs)
    }
    layout = try OneDNNLayout([1, linear.outputFeatures])
    exchange = try OneDNNExchange(layout, step.shape, context)
    source = try OneDNNExchange(input, inputShape, context)
    inputCount = linear.inputFeatures.paddedToCacheLine
    weights = try AlignedBuffer(copying: tensors.finiteValues(linear.path + ".weight"))
    bias = try AlignedBuffer(copying: tensors.finiteValues(linear.path + ".bias"))
    scratchCount =
      inputCount
      + max(
        max(forwardPrimitive.scratchpadCount, backwardPrimitive.scratchpadCount),
        max(source.scratchpadCount, exchange.scratchpadCount))
  }

  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) throws(Problem) {
    let context = try memory.oneDNN()
    let scratchpad = memory.scratch + inputCount
    var features = inputs[0]
    if source.unpack.isNeeded {
      try source.unpack.run(features, to: memory.scratch, context: context, scratchpad: scratchpad)
      features = memory.scratch
    }
    try forwardPrimitive.run(
      on: context,
      [
        (.source, UnsafeMutableRawPointer(features)), (.weights, UnsafeMutableRawPointer(weights.pointer)),
        (.bias, UnsafeMutableRawPointer(bias.pointer)), (.destination, UnsafeMutableRawPointer(output)),
      ], scratchpad: UnsafeMutableRawPointer(scratchpad))
  }

  func backward(
    input: Int, outputGradient: FloatPointer, inputValues: [FloatPointer], output: FloatPointer,
    inputGradient: FloatPointer, memory: KernelMemory
  ) throws(Problem) {
    let context = try memory.oneDNN()
    let scratchpad = memory.scratch + inputCount
    let features = source.pack.isNeeded ? memory.scratch : inputGradient
    try backwardPrimitive.run(
      on: context,
      [
        (.source, UnsafeMutableRawPointer(features)), (.weights, UnsafeMutableRawPointer(weights.pointer)),
        (.destination, UnsafeMutableRawPointer(outputGradient)),
      ], scratchpad: UnsafeMutableRawPointer(scratchpad))
    if source.pack.isNeeded {
      try source.pack.run(features, to: inputGradient, context: context, scratchpad: scratchpad)
    }
  }
}
