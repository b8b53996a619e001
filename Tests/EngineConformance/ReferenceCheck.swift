import Graphs
import Support
import Tensors

/// Holds an engine to a `ReferenceNetwork`: logits and activations to its values, gradients to its finite differences.
///
/// Most networks are linear between their kinks, so that in double precision a difference is the derivative, but for rounding.
/// Of those that are not, differences over two steps are extrapolated, whose error is of the fourth order. Places where a
/// ReLU or a maximum changes its mind within the step are left out.
final class ReferenceCheck {
  /// Relative: single precision, and sums of some hundred terms.
  private static let bound = 1e-5
  private static let step = 1e-4
  /// How many elements of every gradient are looked at.
  private static let samples = 10

  private let network: Network
  private let reference: ReferenceNetwork
  private let image: Tensor
  private let seed: [Float]
  private let values: [[Double]]
  /// By node and element, those of the image under -1: every run on the network asks for some of the same.
  private var known: [[Int]: Double?] = [:]

  init(_ network: Network, image: Tensor? = nil) throws {
    self.network = network
    self.image = image ?? randomImage(network.input)
    reference = try ReferenceNetwork(network)
    var generator = Generator(seed: "logits")
    seed = (0..<network.classCount).map { _ in generator.next() }
    values = reference.values(of: self.image.values.map { Double($0) })
  }

  /// The logits and the image's gradient, with these layers explained, and the evidence of each.
  func run(_ engine: any Engine, layers names: [String], _ findings: inout Findings) throws {
    let layers = try network.resolve(layers: names)
    let session = try engine.prepare(network, layers: layers).makeSession()
    let logits = try session.logits(of: image)
    expect(logits, values[values.count - 1], "logits", explaining: names, &findings)
    let gradient = try session.inputGradient(logitGradient: seed)
    findings.expect(gradient.shape == image.shape, "the image's gradient is \(gradient.shape)")
    expect(
      Places(of: image.values.count).indices.map { place in
        (gradient.values[place], imageDerivative(at: place))
      }, "the image's gradient", explaining: names, &findings)
    var seen: Set<Int> = []
    var found: [LayerEvidence] = []
    try session.explainLayers(logitGradient: seed) { found.append($0) }
    for evidence in found {
      seen.insert(evidence.layer)
      check(evidence, of: layers[evidence.layer], explaining: names, &findings)
    }
    findings.expect(seen.count == layers.count, "\(seen.count) of \(layers.count) layers were explained")
  }

  private func check(
    _ evidence: LayerEvidence, of layer: ResolvedLayer, explaining names: [String], _ findings: inout Findings
  ) {
    let value = values[layer.node]
    findings.expect(
      evidence.activations.shape == layer.shape && evidence.gradients.shape == layer.shape,
      "\(layer.name) is \(evidence.activations.shape) with a gradient of \(evidence.gradients.shape)")
    let places = Places(of: value.count).indices
    let derivatives = places.map { derivative(of: layer.node, at: $0) }
    guard let folding = evidence.folding else {
      expect(evidence.activations.values, value, layer.name, explaining: names, &findings)
      expect(
        zip(places, derivatives).map { (evidence.gradients.values[$0], $1) }, "the gradient of \(layer.name)",
        explaining: names, &findings)
      return
    }
    // Of a convolution whose normalisation was folded away: with the normalisation taken back.
    let area = layer.shape[1] * layer.shape[2]
    expect(
      value.indices.map { place in
        let (scale, shift) = (folding.scales[place / area], folding.shifts[place / area])
        return ((evidence.activations.values[place] - shift) / scale, value[place])
      }, layer.name, explaining: names, &findings)
    expect(
      zip(places, derivatives).map { (evidence.gradients.values[$0] * folding.scales[$0 / area], $1) },
      "the gradient of \(layer.name)", explaining: names, &findings)
  }

  private func expect(
    _ found: [Float], _ expected: [Double], _ what: String, explaining names: [String], _ findings: inout Findings
  ) {
    expect(zip(found, expected).map { ($0, $1) }, what, explaining: names, &findings)
    findings.expect(found.count == expected.count, "\(what): \(found.count) numbers, expected \(expected.count)")
  }

  /// - Parameter pairs: with nil where there is no derivative.
  private func expect(
    _ pairs: [(found: Float, expected: Double?)], _ what: String, explaining names: [String],
    _ findings: inout Findings
  ) {
    var greatest = 0.0
    var size = 0.0
    var kinks = 0
    for (found, expected) in pairs {
      guard let expected else {
        kinks += 1
        continue
      }
      greatest = max(greatest, abs(Double(found) - expected))
      size = max(size, abs(expected))
    }
    findings.expect(
      greatest <= Self.bound * max(size, 1e-3),
      "\(what), with \(names) explained: off by \(greatest) of \(size)")
    findings.expect(4 * kinks <= 3 * pairs.count, "\(what): \(kinks) of \(pairs.count) elements lie at a kink")
  }

  // MARK: - Derivatives

  private func imageDerivative(at place: Int) -> Double? {
    var pixels = image.values.map { Double($0) }
    let x = pixels[place]
    return derivative(of: -1, at: place) { step in
      pixels[place] = x + step
      let all = reference.values(of: pixels)
      return all[all.count - 1]
    }
  }

  private func derivative(of node: NodeIndex, at place: Int) -> Double? {
    var value = values[node]
    let x = value[place]
    return derivative(of: node, at: place) { step in
      value[place] = x + step
      return reference.logits(values, replacing: node, by: value)
    }
  }

  /// Nil where there is a kink within the step.
  private func derivative(of node: NodeIndex, at place: Int, _ logits: (Double) -> [Double]) -> Double? {
    if let known = known[[node, place]] { return known }
    func score(_ logits: [Double]) -> Double { zip(seed, logits).reduce(0) { $0 + Double($1.0) * $1.1 } }
    let centre = score(values[values.count - 1])
    func differences(_ step: Double) -> (mean: Double, jump: Double) {
      let forward = (score(logits(step)) - centre) / step
      let backward = (centre - score(logits(-step))) / step
      return ((forward + backward) / 2, forward - backward)
    }
    let whole = differences(Self.step)
    let tolerance = 1e-7 * max(1, abs(whole.mean))
    var found: Double? = whole.mean
    if abs(whole.jump) > tolerance {
      // Where there is no kink the means agree, and the sides differ by the curvature: half as much over half the step.
      let half = differences(Self.step / 2)
      let isSmooth = abs(whole.mean - half.mean) <= tolerance && abs(whole.jump - 2 * half.jump) <= tolerance
      found = isSmooth ? (4 * half.mean - whole.mean) / 3 : nil
    }
    known[[node, place]] = .some(found)
    return found
  }

  /// Some elements of a value, spread over it.
  private struct Places {
    let indices: [Int]

    init(of count: Int) {
      let distance = max(1, count / ReferenceCheck.samples) | 1
      indices = Array(stride(from: 0, to: count, by: distance))
    }
  }
}
