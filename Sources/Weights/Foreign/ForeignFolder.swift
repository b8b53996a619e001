import Foundation
import Support

extension ForeignFormat {
  /// What a folder is that was given as weights.
  static func folder(_ path: String) -> ForeignFormat {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
    if has("saved_model.pb") || has("keras_metadata.pb") {
      return ForeignFormat("the folder of a TensorFlow network (SavedModel)", ExportAdvice.savedModel)
    }
    if has(".metadata"), names.contains(where: { $0.hasSuffix(".distcp") }) {
      return ForeignFormat(
        "the folder of a distributed checkpoint of PyTorch",
        "Make one file of it: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER weights.pth.")
    }
    if has("data.pkl"), has("data") {
      return ForeignFormat(
        "the folder of a PyTorch file that was unpacked",
        "Pack the folder again, without compression: zip -0 -r weights.pth FOLDER.")
    }
    if has("Manifest.json"), names.contains("Data") {
      return ForeignFormat("a Core ML package", fromTheSource)
    }
    let indices = names.filter { $0.hasSuffix(".index.json") }
    let shards = names.filter { ShardName($0) != nil }
    let weights = names.filter { name in
      [".safetensors", ".pth", ".pt", ".bin", ".pkl", ".ckpt"].contains(where: name.hasSuffix)
    }
    let found = !indices.isEmpty && !shards.isEmpty ? indices : weights
    guard !found.isEmpty else { return ForeignFormat("a folder", nameTheFile) }
    let shown = found.prefix(6).map { "`\(printable($0))`" }.joined(separator: ", ")
    return ForeignFormat(
      "a folder",
      "Name the weights file in it: \(shown)\(found.count > 6 ? ", or one of \(found.count - 6) more" : "").")
  }
}

/// A file's name that says that it is one of several: `model-00001-of-00002.safetensors`.
public struct ShardName: Sendable, Equatable {
  /// `model.safetensors.index.json`, which lists them all.
  public let index: String
  /// From 1 up.
  public let number: Int
  /// How many belong together, at least 2.
  public let count: Int

  /// - Parameter name: without folders.
  /// - Returns: nil for a name of another form, or of a number beyond the count.
  public init?(_ name: String) {
    guard let of = name.range(of: "-of-", options: .backwards) else { return nil }
    let head = name[..<of.lowerBound]
    let tail = name[of.upperBound...]
    guard let dash = head.lastIndex(of: "-"), let number = Int(head[head.index(after: dash)...]),
      let end = tail.firstIndex(of: "."), let count = Int(tail[..<end]), number > 0, count > 1, number <= count
    else { return nil }
    self.number = number
    self.count = count
    index = "\(head[..<dash])\(tail[end...]).index.json"
  }
}
