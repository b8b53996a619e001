import Support
import Tensors

/// Looks for NaN and infinity inside a network.
///
/// Engines may hide them: the maximum with 0 of NaN is 0, and oneDNN takes it within the convolution. Here every
/// operation stands for itself, with OpenBLAS, and each value is looked at before the next one is made of it. That takes
/// the time of a forward pass of the slower engine and the memory of all activations of one image.
public final class NumberCheck {
  private let network: Network
  private let session: ProgramSession

  /// - Throws: `Problem` that names the tensor, for weights that are not finite.
  public init(_ network: Network) throws(Problem) {
    self.network = network
    // A value that is asked for is never fused with what follows.
    let layers = network.nodes.indices.map { node in
      ResolvedLayer(
        name: network.nodes[node].names.first ?? "value \(node)", shape: network.nodes[node].shape, node: node)
    }
    let prepared = try PreparedProgram(
      network, layers: layers, factory: OpenBLASKernels(library: try .load()))
    session = try ProgramSession(prepared, batch: 1, keeps: .everything)
  }

  /// - Parameter image: (3, S, S) in [0, 1], before normalisation.
  /// - Throws: `Problem` that names the first layer whose output is not finite.
  public func check(_ image: Tensor) throws(Problem) {
    guard let place = try session.firstNonFiniteValue(image) else { return }
    throw .failure(
      "NaN or infinity first appears in the output of `\(place)` of \(network.architecture)",
      remedy: "Check the weights file and the normalisation (`input.mean`, `input.std`): a network that was trained to "
        + "the end, given images as it was trained on, gives finite numbers everywhere.")
  }
}
