import Support

/// Bytes of the file that a pickle calls a text or bytes. They are decoded when they are asked for, so that arrays that
/// were written as text (NumPy under protocols 0 to 2) cost no memory until they are read.
struct ByteSpan: Sendable {
  enum Encoding: Sendable {
    case raw
    /// Text; as bytes, every character below 256 stands for one (`_codecs.encode(text, "latin1")`).
    case utf8
    /// Protocol 0: a Python string literal without its quotes.
    case escaped
    /// Protocol 0: Latin-1 with `\uXXXX`.
    case unicodeEscaped
  }

  /// In the file.
  var range: Range<Int>
  var encoding: Encoding

  /// Calls `body` with each byte that the span stands for.
  /// - Returns: false for an escape or character that stands for no byte.
  func forEachByte(in file: FileBytes, _ body: (UInt8) -> Void) -> Bool {
    var position = range.lowerBound
    let end = range.upperBound
    func hexadecimal(_ digits: Int) -> Int? {
      guard position + digits <= end else { return nil }
      var value = 0
      for index in position..<position + digits {
        guard let digit = Character(Unicode.Scalar(file[index])).hexDigitValue else { return nil }
        value = value << 4 | digit
      }
      position += digits
      return value
    }
    while position < end {
      let byte = file[position]
      position += 1
      switch encoding {
      case .raw: body(byte)
      case .utf8:
        if byte < 0x80 {
          body(byte)
        } else {
          // Of the characters beyond ASCII only those of Latin-1: two bytes, the first C2 or C3.
          guard byte == 0xc2 || byte == 0xc3, position < end, file[position] & 0xc0 == 0x80 else { return false }
          body((byte & 3) << 6 | file[position] & 0x3f)
          position += 1
        }
      case .escaped:
        guard byte == UInt8(ascii: "\\") else {
          body(byte)
          continue
        }
        guard position < end else { return false }
        let escape = file[position]
        position += 1
        switch escape {
        case UInt8(ascii: "n"): body(0x0a)
        case UInt8(ascii: "r"): body(0x0d)
        case UInt8(ascii: "t"): body(0x09)
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): body(escape)
        case UInt8(ascii: "x"):
          guard let value = hexadecimal(2) else { return false }
          body(UInt8(value))
        default: return false
        }
      case .unicodeEscaped:
        guard byte == UInt8(ascii: "\\"), position < end, file[position] == UInt8(ascii: "u") else {
          body(byte)
          continue
        }
        position += 1
        guard let value = hexadecimal(4), value < 256 else { return false }
        body(UInt8(value))
      }
    }
    return true
  }

  /// How many bytes the span stands for; nil when it stands for none.
  func decodedCount(in file: FileBytes) -> Int? {
    if encoding == .raw { return range.count }
    var count = 0
    return forEachByte(in: file) { _ in count += 1 } ? count : nil
  }

  /// The text; what Python 2 wrote is taken for Latin-1.
  func text(in file: FileBytes) -> String? {
    if encoding == .utf8 { return String(validating: file[range], as: UTF8.self) }
    var scalars = String.UnicodeScalarView()
    guard forEachByte(in: file, { scalars.append(Unicode.Scalar($0)) }) else { return nil }
    return String(scalars)
  }
}

/// A value on the stack of the pickle interpreter. Whatever holds other values lives on the interpreter's heap and is
/// named by its index, so that neither depth nor cycles cost a stack or leak.
enum PickleValue: Sendable {
  case none
  case boolean(Bool)
  case integer(Int)
  /// Beyond 63 bits: its bytes, little-endian.
  case largeInteger(Range<Int>)
  case number(Double)
  case text(ByteSpan)
  case bytes(ByteSpan)
  case global(PickleGlobal)
  case object(Int)
}

/// What a pickle built.
enum PickleObject: Sendable {
  case tuple([PickleValue])
  /// Index into `PickleInterpreter.lists`; they grow, and would be copied with every item if they lay here.
  case list(Int)
  /// Index into `PickleInterpreter.dictionaries`.
  case dictionary(Int)
  indirect case storage(StorageReference)
  indirect case tensor(PickledTensor)
  case dataType(NumPyDataType)
  /// Nil until its state was set.
  indirect case array(PickledArray?)
  /// A tensor of PyTorch's first versions, until its state was set.
  case emptyTensor
  /// A value that no weights are made of: a set, a device, a complex number.
  case plain(String)
  indirect case opaque(OpaqueValue)

  /// Whether it is a number of NumPy's.
  var isNumber: Bool {
    guard case .array(let array?) = self else { return false }
    return array.shape.isEmpty
  }

  /// For messages.
  var description: String {
    switch self {
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .storage: "a storage"
    case .tensor, .emptyTensor: "a tensor"
    case .dataType: "a NumPy type"
    case .array: "a NumPy array"
    case .plain(let what): what
    case .opaque(let value): value.description
    }
  }
}

/// What could only be had by running something, or by a kind of arithmetic that is not ours: it stands in the place of
/// the value, and only who needs the value is refused.
struct OpaqueValue: Sendable {
  enum Origin: Sendable {
    /// "argparse.Namespace"
    case global(String)
    /// A tensor of a kind that is not read: "it is quantised".
    case kind(reason: String, remedy: String)
  }

  let origin: Origin
  /// Whether it is known to be a tensor.
  var isTensor: Bool
  let byte: Int

  init(global: String, isTensor: Bool = false, byte: Int) {
    origin = .global(global)
    self.isTensor = isTensor
    self.byte = byte
  }

  init(tensor reason: String, remedy: String, byte: Int) {
    origin = .kind(reason: reason, remedy: remedy)
    isTensor = true
    self.byte = byte
  }

  /// For messages.
  var description: String {
    switch origin {
    case .global(let name): "what `\(printable(name))` makes"
    case .kind: "a tensor that cannot be read"
    }
  }

  /// Of the tensor that needs the value.
  func problem(file: String, tensor: String) -> Problem {
    let (reason, remedy) =
      switch origin {
      case .global(let name):
        (
          "it depends on `\(printable(name))`, which no tensor needs and which was not run",
          PickleInterpreter.saveWeightsAlone
        )
      case .kind(let reason, let remedy): (reason, remedy)
      }
    return .usage(
      at: Place(file: file, byte: byte, tensor: tensor), "the tensor cannot be read: \(reason)", remedy: remedy)
  }
}

/// What a storage's elements are.
struct StorageType: Sendable, Hashable {
  /// Nil for types that are not read: of quantised tensors and of complex numbers of 128 bits.
  let dataType: TensorDataType?
  /// Bytes of an element.
  let size: Int
  /// "QInt8"
  let name: String

  init(_ dataType: TensorDataType) {
    self.dataType = dataType
    size = dataType.bitWidth / 8
    name = dataType.rawValue
  }

  init(unread name: String, size: Int) {
    dataType = nil
    self.size = size
    self.name = name
  }
}

/// A storage that `torch.save` wrote beside the pickle.
struct StorageReference: Sendable {
  let key: String
  let type: StorageType
  /// Of the whole storage, in elements.
  let count: Int
  /// Elements of it that a view of it leaves out at its start, and those that it spans; PyTorch before 0.4 wrote views.
  var view: Range<Int>
  /// Where the pickle names it.
  let byte: Int
}

/// The arguments of `_rebuild_tensor_v2`: offset and strides in elements.
struct PickledTensor: Sendable {
  let storage: StorageReference
  /// The storage's, unless `_rebuild_tensor_v3` says another one for a storage of bytes.
  let dataType: TensorDataType
  let offset: Int
  let shape: [Int]
  let strides: [Int]
  let byte: Int
}

struct NumPyDataType: Sendable {
  let dataType: TensorDataType
  var isBigEndian: Bool
}

/// The state of a `numpy.ndarray`.
struct PickledArray: Sendable {
  let type: NumPyDataType
  let shape: [Int]
  /// First axis fastest.
  let isFortran: Bool
  let span: ByteSpan
  let byte: Int
}
