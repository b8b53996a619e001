import Diagnostics
import Hashing

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
  case storage(StorageReference)
  case tensor(PickledTensor)
  case dataType(NumPyDataType)
  /// Nil until its state was set.
  case array(PickledArray?)

  /// For messages.
  var description: String {
    switch self {
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .dataType: "a NumPy type"
    case .array: "a NumPy array"
    }
  }
}

/// A storage that `torch.save` wrote beside the pickle.
struct StorageReference: Sendable {
  let key: String
  let dataType: TensorDataType
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

/// What a tensor's pickle may call or name. Nothing else is known, so nothing else can happen.
enum PickleGlobal: Sendable {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case storageType(TensorDataType)
  case reconstructArray
  case arrayType
  case dataTypeConstructor
  case arrayFromBuffer
  case scalar
  case encode
  /// Python 3 writes empty bytes for Python 2 as a call of their type.
  case emptyBytes

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"), ("torch.nn.parameter", "Parameter"): self = .rebuildParameter
    case ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"):
      self = .reconstructArray
    case ("numpy.core.multiarray", "scalar"), ("numpy._core.multiarray", "scalar"): self = .scalar
    case ("numpy.core.numeric", "_frombuffer"), ("numpy._core.numeric", "_frombuffer"): self = .arrayFromBuffer
    case ("numpy", "ndarray"): self = .arrayType
    case ("numpy", "dtype"): self = .dataTypeConstructor
    case ("_codecs", "encode"): self = .encode
    case ("__builtin__", "bytes"), ("builtins", "bytes"): self = .emptyBytes
    case ("torch", _), ("torch.cuda", _):
      guard let type = PickleGlobal.storageTypes[name] else { return nil }
      self = .storageType(type)
    default: return nil
    }
  }

  private static let storageTypes: [String: TensorDataType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16, "BFloat16Storage": .bfloat16,
    "LongStorage": .int64, "IntStorage": .int32, "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8,
    "BoolStorage": .bool, "ComplexFloatStorage": .complex64,
  ]
}
