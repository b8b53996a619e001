import EngineConformance
import Engines
import Graphs
import Support
import Tensors
import Testing

/// One engine against the other: they share no code that computes.
@Suite struct AgreementTests {
  /// Every kind of layer: before and after ReLUs, folded convolutions, both poolings, sums, concatenations.
  @Test(arguments: [
    "stem", "stem.bn", "stem.relu", "a.relu", "d", "d.pointwise", "average", "joined", "inner.relu", "inner.bn",
    "maximum", "sum", "sum.relu", "fused", "fused.sum", "fused.relu", "skip",
  ])
  func enginesAgreeOnEveryLayer(_ layer: String) throws {
    let network = try SmallNetwork.network()
    var found: [LayerEvidence] = []
    for kind in EngineKind.allCases {
      let session = try kind.makeEngine().prepare(network, layers: network.resolve(layers: [layer])).makeSession()
      _ = try session.logits(of: SmallNetwork.image)
      try session.explainLayers(logitGradient: SmallNetwork.seed) { found.append($0) }
    }
    #expect(found.count == EngineKind.allCases.count)
    for other in found.dropFirst() {
      #expect(found[0].activations.shape == other.activations.shape)
      #expect(relativeDifference(found[0].activations.values, other.activations.values) <= 1e-5)
      #expect(relativeDifference(found[0].gradients.values, other.gradients.values) <= 1e-5)
      #expect(found[0].folding == other.folding)
    }
    #expect(found[0].gradients.values.contains { $0 != 0 })
    #expect((found[0].folding != nil) == ["stem"].contains(layer))
  }

  @Test func enginesAgreeOnLogitsAndImageGradient() throws {
    let network = try SmallNetwork.network()
    var found: [(logits: [Float], gradient: [Float])] = []
    for kind in EngineKind.allCases {
      let session = try kind.makeEngine().prepare(network, layers: network.resolve(layers: ["last"])).makeSession()
      let logits = try session.logits(of: SmallNetwork.image)
      found.append((logits, try session.inputGradient(logitGradient: SmallNetwork.seed).values))
    }
    for other in found.dropFirst() {
      #expect(relativeDifference(found[0].logits, other.logits) <= 1e-5)
      #expect(relativeDifference(found[0].gradient, other.gradient) <= 1e-5)
    }
  }
}
