import Foundation
import ONNX
import Support
import Weights

extension FuzzFormat {
  /// Models of exporters and made ones, beside a file of external data.
  static func onnx() throws -> FuzzFormat {
    let folder = try FuzzFolder()
    let corpus = try fixtures("ONNXTests/Goldens", ".onnx")
    for data in try fixtures("ONNXTests/Goldens", ".bin") {
      try Data(data).write(to: URL(filePath: "\(folder.path)/external.bin"))
    }
    return FuzzFormat(
      "onnx", corpus: corpus,
      words: [
        "\u{8}\u{1}", "\u{0A}\u{2}x\u{0}", "\u{3A}\u{7F}", "\u{42}\u{2}\u{10}\u{11}", "external.bin", "../external.bin",
        "location", "offset", "length", "9223372036854775807", "-1", "If", "Loop", "Constant", "com.microsoft", "x",
        "y",
        "\u{0}", "\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}", "\u{0B}", "\u{22}\u{4}", "\u{2A}\u{1}", "\u{4A}\u{8}",
        "\u{70}\u{1}",
      ],
      make: { mutator in
        let base = mutator.element(corpus)
        // Half of them keep their lengths, so that what is behind the outermost message's is reached.
        guard mutator.once(in: 2) else { return mutator.change(base, corpus) }
        var bytes = base
        for _ in 0..<mutator.integer(1...4) { bytes[mutator.integer(0...bytes.count - 1)] = mutator.byte() }
        return bytes
      }
    ) { bytes, _ in
      let path = "\(folder.path)/model.onnx"
      try Data(bytes).write(to: URL(filePath: path))
      _ = WeightsFile.isONNX(path)
      let model = try ONNXFile.open(path)
      try FuzzFault.unless(model.nodes.count == model.isNeeded.count, "\(model.nodes.count) nodes")
      _ = try? model.requireReadable()
      for tensor in model.constants.prefix(50) {
        let values = (try? model.floats(of: tensor).count) ?? (try? model.integers(of: tensor).count)
        try FuzzFault.unless(
          values == nil || values == tensor.shape.count, "\(values ?? 0) values of shape \(tensor.shape)")
      }
      _ = model.operators.map(\.name) + model.inputs.map(\.summary) + model.outputs.map(\.summary)
    }
  }
}
