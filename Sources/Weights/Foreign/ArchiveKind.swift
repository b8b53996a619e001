/// A zip archive that is no checkpoint, told by the names of its entries.
struct ArchiveKind {
  /// Of a sentence: "a TorchScript program".
  let description: String
  let remedy: String

  /// - Parameters:
  ///   - names: of all entries.
  ///   - checkpoints: the folders that have a `data.pkl`.
  /// - Returns: nil where it may be a checkpoint, or where nothing tells what it is.
  init?(names: [String], checkpoints: [String]) {
    /// A file of this name, be it at the top or one folder down.
    func has(_ file: String) -> Bool {
      names.contains { $0 == file || $0.hasSuffix("/" + file) && $0.dropLast(file.count + 1).allSatisfy { $0 != "/" } }
    }
    func hasFolder(_ folder: String) -> Bool {
      names.contains { name in
        name.hasPrefix(folder + "/") || name.split(separator: "/").dropFirst().first.map { $0 == folder } ?? false
      }
    }
    let files = names.filter { !$0.hasSuffix("/") }
    // A program of TorchScript has a data.pkl as well, and code that is compressed.
    if has("constants.pkl") || has("data.pkl") && hasFolder("code") {
      description = "a TorchScript program"
      remedy = ExportAdvice.torchScript
    } else if has("archive_format") || names.contains(where: { $0.contains("serialized_exported_program") })
      || has("archive_version") && has("models/model.json")
    {
      description = "a program of torch.export"
      remedy = ExportAdvice.exportedProgram
    } else if names.contains(where: { $0.contains(".data/extern_modules") }) {
      description = "a torch.package"
      remedy =
        "Load the network with torch.package.PackageImporter and save torch.save(model.state_dict(), \"weights.pth\")."
    } else if has("model.weights.h5") || has("config.json") && has("metadata.json") {
      description = "a Keras file (.keras)"
      remedy = ExportAdvice.keras3
    } else if !checkpoints.isEmpty {
      return nil
    } else if !files.isEmpty, files.allSatisfy({ $0.hasSuffix(".npy") }) {
      description = "an archive of NumPy arrays (.npz)"
      remedy =
        "Save its arrays in Python: import numpy, safetensors.numpy; "
        + "safetensors.numpy.save_file(dict(numpy.load(path)), \"weights.safetensors\")."
    } else if has("Manifest.json") && names.contains(where: { $0.contains("com.apple.CoreML") }) {
      description = "a Core ML package"
      remedy = ForeignFormat.fromTheSource
    } else if has("[Content_Types].xml") {
      description = "an office document"
      remedy = "Name the weights file itself."
    } else {
      return nil
    }
  }
}
