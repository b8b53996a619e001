import Graphs
import Support
import Tensors

/// A convolution by loops of our own with folded batch normalisation, bias, and where the program says so a sum and a ReLU after it.
struct LoopConvolutionKernel: OneDNNKernel {
  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  var weightCount: Int { forwards.filters.count }
  let forwards: any LoopConvolution
  private let backwards: any LoopConvolution
  /// From the layout of what is added to the value's, and its gradient back.
  private let addend: (enter: OneDNNReorder, leave: OneDNNReorder)?
  private let hasReLU: Bool

  /// Nil where this is a convolution for `OneDNNConvolutionKernel`.
  /// - Parameters:
  ///   - inputs: the layouts of the step's inputs.
  ///   - isRectified: whether much of the convolved value may be 0.
  init?(
    _ step: Program.Step, _ fused: FusedConvolution, _ inputs: [OneDNNLayout], _ inputShape: Shape, isRectified: Bool,
    _ context: OneDNNContext
  ) throws(Problem) {
    guard
      let (forwards, backwards) = try LoopConvolutionKernel.loops(
        step, fused.geometry, inputs[0], inputShape, isRectified: isRectified)
    else {
      return nil
    }
    self.forwards = forwards
    self.backwards = backwards
    layout = forwards.destination
    hasReLU = step.hasReLU
    exchange = try OneDNNExchange(layout, step.shape, context)
    addend =
      fused.addsInput
      ? (
        enter: try OneDNNReorder(from: inputs[1], to: layout, context: context),
        leave: try OneDNNReorder(from: layout, to: inputs[1], context: context)
      ) : nil
    let reorders = [addend?.enter, addend?.leave].compactMap { $0?.scratchpadCount }.max() ?? 0
    scratchCount = max(forwards.scratchCount, backwards.scratchCount, reorders, exchange.scratchpadCount)
  }

  /// Both ways.
  private static func loops(
    _ step: Program.Step, _ geometry: ConvolutionGeometry, _ input: OneDNNLayout, _ inputShape: Shape,
    isRectified: Bool
  ) throws(Problem) -> (forwards: any LoopConvolution, backwards: any LoopConvolution)? {
    if let turned = geometry.turned,
      let forwards = try WinogradConvolution(geometry, from: inputShape, to: step.shape, source: input),
      let backwards = try WinogradConvolution(turned, from: step.shape, to: inputShape, source: forwards.destination),
      backwards.destination.equals(input)
    {
      return (forwards, backwards)
    }
    if isRectified,
      let forwards = try ZeroSkippingConvolution(
        geometry, from: inputShape, to: step.shape, source: input, isGradient: false),
      let backwards = try ZeroSkippingConvolution(
        geometry, from: inputShape, to: step.shape, source: forwards.destination, isGradient: true),
      backwards.destination.equals(input)
    {
      return (forwards, backwards)
    }
    return nil
  }

  /// Called once, before anything is computed.
  func load(_ folded: FoldedConvolution) {
    forwards.fill(folded.weights, bias: folded.bias, turned: false)
    backwards.fill(folded.weights, turned: true)
  }

  func forward(_ batch: ForwardBatch) throws(Problem) {
    guard batch.count > 0 else { return }
    var sources = LentParts(lentBy: batch)
    var addends = LentParts(lentBy: batch)
    var outputs = LentParts(lentBy: batch)
    for image in 0..<batch.count {
      let inputs = batch.inputs(of: image)
      sources.append(inputs[0])
      outputs.append(batch.output(of: image))
      guard let addend else { continue }
      guard addend.enter.isNeeded else {
        addends.append(inputs[1])
        continue
      }
      // Every float of it is read before the result is written over it.
      let memory = batch.memory(of: image)
      try addend.enter.run(
        inputs[1], to: batch.output(of: image), context: memory.oneDNN(), scratchpad: memory.scratch)
      addends.append(batch.output(of: image))
    }
    let scratch = batch.memory(of: 0).scratch
    if addend == nil {
      forwards.run(sources, addends: nil, to: outputs, rectified: hasReLU, scratch: scratch)
    } else {
      forwards.run(sources, addends: addends, to: outputs, rectified: hasReLU, scratch: scratch)
    }
  }

  func backward(input: Int, _ batch: BackwardBatch) throws(Problem) {
    guard batch.count > 0 else { return }
    guard input == 0 else {
      // A sum hands its gradient on unchanged, in the addend's own layout.
      for index in 0..<batch.count {
        let memory = batch.memory(of: index)
        try addend?.leave.run(
          batch.outputGradients[index], to: batch.inputGradients[index], context: memory.oneDNN(),
          scratchpad: memory.scratch)
      }
      return
    }
    let scratch = batch.memory(of: 0).scratch
    if let addends = batch.addends {
      backwards.run(
        batch.outputGradients, addends: addends, to: batch.inputGradients, rectified: false, scratch: scratch)
    } else {
      backwards.run(batch.outputGradients, addends: nil, to: batch.inputGradients, rectified: false, scratch: scratch)
    }
  }

  func handsOn(input: Int) -> Bool { input == 1 && addend?.leave.isNeeded == false }

  func addsGradients(of input: Int) -> Bool { input == 0 }
}
