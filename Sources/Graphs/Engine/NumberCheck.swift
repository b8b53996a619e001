import Support
import Tensors

/// Looks for NaN and infinity inside a network.
///
/// Engines may hide them: the maximum with 0 of NaN is 0, and oneDNN takes it within the convolution. Here every
/// operation stands for itself and each value is looked at before the next one is made of it. That takes the time of a
/// forward pass of an engine that fuses nothing and the memory of all activations of one image.
public final class NumberCheck {
  private let network: Network
  private let session: ProgramSession

  /// - Parameter factory: of an engine that lets NaN pass, such as OpenBLAS.
  /// - Throws: `Problem` that names the tensor, for weights that are not finite, and whatever the engine says.
  public init(_ network: Network, factory: any KernelFactory) throws(Problem) {
    self.network = network
    let prepared = try PreparedProgram(network, layers: network.graph.everyValue, factory: factory)
    session = try ProgramSession(prepared, batch: 1, keeps: .everything)
  }

  /// - Parameter image: (channels, height, width) in [0, 1], before normalisation.
  /// - Throws: `Problem` of the kind `numbers` that names the first layer whose output is not finite.
  public func check(_ image: Tensor) throws(Problem) {
    guard let place = try session.firstNonFiniteValue(image) else { return }
    throw .numbers(
      "NaN or infinity first appears in the output of `\(place)` of \(network.architecture)",
      remedy: "Check the weights file and the normalisation (`input.mean`, `input.std`): a network that was trained to "
        + "the end, given images as it was trained on, gives finite numbers everywhere.")
  }
}
