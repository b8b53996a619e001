import Diagnostics
import Hashing
import Tensors

/// A weights file of any format that can be read, told by its content and not by its name.
///
///     let file = try WeightsFile.open("resnet50.pth")
///     file.shape(of: "conv1.weight")               // 64x3x7x7
///     let weight = try file.values("conv1.weight")
///
/// A PyTorch file is read without running anything of it: see `PickleGlobal` for the few names that its pickle may use.
/// Names come without the prefixes `module.` and `model.` that wrappers of a network leave in front of them.
public final class WeightsFile: NamedTensors {
  public enum Format: Sendable, Hashable, CustomStringConvertible {
    case safetensors
    /// `torch.save` since PyTorch 1.6.
    case pyTorchZip
    /// `torch.save` before, or with `_use_new_zipfile_serialization=False`.
    case pyTorchLegacy
    /// A pickled dictionary of NumPy arrays.
    case numPyPickle

    public var description: String {
      switch self {
      case .safetensors: "safetensors"
      case .pyTorchZip: "PyTorch (zip)"
      case .pyTorchLegacy: "PyTorch (before 1.6)"
      case .numPyPickle: "a pickle of NumPy arrays"
      }
    }
  }

  public let path: String
  public let format: Format
  /// A safetensors file's `__metadata__`.
  public let metadata: [String: String]
  /// The keys under which a checkpoint holds the state dict, outermost first; empty where it stands by itself.
  public let stateDictionary: [String]
  /// Which of `module.` and `model.` were left off any name.
  public let droppedPrefixes: [String]
  /// In the order of the file, without prefixes.
  public let tensorNames: [String]
  private let contents: any TensorContents
  /// The file's own names by those of `tensorNames`.
  private let storedNames: [String: String]

  static let prefixes = ["module.", "model."]
  /// What messages call such a file.
  static let kind = "weights file"

  /// Opens a file, checks its description of every tensor, and reads no value yet.
  /// - Throws: `Problem.usage` for a missing file, one of a foreign format or a pickle that needs more than tensors,
  ///   `.failure` for a damaged one, `.changed` for one that changes while it is read.
  public static func open(_ path: String, for purpose: HeldFile.Purpose = .reading) throws(Problem) -> WeightsFile {
    let file = try HeldFile(path: path, kind: kind, for: purpose)
    return try HeldFile.whileUnchanged([file]) { () throws(Problem) in
      let bytes = file.fileBytes
      let contents: any TensorContents
      do throws(Problem) {
        contents =
          isPickle(bytes) || ZipDirectory.isArchive(bytes)
          ? try PyTorchFile(file, bytes) : try SafetensorsFile(file, bytes, expected: "a safetensors or PyTorch file")
      } catch {
        try bytes.check()
        throw error
      }
      try bytes.check()
      return try WeightsFile(contents, path: path)
    }
  }

  private init(_ contents: any TensorContents, path: String) throws(Problem) {
    self.contents = contents
    self.path = path
    format = contents.format
    metadata = contents.metadata
    stateDictionary = contents.stateDictionary
    var names: [String] = []
    var storedNames: [String: String] = [:]
    var dropped: Set<String> = []
    for stored in contents.tensorNames {
      var name = stored
      while let prefix = Self.prefixes.first(where: { name.hasPrefix($0) && name.count > $0.count }) {
        name.removeFirst(prefix.count)
        dropped.insert(prefix)
      }
      if let other = storedNames.updateValue(stored, forKey: name) {
        throw .usage(
          at: Place(file: path, tensor: stored),
          "without the prefixes `module.` and `model.` this and `\(other)` are both called `\(name)`",
          remedy: "Save the weights of one network only.")
      }
      names.append(name)
    }
    tensorNames = names
    self.storedNames = storedNames
    droppedPrefixes = Self.prefixes.filter(dropped.contains)
  }

  public var source: String { path }

  /// All that tensors are read from, to hold them to what was hashed.
  public var files: [HeldFile] { contents.files }

  /// Of the file's bytes; of several files that belong together, of the list of their hashes.
  /// - Throws: `Problem.changed` where a file changed since it was opened.
  public func sha256() throws(Problem) -> String {
    var hashes: [String] = []
    for file in files { hashes.append(try file.sha256()) }
    return hashes.count == 1 ? hashes[0] : Checksum.sha256(Array(hashes.joined(separator: "\n").utf8))
  }

  /// Bytes of the whole file.
  public var fileSize: Int { files.reduce(0) { $0 + $1.count } }

  public func shape(of name: String) -> Shape? { tensor(name)?.shape }

  public func dataType(of name: String) -> TensorDataType? { tensor(name)?.dataType }

  private func tensor(_ name: String) -> (dataType: TensorDataType, shape: Shape, byte: Int)? {
    storedNames[name].flatMap(contents.tensor)
  }

  /// A tensor's values, row-major: F16 and BF16 converted exactly, F64 to the nearest Float32.
  /// - Throws: `Problem` when there is no such tensor or it is of another type.
  public func values(_ name: String) throws(Problem) -> [Float] {
    guard let stored = storedNames[name] else { throw missingTensor(name, in: self) }
    return try contents.values(stored, path: path)
  }

  public func forEachPiece(
    of name: String, _ body: (Int, UnsafeBufferPointer<Float>) throws(Problem) -> Void
  ) throws(Problem) {
    guard let stored = storedNames[name] else { throw missingTensor(name, in: self) }
    try contents.forEachPiece(of: stored, path: path, body)
  }

  /// Lends a tensor's elements piece by piece as the file has them: row-major, little-endian, of `dataType(of:)`, each
  /// piece with whole elements. The pointer is valid only inside `body`.
  /// - Throws: `Problem` when there is no such tensor, and what `body` throws.
  public func forEachPiece(
    ofElements name: String, _ body: (UnsafeRawBufferPointer) throws(Problem) -> Void
  ) throws(Problem) {
    guard let stored = storedNames[name] else { throw missingTensor(name, in: self) }
    try contents.forEachPiece(of: stored, body)
  }

  /// Whether the bytes begin as a pickle does, and not as a safetensors file, whose header's length can begin alike.
  private static func isPickle(_ bytes: FileBytes) -> Bool {
    guard bytes.count > 2 else { return false }
    if bytes.count > 8, bytes[8] == UInt8(ascii: "{"), bytes[4..<8].allSatisfy({ $0 == 0 }) { return false }
    if bytes[0] == 0x80 { return (1...5).contains(bytes[1]) }
    // Protocols 0 and 1 have no number: they begin with a dictionary, or with the name of one.
    return bytes.starts(with: Array("(dp".utf8)) || bytes.starts(with: Array("}q".utf8))
      || bytes.starts(with: Array("ccollections\n".utf8)) || bytes.starts(with: Array("c__builtin__".utf8))
      || bytes.starts(with: Array("cos\n".utf8)) || bytes.starts(with: Array("cposix\n".utf8))
  }
}
