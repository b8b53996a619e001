import Foundation
import Support
import Testing

@testable import ONNX

/// Messages of protocol buffers, made by hand.
struct Wire {
  var bytes: [UInt8] = []

  static func varint(_ number: UInt64) -> [UInt8] {
    var (rest, bytes) = (number, [UInt8]())
    while rest > 127 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  func number(_ field: UInt64, _ number: Int64) -> Wire {
    Wire(bytes: bytes + Wire.varint(field << 3) + Wire.varint(UInt64(bitPattern: number)))
  }

  func content(_ field: UInt64, _ content: [UInt8]) -> Wire {
    Wire(bytes: bytes + Wire.varint(field << 3 | 2) + Wire.varint(UInt64(content.count)) + content)
  }

  func text(_ field: UInt64, _ text: String) -> Wire { content(field, Array(text.utf8)) }

  func message(_ field: UInt64, _ message: Wire) -> Wire { content(field, message.bytes) }

  // MARK: - Of ONNX

  static func node(_ opType: String, _ inputs: [String], _ outputs: [String], name: String = "") -> Wire {
    var node = Wire()
    for input in inputs { node = node.text(1, input) }
    for output in outputs { node = node.text(2, output) }
    return node.text(3, name).text(4, opType)
  }

  /// - Parameter values: of float_data, not packed.
  static func tensor(_ name: String, _ dimensions: [Int64], _ values: [Float] = []) -> Wire {
    var tensor = Wire()
    for dimension in dimensions { tensor = tensor.number(1, dimension) }
    tensor = tensor.number(2, 1)
    for value in values {
      tensor.bytes += [4 << 3 | 5] + withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
    }
    return tensor.text(8, name)
  }

  /// A graph from x to y, in version 17 of the operators.
  static func model(
    _ nodes: [Wire], tensors: [Wire] = [], inputs: [String] = ["x"], outputs: [String] = ["y"], opset: Int64 = 17
  ) -> Wire {
    var graph = Wire()
    for node in nodes { graph = graph.message(1, node) }
    for tensor in tensors { graph = graph.message(5, tensor) }
    for name in inputs { graph = graph.message(11, Wire().text(1, name)) }
    for name in outputs { graph = graph.message(12, Wire().text(1, name)) }
    return Wire().number(1, 8).message(7, graph).message(8, Wire().number(2, opset))
  }
}

/// A folder that is removed with the test.
final class ModelFolder {
  let path = FileManager.default.temporaryDirectory.appending(path: "onnx-\(UUID().uuidString)").path

  init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], to name: String = "m.onnx") throws -> String {
    try Data(bytes).write(to: URL(filePath: "\(path)/\(name)"))
    return "\(path)/\(name)"
  }

  /// What opening a file of these bytes says, the folder's name left off; nil where it is taken.
  func problem(_ bytes: [UInt8], limits: ModelLimits = ModelLimits()) throws -> String? {
    let path = try write(bytes)
    do {
      _ = try ONNXFile.open(path, limits: limits)
      return nil
    } catch {
      return error.description.replacingOccurrences(of: self.path + "/", with: "")
    }
  }
}

let goldens = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens")
