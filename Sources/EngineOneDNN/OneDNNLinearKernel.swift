import CLinear
import Graphs
import Support
import Tensors
import Weights

/// A fully connected layer. Its weights stay row-major, so that both directions and all images of a batch share them.
/// By loops of our own: see CLinear.h.
struct OneDNNLinearKernel: OneDNNKernel {
  /// Features that need another layout are rearranged for so many images at a time: as many as share a reading in CLinear.
  private static let imagesAtOnce = 8

  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  private let weights: AlignedBuffer
  private let bias: AlignedBuffer
  private let source: OneDNNExchange
  private let linear: Linear
  private let hasReLU: Bool
  private let inputCount: Int

  var weightCount: Int { weights.count }

  init(
    _ step: Program.Step, _ linear: Linear, _ input: OneDNNLayout, _ inputShape: Shape,
    _ context: OneDNNContext
  ) throws(Problem) {
    self.linear = linear
    hasReLU = step.hasReLU
    layout = try OneDNNLayout([1, linear.outputFeatures])
    exchange = try OneDNNExchange(layout, step.shape, context)
    source = try OneDNNExchange(input, inputShape, context)
    inputCount = linear.inputFeatures.paddedToCacheLine
    weights = try AlignedBuffer(count: linear.inputFeatures * linear.outputFeatures)
    bias = try AlignedBuffer(count: linear.outputFeatures)
    scratchCount =
      inputCount * OneDNNLinearKernel.imagesAtOnce + max(source.scratchpadCount, exchange.scratchpadCount)
  }

  /// Called once, before anything is computed.
  func load(_ tensors: any NamedTensors) throws(Problem) {
    try tensors.copyFinite(linear.weights.name, to: weights)
    if let handle = linear.bias { try tensors.copyFinite(handle.name, to: bias) }
  }

  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) throws(Problem) {
    try unsafe forward(batch: [inputs], outputs: [output], memory: [memory])
  }

  func forward(
    batch inputs: [[FloatPointer]], outputs: [FloatPointer], memory: [KernelMemory]
  ) throws(Problem) {
    for some in unsafe inputs.indices.chunks(of: OneDNNLinearKernel.imagesAtOnce) {
      var features: [UnsafePointer<Float>?] = unsafe []
      for (place, image) in some.enumerated() {
        var pointer = unsafe inputs[image][0]
        if source.unpack.isNeeded {
          let rearranged = unsafe memory[image].scratch + place * inputCount
          try unsafe source.unpack.run(
            pointer, to: rearranged, context: memory[image].oneDNN(), scratchpad: scratchpad(memory[image]))
          unsafe pointer = unsafe rearranged
        }
        unsafe features.append(UnsafePointer(pointer))
      }
      unsafe clinear_forward(
        weights.pointer, bias.pointer, linear.inputFeatures, linear.outputFeatures, features,
        outputs[some].map { unsafe $0 },
        some.count, hasReLU)
    }
  }

  func backward(
    input: Int, outputGradient: FloatPointer, inputGradient: FloatPointer, memory: KernelMemory
  ) throws(Problem) {
    try unsafe backward(
      batchOf: input, outputGradients: [outputGradient], inputGradients: [inputGradient], memory: [memory])
  }

  func backward(
    batchOf input: Int, outputGradients: [FloatPointer], inputGradients: [FloatPointer], memory: [KernelMemory]
  ) throws(Problem) {
    for some in unsafe outputGradients.indices.chunks(of: OneDNNLinearKernel.imagesAtOnce) {
      let features: [FloatPointer?] = unsafe some.enumerated().map { place, image in
        unsafe source.pack.isNeeded ? memory[image].scratch + place * inputCount : inputGradients[image]
      }
      unsafe clinear_backward(
        weights.pointer, linear.inputFeatures, linear.outputFeatures,
        outputGradients[some].map { unsafe UnsafePointer($0) }, unsafe features, some.count)
      guard source.pack.isNeeded else { continue }
      for unsafe(pointer, image) in unsafe zip(features, some) {
        guard let pointer = unsafe pointer else { continue }
        try unsafe source.pack.run(
          pointer, to: inputGradients[image], context: memory[image].oneDNN(), scratchpad: scratchpad(memory[image]))
      }
    }
  }

  private func scratchpad(_ memory: KernelMemory) -> FloatPointer {
    unsafe memory.scratch + inputCount * OneDNNLinearKernel.imagesAtOnce
  }
}

extension Range<Int> {
  fileprivate func chunks(of size: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
  }
}
