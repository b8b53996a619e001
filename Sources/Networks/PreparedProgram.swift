import Support
import Tensors

/// A prepared network of any engine: a program and its kernels.
struct PreparedProgram: PreparedNetwork {
  let network: Network
  let layers: [ResolvedLayer]
  let program: Program
  let kernels: [any StepKernel]
  /// For each explained layer, see `LayerEvidence.channelOffsets`.
  let channelOffsets: [[Float]?]
  let factory: any KernelFactory

  init(_ network: Network, layers: [ResolvedLayer], factory: any KernelFactory) throws(Problem) {
    self.network = network
    self.layers = layers
    self.factory = factory
    program = Program(network, layers: layers)
    kernels = try factory.kernels(for: program, network: network)
    var offsets: [[Float]?] = []
    for value in program.explained {
      if let folded = value.folded {
        offsets.append(try ChannelAffine(folded, weights: network.weights).shift.map { Float($0) })
      } else {
        offsets.append(nil)
      }
    }
    channelOffsets = offsets
  }

  func makeSession(
    batch: Int, for purpose: SessionPurpose, beside other: (any NetworkSession)?
  ) throws(Problem) -> any NetworkSession {
    try ProgramSession(
      self, batch: batch, keeps: purpose == .inputGradients ? .forImage : .forLayers,
      beside: other as? ProgramSession)
  }
}
