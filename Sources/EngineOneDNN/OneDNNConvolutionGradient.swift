import COneDNN
import Graphs
import Support
import Tensors

/// The gradient of a convolution with respect to its input.
protocol ConvolutionGradient: Sendable {
  var scratchCount: Int { get }
  /// - Parameter values: the convolution's weights, row-major: (output, input / groups, kernel height, kernel width).
  func fill(_ values: [Float], _ context: OneDNNContext) throws(Problem)
  /// Whether `run` takes an addend.
  var adds: Bool { get }
  /// - Parameter addend: added to the result, in its layout, which it does not overlap.
  func run(
    outputGradient: LentFloats, addend: LentFloats?, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem)
}

/// That of most convolutions.
///
/// At stride 1 it is itself a convolution, of the output's gradient with the filters turned by half a turn and inputs
/// and outputs exchanged. oneDNN's forward convolutions are faster than its backward ones and take the layouts that the
/// values have, so nothing is rearranged on the way. Other strides go through oneDNN's backward convolution.
struct OneDNNConvolutionGradient: ConvolutionGradient {
  let scratchCount: Int
  private let primitive: OneDNNPrimitive
  /// The same with a sum behind it, where one is as fast.
  private let adding: OneDNNPrimitive?
  private let weights: ArrangedWeights
  /// The convolution whose forward pass this is, where it is one.
  private let turned: ConvolutionGeometry?
  private let convolution: ConvolutionGeometry
  /// Zeros, where there is `turned`.
  private let bias: AlignedBuffer?
  private let enter: OneDNNReorder
  private let leave: OneDNNReorder
  /// Floats of scratch for a rearranged output or input gradient; 0 where none is needed.
  private let outputCount: Int
  private let inputCount: Int

  /// - Parameters:
  ///   - input: the layout of the convolution's input, and so of the gradient that is made.
  ///   - output: the layout of its output.
  ///   - addsOthers: whether other gradients will have to be added to those that are made.
  init(
    _ name: String, _ convolution: ConvolutionGeometry, from inputShape: Shape, to outputShape: Shape,
    input: OneDNNLayout, output: OneDNNLayout, addsOthers: Bool, _ context: OneDNNContext
  ) throws(Problem) {
    self.convolution = convolution
    turned = convolution.turned
    let entering: OneDNNLayout
    let leaving: OneDNNLayout
    if let turned {
      primitive = try OneDNNPrimitive.convolution(
        "propagate through \(name)", cdnn_convolution(turned, from: outputShape, to: inputShape), context)
      entering = try primitive.layout(.source)
      leaving = try primitive.layout(.destination)
      bias = try AlignedBuffer(count: turned.outputChannels)
    } else {
      var description = cdnn_convolution(convolution, from: inputShape, to: outputShape)
      primitive = try unsafe OneDNNPrimitive("propagate through \(name)") {
        unsafe cdnn_convolution_backward($0, context.handle, &description, nil, nil)
      }
      entering = try primitive.layout(.destination)
      leaving = try primitive.layout(.source)
      bias = nil
    }
    weights = try ArrangedWeights(turned ?? convolution, for: primitive)
    enter = try OneDNNReorder(from: output, to: entering, context: context)
    leave = try OneDNNReorder(from: leaving, to: input, context: context)
    outputCount = enter.isNeeded ? entering.count.paddedToCacheLine : 0
    inputCount = leave.isNeeded ? leaving.count.paddedToCacheLine : 0
    if addsOthers, !leave.isNeeded, let turned {
      let convolution = cdnn_convolution(turned, from: outputShape, to: inputShape)
      adding = primitive.adding(input, to: convolution, context)
    } else {
      adding = nil
    }
    scratchCount =
      outputCount + inputCount
      + max(primitive.scratchpadCount, adding?.scratchpadCount ?? 0, enter.scratchpadCount, leave.scratchpadCount)
  }

  func fill(_ values: [Float], _ context: OneDNNContext) throws(Problem) {
    try weights.fill(turned == nil ? values : convolution.turn(values), context)
  }

  var adds: Bool { adding != nil }

  func run(
    outputGradient: LentFloats, addend: LentFloats?, inputGradient: LentFloats, memory: KernelMemory
  ) throws(Problem) {
    let context = try memory.oneDNN()
    let outputScratch = memory.scratch
    let inputScratch = outputScratch.part(from: outputCount)
    let scratchpad = inputScratch.part(from: inputCount)
    var entering = outputGradient
    if enter.isNeeded {
      try enter.run(outputGradient, to: outputScratch, context: context, scratchpad: scratchpad)
      entering = outputScratch
    }
    let leaving = leave.isNeeded ? inputScratch : inputGradient
    if let bias {
      try (addend == nil ? primitive : adding ?? primitive).run(
        on: context, source: entering, weights: weights.floats, bias: bias.floats, addend: addend, destination: leaving,
        scratchpad: scratchpad)
    } else {
      try primitive.run(
        on: context, source: leaving, weights: weights.floats, destination: entering, scratchpad: scratchpad)
    }
    if leave.isNeeded {
      try leave.run(inputScratch, to: inputGradient, context: context, scratchpad: scratchpad)
    }
  }
}

extension ConvolutionGeometry {
  /// The convolution that propagates this one's gradient; nil where its stride is not 1 or its
  /// padding is as wide as its filters.
  var turned: ConvolutionGeometry? {
    guard let vertical = window.vertical.turned, let horizontal = window.horizontal.turned else { return nil }
    var turned = self
    turned.inputChannels = outputChannels
    turned.outputChannels = inputChannels
    turned.window = Window(vertical: vertical, horizontal: horizontal)
    return turned
  }

  /// Weights of `turned` from this convolution's own.
  fileprivate func turn(_ weights: [Float]) -> [Float] {
    let area = window.kernelHeight * window.kernelWidth
    let inputs = inputChannels / groups
    let outputs = outputChannels / groups
    // Checks would take half as long again: most filters are of one or nine elements.
    return unsafe [Float](unsafeUninitializedCapacity: weights.count) { buffer, count in
      unsafe weights.withUnsafeBufferPointer { weights in
        for group in 0..<groups {
          let start = group &* outputs &* inputs
          for input in 0..<inputs {
            for output in 0..<outputs {
              let source = (start &+ output &* inputs &+ input) &* area
              let target = (start &+ input &* outputs &+ output) &* area
              for element in 0..<area {
                unsafe buffer[target &+ element] = unsafe weights[source &+ area &- 1 &- element]
              }
            }
          }
        }
      }
      count = weights.count
    }
  }
}

extension Window.Axis {
  /// Of the convolution that goes backwards; nil where none does.
  fileprivate var turned: Window.Axis? {
    guard stride == 1, max(paddingBefore, paddingAfter) < reach else { return nil }
    return Window.Axis(
      kernel: kernel, dilation: dilation, paddingBefore: reach - 1 - paddingBefore,
      paddingAfter: reach - 1 - paddingAfter)
  }
}
