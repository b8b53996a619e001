import Architectures
import GoldenSupport
import Graphs
import Support
import Tensors

/// Images that go through a network together must give the bits that each gives alone: resumed runs, other epsilons
/// and other batch sizes would change results otherwise, and the control at epsilon 0 would not be 0.
extension ConformanceCase {
  /// Every architecture, a quarter as wide; `GoldenNetworkTests` holds them to PyTorch.
  static let architectures =
    Architecture.allCases.map { architecture in
      ConformanceCase("\(architecture.rawValue): every image gives the bits that it gives alone") { engine, findings in
        try checkBatches(architecture, engine, &findings)
      }
    } + [
      ConformanceCase("sessions of one thread share their memory") { engine, findings in
        try checkSharedMemory(engine, &findings)
      }
    ]

  private static let sides: [Architecture: Int] = [
    .vgg16: 96, .resnet50: 96, .resnet101: 75, .inceptionV3: 107, .xception: 101,
  ]

  public static func narrowNetwork(_ architecture: Architecture) throws(Problem) -> Network {
    let weights = GeneratedTensors(
      architecture.requiredTensors(width: 0.25, classes: 10, hiddenFeatures: architecture == .vgg16 ? 64 : nil))
    return try architecture.network(weights: weights, width: 0.25, inputSize: sides[architecture])
  }

  public static func image(_ number: Int, side: Int) -> Tensor {
    Tensor(shape: [3, side, side], values: generated("image \(number)", count: 3 * side * side).map { Float($0) })
  }

  private static func checkBatches(
    _ architecture: Architecture, _ engine: any Engine, _ findings: inout Findings
  ) throws {
    let network = try narrowNetwork(architecture)
    let prepared = try engine.prepare(network, layers: network.resolve(layers: ["last"]))
    // Nine are more than what one reading of fully connected weights serves.
    let images = (0..<9).map { image($0, side: network.inputSize) }
    let batch = try prepared.makeSession(batch: 9, for: .explanations)
    // Made for gradients too, as the clean image's is: the control stands in a batch, and the two must be equal.
    let single = try prepared.makeSession()
    findings.expect(batch.capacity == 9, "a session for 9 images takes \(batch.capacity)")
    let logits = try batch.logits(of: images)
    let scores = [(0, 3), (6, 1), (2, 2), (2, 5)].map { Score(image: $0.0, logitGradient: oneHot($0.1, 10)) }
    var together: [LayerEvidence?] = Array(repeating: nil, count: scores.count)
    try batch.explainLayers(scores) { together[$0] = $1.copy }
    for (index, image) in images.enumerated() {
      findings.expect(try single.logits(of: image) == logits[index], "image \(index) has other logits alone")
      for (score, evidence) in zip(scores, together) where score.image == index {
        var alone: LayerEvidence?
        try single.explainLayers(logitGradient: score.logitGradient) { alone = $0 }
        findings.expect(alone?.activations == evidence?.activations, "image \(index) has other activations alone")
        findings.expect(alone?.gradients == evidence?.gradients, "image \(index) has other gradients alone")
        findings.expect(
          alone?.gradients.values.contains { $0 != 0 } == true, "image \(index) has no gradient but 0")
      }
    }
    findings.expect(Set(logits.map { $0[0] }).count == images.count, "several images have the same logits")
    findings.expect(
      try batch.logits(of: [images[4], images[1]]) == [logits[4], logits[1]],
      "a smaller batch in the same memory gives other logits")
  }

  private static func checkSharedMemory(_ engine: any Engine, _ findings: inout Findings) throws {
    let network = try narrowNetwork(.resnet50)
    let prepared = try engine.prepare(network, layers: network.resolve(layers: ["last"]))
    let alone = try prepared.makeSession()
    let gradients = try prepared.makeSession()
    let explanations = try prepared.makeSession(batch: 3, for: .explanations, beside: gradients)
    let images = (0..<3).map { image($0, side: network.inputSize) }
    let score = Score(image: 0, logitGradient: oneHot(1, 10))
    for image in images {
      findings.expect(try gradients.logits(of: image) == alone.logits(of: image), "other logits beside a session")
      findings.expect(
        try gradients.inputGradient(of: score) == alone.inputGradient(of: score), "another gradient beside a session")
      findings.expect(
        try explanations.logits(of: images)[0] == alone.logits(of: images[0]), "other logits in shared memory")
    }
    findings.expect("a gradient was asked for after another session of the same memory was used") {
      _ = try gradients.inputGradient(of: score)
    }
    findings.expect(
      try explanations.logits(of: [images[1]])[0] == alone.logits(of: images[1]), "other logits after the refusal")
  }
}
