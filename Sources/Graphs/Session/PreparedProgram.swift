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
  }

  public func makeSession(
    batch: Int, for purpose: SessionPurpose, beside other: (any NetworkSession)?
  ) throws(Problem) -> any NetworkSession {
    try ProgramSession(
      self, batch: batch, keeps: purpose == .inputGradients ? .forImage : .forLayers,
      beside: other as? ProgramSession)
  }
}
