/// What a pickle may call or name. Whatever else it names is known by its name alone and runs nothing.
enum PickleGlobal: Sendable {
  /// Also `dict`, `Counter` and `defaultdict`: what one makes by default plays no part.
  case orderedDictionary
  case rebuildTensor
  case rebuildTensorWithType
  case rebuildParameter
  case rebuildFromType
  /// Of a tensor or an array, the type, the device: of accelerators whose tensors are saved as the CPU's.
  case rebuildOnDevice
  /// A function whose tensors are not read.
  case unreadTensor(reason: String, remedy: String)
  case tensorType
  case storageType(StorageType)
  /// `torch.float32`; nil for types that are not read.
  case torchType(TensorDataType?, name: String)
  case size
  case reconstructArray
  case arrayType
  case dataTypeConstructor
  case arrayFromBuffer
  case scalar
  case encode
  /// Python 3 writes bytes for Python 2 as a call of their type; a bytearray is made of bytes.
  case bytes
  /// Protocols 0 and 1 make an object of its class so, which comes first.
  case objectOfClass
  /// A type whose values no weights are made of: "a set".
  case plain(String)
  /// Index into `PickleInterpreter.opaqueGlobals`.
  case opaque(Int)

  /// - Parameter module: under Python 3's name, or Python 2's.
  /// - Returns: nil for one that is not known.
  init?(module: String, name: String) {
    switch module {
    case "collections":
      guard ["OrderedDict", "Counter", "defaultdict"].contains(name) else { return nil }
      self = .orderedDictionary
    case "builtins", "__builtin__":
      guard let known = Self.builtins[name] else { return nil }
      self = known
    case "copy_reg", "copyreg":
      guard name == "_reconstructor" || name == "__newobj__" else { return nil }
      self = .objectOfClass
    case "_codecs":
      guard name == "encode" else { return nil }
      self = .encode
    case "torch", "torch.cuda", "torch.storage", "torch.sparse", "torch.cuda.sparse":
      guard let known = Self.torch(module, name) else { return nil }
      self = known
    case "torch._utils", "torch._tensor", "torch.nn.parameter", "torch.serialization":
      guard let known = Self.rebuilders["\(module).\(name)"] else { return nil }
      self = known
    case "numpy", "numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric":
      guard let known = Self.numPy[name] else { return nil }
      self = known
    default: return nil
    }
  }

  private static let builtins: [String: PickleGlobal] = [
    "bytes": .bytes, "bytearray": .bytes, "dict": .orderedDictionary, "set": .plain("a set"),
    "frozenset": .plain("a set"), "complex": .plain("a complex number"), "range": .plain("a range"),
    "xrange": .plain("a range"), "slice": .plain("a slice"), "int": .plain("a number"), "long": .plain("a number"),
    "float": .plain("a number"), "bool": .plain("a truth value"), "str": .plain("a text"), "list": .plain("a list"),
    "unicode": .plain("a text"), "tuple": .plain("a tuple"), "object": .plain("an object"),
  ]

  private static let numPy: [String: PickleGlobal] = [
    "_reconstruct": .reconstructArray, "scalar": .scalar, "_frombuffer": .arrayFromBuffer, "ndarray": .arrayType,
    "dtype": .dataTypeConstructor,
  ]

  private static let rebuilders: [String: PickleGlobal] = [
    "torch._utils._rebuild_tensor": .rebuildTensor, "torch._utils._rebuild_tensor_v2": .rebuildTensor,
    "torch._utils._rebuild_tensor_v3": .rebuildTensorWithType,
    "torch._utils._rebuild_parameter": .rebuildParameter,
    "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
    "torch.nn.parameter.Parameter": .rebuildParameter, "torch.nn.parameter.Buffer": .rebuildParameter,
    "torch._tensor._rebuild_from_type": .rebuildFromType, "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
    "torch._utils._rebuild_device_tensor_from_numpy": .rebuildOnDevice,
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": .rebuildOnDevice,
    "torch._utils._rebuild_xla_tensor": .rebuildOnDevice,
    "torch._utils._rebuild_qtensor": .unreadTensor(
      reason: "it is quantised", remedy: "Save the network's weights from before it was quantised, in float32."),
    "torch._utils._rebuild_sparse_tensor": .unreadTensor(
      reason: "it is sparse", remedy: "Save it dense: tensor.to_dense()."),
    "torch._utils._rebuild_sparse_csr_tensor": .unreadTensor(
      reason: "it is sparse", remedy: "Save it dense: tensor.to_dense()."),
    "torch._utils._rebuild_nested_tensor": .unreadTensor(
      reason: "it is nested", remedy: "Save it as one tensor of one shape."),
    "torch._utils._rebuild_meta_tensor_no_storage": .unreadTensor(
      reason: "it is of the device `meta` and has no values",
      remedy: "Load the network's values before its weights are saved."),
    "torch._utils._rebuild_wrapper_subclass": .unreadTensor(
      reason: "it is of a class that wraps tensors and has no values of its own",
      remedy: "Save it as a plain tensor of float32."),
    "torch.serialization._get_layout": .plain("a layout"),
  ]

  private static func torch(_ module: String, _ name: String) -> PickleGlobal? {
    if module.hasSuffix("sparse") { return name.hasSuffix("Tensor") ? .plain("a type of sparse tensors") : nil }
    if module == "torch.storage" {
      // A storage without a type counts bytes.
      return name == "UntypedStorage" || name == "_UntypedStorage" ? .storageType(StorageType(.uint8)) : nil
    }
    if let type = storageTypes[name] { return .storageType(type) }
    if name.hasSuffix("Tensor") {
      let element = name.dropLast("Tensor".count)
      return element.isEmpty || storageTypes["\(element)Storage"] != nil ? .tensorType : nil
    }
    guard module == "torch" else { return nil }
    switch name {
    case "Size": return .size
    case "device": return .plain("a device")
    case "Generator": return .plain("a random generator")
    case "strided", "sparse_coo", "sparse_csr", "sparse_csc", "sparse_bsr", "sparse_bsc", "jagged":
      return .plain("a layout")
    case "contiguous_format", "channels_last", "channels_last_3d", "preserve_format": return .plain("a memory format")
    case _ where name.hasPrefix("per_tensor_") || name.hasPrefix("per_channel_"):
      return .plain("a scheme of quantisation")
    default: break
    }
    if let type = types[name] { return .torchType(type, name: name) }
    let kinds = ["float", "int", "uint", "complex", "qint", "quint", "bits"]
    let isType = kinds.contains { name.hasPrefix($0) && name.dropFirst($0.count).first?.isNumber == true }
    return isType ? .torchType(nil, name: name) : nil
  }

  private static let storageTypes: [String: StorageType] = [
    "DoubleStorage": StorageType(.float64), "FloatStorage": StorageType(.float32),
    "HalfStorage": StorageType(.float16), "BFloat16Storage": StorageType(.bfloat16),
    "LongStorage": StorageType(.int64), "IntStorage": StorageType(.int32), "ShortStorage": StorageType(.int16),
    "CharStorage": StorageType(.int8), "ByteStorage": StorageType(.uint8), "BoolStorage": StorageType(.bool),
    "ComplexFloatStorage": StorageType(.complex64),
    "ComplexDoubleStorage": StorageType(unread: "complex128", size: 16),
    "ComplexHalfStorage": StorageType(unread: "complex32", size: 4),
    "QInt8Storage": StorageType(unread: "QInt8", size: 1), "QUInt8Storage": StorageType(unread: "QUInt8", size: 1),
    "QInt32Storage": StorageType(unread: "QInt32", size: 4),
    "QUInt4x2Storage": StorageType(unread: "QUInt4x2", size: 1),
    "QUInt2x4Storage": StorageType(unread: "QUInt2x4", size: 1),
  ]

  private static let types: [String: TensorDataType] = [
    "float64": .float64, "double": .float64, "float32": .float32, "float": .float32, "float16": .float16,
    "half": .float16, "bfloat16": .bfloat16, "int64": .int64, "long": .int64, "int32": .int32, "int": .int32,
    "int16": .int16, "short": .int16, "int8": .int8, "uint8": .uint8, "uint16": .uint16, "uint32": .uint32,
    "uint64": .uint64, "bool": .bool, "complex64": .complex64, "cfloat": .complex64, "float8_e4m3fn": .float8E4M3,
    "float8_e5m2": .float8E5M2, "float8_e8m0fnu": .float8E8M0,
  ]
}
