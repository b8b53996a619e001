import Graphs
import Support
import Tensors

/// A convolution by Winograd's algorithm with folded batch normalisation, bias, and where the program says so a sum and a ReLU
/// after it. All images of a batch go through together, as they share a reading of the filters.
struct WinogradConvolutionKernel: OneDNNKernel {
  let layout: OneDNNLayout
  let exchange: OneDNNExchange
  let scratchCount: Int
  var weightCount: Int { forwards.filterCount }
  private let forwards: WinogradConvolution
  private let backwards: WinogradConvolution
  /// From the layout of what is added to the value's, and its gradient back.
  private let addend: (enter: OneDNNReorder, leave: OneDNNReorder)?
  private let hasReLU: Bool

  /// Nil where this is a convolution for `OneDNNConvolutionKernel`.
  /// - Parameter inputs: the layouts of the step's inputs.
  init?(
    _ step: Program.Step, _ fused: FusedConvolution, _ inputs: [OneDNNLayout], _ inputShape: Shape,
    _ context: OneDNNContext
  ) throws(Problem) {
    let geometry = fused.geometry
    guard let turned = geometry.turned,
      let forwards = try WinogradConvolution(geometry, from: inputShape, to: step.shape, source: inputs[0]),
      let backwards = try WinogradConvolution(
        turned, from: step.shape, to: inputShape, source: forwards.destination),
      backwards.destination.equals(inputs[0])
    else { return nil }
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
      forwards.run(sources, to: outputs, rectified: hasReLU, scratch: scratch)
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
      backwards.run(batch.outputGradients, addends: addends, to: batch.inputGradients, scratch: scratch)
    } else {
      backwards.run(batch.outputGradients, to: batch.inputGradients, scratch: scratch)
    }
  }

  func handsOn(input: Int) -> Bool { input == 1 && addend?.leave.isNeeded == false }

  func addsGradients(of input: Int) -> Bool { input == 0 }
}
