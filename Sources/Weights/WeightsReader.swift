import Support

/// The kinds of weights files, in the order in which a file is asked whether it is of one. The last takes what the others
/// leave, and says what it is where it is no weights file.
let weightsReaders = Registry<WeightsReader>("kind of weights file", [.shards, .pickles, .safetensors]) { $0.name }

/// How one kind of weights file is told and read.
struct WeightsReader: Sendable {
  /// Opens a file that another one names.
  typealias Opening = (String) throws(Problem) -> any TensorContents

  /// In code; files are told by their content.
  let name: String
  /// Whether a file is of this kind, by its bytes and its name.
  let recognises: @Sendable (FileBytes, String) -> Bool
  /// Goes through a file's description of its tensors; reads no value.
  let open: @Sendable (HeldFile, FileBytes, Opening) throws(Problem) -> any TensorContents

  /// What is read from one file alone.
  static var single: [WeightsReader] { weightsReaders.all.filter { $0.name != WeightsReader.shards.name } }

  /// - Parameter name: the file's.
  static func of(_ bytes: FileBytes, name: String, among readers: [WeightsReader]) -> WeightsReader {
    readers.first { $0.recognises(bytes, name) } ?? .safetensors
  }
}
