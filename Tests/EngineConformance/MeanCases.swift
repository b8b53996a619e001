import Graphs
import Images
import Support
import Tensors

extension ConformanceCase {
  /// What sessions that were made for means of gradients owe.
  static let means = [
    ConformanceCase("means of gradients are those of the gradients") { engine, findings in
      try checkMeans(MeansNetwork.network(), of: ["all"], sums: ["stem.relu", "maximum"], engine, &findings)
      try checkMeans(MeansNetwork.network(), of: ["maximum"], sums: ["maximum"], engine, &findings)
      try checkMeans(MeansNetwork.network(), of: ["stem"], sums: [], engine, &findings)
      try checkMeans(SmallNetwork.network(), of: ["d"], sums: ["d"], engine, &findings)
      try checkMeans(SmallNetwork.network(), of: ["inner.relu"], sums: ["inner.relu"], engine, &findings)
      try checkMeans(SmallNetwork.network(), of: ["last"], sums: [], engine, &findings)
    },
    ConformanceCase("means of gradients have the same bits in every batch") { engine, findings in
      let network = try MeansNetwork.network()
      let prepared = try engine.prepare(network, layers: network.resolve(layers: ["all"]))
      let images = (0..<3).map { randomImage(network.input, "image \($0)") }
      let together = try prepared.makeSession(batch: 3, for: .explanations, gradients: .means)
      let alone = try prepared.makeSession(batch: 1, for: .inputGradients, gradients: .means)
      let all = try evidence(of: images, in: together)
      for (index, image) in images.enumerated() {
        let own = try evidence(of: [image], in: alone)
        findings.expect(own[0].means == all[index].means, "the means of image \(index) are others alone")
      }
    },
    ConformanceCase("gradients are not to be had where means are made") { engine, findings in
      let network = try MeansNetwork.network()
      let prepared = try engine.prepare(network, layers: network.resolve(layers: ["stem.relu"]))
      let session = try prepared.makeSession(batch: 1, for: .explanations, gradients: .means)
      _ = try session.logits(of: randomImage(network.input))
      findings.expect("gradients of layer 0 were asked for of a session that was made for their means") {
        try session.explainLayers([Score(image: 0, logitGradient: MeansNetwork.seed)]) { _, _ in }
      }
    },
  ]

  /// By layer; of layers whose gradients were made, these.
  private struct Found {
    var means: [Int: [Double]] = [:]
    var gradients: [Int: Tensor] = [:]
    var activations: [Int: Tensor] = [:]
  }

  private static func evidence(of images: [Tensor], in session: any NetworkSession) throws -> [Found] {
    let classes = try session.logits(of: images)[0].count
    let seed = (0..<classes).map { Float($0) - 0.7 }
    var found = [Found](repeating: Found(), count: images.count)
    try session.explainLayers(images.indices.map { Score(image: $0, logitGradient: seed) }) { image, evidence in
      found[image].gradients[evidence.layer] = evidence.gradients.tensor
      found[image].activations[evidence.layer] = evidence.activations.tensor
    } visitMeans: { image, evidence in
      found[image].means[evidence.layer] = evidence.gradientMeans
      found[image].activations[evidence.layer] = evidence.activations.tensor
    }
    return found
  }

  /// - Parameter sums: the layers of which the session hands out means.
  private static func checkMeans(
    _ network: Network, of names: [String], sums: [String], _ engine: any Engine, _ findings: inout Findings
  ) throws {
    let layers = try network.resolve(layers: names)
    let prepared = try engine.prepare(network, layers: layers)
    let image = randomImage(network.input)
    let expected = try evidence(of: [image], in: prepared.makeSession(batch: 1, for: .explanations))[0]
    let found = try evidence(of: [image], in: prepared.makeSession(batch: 1, for: .explanations, gradients: .means))[0]
    findings.expect(expected.means.isEmpty, "means are handed out where gradients are asked for")
    findings.expect(
      found.means.keys.map { layers[$0].name }.sorted() == sums.sorted(),
      "of \(names) there are means of \(found.means.keys.map { layers[$0].name })")
    findings.expect(found.activations == expected.activations, "activations are others where means are made")
    for (layer, gradient) in expected.gradients {
      guard let means = found.means[layer] else {
        findings.expect(found.gradients[layer] == gradient, "the gradient of \(layers[layer].name) is another")
        continue
      }
      let area = gradient.shape[1] * gradient.shape[2]
      let own = (0..<gradient.shape[0]).map { channel in
        gradient.values[channel * area..<(channel + 1) * area].reduce(0.0) { $0 + Double($1) } / Double(area)
      }
      let difference = relativeDifference(means.map { Float($0) }, own.map { Float($0) })
      // The gradients are sums in single precision, whose mean misses theirs by about that.
      findings.expect(difference <= 1e-5, "the means of \(layers[layer].name) are off by \(difference)")
    }
  }
}

/// A network whose first layers' gradients need not be made: convolutions of several kinds behind a pooling.
private enum MeansNetwork {
  static let seed: [Float] = [0.5, -1, 0.25]

  static func network() throws(Problem) -> Network {
    var b = GraphBuilder(width: 1, inputSize: 17)
    var x = b.relu("stem.relu", b.convolution("stem", b.image(), channels: 20, kernel: 3, padding: 1))
    x = b.pooling("maximum", .maximum, x, kernel: 3, stride: 2, padding: 1)
    let y = b.relu("y.relu", b.convolution("y", x, channels: 32, kernel: 3, stride: 2, padding: 1))
    let z = b.convolution("z", x, channels: 32, kernel: 1, stride: 2)
    let d = b.depthwiseConvolution("d", x, kernel: 3, padding: 1)
    let e = b.convolution("e", d, channels: 32, kernel: 1, stride: 2, bias: true)
    x = b.relu("sum.relu", b.add(nil, b.add(nil, y, z), e))
    let before = x
    x = b.relu("block.relu", b.convolution("block", x, channels: 32, kernel: 3, padding: 1))
    x = b.relu("block.sum.relu", b.add(nil, before, b.convolution("block.end", x, channels: 32, kernel: 1)))
    _ = b.linear("fc", b.adaptiveAveragePooling("average", x, size: 1), features: 3)
    return try Network(
      b.graph(name: "means", lastLayer: "block.sum.relu"),
      normalisation: Normalisation(mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3]),
      weights: randomTensors(b.tensors))
  }
}
