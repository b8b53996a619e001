import Graphs
import Support
import Tensors

/// The gradient of a convolution that oneDNN computes forwards, as no ReLU stands before it or its results are few channels.
struct ZeroSkippingGradient: ConvolutionGradient {
  private let loops: ZeroSkippingConvolution

  /// Nil for another convolution, or for values in an order that the loops do not take.
  /// - Parameters:
  ///   - input: the layout of the convolution's input, and so of the gradient that is made.
  ///   - output: the layout of its output.
  init?(
    _ convolution: ConvolutionGeometry, from inputShape: Shape, to outputShape: Shape, input: OneDNNLayout,
    output: OneDNNLayout
  ) throws(Problem) {
    guard
      let loops = try ZeroSkippingConvolution(
        convolution, from: inputShape, to: outputShape, source: output, isGradient: true),
      loops.destination.equals(input)
    else { return nil }
    self.loops = loops
  }

  var scratchCount: Int { loops.scratchCount }

  func fill(_ values: [Float], _ context: OneDNNContext) { loops.fill(values, turned: true) }

  var adds: Bool { true }

  func run(outputGradient: LentFloats, addend: LentFloats?, inputGradient: LentFloats, memory: KernelMemory) {
    var sources = LentParts(lentBy: memory)
    var results = LentParts(lentBy: memory)
    sources.append(outputGradient)
    results.append(inputGradient)
    guard let addend else {
      loops.run(sources, addends: nil, to: results, rectified: false, scratch: memory.scratch)
      return
    }
    var addends = LentParts(lentBy: memory)
    addends.append(addend)
    loops.run(sources, addends: addends, to: results, rectified: false, scratch: memory.scratch)
  }
}
