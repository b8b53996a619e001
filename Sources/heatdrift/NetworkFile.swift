import ONNX
import Support

extension ONNXFile {
  /// The network at an input size: of the file where it is fixed, else what the call says.
  /// - Parameter size: height and width in pixels; nil where the call does not say.
  /// - Throws: `Problem` where neither says it, or both and not the same.
  func network(size: Int?) throws(Problem) -> ImportedNetwork {
    try requireReadable()
    let (height, width) = (image?.height, image?.width)
    if let size, let fixed = height ?? width, fixed != size {
      throw .usage(
        at: Place(file: path),
        "the network takes images of \(height.map(String.init) ?? "?") x \(width.map(String.init) ?? "?") pixels, found "
          + "--size \(size)",
        remedy: "Leave --size out, or export the network for images of another size.")
    }
    guard let height = height ?? size ?? width, let width = width ?? size ?? Optional(height) else {
      throw .usage(
        at: Place(file: path), "the network takes images of any size: \(inputs.map(\.summary).joined(separator: "; "))",
        remedy: "Say the size that it is used with, for example --size 224.")
    }
    return try ImportedNetwork(self, name: path, height: height, width: width)
  }
}
