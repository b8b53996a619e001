import Networks
import Support
import Tensors
import Testing

@Suite struct GradientTests {
  /// sum_c seed_c logit_c, whose gradient the engines compute.
  private func score(_ session: any NetworkSession, _ image: Tensor) throws -> Double {
    zip(try session.logits(of: image), SmallNetwork.seed).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  @Test(arguments: EngineName.allCases)
  func inputGradientIsTheFiniteDifference(_ name: EngineName) throws {
    let network = try SmallNetwork.network()
    let session = try name.makeEngine().prepare(network, layers: network.resolve(layers: ["last"])).makeSession()
    var image = SmallNetwork.image
    _ = try session.logits(of: image)
    let gradient = try session.inputGradient(logitGradient: SmallNetwork.seed)
    #expect(gradient.shape == image.shape)
    let step: Float = 1.0 / 512
    let centre = try score(session, image)
    var kinks = 0
    let places = Array(stride(from: 0, to: image.values.count, by: 5))
    for place in places {
      let value = image.values[place]
      image.values[place] = value + step
      let forward = (try score(session, image) - centre) / Double(step)
      image.values[place] = value - step
      let backward = (centre - (try score(session, image))) / Double(step)
      image.values[place] = value
      // Where a ReLU or a maximum changes its mind within the step, the two sides differ and neither is the derivative.
      if abs(forward - backward) > 4e-3 {
        kinks += 1
        continue
      }
      let difference = (forward + backward) / 2
      #expect(abs(difference - Double(gradient.values[place])) <= 4e-3 * max(1, abs(difference)), "element \(place)")
    }
    #expect(kinks <= places.count / 4, "\(kinks) of \(places.count) elements lie at a kink")
  }

  /// Every kind of layer: before and after ReLUs, folded convolutions, both poolings, sums, concatenations.
  @Test(arguments: [
    "stem", "stem.bn", "stem.relu", "a.relu", "d", "d.pointwise", "average", "joined", "inner.relu", "inner.bn",
    "maximum", "sum", "sum.relu", "fused", "fused.sum", "fused.relu", "skip",
  ])
  func enginesAgreeOnEveryLayer(_ layer: String) throws {
    let network = try SmallNetwork.network()
    var found: [LayerEvidence] = []
    for name in EngineName.allCases {
      let session = try name.makeEngine().prepare(network, layers: network.resolve(layers: [layer])).makeSession()
      _ = try session.logits(of: SmallNetwork.image)
      try session.explainLayers(logitGradient: SmallNetwork.seed) { found.append($0) }
    }
    #expect(found.count == 2)
    #expect(found[0].activations.shape == found[1].activations.shape)
    expectClose(found[0].activations.values, found[1].activations.values)
    expectClose(found[0].gradients.values, found[1].gradients.values)
    #expect(found[0].gradients.values.contains { $0 != 0 })
    #expect(found[0].channelOffsets == found[1].channelOffsets)
    #expect((found[0].channelOffsets != nil) == ["stem"].contains(layer))
  }

  @Test func enginesAgreeOnLogitsAndImageGradient() throws {
    let network = try SmallNetwork.network()
    var logits: [[Float]] = []
    var gradients: [[Float]] = []
    for name in EngineName.allCases {
      let session = try name.makeEngine().prepare(network, layers: network.resolve(layers: ["last"])).makeSession()
      logits.append(try session.logits(of: SmallNetwork.image))
      gradients.append(try session.inputGradient(logitGradient: SmallNetwork.seed).values)
    }
    expectClose(logits[0], logits[1])
    expectClose(gradients[0], gradients[1])
  }

  /// A network gives the same bits whatever layers are explained beside the last, in whatever order passes come.
  @Test(arguments: EngineName.allCases)
  func sessionsKeepNothingFromEarlierImages(_ name: EngineName) throws {
    let network = try SmallNetwork.network()
    let engine = try name.makeEngine()
    let prepared = try engine.prepare(network, layers: network.resolve(layers: ["last"]))
    let session = try prepared.makeSession()
    let first = try session.logits(of: SmallNetwork.image)
    let firstGradient = try session.inputGradient(logitGradient: SmallNetwork.seed)
    var other = SmallNetwork.image
    other.values = other.values.map { 1 - $0 }
    #expect(try session.logits(of: other) != first)
    _ = try session.inputGradient(logitGradient: SmallNetwork.seed)
    #expect(try session.logits(of: SmallNetwork.image) == first)
    #expect(try session.inputGradient(logitGradient: SmallNetwork.seed) == firstGradient)
    let all = try engine.prepare(network, layers: network.resolve(layers: ["all"])).makeSession()
    expectClose(try all.logits(of: SmallNetwork.image), first)
  }
}

func expectClose(
  _ a: [Float], _ b: [Float], tolerance: Double = 1e-5, sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(a.count == b.count, sourceLocation: sourceLocation)
  var difference = 0.0
  var size = 0.0
  for (x, y) in zip(a, b) {
    difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
    size += Double(y) * Double(y)
  }
  let error = (difference / max(size, 1e-30)).squareRoot()
  #expect(error <= tolerance, "relative error \(error)", sourceLocation: sourceLocation)
}
