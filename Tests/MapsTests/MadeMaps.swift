import Foundation

/// A small file of maps, whole unless a test changes it: two images, three levels, one explanation, two targets, one layer of
/// 2 x 3.
struct MadeMaps {
  struct Made {
    var type: String
    var shape: [Int]
    var bytes: [UInt8]
  }

  /// What the file says of itself, as JSON.
  var about: [String: Any] = [
    "version": 1, "producer": ["name": "a test", "software": ["numpy": "2.1"]],
    "input": ["size": 4, "fit": "crop", "resize": 5], "classes": 3, "maps": "raw",
    "images": [
      ["image": "a/1.png", "sha256": String(repeating: "a", count: 64), "label": 0],
      ["image": "b/1.png", "sha256": String(repeating: "b", count: 64)],
    ],
    "levels": [["attack": "clean"], ["attack": "fgsm", "epsilon": "8/255"], ["attack": "fgsm", "epsilon": 0.1]],
    "explanations": ["grad-cam"], "targets": ["predicted", "label"], "layers": ["last"],
  ]
  var tensors: [String: Made] = [:]

  init() {
    tensors["logits"] = Self.floats([2, 3, 3]) { Float($0 * 7 % 11) / 4 }
    tensors["maps.last"] = Self.floats([2, 3, 1, 2, 2, 3]) { Float($0) }
  }

  static func floats(_ shape: [Int], _ value: (Int) -> Float) -> Made {
    let values = (0..<shape.reduce(1, *)).map(value)
    return Made(
      type: "F32", shape: shape,
      bytes: values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } })
  }

  static func integers(_ shape: [Int], _ value: (Int) -> Int) -> Made {
    let values = (0..<shape.reduce(1, *)).map(value)
    return Made(
      type: "I64", shape: shape,
      bytes: values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } })
  }

  static func pixels(_ shape: [Int], _ value: (Int) -> UInt8) -> Made {
    Made(type: "U8", shape: shape, bytes: (0..<shape.reduce(1, *)).map(value))
  }

  /// The answers as the highest classes alone.
  mutating func answerHighest(_ classes: (Int) -> Int, _ probabilities: (Int) -> Float) {
    tensors["logits"] = nil
    tensors["top_classes"] = Self.integers([2, 3, 2], classes)
    tensors["top_probabilities"] = Self.floats([2, 3, 2], probabilities)
  }

  func bytes(text: String? = nil) throws -> [UInt8] {
    let json = String(decoding: try JSONSerialization.data(withJSONObject: about, options: .sortedKeys), as: UTF8.self)
    var header: [String: Any] = ["__metadata__": ["heatdrift_maps": text ?? json]]
    var offset = 0
    // The widest first, as writers do.
    let ordered = tensors.sorted { ($1.value.type, $0.key) < ($0.value.type, $1.key) }
    for (name, made) in ordered {
      header[name] = [
        "dtype": made.type, "shape": made.shape, "data_offsets": [offset, offset + made.bytes.count],
      ]
      offset += made.bytes.count
    }
    let head = Array(try JSONSerialization.data(withJSONObject: header, options: .sortedKeys))
    let length = (0..<8).map { UInt8(truncatingIfNeeded: head.count >> (8 * $0)) }
    return length + head + ordered.flatMap(\.value.bytes)
  }
}
