import Engines
import Explanations
import Foundation
import Graphs
import Images
import ONNX
import Support
import Tensors
import Weights

/// A network of an ONNX file with an image for it.
struct CheckedNetwork {
  struct Report: Encodable {
    var last: String
    var remarks: [String]
    var prepareSeconds: Double
    /// Of one image, all that gradients need being kept.
    var forwardSeconds: Double
    /// From a logit to the image.
    var gradientSeconds: Double
  }

  private let imported: ImportedNetwork
  private let network: Network
  private let image: Tensor
  private let engine: EngineKind

  /// - Parameter image: a safetensors file with a tensor `image`, (1, channels, height, width).
  init(_ path: String, image inputs: String, engine: EngineKind, output: ImportedNetwork.Output) throws {
    let tensors = try SafetensorsFile(contentsOf: inputs)
    guard let shape = tensors.shape(of: "image"), shape.rank == 4, shape[0] == 1 else {
      throw Problem.usage(
        at: Place(file: inputs, tensor: "image"), "expected a tensor of 1 x channels x height x width")
    }
    image = Tensor(shape: [shape[1], shape[2], shape[3]], values: try tensors.values("image"))
    imported = try ImportedNetwork(
      ONNXFile.open(network: path), name: URL(filePath: path).deletingPathExtension().lastPathComponent,
      height: shape[2],
      width: shape[3], channels: shape[1], output: output)
    network = try Network(
      imported.graph,
      normalisation: Normalisation(
        mean: [Double](repeating: 0, count: shape[1]), standardDeviation: [Double](repeating: 1, count: shape[1])),
      weights: imported.weights)
    self.engine = engine
  }

  /// Logits, and the gradient of the sum of seed times logits.
  /// - Parameter seed: by the logit's index.
  func write(_ output: String, seed: (Int) -> Float) throws {
    let session = try engine.makeEngine().prepare(network, layers: []).makeSession()
    let logits = try session.logits(of: image)
    var writer = SafetensorsWriter()
    try writer.add("logits", Tensor(shape: [logits.count], values: logits))
    try writer.add("gradient", session.inputGradient(logitGradient: logits.indices.map(seed)))
    try writer.write(to: output)
  }

  /// - Parameter chosen: the explained logit; nil for the highest.
  func write(_ output: String, layers names: [String], chosen: Int?, times: Int) throws -> Report {
    let asked = names.map { imported.layersOfValues[$0] ?? $0 }
    let resolved = try imported.graph.resolve(layers: asked)
    let start = Self.seconds()
    let session = try engine.makeEngine().prepare(network, layers: resolved).makeSession()
    let prepareSeconds = Self.seconds() - start
    var logits: [Float] = []
    let forwardSeconds = try Self.shortest(times) { logits = try session.logits(of: image) }
    let chosen = chosen ?? logits.indices.max { logits[$0] < logits[$1] } ?? 0
    guard logits.indices.contains(chosen) else {
      throw Problem.usage("there is no logit \(chosen) among \(logits.count)")
    }
    let seed = logits.indices.map { $0 == chosen ? Float(1) : 0 }
    var gradient: Tensor?
    let gradientSeconds = try Self.shortest(times) { gradient = try session.inputGradient(logitGradient: seed) }
    var writer = SafetensorsWriter()
    try writer.add("logits", Tensor(shape: [logits.count], values: logits))
    if let gradient { try writer.add("gradient", gradient) }
    try session.explainLayers(logitGradient: seed) { (evidence) throws(Problem) in
      let map = try GradCAM().rawMap(
        activations: evidence.activations, gradients: evidence.gradients, folding: evidence.folding)
      let plain = Self.unfolded(evidence)
      for (name, asked) in zip(names, asked) where resolved[evidence.layer].name == asked {
        try writer.add("\(name).activations", plain.activations)
        try writer.add("\(name).gradient", plain.gradients)
        try writer.add("\(name).map", Tensor(shape: [map.height, map.width], values: map.values))
      }
    }
    try writer.write(to: output)
    return Report(
      last: imported.graph.lastLayer, remarks: imported.remarks, prepareSeconds: prepareSeconds,
      forwardSeconds: forwardSeconds,
      gradientSeconds: gradientSeconds)
  }

  /// Of a convolution whose normalisation was folded away: with the normalisation taken back.
  private static func unfolded(_ evidence: LayerEvidence) -> (activations: Tensor, gradients: Tensor) {
    guard let folding = evidence.folding else { return (evidence.activations, evidence.gradients) }
    let shape = evidence.activations.shape
    let area = shape[1] * shape[2]
    return (
      Tensor(
        shape: shape,
        values: evidence.activations.values.enumerated().map {
          ($1 - folding.shifts[$0 / area]) / folding.scales[$0 / area]
        }),
      Tensor(shape: shape, values: evidence.gradients.values.enumerated().map { $1 * folding.scales[$0 / area] })
    )
  }

  private static func shortest(_ times: Int, _ body: () throws -> Void) rethrows -> Double {
    var shortest = Double.infinity
    for _ in 0..<max(1, times) {
      let start = seconds()
      try body()
      shortest = min(shortest, seconds() - start)
    }
    return shortest
  }

  private static func seconds() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
}
