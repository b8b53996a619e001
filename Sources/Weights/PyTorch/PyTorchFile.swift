import Support
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
  let dictionaries: [TensorDictionary]
  let preferred: Int?
  let passedOver: [String]
  let metadata: [String: String] = [:]
  private let file: HeldFile
  private let tensors: [[String: StoredTensor]]
  private let refusals: [[String: Problem]]

  private static let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]
  /// The same number as protocol 1 writes it.
  private static let magicDigits = Array("119547037146038801333356L".utf8)

  init(_ file: HeldFile, _ bytes: FileBytes) throws(Problem) {
    self.file = file
    path = file.path
    let content = try Content(bytes, path: path)
    format = content.format
    passedOver = content.passedOver
    preferred = content.preferred
    var dictionaries: [TensorDictionary] = []
    var tensors: [[String: StoredTensor]] = []
    var refusals: [[String: Problem]] = []
    for state in content.states {
      let (names, found, refused) = try Self.check(state, content, file)
      dictionaries.append(TensorDictionary(path: state.path, names: names))
      tensors.append(found)
      refusals.append(refused)
    }
    self.dictionaries = dictionaries
    self.tensors = tensors
    self.refusals = refusals
  }

  private static func check(
    _ state: StateDictionary, _ content: Content, _ file: HeldFile
  ) throws(Problem) -> (names: [String], tensors: [String: StoredTensor], refusals: [String: Problem]) {
    var tensors: [String: StoredTensor] = [:]
    var refusals: [String: Problem] = [:]
    var names: [String] = []
    var total = 0
    for (name, value) in state.tensors {
      guard name.utf8.count <= 1024, printable(name) == name || name.unicodeScalars.count > 120 else {
        throw .failure(
          at: Place(file: file.path), "a tensor is called `\(printable(name))`, with characters that no name has",
          remedy: PickleInterpreter.remedy)
      }
      names.append(name)
      if case .opaque(let value) = value {
        refusals[name] = value.problem(file: file.path, tensor: name)
        continue
      }
      let tensor = try content.tensor(value, name: name)
      tensors[name] = tensor
      total += tensor.byteCount
      // Views of one storage, and strides of 0, can make a small file mean any number of values.
      guard total <= 16 * file.count + 1 << 20 else {
        throw .usage(
          at: Place(file: file.path, byte: tensor.byte, tensor: name),
          "the tensors up to here take \(total) bytes, more than 16 times the file's \(file.count): they are "
            + "views of the same storage", remedy: PickleInterpreter.saveWeightsAlone)
      }
    }
    return (names, tensors, refusals)
  }

  var files: [HeldFile] { [file] }

  func tensor(_ name: String, in dictionary: Int) -> (dataType: TensorDataType, shape: Shape, place: Place)? {
    tensors[dictionary][name].map { ($0.dataType, $0.shape, Place(file: path, byte: $0.byte, tensor: name)) }
  }

  func refusal(of name: String, in dictionary: Int) -> Problem? { refusals[dictionary][name] }

  func forEachPiece(
    of name: String, in dictionary: Int, _ body: (Span<UInt8>) throws(Problem) -> Void
  ) throws(Problem) {
    try tensors[dictionary][name]?.forEachPiece(in: file, body)
  }

  // MARK: - The three formats

  /// What the pickle names, and where its storages lie.
  private struct Content {
    let format: WeightsFile.Format
    let states: [StateDictionary]
    let preferred: Int?
    /// Globals of values that were passed over.
    var passedOver: [String] { pickle.opaqueGlobals.map(\.name) }
    private let pickle: PickleInterpreter
    private var storages: [String: Range<Int>] = [:]
    private var isBigEndian = false

    init(_ bytes: FileBytes, path: String) throws(Problem) {
      if ZipDirectory.isArchive(bytes) {
        let archive = try ZipDirectory(bytes, file: path)
        let name = try archive.nameOfCheckpoint()
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
        (states, preferred) = try StateDictionary.all(root, pickle)
        self.pickle = pickle
        for entry in archive.entries where entry.key.hasPrefix("\(name)/data/") {
          storages[String(entry.key.dropFirst(name.count + 6))] = entry.value
        }
        return
      }
      var pickle = PickleInterpreter(bytes, in: 0..<bytes.count, file: path)
      let first = try pickle.run()
      guard case .largeInteger(let range) = first,
        bytes[range].elementsEqual(PyTorchFile.magic) || bytes[range].elementsEqual(PyTorchFile.magicDigits)
      else {
        format = .numPyPickle
        (states, preferred) = try StateDictionary.all(first, pickle)
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
      (states, preferred) = try StateDictionary.all(root, pickle)
      let keysStart = pickle.position
      let list = try pickle.run()
      let keys = try pickle.tuple(list, "the list of storages", at: keysStart)
      var elementTypes: [String: StorageReference] = [:]
      for object in pickle.heap {
        guard case .storage(let storage) = object else { continue }
        if let other = elementTypes.updateValue(storage, forKey: storage.key),
          other.type != storage.type || other.count != storage.count
        {
          throw pickle.damaged(
            "the storage `\(printable(storage.key))` is described in two ways", at: storage.byte)
        }
      }
      var position = pickle.position
      for key in keys {
        let name = try pickle.text(key, "a storage's key", at: keysStart)
        guard let storage = elementTypes[name] else {
          if pickle.hasUnnamedStorages {
            throw .usage(
              at: Place(file: path, byte: keysStart), "pickle protocol 0 cannot say where the tensors' values are",
              remedy: PickleInterpreter.saveWithItsProtocol)
          }
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
        let size = storage.type.size
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
      let storageSize = storage.type.size
      guard storage.count <= range.count / storageSize, range.count == storage.count * storageSize else {
        throw .failure(
          at: place,
          "its storage `\(printable(storage.key))` should have \(storage.count) elements of \(storageSize) bytes, found "
            + "\(range.count) bytes from byte \(range.lowerBound)", remedy: PickleInterpreter.remedy)
      }
      let bytes =
        range.lowerBound + storage.view.lowerBound * storageSize..<range.lowerBound + storage.view.upperBound
        * storageSize
      let elements = bytes.count / (tensor.dataType.bitWidth / 8)
      guard StoredTensor.count(of: tensor.shape) != nil,
        let reach = StoredTensor.reach(offset: tensor.offset, shape: tensor.shape, strides: tensor.strides),
        reach <= elements
      else {
        throw .failure(
          at: place,
          "shape \(Shape(tensor.shape)) with strides \(tensor.strides) from element \(tensor.offset) leaves its storage "
            + "of \(elements) elements", remedy: PickleInterpreter.remedy)
      }
      return StoredTensor(
        dataType: tensor.dataType, shape: Shape(tensor.shape), storage: .range(bytes),
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
