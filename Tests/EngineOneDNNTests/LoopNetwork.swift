import EngineConformance
import EngineOpenBLAS
import Graphs
import Support
import Tensors
import Testing

@testable import EngineOneDNN

/// What must hold of a network whose convolutions go by loops of our own.
struct LoopNetwork {
  let network: Network
  /// Rows and columns of an image.
  let side: Int

  private func image(_ number: Int) -> Tensor { randomImage([3, side, side], "image \(number)") }

  private func evidence(_ session: any NetworkSession, of image: Int) throws -> [LayerEvidence] {
    var found: [LayerEvidence] = []
    try session.explainLayers([Score(image: image, logitGradient: SmallNetwork.seed)]) { found.append($1.copy) }
    return found
  }

  /// Of the steps whose convolution goes by loops of a kind.
  func steps<Loops: LoopConvolution>(by kind: Loops.Type) throws -> [String] {
    let program = Program(network.graph, layers: [])
    let kernels = try OneDNNKernels(context: OneDNNContext()).kernels(for: program, weights: network.weights)
    return zip(program.steps, kernels).filter { ($0.1 as? LoopConvolutionKernel)?.forwards is Loops }.map(\.0.name)
  }

  func agreesWithTheOtherEngineOnEveryLayer(layers count: Int) throws {
    let layers = try network.resolve(layers: ["all"])
    let session = try OneDNNEngine().prepare(network, layers: layers).makeSession(batch: 2, for: .explanations)
    let other = try OpenBLASEngine().prepare(network, layers: layers).makeSession()
    let logits = try session.logits(of: [image(0), image(1)])
    for number in 0..<2 {
      #expect(relativeDifference(logits[number], try other.logits(of: image(number))) <= 3e-6)
      let found = try evidence(session, of: number)
      let expected = try evidence(other, of: 0)
      #expect(found.map(\.layer) == expected.map(\.layer))
      #expect(found.count == count)
      for (found, expected) in zip(found, expected) {
        #expect(relativeDifference(found.activations.values, expected.activations.values) <= 3e-6)
        #expect(relativeDifference(found.gradients.values, expected.gradients.values) <= 3e-6)
      }
    }
  }

  func agreesWithTheOtherEngineOnTheImagesGradient() throws {
    var gradients: [[Float]] = []
    for engine in [try OneDNNEngine(), try OpenBLASEngine()] as [any Engine] {
      let session = try engine.prepare(network, layers: []).makeSession()
      _ = try session.logits(of: image(0))
      gradients.append(try session.inputGradient(logitGradient: SmallNetwork.seed).values)
    }
    #expect(gradients[0].contains { $0 != 0 })
    #expect(relativeDifference(gradients[0], gradients[1]) <= 3e-6)
  }

  func everyImageGivesTheBitsThatItGivesAlone(layers: [String]) throws {
    let prepared = try OneDNNEngine().prepare(network, layers: network.resolve(layers: layers))
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
