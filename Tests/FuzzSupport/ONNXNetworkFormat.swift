import EngineOpenBLAS
import Foundation
import Graphs
import Images
import ONNX
import Support
import Tensors

extension FuzzFormat {
  /// Models of single operators with other attributes, operators and constants, which stay readable as files: through the
  /// import, and where what comes of it is small through an engine as well.
  static func onnxNetworks() throws -> FuzzFormat {
    let folder = try FuzzFolder()
    let engine = try OpenBLASEngine()
    let read: @Sendable ([UInt8], Int) throws -> Void = { bytes, _ in
      let path = "\(folder.path)/model.onnx"
      try Data(bytes).write(to: URL(filePath: path))
      let model = try ONNXFile.open(path)
      let extents = (model.inputs.first?.dimensions ?? []).suffix(3).map { dimension -> Int in
        if case .fixed(let extent) = dimension, extent < 64 { extent } else { 5 }
      }
      guard extents.count == 3 else { return }
      // As a network of pictures it is most often refused.
      _ = try? ImportedNetwork(model, name: "fuzzed", height: extents[1], width: extents[2])
      let imported = try ImportedNetwork(
        model, name: "fuzzed", height: extents[1], width: extents[2], channels: extents[0], output: .anything)
      let graph = imported.graph
      let size = graph.nodes.reduce(0) { $0 + $1.shape.count } + graph.tensors.reduce(0) { $0 + $1.shape.count }
      guard size < 100_000, graph.multiplyAdds < 10_000_000 else { return }
      let channels = graph.input[0]
      let network = try Network(
        graph,
        normalisation: Normalisation(
          mean: [Double](repeating: 0, count: channels), standardDeviation: [Double](repeating: 1, count: channels)),
        weights: imported.weights)
      let layers = try network.resolve(layers: ["all"])
      let session = try engine.prepare(network, layers: layers).makeSession()
      let image = Tensor(shape: graph.input, values: (0..<graph.input.count).map { Float($0 % 17) / 17 })
      let logits = try session.logits(of: image)
      try FuzzFault.unless(logits.count == network.classCount, "\(logits.count) logits")
      let seed = [Float](repeating: 1, count: logits.count)
      _ = try session.inputGradient(logitGradient: seed)
      try session.explainLayers(logitGradient: seed) { (_) throws(Problem) in }
    }
    // Some are of operators that are not computed.
    let corpus = try fixtures("ONNXTests/Goldens/operators", ".onnx").filter { (try? read($0, 1)) != nil }
    return FuzzFormat(
      "onnx-networks", corpus: corpus, words: [],
      make: { mutator in
        var bytes = mutator.element(corpus)
        for _ in 0..<mutator.integer(1...4) { mutator.changeNetwork(&bytes) }
        return bytes
      }, read: read)
  }
}

extension Mutator {
  /// Operators by the length of their names, so that one may stand in the place of another.
  private static let operators: [Int: [String]] = Dictionary(
    grouping: [
      "Add", "Mul", "Div", "Sub", "Pow", "Max", "Min", "Sum", "Exp", "Log", "Neg", "Abs", "LRN", "Pad", "Elu", "Erf",
      "Mod",
      "Conv", "Gemm", "Relu", "Clip", "Tanh", "Sqrt", "Cast", "Tile", "Size", "Mean", "Selu", "Celu", "Ceil", "Gelu",
      "Mish",
      "Slice", "Split", "PRelu", "Shape", "Range", "Where", "Equal", "Floor", "Expand", "Gather", "Concat", "Resize",
      "MatMul", "Reshape", "MaxPool", "Squeeze", "Flatten", "Sigmoid", "Softmax", "Dropout", "Softplus", "Softsign",
      "Identity", "Constant", "ReduceL2", "LeakyRelu", "HardSwish", "Unsqueeze", "Transpose", "ReduceMax", "ReduceMin",
      "ReduceSum", "ReduceMean", "LogSoftmax", "AveragePool", "HardSigmoid", "DepthToSpace", "SpaceToDepth",
      "GlobalMaxPool", "ConstantOfShape", "LpNormalization", "DequantizeLinear", "GlobalAveragePool",
      "LayerNormalization", "BatchNormalization", "GroupNormalization", "InstanceNormalization",
    ], by: \.utf8.count)

  fileprivate mutating func changeNetwork(_ bytes: inout [UInt8]) {
    guard bytes.count > 16 else { return }
    switch integer(0...3) {
    case 0:
      // A length and a name.
      let start = integer(0...bytes.count - 8)
      for place in start..<bytes.count - 8 {
        let length = Int(bytes[place])
        guard length >= 3, place + 1 + length <= bytes.count, let others = Self.operators[length],
          others.contains(String(decoding: bytes[(place + 1)...(place + length)], as: UTF8.self))
        else { continue }
        bytes.replaceSubrange((place + 1)...(place + length), with: Array(element(others).utf8))
        return
      }
    case 1:
      // Constants of 64 bits.
      let place = integer(0...bytes.count - 8)
      let number = once(in: 3) ? element(Self.numbers) : UInt64(bitPattern: Int64(integer(-4...9)))
      for index in 0..<8 { bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index)) }
    case 2: bytes[integer(0...bytes.count - 1)] = UInt8(integer(0...12))
    default: bytes[integer(0...bytes.count - 1)] = byte()
    }
  }
}
