import Support

/// A file that holds no weights in a form that is read: what it is, and what to do.
///
/// Told by its first bytes, with the file's name as the last resort for formats that have no mark of their own.
struct ForeignFormat: Sendable, Equatable {
  /// Of a sentence: "a picture (PNG)".
  let description: String
  let remedy: String

  init(_ description: String, _ remedy: String) {
    self.description = description
    self.remedy = remedy
  }

  /// - Parameter expected: "a safetensors file".
  func problem(file: String, expected: String) -> Problem {
    .usage(at: Place(file: file), "expected \(expected), found \(description)", remedy: remedy)
  }

  static let fromTheSource =
    "Save the network's weights where it was made: torch.save(model.state_dict(), \"weights.pth\")."
  static let nameTheFile = "Name the weights file itself in `weights`."
  static let again = "Copy or download the file again."
  static let onnx = ForeignFormat(
    "an ONNX network",
    "An ONNX file is a network with its weights: name it as `network` in place of `architecture` and `weights`, with `input` beside "
      + "it. `heatdrift weights inspect` shows what is in it.")

  /// Whoever says what was found must have called `bytes.check()`.
  /// - Parameter name: the file's, for formats without a mark.
  /// - Returns: nil for what may be weights, and for bytes that say nothing.
  static func recognise(_ bytes: FileBytes, name: String) -> ForeignFormat? {
    guard !bytes.isEmpty else { return ForeignFormat("an empty file", again) }
    if bytes.count >= 8, bytes.prefix(1 << 20).allSatisfy({ $0 == 0 }) {
      return ForeignFormat("a file of zeros", "It was not copied or downloaded to its end. " + again)
    }
    if ContentKind.hasSafetensorsHeader(bytes) { return nil }
    // Ahead of marks: a whole file that is nothing but the fields of a model begins with one of them by chance.
    if ONNXMark.isModel(bytes) { return onnx }
    for (magic, format) in magics where bytes.starts(with: magic) { return format }
    if bytes.count >= 8, bytes[4..<8].elementsEqual("TFL3".utf8) {
      return ForeignFormat("a TensorFlow Lite network (.tflite)", ExportAdvice.tensorFlowLite)
    }
    // HDF5 may begin behind a block of somebody else's.
    if [512, 1024, 2048].contains(where: { bytes.dropFirst($0).starts(with: hdf5) }) { return keras }
    if let kind = ContentKind.recognise(bytes), !isMarkup(kind) {
      if kind == .onnx { return onnx }
      let unpack = kind.unpacking.map { "Unpack it (\($0)) and name the weights file in it." }
      return ForeignFormat(kind.description, unpack ?? nameTheFile)
    }
    if let text = text(bytes) { return text }
    return networkOfOthers(bytes, name: name)
  }

  /// For bytes that are of no known kind at all.
  static func unknown(_ bytes: FileBytes) -> ForeignFormat {
    return ForeignFormat(
      "data of an unknown kind, which begin with the bytes \(ContentKind.firstBytes(bytes))",
      "Check that it is the file that you mean: safetensors, PyTorch's .pth, .pt and .bin, and pickles of NumPy arrays "
        + "are read. If it is one of them, its beginning is damaged: copy or download it again.")
  }

  /// A page's title and a server's error are told by `text`.
  private static func isMarkup(_ kind: ContentKind) -> Bool {
    ["a web page", "an XML file"].contains(kind.description) || kind.description.hasPrefix("a Git LFS")
  }

  private static let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46]
  private static let keras = ForeignFormat("an HDF5 file, as Keras writes it (.h5)", ExportAdvice.keras2)

  private static let magics: [([UInt8], ForeignFormat)] = [
    ([0x50, 0x4b, 5, 6], ForeignFormat("a zip archive without anything in it", again)), (hdf5, keras),
    (
      Array("MATLAB ".utf8),
      ForeignFormat("a MATLAB file (.mat)", "Convert it to a state dict in Python (scipy.io.loadmat) and save that.")
    ),
    (
      [0x93] + Array("NUMPY".utf8),
      ForeignFormat(
        "one NumPy array without a name (.npy)",
        "Save all tensors by their names: safetensors.numpy.save_file({name: array}, \"weights.safetensors\").")
    ),
    (
      Array("GGUF".utf8),
      ForeignFormat("a GGUF file, of language models", "Give the weights of an image network.")
    ),
    (
      [0x6c, 0x6d, 0x67, 0x67],
      ForeignFormat("a GGML file, of language models", "Give the weights of an image network.")
    ),
    (
      [0x12, 1, 0, 0, 0, 0, 0, 0],
      ForeignFormat("an MXNet file (.params)", "Convert it to a state dict of PyTorch where MXNet is installed.")
    ),
    (
      [4, 0, 0, 0, 1, 0, 0, 0],
      ForeignFormat("a file of Lua's Torch (.t7)", "Convert it to a state dict of PyTorch.")
    ),
  ]

  // MARK: - Networks of other programs: protocol buffers have no mark

  private static func networkOfOthers(_ bytes: FileBytes, name: String) -> ForeignFormat? {
    let name = name.lowercased()
    let tensorFlow = ForeignFormat(
      name.hasSuffix("saved_model.pb") ? "a TensorFlow network (SavedModel)" : "a TensorFlow network (.pb)",
      name.hasSuffix("saved_model.pb") ? ExportAdvice.savedModel : ExportAdvice.frozenGraph)
    if bytes.count >= 8, bytes.suffix(8).elementsEqual([0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]) {
      return ForeignFormat("the index of a TensorFlow checkpoint", ExportAdvice.checkpoint)
    }
    if name.contains(".data-0") && name.contains("-of-0") {
      return ForeignFormat("the values of a TensorFlow checkpoint", ExportAdvice.checkpoint)
    }
    if name.hasSuffix(".msgpack") {
      return ForeignFormat("a Flax network (.msgpack)", "Convert it to a state dict of PyTorch and save that.")
    }
    if name.hasSuffix(".onnx") { return onnx }
    if name.hasSuffix(".mlmodel") { return coreML }
    if name.hasSuffix(".caffemodel") { return caffe }
    if name.hasSuffix(".pb") { return tensorFlow }
    guard bytes.count >= 8 else { return nil }
    // Field 1 a number: the version; field 2 next: a text in ONNX, a message in Core ML and TensorFlow.
    if bytes[0] == 0x08, (1...30).contains(bytes[1]) {
      let isVersionOne = bytes[1] == 1
      guard bytes[2] == 0x12 else {
        let tags: [UInt8] = [0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72]
        return bytes[1] >= 3 && tags.contains(bytes[2]) ? onnx : nil
      }
      guard let content = lengthDelimited(bytes, at: 3), let first = bytes[content].first else { return nil }
      if first == 0x0a { return isVersionOne ? tensorFlow : coreML }
      return bytes[content].prefix(16).allSatisfy(isPrintable) ? onnx : nil
    }
    // Field 1 a message with a name (TensorFlow's nodes), or the name itself (Caffe's nets).
    if bytes[0] == 0x0a, let content = lengthDelimited(bytes, at: 1), let first = bytes[content].first {
      if first == 0x0a, let name = lengthDelimited(bytes, at: content.lowerBound + 1), !name.isEmpty,
        bytes[name].allSatisfy(isPrintable)
      {
        return tensorFlow
      }
      if content.upperBound < bytes.count, [0x12, 0x1a, 0xa2].contains(bytes[content.upperBound]),
        bytes[content].allSatisfy(isPrintable)
      {
        return caffe
      }
    }
    return nil
  }

  private static let coreML = ForeignFormat(
    "a Core ML network",
    "Give the weights that it was converted from: torch.save(model.state_dict(), \"weights.pth\").")
  private static let caffe = ForeignFormat(
    "a Caffe network (.caffemodel)",
    "Convert it to a state dict of PyTorch, or to a pickle of NumPy arrays under PyTorch's names.")

  /// The content of a field whose length stands at `position`.
  private static func lengthDelimited(_ bytes: FileBytes, at position: Int) -> Range<Int>? {
    var length = 0
    for index in 0..<4 where position + index < bytes.count {
      let byte = bytes[position + index]
      length |= Int(byte & 0x7f) << (7 * index)
      if byte & 0x80 == 0 {
        let start = position + index + 1
        return length <= bytes.count - start ? start..<start + length : nil
      }
    }
    return nil
  }

  private static func isPrintable(_ byte: UInt8) -> Bool { (0x20..<0x7f).contains(byte) }
}
