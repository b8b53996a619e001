import Architectures
import Attacks
import Explanations
import Measures
import Graphs
import Support
import Tensors

/// What one engine computes for a golden network, in the terms of the bounds of the measurement protocol.
public struct GoldenRun: Sendable {
  /// Relative errors.
  public var logits: Double
  public var attackedLogits: Double
  public var gradient: Double
  public var gradientNorm: Double
  /// Share of all elements with the same sign.
  public var equalSigns: Double
  public var rawMaps: [(layer: String, error: Double)]
  public var predictedClass: Int
  public var attackedClass: Int
  /// Greatest absolute difference.
  public var heatmap: Double
  public var ssim: Double

  /// What is beyond the measurement protocol's bounds (section 8), in words; empty where nothing is.
  public func violations(of golden: NetworkGolden) -> [String] {
    var found: [String] = []
    func hold(_ name: String, _ error: Double, _ table: Double, _ own: Double) {
      let bound = bound(table, ofPyTorch: own)
      if !(error <= bound) { found.append("\(name): \(error), bound \(bound) (PyTorch's own error \(own))") }
    }
    hold("logits", logits, 1e-4, golden.logitsOfPyTorch)
    hold("attacked logits", attackedLogits, 1e-4, golden.attackedLogitsOfPyTorch)
    hold("gradient", gradient, 1e-3, golden.gradientOfPyTorch)
    hold("norm of the gradient", gradientNorm, 1e-3, golden.gradientOfPyTorch)
    hold("other signs", 1 - equalSigns, 0.005, 1 - golden.equalSignsOfPyTorch)
    for (layer, error) in rawMaps {
      let own = golden.layers.first { $0.name == layer }?.errorOfPyTorch ?? 0
      // Behind `last` no ReLU follows but in VGG16.
      let isLast = layer == golden.layers.last?.name && golden.architecture != "vgg16"
      hold("raw map at \(layer)", error, isLast ? 1e-5 : 1e-3, own)
    }
    // Of raw maps that are not the same: the heatmap's bound is for the same ones.
    hold("heatmap", heatmap, 1e-4, golden.heatmapOfPyTorch)
    hold("SSIM", ssim, 2e-3, golden.ssimOfPyTorch)
    if predictedClass != golden.explainedClass { found.append("predicts class \(predictedClass)") }
    if attackedClass != golden.attackedClass { found.append("predicts class \(attackedClass) of the attacked image") }
    return found
  }

  /// Runs the network as PyTorch did: the clean image, its gradient and raw maps, then the attacked image.
  public init(_ golden: NetworkGolden, engine: any Engine) throws {
    guard let architecture = Architecture(rawValue: golden.architecture) else {
      throw Problem.failure("a golden of an unknown architecture \(golden.architecture)")
    }
    guard let variant = ArchitectureVariant(rawValue: golden.variant ?? "standard") else {
      throw Problem.failure("a golden of an unknown variant")
    }
    let required = architecture.requiredTensors(
      width: golden.width, classes: golden.classes, hiddenFeatures: golden.hiddenFeatures)
    let weights = GeneratedTensors(golden.names == "timm" ? required.map(\.asTimmHasIt) : required)
    let network = try architecture.network(
      weights: weights, width: golden.width, variant: variant, inputSize: golden.inputSize)
    // All the golden layers at once would keep some ReLUs from being fused; what users ask for is also tried alone.
    let names = golden.layers.map(\.name)
    let session = try engine.prepare(network, layers: network.resolve(layers: names)).makeSession()
    let lastOnly = try engine.prepare(network, layers: network.resolve(layers: ["last"])).makeSession()

    let side = golden.inputSize
    let image = Tensor(
      shape: [3, side, side], values: generated(golden.image, count: 3 * side * side).map { Float($0) })
    let clean = try session.logits(of: image)
    logits = relativeError(clean, golden.logits.values)
    predictedClass = argmax(clean)

    var maps: [String: RawMap] = [:]
    let layers = try network.resolve(layers: names)
    try session.explainLayers(logitGradient: oneHot(golden.explainedClass, clean.count)) {
      (evidence) throws(Problem) in
      maps[layers[evidence.layer].name] = try GradCAM().rawMap(
        activations: evidence.activations, gradients: evidence.gradients, folding: evidence.folding)
    }
    rawMaps = golden.layers.map { layer in
      guard let map = maps[layer.name], map.height == layer.height, map.width == layer.width else {
        return (layer.name, .infinity)
      }
      let error = relativeError(sampled(map.values, every: layer.stride), layer.values.values)
      return (layer.name, max(error, abs(norm(map.values) / layer.norm - 1)))
    }

    let gradient = try session.inputGradient(
      logitGradient: crossEntropyGradient(logits: clean, label: golden.label))
    let sample = sampled(gradient.values, every: golden.gradientStride)
    self.gradient = relativeError(sample, golden.gradient.values)
    gradientNorm = abs(norm(gradient.values) / golden.gradientNorm - 1)
    let equal = gradient.values.enumerated().count { index, value in
      golden.sign(index) == (value > 0 ? 1 : value < 0 ? -1 : 0)
    }
    equalSigns = Double(equal) / Double(gradient.values.count)

    _ = try lastOnly.logits(of: image)
    let cleanMap = try lastMap(lastOnly, golden.explainedClass, classes: clean.count)
    // The same attacked image for both: what a few other signs would do to it is the gradient's own bound.
    let attacked = Tensor(shape: image.shape, values: golden.attacked(image.values))
    let attackedScores = try lastOnly.logits(of: attacked)
    attackedLogits = relativeError(attackedScores, golden.attackedLogits.values)
    attackedClass = argmax(attackedScores)
    let cleanHeatmap = Explanations.heatmap(of: cleanMap, size: side)
    let attackedHeatmap = Explanations.heatmap(
      of: try lastMap(lastOnly, golden.attackedClass, classes: clean.count), size: side)
    let reference = sampled(cleanHeatmap.values, every: golden.heatmapStride)
    heatmap = zip(reference, golden.heatmap.values).map { Double(abs($0.0 - $0.1)) }.max() ?? .infinity
    ssim = abs(
      try SSIMReference(cleanHeatmap.values, height: side, width: side, window: .uniform)
        .compare(with: attackedHeatmap.values) - golden.ssim)
  }
}

private func lastMap(_ session: any NetworkSession, _ target: Int, classes: Int) throws -> RawMap {
  var map = RawMap(height: 0, width: 0, values: [])
  try session.explainLayers(logitGradient: oneHot(target, classes)) { (evidence) throws(Problem) in
    map = try GradCAM().rawMap(
      activations: evidence.activations, gradients: evidence.gradients, folding: evidence.folding)
  }
  return map
}

extension TensorHandle {
  /// Of VGG16: the two hidden layers as convolutions of 7 x 7 and 1 x 1.
  fileprivate var asTimmHasIt: TensorHandle {
    let parts = name.split(separator: ".")
    guard parts.first == "classifier", parts.count == 3 else { return self }
    let module = ["0": "pre_logits.fc1", "3": "pre_logits.fc2"][parts[1]] ?? "head.fc"
    guard shape.rank == 2, module != "head.fc" else {
      return TensorHandle(name: "\(module).\(parts[2])", shape: shape)
    }
    let side = module == "pre_logits.fc1" ? 7 : 1
    return TensorHandle(
      name: "\(module).weight", shape: [shape[0], shape[1] / (side * side), side, side])
  }
}

public func oneHot(_ index: Int, _ count: Int) -> [Float] {
  (0..<count).map { $0 == index ? 1 : 0 }
}
