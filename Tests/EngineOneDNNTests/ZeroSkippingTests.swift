import CConvolutions
import EngineConformance
import Graphs
import Images
import Testing

@testable import EngineOneDNN

/// A network of convolutions as residual networks and Inception's have them: of 1 x 1, of long and wide filters, with strides, gaps and
/// sums, behind ReLUs and behind none. Zeros are passed over, and all must stay within the rounding of the other engine's sums.
@Suite struct ZeroSkippingTests {
  private static let side = 22

  private func network() throws -> LoopNetwork {
    var b = GraphBuilder(width: 1, inputSize: Self.side)
    var x = b.relu("stem.relu", b.convolution("stem", b.image(), channels: 64, kernel: 3, padding: 1, bias: true))
    // A block that halves the map, both ways.
    let before = x
    x = b.relu("first.relu", b.convolution("first", x, channels: 72, kernel: 1, bias: true))
    x = b.convolution("second", x, channels: 96, kernel: 3, stride: 2, padding: 1, bias: true)
    x = b.relu("sum.relu", b.add("sum", x, b.convolution("skip", before, channels: 96, kernel: 1, stride: 2)))
    // Of which only one way back passes a ReLU.
    let skipped = x
    x = b.relu("third.relu", b.convolution("third", x, channels: 64, kernel: 1, bias: true))
    x = b.add("open sum", b.convolution("fourth", x, channels: 96, kernel: 1, bias: true), skipped)
    // Behind no ReLU, and of too few channels one way.
    x = b.relu("fifth.relu", b.convolution("fifth", x, channels: 80, kernel: 1, bias: true))
    let narrow = b.relu("narrow.relu", b.convolution("narrow", x, channels: 24, kernel: 1, bias: true))
    let wide = b.relu("wide.relu", b.convolution("wide", x, channels: 128, kernel: 1, bias: true))
    x = b.concatenation("joined", [narrow, wide], inAll: true)
    x = b.relu("long.relu", b.convolution("long", x, channels: 70, kernelHeight: 1, kernelWidth: 7))
    let gaps = Convolution(
      path: "gaps",
      geometry: ConvolutionGeometry(
        inputChannels: 70, outputChannels: 64,
        window: Window(
          vertical: Window.Axis(kernel: 2, dilation: 2, paddingBefore: 1, paddingAfter: 2),
          horizontal: Window.Axis(kernel: 3, dilation: 2, paddingBefore: 2, paddingAfter: 1))), hasBias: true)
    x = b.relu("gaps.relu", b.append(.convolution(gaps), [x], name: "gaps"))
    // Most rows and columns are read by no element.
    x = b.relu("steps.relu", b.convolution("steps", x, channels: 64, kernel: 2, stride: 3, padding: 1, bias: true))
    _ = b.linear("classifier", x, features: 4)
    let network = try Network(
      b.graph(name: "zeros", lastLayer: "steps.relu"),
      normalisation: Normalisation(mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3]),
      weights: randomTensors(b.tensors))
    return LoopNetwork(network: network, side: Self.side)
  }

  /// What a number cannot tell: which convolutions pass over zeros.
  @Test func thoseBehindAReLUAreServed() throws {
    let expected = [
      "first.relu", "second", "sum.relu", "third.relu", "open sum", "wide.relu", "long.relu", "gaps.relu", "steps.relu",
    ]
    let found = try network().steps(by: ZeroSkippingConvolution.self)
    #expect(Set(found) == Set(cconvolutions_has_lanes(8) ? expected : []))
  }

  @Test func agreesWithTheOtherEngineOnEveryLayer() throws {
    try network().agreesWithTheOtherEngineOnEveryLayer(layers: 11)
  }

  @Test func agreesWithTheOtherEngineOnTheImagesGradient() throws {
    try network().agreesWithTheOtherEngineOnTheImagesGradient()
  }

  @Test func everyImageGivesTheBitsThatItGivesAlone() throws {
    try network().everyImageGivesTheBitsThatItGivesAlone(layers: ["stem.relu", "last"])
  }
}
