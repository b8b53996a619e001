import Engines
import Explanations
import Foundation
import GoldenSupport
import Graphs
import Images
import ONNX
import Support
import Tensors
import Testing

/// Narrow networks of all families, by both of PyTorch's exporters, against onnxruntime forwards and PyTorch in double
/// precision backwards (`Scripts/goldens/onnx_networks.py`).
@Suite struct NetworkGoldenTests {
  /// Some elements of a tensor: every `stride`-th.
  struct Samples: Decodable, Sendable {
    let norm: Double
    let stride: Int
    /// Float32, as all data here.
    let values: Data
  }

  struct Layer: Decodable, Sendable {
    let layer: String
    let value: String
    /// As the file has it, without the batch: (height, width, channels) between two Transposes.
    let shape: [Int]
    let activations: Samples
    let gradient: Samples
    let map: Data
    let errorOfPyTorch: Double?
    let gradientErrorOfPyTorch: Double?
  }

  struct Golden: Decodable, Sendable, CustomStringConvertible {
    let file: String
    let shape: [Int]
    let image: String
    let logits: Data
    let exactLogits: Data
    let `class`: Int
    let gradient: Samples
    let gradientErrorOfPyTorch: Double?
    let layers: [Layer]
    var description: String { file }
  }

  private static let folder = goldens.appending(path: "networks")

  @Test(arguments: engines.all) func networksAreComputedAsElsewhere(_ kind: EngineKind) throws {
    let engine = try kind.makeEngine()
    let all = try JSONDecoder().decode(
      [Golden].self, from: Data(contentsOf: Self.folder.appending(path: "networks.json")))
    var wrong: [String] = []
    for golden in all {
      do {
        let findings = try Self.findings(golden, engine)
        if !findings.isEmpty { wrong.append("\(golden.file): \(findings.joined(separator: "; "))") }
      } catch { wrong.append("\(golden.file): \(error)") }
    }
    #expect(wrong.isEmpty, "\(wrong.count) of \(all.count):\n\(wrong.joined(separator: "\n"))")
  }

  private static func findings(_ golden: Golden, _ engine: any Engine) throws -> [String] {
    let file = try ONNXFile.open(folder.appending(path: golden.file).path)
    let imported = try ImportedNetwork(file, name: golden.file, height: golden.shape[1], width: golden.shape[2])
    let normalisation = Normalisation(
      mean: [Double](repeating: 0, count: golden.shape[0]),
      standardDeviation: [Double](repeating: 1, count: golden.shape[0]))
    let network = try Network(imported.graph, normalisation: normalisation, weights: imported.weights)
    var findings: [String] = []
    var layers: [(Layer, String)] = []
    for layer in golden.layers {
      guard let name = imported.layersOfValues[layer.value] else {
        findings.append("\(layer.value) is no layer")
        continue
      }
      layers.append((layer, name))
      if layer.layer == "last", !(imported.graph.layers.first { $0.isLast }.map { $0.name == name } ?? false) {
        findings.append("last is \(imported.graph.lastLayer), expected \(name)")
      }
    }
    let resolved = try imported.graph.resolve(layers: layers.map(\.1))
    let session = try engine.prepare(network, layers: resolved).makeSession()
    let image = Tensor(
      shape: Shape(golden.shape), values: generated(golden.image, count: golden.shape.reduce(1, *)).map { Float($0) })
    let logits = try session.logits(of: image)
    func hold(_ found: [Float], _ expected: [Float], _ bound: Double, _ what: String) {
      guard found.count == expected.count else {
        return findings.append("\(what): \(found.count) numbers, expected \(expected.count)")
      }
      let size = expected.reduce(0) { max($0, abs($1)) }
      let difference = zip(found, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      if !(Double(difference) <= bound * Double(size)) { findings.append("\(what): off by \(difference) of \(size)") }
    }
    func hold(_ found: [Float], _ expected: Samples, _ bound: Double, _ what: String) {
      hold(
        stride(from: 0, to: found.count, by: expected.stride).map { found[$0] },
        OperatorGoldenTests.Case.floats(expected.values), bound, what)
      let norm = found.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      if !(abs(norm - expected.norm) <= bound * expected.norm) {
        findings.append("\(what): norm \(norm), expected \(expected.norm)")
      }
    }
    hold(logits, OperatorGoldenTests.Case.floats(golden.logits), 1e-4, "logits")
    hold(logits, OperatorGoldenTests.Case.floats(golden.exactLogits), 1e-4, "exact logits")
    let seed = oneHot(golden.class, logits.count)
    hold(try session.inputGradient(logitGradient: seed).values, golden.gradient, 1e-4, "gradient")
    try session.explainLayers(logitGradient: seed) { (evidence) throws(Problem) in
      guard let (layer, name) = layers.first(where: { resolved[evidence.layer].name == $0.1 }) else { return }
      let unfolded = Self.unfolded(evidence)
      let isTurned = layer.shape != evidence.activations.shape.dimensions
      hold(Self.turned(unfolded.activations, isTurned), layer.activations, 1e-4, "activations of \(name)")
      hold(Self.turned(unfolded.gradients, isTurned), layer.gradient, 1e-4, "gradient of \(name)")
      let map = try GradCAM().rawMap(
        activations: evidence.activations, gradients: evidence.gradients, folding: evidence.folding)
      if !isTurned { hold(map.values, OperatorGoldenTests.Case.floats(layer.map), 1e-4, "map of \(name)") }
    }
    return findings
  }

  /// Of a convolution whose normalisation was folded away: with the normalisation taken back.
  private static func unfolded(_ evidence: LayerEvidence) -> (activations: Tensor, gradients: Tensor) {
    guard let folding = evidence.folding else { return (evidence.activations, evidence.gradients) }
    let shape = evidence.activations.shape
    let area = shape[1] * shape[2]
    return (
      Tensor(
        shape: shape,
        values: evidence.activations.values.enumerated().map { index, value in
          (value - folding.shifts[index / area]) / folding.scales[index / area]
        }),
      Tensor(
        shape: shape, values: evidence.gradients.values.enumerated().map { $1 * folding.scales[$0 / area] })
    )
  }

  /// (height, width, channels) in the order of (channels, height, width).
  private static func turned(_ tensor: Tensor, _ isTurned: Bool) -> [Float] {
    guard isTurned else { return tensor.values }
    let area = tensor.shape[1] * tensor.shape[2]
    return (0..<area).flatMap { place in (0..<tensor.shape[0]).map { tensor.values[$0 * area + place] } }
  }
}
