import Architectures
import Engines
import Measures
import Graphs
import Support
import Tensors
import Weights

/// The engines on two small random networks of many layers: they share no code that computes.
enum EngineComparison {
  /// Logits and maps of the measurement protocol's parity table; gradients sum more terms.
  static let logitBound = 1e-4
  static let gradientBound = 1e-3

  /// - Throws: `Problem` when they differ by more than the measurement protocol allows.
  static func run() throws(Problem) -> String {
    let kinds = EngineKind.allCases
    var worstLogits = 0.0
    var worstGradient = 0.0
    for architecture in [Architecture.resnet50, .xception] {
      let size = 96
      let network = try architecture.network(
        weights: randomWeights(architecture, width: 0.125), width: 0.125, inputSize: size)
      var generator = SplitMix64(seed: 2)
      let image = Tensor(
        shape: [3, size, size], values: (0..<3 * size * size).map { _ in Float.random(in: 0..<1, using: &generator) })
      var found: [(logits: [Float], gradient: [Float], evidence: [Float])] = []
      for engine in kinds {
        let session = try engine.makeEngine().prepare(network, layers: try network.resolve(layers: ["last"]))
          .makeSession()
        let logits = try session.logits(of: image)
        let seed = logits.indices.map { Float($0 == 0 ? 1 : 0) }
        let gradient = try session.inputGradient(logitGradient: seed)
        var evidence: [Float] = []
        try session.explainLayers(logitGradient: seed) { layer throws(Problem) in
          evidence += layer.activations.values + layer.gradients.values
        }
        found.append((logits, gradient.values, evidence))
      }
      for other in found.dropFirst() {
        worstLogits = max(worstLogits, difference(found[0].logits, other.logits))
        worstGradient = max(
          worstGradient, difference(found[0].gradient, other.gradient), difference(found[0].evidence, other.evidence))
      }
    }
    guard worstLogits <= logitBound, worstGradient <= gradientBound else {
      throw .failure(
        "\(kinds.map(\.library).joined(separator: " and ")) disagree: relative difference \(short(worstLogits)) of logits (at most \(logitBound)), "
          + "\(short(worstGradient)) of gradients (at most \(gradientBound))",
        remedy: "One of them misjudges this processor. Try again with OPENBLAS_CORETYPE=Haswell, and with "
          + "DNNL_MAX_CPU_ISA=AVX2 (ONEDNN_MAX_CPU_ISA from oneDNN 3 on); keep the setting with which they agree.")
    }
    return "relative difference \(short(worstLogits)) of logits, \(short(worstGradient)) of gradients"
  }

  /// norm(a - b) / norm(b); infinite for NaN or different lengths.
  static func difference(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count, !b.isEmpty else { return .infinity }
    var above = 0.0
    var below = 0.0
    for (x, y) in zip(a, b) {
      above += (Double(x) - Double(y)) * (Double(x) - Double(y))
      below += Double(y) * Double(y)
    }
    let ratio = (above / below).squareRoot()
    return ratio.isNaN ? .infinity : ratio
  }

  /// Weights as He initialisation draws them, batch normalisation near the identity.
  private static func randomWeights(_ architecture: Architecture, width: Double) -> DictionaryTensors {
    var generator = SplitMix64(seed: 1)
    var tensors: [String: Tensor] = [:]
    for tensor in architecture.requiredTensors(width: width, classes: 10) {
      let isVector = tensor.shape.rank == 1
      let inputs = max(1, tensor.shape.count / max(1, tensor.shape[0]))
      let bound = Float((6.0 / Double(inputs)).squareRoot())
      let isScale = tensor.name.hasSuffix(".weight") || tensor.name.hasSuffix(".running_var")
      tensors[tensor.name] = Tensor(
        shape: tensor.shape,
        values: (0..<tensor.shape.count).map { _ in
          isVector
            ? (isScale
              ? Float.random(in: 0.8..<1.2, using: &generator) : Float.random(in: -0.1..<0.1, using: &generator))
            : Float.random(in: -bound..<bound, using: &generator)
        })
    }
    return DictionaryTensors(tensors)
  }

  /// "1.3e-07"
  static func short(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "\(value)" }
    var exponent = 0
    var mantissa = value
    while mantissa < 1 && exponent > -300 {
      mantissa *= 10
      exponent -= 1
    }
    while mantissa >= 10 {
      mantissa /= 10
      exponent += 1
    }
    let tenths = Int((mantissa * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)e\(exponent)"
  }
}
