import Support
import Tensors

/// A prepared network of any engine: a program and its kernels. What an engine's `prepare` gives.
public struct PreparedProgram: PreparedNetwork {
  public let network: Network
  public let layers: [ResolvedLayer]
  let program: Program
  let kernels: [any StepKernel]
  /// For each explained layer, see `LayerEvidence.folding`.
  let foldings: [ChannelFolding?]
  let factory: any KernelFactory
  /// By step: of the convolutions whose input needs a sum over each channel of its gradient only, where means are enough.
  let sums: [Int: GradientSums]

  /// - Parameter factory: makes the engine's kernels.
  /// - Throws: `Problem` of the factory: weights that are not finite, what a library says.
  public init(_ network: Network, layers: [ResolvedLayer], factory: any KernelFactory) throws(Problem) {
    self.network = network
    self.layers = layers
    self.factory = factory
    program = Program(network.graph, layers: layers)
    kernels = try factory.kernels(for: program, weights: network.weights)
    var foldings: [ChannelFolding?] = []
    for value in program.explained {
      if let folded = value.folded {
        let affine = try ChannelAffine(folded, weights: network.weights)
        foldings.append(ChannelFolding(scales: affine.scale, shifts: affine.shift))
      } else {
        foldings.append(nil)
      }
    }
    self.foldings = foldings
    let extents = program.gradientExtents(meansAreEnough: true)
    var sums: [Int: GradientSums] = [:]
    for (index, step) in program.steps.enumerated() {
      guard case .convolution(let fused) = step.kind, let source = step.inputs.first, extents[source] == .sums
      else { continue }
      let folded = try FoldedConvolution(fused, weights: network.weights)
      sums[index] = GradientSums(
        fused.geometry, weights: folded.weights, from: program.steps[source].shape, to: step.shape)
    }
    self.sums = sums
  }

  public func makeSession(
    batch: Int, for purpose: SessionPurpose, gradients: LayerGradients, beside other: (any NetworkSession)?
  ) throws(Problem) -> any NetworkSession {
    try ProgramSession(
      self, batch: batch, keeps: purpose == .inputGradients ? .forImage : .forLayers, gradients: gradients,
      beside: other as? ProgramSession)
  }
}
