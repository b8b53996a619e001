import COneDNN
import Diagnostics
import Tensors

/// A convolution with folded batch normalisation, bias, and where the program says so a sum and a ReLU after it.
struct OneDNNConvolutionKernel: OneDNNKernel {
  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  var weightCount: Int { weights.count }
  private let forwardPrimitive: OneDNNPrimitive
  private let weights: AlignedBuffer
  private let bias: AlignedBuffer
  private let backwardPrimitive: OneDNNPrimitive
  private let backwardWeights: AlignedBuffer
  private let sourceReorder: OneDNNReorder
  private let addend: Addend?
  private let hasReLU: Bool
  /// From the value's layout to that of the backward primitive, and from there to the input's.
  private let outputGradientReorder: OneDNNReorder
  private let inputGradientReorder: OneDNNReorder
  /// Floats of scratch for a reordered source, addend, output gradient or input gradient; 0 where none is needed.
  private let sourceCount: Int
  private let addendCount: Int
  private let outputGradientCount: Int
  private let inputGradientCount: Int

  /// How the sum after the convolution is made.
  private struct Addend: Sendable {
    /// Into the value's layout, and its gradient back.
    let enter: OneDNNReorder
    let leave: OneDNNReorder
    /// By oneDNN within the convolution; otherwise by a loop of ours, where oneDNN has no fast convolution with a sum.
    let isFused: Bool
  }

  init(
    _ step: Program.Step, _ convolution: Convolution, _ folded: FoldedConvolution, _ inputs: [OneDNNLayout],
    _ inputShape: Shape, addsInput: Bool, _ context: OneDNNContext
  ) throws(Problem) {
    var description = cdnn_convolution(convolution, from: inputShape, to: step.shape)
    hasReLU = step.hasReLU
    func forward(addend: OneDNNLayout?, relu: Bool) throws(Problem) -> OneDNNPrimitive {
      try OneDNNPrimitive("convolve \(step.name)") {
        cdnn_convolution_forward($0, context.handle, &description, nil, nil, addend?.handle, relu)
      }
    }
    var primitive = try forward(addend: nil, relu: addsInput ? false : step.hasReLU)
    layout = try primitive.layout(.destination)
    if addsInput {
      var isFused = false
      if let fused = try? forward(addend: layout, relu: step.hasReLU),
        fused.implementation == primitive.implementation, let fusedLayout = try? fused.layout(.destination),
        fusedLayout.equals(layout)
      {
        primitive = fused
        isFused = true
      }
      addend = Addend(
        enter: try OneDNNReorder(from: inputs[1], to: layout, context: context),
        leave: try OneDNNReorder(from: layout, to: inputs[1], context: context), isFused: isFused)
    } else {
      addend = nil
    }
    forwardPrimitive = primitive
    exchange = try OneDNNExchange(layout, step.shape, context)
    backwardPrimitive = try OneDNNPrimitive("propagate through \(step.name)") {
      cdnn_convolution_backward($0, context.handle, &description, nil, nil)
    }
    let source = try primitive.layout(.source)
    let outputGradient = try backwardPrimitive.layout(.destination)
    let inputGradient = try backwardPrimitive.layout(.source)
    sourceReorder = try OneDNNReorder(from: inputs[0], to: source, context: context)
    outputGradientReorder = try OneDNNReorder(from: layout, to: outputGradient, context: context)
    inputGradientReorder = try OneDNNReorder(from: inputGradient, to: inputs[0], context: context)
    sourceCount = sourceReorder.isNeeded ? source.count.paddedToCacheLine : 0
    addendCount = addend?.enter.isNeeded ?? false ? layout.count.paddedToCacheLine : 0
    outputGradientCount = outputGradientReorder.isNeeded ? outputGradient.count.paddedToCacheLine : 0
    inputGradientCount = inputGradientReorder.isNeeded ? inputGradient.count.paddedToCacheLine : 0

    weights = try OneDNNConvolutionKernel.arrange(folded.weights, convolution, for: primitive, context)
    backwardWeights = try OneDNNConvolutionKernel.arrange(
      folded.weights, convolution, for: backwardPrimitive, context)
    bias = try AlignedBuffer(copying: folded.bias)
    let reorderScratch =
      [sourceReorder, outputGradientReorder, inputGradientReorder, addend?.enter, addend?.leave].compactMap { $0 }
      .map(\.scratchpadCount).max() ?? 0
    scratchCount =
      max(
        sourceCount + addendCount + primitive.scratchpadCount,
        outputGradientCount + inputGradientCount + backwardPrimitive.scratchpadCount)
      + max(reorderScratch, exchange.scratchpadCount)
  }

  /// Weights in the layout that a primitive wants.
  private static func arrange(
    _ values: [Float], _ convolution: Convolution, for primitive: OneDNNPrimitive, _ context: OneDNNContext
  ) throws(Problem) -> AlignedBuffer {
    let window = convolution.window
    let kernel = [window.kernelHeight, window.kernelWidth]
    let perGroup = [convolution.outputChannels / convolution.groups, convolution.inputChannels / convolution.groups]
    let extents = (convolution.groups > 1 ? [convolution.groups] : []) + perGroup + kernel
    let wanted = try primitive.layout(.weights)
    let reorder = try OneDNNReorder(from: OneDNNLayout(extents), to: wanted, context: context)
    let plain = try AlignedBuffer(copying: values)
    let arranged = try AlignedBuffer(count: wanted.count)
    let scratch = try AlignedBuffer(count: reorder.scratchpadCount)
    try reorder.run(plain.pointer, to: arranged.pointer, context: context, scratchpad: scratch.pointer)
    return arranged
  }

  func forward(inputs: [FloatPointer], output: FloatPointer, memory: KernelMemory) throws(Problem) {
    let context = try memory.oneDNN()
    let sourceScratch = memory.scratch
    let addendScratch = sourceScratch + sourceCount
    let scratchpad = addendScratch + addendCount
    var source = inputs[0]
    if sourceReorder.isNeeded {
      try sourceReorder.run(source, to: sourceScratch, context: context, scratchpad: scratchpad)
      source = sourceScratch
    }
    var arguments: [(OneDNNArgument, UnsafeMutableRawPointer)] = [
      (.source, UnsafeMutableRawPointer(source)), (.weights, UnsafeMutableRawPointer(weights.pointer)),
      (.bias, UnsafeMutableRawPointer(bias.pointer)), (.destination, UnsafeMutableRawPointer(output)),
    ]
    var summand: FloatPointer?
    if let addend {
      summand = inputs[1]
      if addend.enter.isNeeded {
        try addend.enter.run(inputs[1], to: addendScratch, context: context, scratchpad: scratchpad)
        summand = addendScratch
      }
      if addend.isFused, let summand { arguments.append((.addend, UnsafeMutableRawPointer(summand))) }
    }
    try forwardPrimitive.run(on: context, arguments, scratchpad: UnsafeMutableRawPointer(scratchpad))
    if let addend, !addend.isFused, let summand {
      Elementwise.add(output, summand, to: output, count: layout.count, rectified: hasReLU)
    }
  }

  func backward(
    input: Int, outputGradient: FloatPointer, inputGradient: FloatPointer, memory: KernelMemory
  ) throws(Problem) {
    let context = try memory.oneDNN()
    if input == 1 {
      // A sum hands its gradient on unchanged, in the addend's own layout.
      try addend?.leave.run(outputGradient, to: inputGradient, context: context, scratchpad: memory.scratch)
      return
    }
    let outputScratch = memory.scratch
    let inputScratch = outputScratch + outputGradientCount
    let scratchpad = inputScratch + inputGradientCount
    var destination = outputGradient
    if outputGradientReorder.isNeeded {
      try outputGradientReorder.run(outputGradient, to: outputScratch, context: context, scratchpad: scratchpad)
      destination = outputScratch
    }
    let source = inputGradientReorder.isNeeded ? inputScratch : inputGradient
    try backwardPrimitive.run(
      on: context,
      [
        (.source, UnsafeMutableRawPointer(source)), (.weights, UnsafeMutableRawPointer(backwardWeights.pointer)),
        (.destination, UnsafeMutableRawPointer(destination)),
      ], scratchpad: UnsafeMutableRawPointer(scratchpad))
    if inputGradientReorder.isNeeded {
      try inputGradientReorder.run(inputScratch, to: inputGradient, context: context, scratchpad: scratchpad)
    }
  }
}

extension Int {
  /// Rounded up to whole cache lines of 16 floats.
  var paddedToCacheLine: Int { (self + 15) / 16 * 16 }
}

extension cdnn_convolution {
  init(_ convolution: Convolution, from input: Shape, to output: Shape) {
    let window = convolution.window
    self.init(
      source: cdnn_map(input), destination: cdnn_map(output), kernel_height: Int64(window.kernelHeight),
      kernel_width: Int64(window.kernelWidth), stride: Int64(window.stride),
      padding_height: Int64(window.paddingHeight), padding_width: Int64(window.paddingWidth),
      groups: Int64(convolution.groups))
  }
}

extension cdnn_map {
  init(_ shape: Shape) {
    self.init(channels: Int64(shape[0]), height: Int64(shape[1]), width: Int64(shape[2]))
  }
}
