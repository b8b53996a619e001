import Architectures
import Engines
import Explanations
import Foundation
import Graphs
import Measures
import Support
import Tensors
import Weights

/// What PyTorch computed of a narrow network, made by `Scripts/goldens/engine.py`: two engines that agree could still be
/// wrong alike, and where they do not it tells which one is.
struct EngineGolden: Decodable {
  /// "PyTorch 2.9.1"
  let reference: String
  /// Little-endian Float32 in Base64: 10 numbers.
  let logits: String
  /// The gradient of the logit of class 1 by the image, (3, 24, 24).
  let inputGradient: String
  /// The standard explanation's raw map of class 1 at the residual sum, (12, 12).
  let rawMap: String

  static let logitBound = 1e-4
  /// Of gradient and map.
  static let gradientBound = 1e-3
  private static let size = 24
  private static let classes = 10
  private static let explainedClass = 1

  /// - Parameter path: nil for the one in the program.
  static func load(_ path: String?) throws(Problem) -> EngineGolden {
    guard let path else {
      return try decode(Data(CompiledIn.bytes(of: "engine-golden.json")), name: "the program's own golden")
    }
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw .usage(at: Place(file: path), "the golden cannot be read", remedy: "Check the path and its permissions.")
    }
    return try decode(data, name: path)
  }

  private static func decode(_ data: Data, name: String) throws(Problem) -> EngineGolden {
    guard let golden = try? JSONDecoder().decode(EngineGolden.self, from: data) else {
      throw .failure(
        at: Place(file: name), "this is no golden of the engines", remedy: "`Scripts/goldens/engine.py` makes one.")
    }
    return golden
  }

  /// - Returns: how far the engine is from the reference, in words.
  /// - Throws: `Problem` when it is farther than the measurement protocol allows, with what to do about this engine.
  func check(_ name: EngineKind) throws(Problem) -> String {
    let engine = try name.makeEngine()
    let network = try Self.network()
    let session = try engine.prepare(network, layers: try network.resolve(layers: ["last"])).makeSession()
    let pixels = Self.generated("image", count: 3 * Self.size * Self.size).map { Float($0) }
    let logits = try session.logits(of: Tensor(shape: [3, Self.size, Self.size], values: pixels))
    let seed = (0..<Self.classes).map { Float($0 == Self.explainedClass ? 1 : 0) }
    let gradient = try session.inputGradient(logitGradient: seed).values
    var map: [Float] = []
    try session.explainLayers([Score(image: 0, logitGradient: seed)]) { (_, layer) throws(Problem) in
      map = try standardExplanation.init().rawMap(
        activations: layer.activations, gradients: layer.gradients, folding: layer.folding
      ).values
    }
    let found = [
      ("logits", EngineComparison.difference(logits, Self.floats(self.logits)), Self.logitBound),
      ("the input gradient", EngineComparison.difference(gradient, Self.floats(inputGradient)), Self.gradientBound),
      ("the raw map", EngineComparison.difference(map, Self.floats(rawMap)), Self.gradientBound),
    ]
    guard found.allSatisfy({ $0.1 <= $0.2 }) else {
      let list = found.map { "\(EngineComparison.short($0.1)) of \($0.0) (at most \($0.2))" }
      throw .failure(
        "\(engine.version) computes wrong results on this processor: against \(reference) the relative difference is "
          + list.joined(separator: ", "),
        remedy: name.remedy)
    }
    let list = found.map { "\(EngineComparison.short($0.1)) of \($0.0)" }
    return "relative difference from \(reference): " + list.joined(separator: ", ")
  }

  // MARK: - The network

  private static func network() throws(Problem) -> Network {
    var b = GraphBuilder(width: 1, inputSize: size)
    var x = b.convolution("stem", b.image(), channels: 32, kernel: 3, padding: 1)
    x = b.relu("stem.relu", b.batchNormalisation("stem_bn", x, epsilon: 1e-5))
    x = b.pooling("stem.pooling", .maximum, x, kernel: 3, stride: 2, padding: 1)
    let inner = b.convolution("inner", x, channels: 32, kernel: 3, padding: 1)
    x = b.relu("sum.relu", b.add("sum", x, b.batchNormalisation("inner_bn", inner, epsilon: 1e-5)))
    x = b.relu("reduced.relu", b.convolution("reduced", x, channels: 48, kernel: 1, stride: 2, bias: true))
    x = b.depthwiseConvolution("depthwise", x, kernel: 3, padding: 1)
    _ = b.linear("fc", b.adaptiveAveragePooling("pool", x, size: 1), features: classes)
    var tensors: [String: Tensor] = [:]
    for tensor in b.tensors {
      tensors[tensor.name] = Tensor(shape: tensor.shape, values: values(tensor.name, tensor.shape))
    }
    return try Network(
      b.graph(name: "golden", lastLayer: "sum.relu"), normalisation: Architecture.resnet50.normalisation(.standard),
      weights: DictionaryTensors(tensors))
  }

  /// As `values` in the script.
  private static func values(_ name: String, _ shape: Shape) -> [Float] {
    let u = generated(name, count: shape.count)
    if shape.rank > 1 {
      let bound = (6 / Double(shape.count / shape[0])).squareRoot()
      return u.map { Float((2 * $0 - 1) * bound) }
    }
    if name.hasSuffix("running_var") { return u.map { Float(0.5 + $0) } }
    if name.hasSuffix(".weight") { return u.map { Float(0.8 + 0.4 * $0) } }
    return u.map { Float((2 * $0 - 1) * 0.1) }
  }

  /// In [0, 1) on a grid of 2^-24: SplitMix64 started at the FNV-1a hash of the name.
  private static func generated(_ name: String, count: Int) -> [Double] {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var generator = SplitMix64(seed: hash)
    return (0..<count).map { _ in Double(generator.next() >> 40) / 16_777_216 }
  }

  /// Empty for what is no Base64 of whole numbers.
  private static func floats(_ text: String) -> [Float] {
    guard let data = Data(base64Encoded: text), data.count % 4 == 0 else { return [] }
    return unsafe data.withUnsafeBytes { bytes in
      (0..<data.count / 4).map {
        unsafe Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }
}
