import CConvolutions
import EngineConformance
import Graphs
import Images
import Testing

@testable import EngineOneDNN

/// A network whose work is nearly all in 3 x 3 convolutions, as VGG16's is: it goes by Winograd's algorithm, and must do so
/// within the rounding of the other engine's sums.
@Suite struct WinogradTests {
  private static let side = 28

  private func network() throws -> LoopNetwork {
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
    let network = try Network(
      b.graph(name: "three by three", lastLayer: "fourth.relu"),
      normalisation: Normalisation(mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3]),
      weights: randomTensors(b.tensors))
    return LoopNetwork(network: network, side: Self.side)
  }

  /// What a number cannot tell: which convolutions go by Winograd's algorithm.
  @Test func thoseOfEnoughChannelsAreServed() throws {
    let hasLoops = cconvolutions_has_lanes(8)
    #expect(
      try network().steps(by: WinogradConvolution.self)
        == (hasLoops ? ["second.relu", "again.relu", "third.relu", "fourth.relu"] : []))
    // 3 x 3 filters over few channels.
    let small = LoopNetwork(network: try SmallNetwork.network(), side: SmallNetwork.inputSize)
    #expect(try small.steps(by: WinogradConvolution.self) == [])
  }

  @Test func agreesWithTheOtherEngineOnEveryLayer() throws {
    try network().agreesWithTheOtherEngineOnEveryLayer(layers: 8)
  }

  @Test func agreesWithTheOtherEngineOnTheImagesGradient() throws {
    try network().agreesWithTheOtherEngineOnTheImagesGradient()
  }

  @Test func everyImageGivesTheBitsThatItGivesAlone() throws {
    try network().everyImageGivesTheBitsThatItGivesAlone(layers: ["first.relu", "last"])
  }
}
