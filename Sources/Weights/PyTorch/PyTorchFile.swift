import Diagnostics
import Hashing
import Tensors

/// A weights file that Python's pickle wrote: `torch.save` in its zip format or in the older one, or a pickled
/// dictionary of NumPy arrays. Every tensor's place is checked before a value is used.
///
/// - The zip format (PyTorch 1.6 and newer): `NAME/data.pkl`, `NAME/data/KEY` for each storage, `NAME/byteorder`.
/// - The older format: pickles of a magic number, of the protocol's version 1001, of the system, of the object and of
///   the list of storage keys; then each storage, its element count first (`torch/serialization.py`, `_legacy_save`).
final class PyTorchFile: TensorContents {
  let format: WeightsFile.Format
  let path: String
  let stateDictionary: [String]
  let tensorNames: [String]
  let metadata: [String: String] = [:]
  private let file: HeldFile
  private let tensors: [String: StoredTensor]

  private static let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]

  init(_ file: HeldFile, _ bytes: FileBytes) throws(Problem) {
    self.file = file
    path = file.path
    let content = try Content(bytes, path: path)
    format = content.format
    stateDictionary = content.state.path
    var tensors: [String: StoredTensor] = [:]
    var names: [String] = []
    var total = 0
    for (name, value) in content.state.tensors {
      guard name.utf8.count <= 1024, printable(name) == name || name.unicodeScalars.count > 120 else {
        throw .failure(
          at: Place(file: path), "a tensor is called `\(printable(name))`, with characters that no name has",
          remedy: PickleInterpreter.remedy)
      }
      let tensor = try content.tensor(value, name: name)
      names.append(name)
      tensors[name] = tensor
      total += tensor.byteCount
      // Views of one storage, and strides of 0, can make a small file mean any number of values.
      guard total <= 16 * file.count + 1 << 20 else {
        throw .usage(
          at: Place(file: path, byte: tensor.byte, tensor: name),
          "the tensors up to here take \(total) bytes, more than 16 times the file's \(file.count): they are "
            + "views of the same storage", remedy: PickleInterpreter.saveWeightsAlone)
      }
    }
    tensorNames = names
    self.tensors = tensors
  }

  var files: [HeldFile] { [file] }

  func tensor(_ name: String) -> (dataType: TensorDataType, shape: Shape, byte: Int)? {
    tensors[name].map { ($0.dataType, $0.shape, $0.byte) }
  }

  func forEachPiece(
    of name: String, _ body: (UnsafeRawBufferPointer) throws(Problem) -> Void
  ) throws(Problem) {
    try tensors[name]?.forEachPiece(in: file, body)
  }

  // MARK: - The three formats

  /// What the pickle names, and where its storages lie.
  private struct Content {
    let format: WeightsFile.Format
    let state: StateDictionary
    private let pickle: PickleInterpreter
    private var storages: [String: Range<Int>] = [:]
    private var isBigEndian = false

    init(_ bytes: FileBytes, path: String) throws(Problem) {
      if ZipDirectory.isArchive(bytes) {
        let archive = try ZipDirectory(bytes, file: path)
        let name = try Self.archiveName(archive, file: path)
        if archive.entries["\(name)/constants.pkl"] != nil {
          throw .usage(
            at: Place(file: path), "expected a state dict, found a TorchScript program",
            remedy: "Save its weights: torch.save(torch.jit.load(path).state_dict(), \"weights.pth\").")
        }
        if let order = archive.entries["\(name)/byteorder"] {
          switch String(decoding: bytes[order.prefix(16)], as: UTF8.self) {
          case "little": break
          case "big": isBigEndian = true
          case let other:
            throw archive.damaged(
              "the byte order is `\(printable(other))`, expected `little` or `big`", at: order.lowerBound)
          }
        }
        format = .pyTorchZip
        var pickle = PickleInterpreter(bytes, in: archive.entries["\(name)/data.pkl"] ?? 0..<0, file: path)
        let root = try pickle.run()
        state = try StateDictionary(root, pickle)
        self.pickle = pickle
        for entry in archive.entries where entry.key.hasPrefix("\(name)/data/") {
          storages[String(entry.key.dropFirst(name.count + 6))] = entry.value
        }
        return
      }
      var pickle = PickleInterpreter(bytes, in: 0..<bytes.count, file: path)
      let first = try pickle.run()
      guard case .largeInteger(let range) = first, bytes[range].elementsEqual(PyTorchFile.magic) else {
        format = .numPyPickle
        state = try StateDictionary(first, pickle)
        self.pickle = pickle
        return
      }
      format = .pyTorchLegacy
      let versionStart = pickle.position
      guard case .integer(1001) = try pickle.run() else {
        throw pickle.damaged("the version of torch.save's older format is not 1001", at: versionStart)
      }
      let system = try pickle.run()
      isBigEndian = try Self.isBigEndian(system, pickle)
      let root = try pickle.run()
      state = try StateDictionary(root, pickle)
      let keysStart = pickle.position
      let list = try pickle.run()
      let keys = try pickle.tuple(list, "the list of storages", at: keysStart)
      var elementTypes: [String: StorageReference] = [:]
      for object in pickle.heap {
        guard case .storage(let storage) = object else { continue }
        if let other = elementTypes.updateValue(storage, forKey: storage.key),
          other.dataType != storage.dataType || other.count != storage.count
        {
          throw pickle.damaged(
            "the storage `\(printable(storage.key))` is described in two ways", at: storage.byte)
        }
      }
      var position = pickle.position
      for key in keys {
        let name = try pickle.text(key, "a storage's key", at: keysStart)
        guard let storage = elementTypes[name] else {
          throw pickle.damaged("no tensor uses the storage `\(printable(name))`", at: keysStart)
        }
        guard position <= bytes.count - 8 else {
          throw pickle.damaged(
            "the storage `\(printable(name))` is missing: the file was cut short", at: bytes.count)
        }
        let written = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        guard (isBigEndian ? UInt64(bigEndian: written) : UInt64(littleEndian: written)) == storage.count else {
          throw pickle.damaged(
            "the storage `\(printable(name))` should have \(storage.count) elements here", at: position)
        }
        position += 8
        let size = storage.dataType.bitWidth / 8
        guard storage.count <= (bytes.count - position) / size else {
          throw pickle.damaged(
            "the storage `\(printable(name))` has \(storage.count) elements of \(size) bytes, "
              + "\(bytes.count - position) bytes are left: the file was cut short", at: position)
        }
        guard storages.updateValue(position..<position + storage.count * size, forKey: name) == nil else {
          throw pickle.damaged("the storage `\(printable(name))` is listed twice", at: keysStart)
        }
        position += storage.count * size
      }
      self.pickle = pickle
    }

    /// The one folder with a `data.pkl`.
    private static func archiveName(_ archive: ZipDirectory, file: String) throws(Problem) -> String {
      let names = archive.entries.keys.filter { $0.hasSuffix("/data.pkl") }
        .map { String($0.dropLast("/data.pkl".count)) }.filter { !$0.contains("/") }
      guard names.count == 1 else {
        throw .usage(
          at: Place(file: file),
          "expected a zip archive that torch.save wrote, with one `data.pkl` in a folder, found "
            + (names.isEmpty ? "none" : "\(names.count)"),
          remedy: "Name the weights file itself; an archive of weights files has to be unpacked first.")
      }
      return names[0]
    }

    private static func isBigEndian(_ value: PickleValue, _ pickle: PickleInterpreter) throws(Problem) -> Bool {
      guard case .object(let index) = value, case .dictionary(let dictionary) = pickle.heap[index] else {
        throw pickle.damaged("the system's description is no dictionary", at: pickle.position)
      }
      for (key, value) in pickle.dictionaries[dictionary] {
        if case .text(let span) = key, span.text(in: pickle.bytes) == "little_endian", case .boolean(let little) = value
        {
          return !little
        }
      }
      return false
    }

    /// Checks a tensor against its storage.
    func tensor(_ object: PickleObject, name: String) throws(Problem) -> StoredTensor {
      switch object {
      case .tensor(let tensor): try stored(tensor, name)
      case .array(let array?): try stored(array, name)
      default: throw pickle.damaged("\(object.description) stands where a tensor should", at: pickle.position)
      }
    }

    private func stored(_ tensor: PickledTensor, _ name: String) throws(Problem) -> StoredTensor {
      let storage = tensor.storage
      let place = Place(file: pickle.file, byte: tensor.byte, tensor: name)
      guard let range = storages[storage.key] else {
        throw .failure(
          at: place, "its storage `\(printable(storage.key))` is not in the file", remedy: PickleInterpreter.remedy)
      }
      let size = storage.dataType.bitWidth / 8
      guard storage.count <= range.count / size, range.count == storage.count * size else {
        throw .failure(
          at: place,
          "its storage `\(printable(storage.key))` should have \(storage.count) elements of \(size) bytes, found "
            + "\(range.count) bytes from byte \(range.lowerBound)", remedy: PickleInterpreter.remedy)
      }
      guard StoredTensor.count(of: tensor.shape) != nil,
        let reach = StoredTensor.reach(offset: tensor.offset, shape: tensor.shape, strides: tensor.strides),
        reach <= storage.view.count
      else {
        throw .failure(
          at: place,
          "shape \(Shape(tensor.shape)) with strides \(tensor.strides) from element \(tensor.offset) leaves its storage "
            + "of \(storage.view.count) elements", remedy: PickleInterpreter.remedy)
      }
      return StoredTensor(
        dataType: storage.dataType, shape: Shape(tensor.shape),
        storage: .range(
          range.lowerBound + storage.view.lowerBound * size..<range.lowerBound + storage.view.upperBound * size),
        offset: tensor.shape.contains(0) ? 0 : tensor.offset, strides: tensor.strides, isBigEndian: isBigEndian,
        byte: tensor.byte)
    }

    private func stored(_ array: PickledArray, _ name: String) throws(Problem) -> StoredTensor {
      let place = Place(file: pickle.file, byte: array.byte, tensor: name)
      let size = array.type.dataType.bitWidth / 8
      guard let bytes = array.span.decodedCount(in: pickle.bytes) else {
        throw .failure(
          at: place, "its values are written as text with a character that stands for no byte",
          remedy: PickleInterpreter.remedy)
      }
      guard let count = StoredTensor.count(of: array.shape), bytes == count * size else {
        throw .failure(
          at: place,
          "expected the values of \(Shape(array.shape)) elements of \(size) bytes, found \(bytes) bytes",
          remedy: PickleInterpreter.remedy)
      }
      return StoredTensor(
        dataType: array.type.dataType, shape: Shape(array.shape),
        storage: array.span.encoding == .raw ? .range(array.span.range) : .encoded(array.span, count: bytes), offset: 0,
        strides: array.isFortran
          ? StoredTensor.fortranStrides(array.shape) : StoredTensor.contiguousStrides(array.shape),
        isBigEndian: array.type.isBigEndian, byte: array.byte)
    }
  }
}
