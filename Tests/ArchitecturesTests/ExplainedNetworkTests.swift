import Architectures
import Engines
import Explanations
import Foundation
import GoldenSupport
import Graphs
import Support
import Tensors
import Testing
import Weights

/// Every explanation on the five networks at a quarter of their width against pytorch-grad-cam's own classes in double
/// precision (`Scripts/goldens/explained_networks.py`), on both engines: at the last layer, and at a convolution whose folded
/// batch normalisation has factors of both signs.
@Suite struct ExplainedNetworkTests {
  @Test(arguments: Architecture.allCases, EngineKind.allCases)
  func agreesWithPyTorchGradCAM(_ architecture: Architecture, _ engine: EngineKind) throws {
    let golden = try Golden(architecture.rawValue)
    let required = architecture.requiredTensors(
      width: golden.width, classes: golden.classes, hiddenFeatures: golden.hiddenFeatures)
    let weights = SignedTensors(base: GeneratedTensors(required), flipped: golden.flipped)
    #expect(golden.flipped == nil || required.contains { $0.name == golden.flipped })
    let network = try architecture.network(weights: weights, width: golden.width, inputSize: golden.inputSize)
    let side = golden.inputSize
    let image = Tensor(
      shape: [3, side, side], values: generated("image", count: 3 * side * side).map { Float($0) })
    // A layer alone, as users ask for it: nothing else then keeps the engine from folding what is behind it.
    for name in Set(golden.maps.map(\.name)) {
      let layers = try network.resolve(layers: [name])
      let session = try engine.makeEngine().prepare(network, layers: layers).makeSession()
      let logits = try session.logits(of: image)
      #expect(logits.firstIndex(of: logits.max() ?? 0) == golden.explainedClass)
      var maps: [String: RawMap] = [:]
      var isFolded = false
      try session.explainLayers(logitGradient: oneHot(golden.explainedClass, logits.count)) {
        (evidence) throws(Problem) in
        isFolded = evidence.folding != nil
        for kind in explanations.all {
          maps[kind.key] = try kind.init().rawMap(
            activations: evidence.activations, gradients: evidence.gradients, folding: evidence.folding)
        }
      }
      let isLast = name == architecture.lastLayer
      #expect(isFolded == (!isLast && golden.flipped != nil))
      for expected in golden.maps where expected.name == name {
        let map = try #require(maps[expected.explanation])
        #expect(map.height == expected.height && map.width == expected.width)
        if expected.norm == 0 {
          // Dead for PyTorch in either precision.
          #expect(map.isDead, "\(expected.explanation) at \(name)")
          continue
        }
        let found = relativeError(sampled(map.values, every: expected.stride), expected.values.values)
        let error = max(found, abs(norm(map.values) / expected.norm - 1))
        // Behind `last` no ReLU follows but in VGG16.
        let bound = bound(isLast && architecture != .vgg16 ? 1e-5 : 1e-3, ofPyTorch: expected.errorOfPyTorch)
        #expect(error <= bound, "\(expected.explanation) at \(name): PyTorch's own \(expected.errorOfPyTorch)")
      }
    }
    let known = explanations.all.map { $0.key }
    #expect(Set(golden.maps.map(\.explanation)) == Set(known))
  }
}

private struct Golden: Decodable {
  struct Map: Decodable {
    let explanation: String
    let name: String
    let height: Int
    let width: Int
    let stride: Int
    let norm: Double
    let values: PackedFloats
    let errorOfPyTorch: Double
  }

  let width: Double
  let hiddenFeatures: Int
  let inputSize: Int
  let classes: Int
  let explainedClass: Int
  /// The factors of a normalisation that are negative in every odd channel; nil where a network has none.
  let flipped: String?
  let maps: [Map]

  init(_ name: String) throws {
    let file = GoldenNetworkTests.folder.appendingPathComponent("explained-\(name).json")
    self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }
}

private struct SignedTensors: NamedTensors {
  let base: GeneratedTensors
  let flipped: String?

  var source: String { base.source }
  var tensorNames: [String] { base.tensorNames }

  func shape(of name: String) -> Shape? { base.shape(of: name) }

  func values(_ name: String) throws(Problem) -> [Float] {
    let values = try base.values(name)
    guard name == flipped else { return values }
    return values.enumerated().map { $0.offset % 2 == 1 ? -$0.element : $0.element }
  }
}
