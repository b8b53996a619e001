import COneDNN
import Graphs
import Support
import Tensors

/// A convolution with folded batch normalisation, bias, and where the program says so a sum and a ReLU after it.
struct OneDNNConvolutionKernel: OneDNNKernel {
  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  var weightCount: Int { weights.count }
  private let forwardPrimitive: OneDNNPrimitive
  private let weights: ArrangedWeights
  private let bias: AlignedBuffer
  private let gradient: any ConvolutionGradient
  private let sourceReorder: OneDNNReorder
  private let addend: Addend?
  private let hasReLU: Bool
  /// Floats of scratch for a reordered source or addend; 0 where none is needed.
  private let sourceCount: Int
  private let addendCount: Int

  /// How the sum after the convolution is made.
  private struct Addend: Sendable {
    /// Into the value's layout, and its gradient back.
    let enter: OneDNNReorder
    let leave: OneDNNReorder
    /// By oneDNN within the convolution; otherwise by a loop of ours, where oneDNN has no fast convolution with a sum.
    let isFused: Bool
  }

  /// - Parameters:
  ///   - inputs: the layouts of the step's inputs.
  ///   - sharesInput: whether the convolved value is another step's input too, so that gradients with respect to it are added.
  init(
    _ step: Program.Step, _ fused: FusedConvolution, _ inputs: [OneDNNLayout], _ inputShape: Shape,
    sharesInput: Bool, _ context: OneDNNContext
  ) throws(Problem) {
    let convolution = fused.geometry
    let addsInput = fused.addsInput
    let description = cdnn_convolution(convolution, from: inputShape, to: step.shape)
    hasReLU = step.hasReLU
    let action = "convolve \(step.name)"
    let fusesReLU = addsInput ? false : step.hasReLU
    var primitive = try OneDNNPrimitive.convolution(action, description, relu: fusesReLU, context)
    layout = try primitive.layout(.destination)
    if addsInput {
      let fused = primitive.adding(layout, to: description, relu: step.hasReLU, context)
      primitive = fused ?? primitive
      addend = Addend(
        enter: try OneDNNReorder(from: inputs[1], to: layout, context: context),
        leave: try OneDNNReorder(from: layout, to: inputs[1], context: context), isFused: fused != nil)
    } else {
      addend = nil
    }
    forwardPrimitive = primitive
    exchange = try OneDNNExchange(layout, step.shape, context)
    let source = try primitive.layout(.source)
    sourceReorder = try OneDNNReorder(from: inputs[0], to: source, context: context)
    sourceCount = sourceReorder.isNeeded ? source.count.paddedToCacheLine : 0
    addendCount = addend?.enter.isNeeded ?? false ? layout.count.paddedToCacheLine : 0
    weights = try ArrangedWeights(convolution, for: primitive)
    bias = try AlignedBuffer(count: convolution.outputChannels)
    // Those of 1 x 1 filters are as fast where nothing is 0.
    if step.endsWithReLU || convolution.window.isPointwise,
      let gradient = try ZeroSkippingGradient(
        convolution, from: inputShape, to: step.shape, input: inputs[0], output: layout)
    {
      self.gradient = gradient
    } else if let subpixel = try OneDNNSubpixelGradient(
      step.name, convolution, from: inputShape, to: step.shape, input: inputs[0], output: layout, context)
    {
      gradient = subpixel
    } else {
      gradient = try OneDNNConvolutionGradient(
        step.name, convolution, from: inputShape, to: step.shape, input: inputs[0], output: layout,
        addsOthers: sharesInput, context)
    }
    let reorderScratch =
      [sourceReorder, addend?.enter, addend?.leave].compactMap { $0 }.map(\.scratchpadCount).max() ?? 0
    scratchCount =
      max(sourceCount + addendCount + max(primitive.scratchpadCount, reorderScratch), gradient.scratchCount)
      + exchange.scratchpadCount
  }

  /// Called once, before anything is computed.
  func load(_ folded: FoldedConvolution, _ context: OneDNNContext) throws(Problem) {
    try weights.fill(folded.weights, context)
    try gradient.fill(folded.weights, context)
    bias.floats.copy(folded.bias.span)
  }

  func forward(_ batch: ForwardBatch) throws(Problem) {
    for image in 0..<batch.count {
      try convolve(batch.inputs(of: image), to: batch.output(of: image), memory: batch.memory(of: image))
    }
  }

  private func convolve(_ inputs: LentParts, to output: LentFloats, memory: KernelMemory) throws(Problem) {
    let context = try memory.oneDNN()
    let sourceScratch = memory.scratch
    let addendScratch = sourceScratch.part(from: sourceCount)
    let scratchpad = addendScratch.part(from: addendCount)
    var source = inputs[0]
    if sourceReorder.isNeeded {
      try sourceReorder.run(source, to: sourceScratch, context: context, scratchpad: scratchpad)
      source = sourceScratch
    }
    var summand: LentFloats? = nil
    if let addend {
      summand = inputs[1]
      if addend.enter.isNeeded {
        try addend.enter.run(inputs[1], to: addendScratch, context: context, scratchpad: scratchpad)
        summand = addendScratch.part(0..<layout.count)
      }
    }
    try forwardPrimitive.run(
      on: context, source: source, weights: weights.floats, bias: bias.floats,
      addend: addend?.isFused ?? false ? summand : nil, destination: output, scratchpad: scratchpad)
    if let addend, !addend.isFused, let summand {
      Elementwise.accumulate(summand, into: output, rectified: hasReLU)
    }
  }

  func backward(input: Int, _ batch: BackwardBatch) throws(Problem) {
    for index in 0..<batch.count {
      let (output, result) = (batch.outputGradients[index], batch.inputGradients[index])
      let memory = batch.memory(of: index)
      if input == 1 {
        // A sum hands its gradient on unchanged, in the addend's own layout.
        try addend?.leave.run(output, to: result, context: memory.oneDNN(), scratchpad: memory.scratch)
      } else if let addends = batch.addends {
        try gradient.run(outputGradient: output, addend: addends[index], inputGradient: result, memory: memory)
      } else {
        try gradient.run(outputGradient: output, addend: nil, inputGradient: result, memory: memory)
      }
    }
  }

  func handsOn(input: Int) -> Bool { input == 1 && addend?.leave.isNeeded == false }

  func addsGradients(of input: Int) -> Bool { input == 0 && gradient.adds }
}

extension OneDNNPrimitive {
  /// A forward convolution in layouts of oneDNN's choice.
  /// - Parameter addend: the layout of what is added before the ReLU.
  static func convolution(
    _ action: String, _ convolution: cdnn_convolution, addend: OneDNNLayout? = nil, relu: Bool = false,
    _ context: OneDNNContext
  ) throws(Problem) -> OneDNNPrimitive {
    var convolution = convolution
    return try unsafe OneDNNPrimitive(action) {
      unsafe cdnn_convolution_forward($0, context.handle, &convolution, nil, nil, addend?.handle, relu)
    }
  }
}

extension OneDNNPrimitive {
  /// This forward convolution with a sum behind it, before the ReLU; nil where oneDNN computes that another way, or in other layouts.
  /// - Parameters:
  ///   - addend: the layout of what is added, which is that of the result.
  ///   - convolution: what this primitive was made of.
  func adding(
    _ addend: OneDNNLayout, to convolution: cdnn_convolution, relu: Bool = false, _ context: OneDNNContext
  ) -> OneDNNPrimitive? {
    guard
      let fused = try? OneDNNPrimitive.convolution(action, convolution, addend: addend, relu: relu, context),
      fused.implementation == implementation, let source = try? layout(.source),
      let fusedSource = try? fused.layout(.source), fusedSource.equals(source),
      let result = try? fused.layout(.destination), result.equals(addend)
    else { return nil }
    return fused
  }
}

extension cdnn_convolution {
  init(_ convolution: ConvolutionGeometry, from input: Shape, to output: Shape) {
    let window = convolution.window
    self.init(
      source: cdnn_map(input), destination: cdnn_map(output), rows: cdnn_axis(window.vertical),
      columns: cdnn_axis(window.horizontal), groups: Int64(convolution.groups))
  }
}

extension cdnn_axis {
  init(_ axis: Window.Axis) {
    self.init(
      kernel: Int64(axis.kernel), stride: Int64(axis.stride), dilation: Int64(axis.dilation),
      padding_before: Int64(axis.paddingBefore), padding_after: Int64(axis.paddingAfter))
  }
}

extension cdnn_map {
  init(_ shape: Shape) {
    self.init(channels: Int64(shape[0]), height: Int64(shape[1]), width: Int64(shape[2]))
  }
}
