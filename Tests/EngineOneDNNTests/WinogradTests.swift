import CWinograd
import EngineConformance
import EngineOpenBLAS
import Graphs
import Images
import Support
import Tensors
import Testing

@testable import EngineOneDNN

/// A network whose work is nearly all in 3 x 3 convolutions, as VGG16's is: it goes by Winograd's algorithm, and must do so
/// within the rounding of the other engine's sums.
@Suite struct WinogradTests {
  private static let side = 28

  private func network() throws -> Network {
    var b = GraphBuilder(width: 1, inputSize: Self.side)
    var x = b.relu("first.relu", b.convolution("first", b.image(), channels: 64, kernel: 3, padding: 1, bias: true))
    x = b.relu("second.relu", b.convolution("second", x, channels: 64, kernel: 3, padding: 1, bias: true))
    x = b.relu("again.relu", b.convolution("again", x, channels: 64, kernel: 3, padding: 1, bias: true))
    x = b.pooling("pool", .maximum, x, kernel: 2, stride: 2, padding: 0)
    // Beside a direct convolution, whose layout is another one; then without padding.
    let side = b.relu("side.relu", b.convolution("side", x, channels: 16, kernel: 1, bias: true))
    x = b.relu("third.relu", b.convolution("third", x, channels: 80, kernel: 3, padding: 1, bias: true))
    x = b.concatenation("joined", [side, x], inAll: true)
    x = b.relu("fourth.relu", b.convolution("fourth", x, channels: 64, kernel: 3, bias: true))
    x = b.relu("hidden.relu", b.linear("hidden", x, features: 24))
    _ = b.linear("classifier", x, features: 4)
    return try Network(
      b.graph(name: "three by three", lastLayer: "fourth.relu"),
      normalisation: Normalisation(mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3]),
      weights: randomTensors(b.tensors))
  }

  private func image(_ number: Int) -> Tensor {
    randomImage([3, Self.side, Self.side], "image \(number)")
  }

  private func evidence(_ session: any NetworkSession, of image: Int) throws -> [LayerEvidence] {
    var found: [LayerEvidence] = []
    try session.explainLayers([Score(image: image, logitGradient: SmallNetwork.seed)]) { found.append($1.copy) }
    return found
  }

  /// What a number cannot tell: which convolutions go by Winograd's algorithm.
  @Test func thoseOfEnoughChannelsAreServed() throws {
    func served(_ network: Network) throws -> [String] {
      let program = Program(network.graph, layers: [])
      let kernels = try OneDNNKernels(context: OneDNNContext()).kernels(for: program, weights: network.weights)
      return zip(program.steps, kernels).filter { $0.1 is WinogradConvolutionKernel }.map(\.0.name)
    }
    let hasLoops = cwinograd_has_lanes(8)
    #expect(
      try served(network()) == (hasLoops ? ["second.relu", "again.relu", "third.relu", "fourth.relu"] : []))
    // 3 x 3 filters over few channels.
    #expect(try served(SmallNetwork.network()) == [])
  }

  @Test func agreesWithTheOtherEngineOnEveryLayer() throws {
    let network = try network()
    let layers = try network.resolve(layers: ["all"])
    let session = try OneDNNEngine().prepare(network, layers: layers).makeSession(batch: 2, for: .explanations)
    let other = try OpenBLASEngine().prepare(network, layers: layers).makeSession()
    let logits = try session.logits(of: [image(0), image(1)])
    for number in 0..<2 {
      #expect(relativeDifference(logits[number], try other.logits(of: image(number))) <= 3e-6)
      let found = try evidence(session, of: number)
      let expected = try evidence(other, of: 0)
      #expect(found.map(\.layer) == expected.map(\.layer))
      #expect(found.count == 8)
      for (found, expected) in zip(found, expected) {
        #expect(relativeDifference(found.activations.values, expected.activations.values) <= 3e-6)
        #expect(relativeDifference(found.gradients.values, expected.gradients.values) <= 3e-6)
      }
    }
  }

  @Test func agreesWithTheOtherEngineOnTheImagesGradient() throws {
    let network = try network()
    var gradients: [[Float]] = []
    for engine in [try OneDNNEngine(), try OpenBLASEngine()] as [any Engine] {
      let session = try engine.prepare(network, layers: []).makeSession()
      _ = try session.logits(of: image(0))
      gradients.append(try session.inputGradient(logitGradient: SmallNetwork.seed).values)
    }
    #expect(gradients[0].contains { $0 != 0 })
    #expect(relativeDifference(gradients[0], gradients[1]) <= 3e-6)
  }

  @Test func everyImageGivesTheBitsThatItGivesAlone() throws {
    let network = try network()
    let prepared = try OneDNNEngine().prepare(network, layers: network.resolve(layers: ["first.relu", "last"]))
    let batch = try prepared.makeSession(batch: 5, for: .explanations)
    let single = try prepared.makeSession(batch: 1, for: .explanations)
    let images = (0..<5).map { image($0) }
    let logits = try batch.logits(of: images)
    for number in images.indices {
      let together = try evidence(batch, of: number)
      #expect(try single.logits(of: images[number]) == logits[number])
      let alone = try evidence(single, of: 0)
      #expect(together.map(\.activations) == alone.map(\.activations))
      #expect(together.map(\.gradients) == alone.map(\.gradients))
    }
  }
}
