import Images
import ONNX
import Support

extension ExperimentSkeleton {
  /// A network from an ONNX file as `init` writes it down.
  public struct Network: Sendable, Hashable {
    /// As the experiment file has it.
    let path: String
    /// What the report would call it.
    let name: String
    /// The whole mapping: `{size: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}`.
    let input: String
    /// What to do about it.
    let remark: String

    /// - Parameters:
    ///   - path: as the experiment file is to have it.
    ///   - size: height and width in pixels where the file leaves them open; the preprocessing's own where nobody says it.
    ///   - preprocessing: what the network was trained with, one of `Preprocessing.all`; nil where nobody says it.
    /// - Throws: `Problem` for a network that cannot be measured, and for what does not go together.
    public init(_ file: ONNXFile, path: String, size: Int?, preprocessing: String?) throws(Problem) {
      try file.requireReadable()
      let place = Place(file: file.path)
      let image = file.image
      if let image, let height = image.height, let width = image.width, height != width {
        throw .usage(
          at: place, "the network takes images of \(height) x \(width) pixels, expected square ones",
          remedy: "Export it for square images.")
      }
      if let fixed = image?.height ?? image?.width, let size, size != fixed {
        throw .usage(
          at: place, "the network takes images of \(fixed) x \(fixed) pixels, found --size \(size)",
          remedy: "Leave --size out, or export the network for images of another size.")
      }
      let channels = image?.channels == 1 ? 1 : 3
      // For grey nothing is usual but the pixels as they are.
      let key = preprocessing ?? (channels == 1 ? "unit" : "torchvision")
      guard let chosen = Preprocessing.all[key] else { throw .usage("there is no preprocessing `\(printable(key))`") }
      guard let input = chosen.written(size: image?.size ?? image?.height ?? image?.width ?? size, channels: channels)
      else {
        throw .usage(
          at: place, "the network takes grey images, and `\(key)` treats the colours apart",
          remedy: "Grey goes with: "
            + Preprocessing.all.all.filter { $0.written(size: nil, channels: 1) != nil }.map { "`\($0.key)`" }
            .joined(separator: ", ") + ".")
      }
      self.path = path
      self.input = input
      name = ModelOptions.stem(of: path)
      var remarks: [String] = []
      if preprocessing == nil { remarks.append("To be checked: \(key)'s values, not the file's.") }
      if image?.size == nil, size == nil { remarks.append("The file leaves the size open.") }
      remark = remarks.joined(separator: " ")
    }
  }
}
