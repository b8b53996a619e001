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
  private let fused: FusedLinear
  private var linear: Linear { fused.linear }
  private let hasReLU: Bool
  private let inputCount: Int

  var weightCount: Int { weights.count }

  init(
    _ step: Program.Step, _ fused: FusedLinear, _ input: OneDNNLayout, _ inputShape: Shape,
    _ context: OneDNNContext
  ) throws(Problem) {
    self.fused = fused
    let linear = fused.linear
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
    try fused.load(tensors, weights: weights, bias: bias)
  }

  func forward(_ batch: ForwardBatch) throws(Problem) {
    for some in (0..<batch.count).chunks(of: OneDNNLinearKernel.imagesAtOnce) {
      var features = LentParts(lentBy: batch)
      var outputs = LentParts(lentBy: batch)
      for (place, image) in some.enumerated() {
        let memory = batch.memory(of: image)
        var input = batch.inputs(of: image)[0]
        if source.unpack.isNeeded {
          let rearranged = memory.scratch.part(from: place * inputCount)
          try source.unpack.run(input, to: rearranged, context: memory.oneDNN(), scratchpad: scratchpad(memory))
          input = rearranged
        }
        features.append(input.part(0..<linear.inputFeatures))
        outputs.append(batch.output(of: image).part(0..<linear.outputFeatures))
      }
      unsafe withPointers(weights.floats, bias.floats) { weights, bias in
        unsafe features.withPointers { features in
          unsafe outputs.withPointers { outputs in
            unsafe clinear_forward(
              weights, bias, linear.inputFeatures, linear.outputFeatures, features.map { unsafe UnsafePointer($0) },
              outputs, some.count, hasReLU)
          }
        }
      }
    }
  }

  func backward(input: Int, _ batch: BackwardBatch) throws(Problem) {
    for some in (0..<batch.count).chunks(of: OneDNNLinearKernel.imagesAtOnce) {
      var outputs = LentParts(lentBy: batch)
      var inputs = LentParts(lentBy: batch)
      for (place, index) in some.enumerated() {
        let features =
          source.pack.isNeeded
          ? batch.memory(of: index).scratch.part(from: place * inputCount) : batch.inputGradients[index]
        inputs.append(features.part(0..<linear.inputFeatures))
        outputs.append(batch.outputGradients[index].part(0..<linear.outputFeatures))
      }
      unsafe weights.floats.withPointer { weights in
        unsafe outputs.withPointers { outputs in
          unsafe inputs.withPointers { inputs in
            unsafe clinear_backward(
              weights, linear.inputFeatures, linear.outputFeatures, outputs.map { unsafe UnsafePointer($0) }, inputs,
              some.count)
          }
        }
      }
      guard source.pack.isNeeded else { continue }
      for (place, index) in some.enumerated() {
        let memory = batch.memory(of: index)
        try source.pack.run(
          inputs[place], to: batch.inputGradients[index], context: memory.oneDNN(), scratchpad: scratchpad(memory))
      }
    }
  }

  @_lifetime(copy memory)
  private func scratchpad(_ memory: KernelMemory) -> LentFloats {
    memory.scratch.part(from: inputCount * OneDNNLinearKernel.imagesAtOnce)
  }
}

extension Range<Int> {
  fileprivate func chunks(of size: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
  }
}
