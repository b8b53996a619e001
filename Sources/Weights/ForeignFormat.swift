import Diagnostics
import Hashing

/// A file of another kind is named, since its first 8 bytes would only be told off as a safetensors header's length.
/// - Parameter expected: "a safetensors file".
func foreignFormat(_ bytes: FileBytes, file: String, expected: String) -> Problem? {
  func isStart(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
  func isStart(_ text: String) -> Bool { isStart(Array(text.utf8)) }
  let found: (String, String)? =
    if isStart([0x50, 0x4b, 0x03, 0x04]) || isStart([0x80, 0x02, 0x8a, 0x0a]) {
      (
        "a PyTorch checkpoint",
        "Convert it in Python: safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\")."
      )
    } else if isStart([0x89, 0x48, 0x44, 0x46]) {
      (
        "an HDF5 file (Keras)",
        "Convert it in Python: safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\")."
      )
    } else if isStart("version https://git-lfs") {
      ("a Git LFS pointer instead of the file's content", "Run `git lfs pull` in the folder of the weights.")
    } else if isStart([0x1f, 0x8b]) || bytes.count > 262 && bytes[257..<262].elementsEqual(Array("ustar".utf8)) {
      ("a packed archive (tar or gzip)", "Unpack it and name the weights file in it.")
    } else if isStart("<!DOCTYPE") || isStart("<html") {
      ("a web page", "The download gave a page instead of the file: open the link in a browser and save the file.")
    } else {
      nil
    }
  return found.map { .usage(at: Place(file: file), "expected \(expected), found \($0.0)", remedy: $0.1) }
}
