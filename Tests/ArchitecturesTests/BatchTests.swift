import Architectures
import GoldenSupport
import Networks
import Support
import Tensors
import Testing

/// Images that go through a network together must give the bits that each gives alone: resumed runs, other epsilons
/// and other batch sizes would change results otherwise, and the control at epsilon 0 would not be 0.
@Suite struct BatchTests {
  private static let side = ["vgg16": 96, "resnet50": 96, "resnet101": 75, "inception_v3": 107, "xception": 101]

  private func network(_ architecture: Architecture) throws -> Network {
    let weights = GeneratedTensors(
      architecture.requiredTensors(width: 0.25, classes: 10, hiddenFeatures: architecture == .vgg16 ? 64 : nil))
    return try architecture.network(
      weights: weights, width: 0.25, inputSize: Self.side[architecture.rawValue])
  }

  private func image(_ number: Int, side: Int) -> Tensor {
    Tensor(shape: [3, side, side], values: generated("image \(number)", count: 3 * side * side).map { Float($0) })
  }

  @Test(arguments: Architecture.allCases, EngineName.allCases)
  func everyImageGivesTheBitsThatItGivesAlone(_ architecture: Architecture, _ name: EngineName) throws {
    let network = try network(architecture)
    let prepared = try name.makeEngine().prepare(network, layers: network.resolve(layers: ["last"]))
    // Nine are more than what one reading of fully connected weights serves.
    let images = (0..<9).map { image($0, side: network.inputSize) }
    let batch = try prepared.makeSession(batch: 9, for: .explanations)
    // Made for gradients too, as the clean image's is: the control stands in a batch, and the two must be equal.
    let single = try prepared.makeSession()
    #expect(batch.capacity == 9)
    let logits = try batch.logits(of: images)
    let scores = [(0, 3), (6, 1), (2, 2), (2, 5)].map { Score(image: $0.0, logitGradient: oneHot($0.1, 10)) }
    var together: [LayerEvidence?] = Array(repeating: nil, count: scores.count)
    try batch.explainLayers(scores) { together[$0] = $1.copy }
    for (index, image) in images.enumerated() {
      #expect(try single.logits(of: image) == logits[index])
      for (score, evidence) in zip(scores, together) where score.image == index {
        var alone: LayerEvidence?
        try single.explainLayers(logitGradient: score.logitGradient) { alone = $0 }
        #expect(alone?.activations == evidence?.activations)
        #expect(alone?.gradients == evidence?.gradients)
        #expect(alone?.gradients.values.contains { $0 != 0 } == true)
      }
    }
    #expect(Set(logits.map { $0[0] }).count == images.count)
    // A smaller batch in the same memory.
    #expect(try batch.logits(of: [images[4], images[1]]) == [logits[4], logits[1]])
  }

  @Test func sessionsOfOneThreadShareTheirMemory() throws {
    let network = try network(.resnet50)
    let prepared = try OneDNNEngine().prepare(network, layers: network.resolve(layers: ["last"]))
    let alone = try prepared.makeSession()
    let gradients = try prepared.makeSession()
    let explanations = try prepared.makeSession(batch: 3, for: .explanations, beside: gradients)
    let images = (0..<3).map { image($0, side: network.inputSize) }
    let score = Score(image: 0, logitGradient: oneHot(1, 10))
    for image in images {
      #expect(try gradients.logits(of: image) == alone.logits(of: image))
      #expect(try gradients.inputGradient(of: score) == alone.inputGradient(of: score))
      #expect(try explanations.logits(of: images)[0] == alone.logits(of: images[0]))
    }
    let problem = #expect(throws: Problem.self) { try gradients.inputGradient(of: score) }
    #expect(problem?.message == "a gradient was asked for after another session of the same memory was used")
    #expect(try explanations.logits(of: [images[1]])[0] == alone.logits(of: images[1]))
  }

  @Test func whatASessionWasNotMadeForIsRefused() throws {
    let network = try network(.vgg16)
    let session = try OneDNNEngine().prepare(network, layers: network.resolve(layers: ["last"]))
      .makeSession(batch: 2, for: .explanations)
    let images = (0..<3).map { image($0, side: network.inputSize) }
    let tooMany = #expect(throws: Problem.self) { try session.logits(of: images) }
    #expect(tooMany?.message == "3 images for a session of 2")
    _ = try session.logits(of: Array(images.prefix(2)))
    let gradient = #expect(throws: Problem.self) {
      try session.inputGradient(of: Score(image: 0, logitGradient: oneHot(0, 10)))
    }
    #expect(
      gradient?.message == "an input gradient was asked for of a session that was made for explanations only")
    let missing = #expect(throws: Problem.self) {
      try session.explainLayers([Score(image: 2, logitGradient: oneHot(0, 10))]) { _, _ in }
    }
    #expect(missing?.message == "a gradient was asked for of image 2, but 2 images went through the network")
  }
}
