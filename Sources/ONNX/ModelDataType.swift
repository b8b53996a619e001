import Weights

/// The element types of ONNX (`TensorProto.DataType`), by the numbers that files have for them.
public enum ModelDataType: Int32, Sendable, Hashable, CaseIterable {
  /// In the other names the number is the bits of an element.
  case float = 1
  case uint8, int8, uint16, int16, int32, int64, string, bool, float16, double, uint32, uint64, complex64, complex128
  case bfloat16
  case float8E4M3FN, float8E4M3FNUZ, float8E5M2, float8E5M2FNUZ, uint4, int4, float4E2M1, float8E8M0
  case uint2, int2, float6E2M3, float6E3M2

  /// As ONNX spells it: "FLOAT16".
  public var name: String { "\(self)".uppercased() }

  /// Of one element; nil for texts.
  public var bitWidth: Int? {
    switch self {
    case .string: nil
    case .uint2, .int2: 2
    case .float6E2M3, .float6E3M2: 6
    case .uint4, .int4, .float4E2M1: 4
    case .uint8, .int8, .bool, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ, .float8E8M0: 8
    case .uint16, .int16, .float16, .bfloat16: 16
    case .float, .int32, .uint32: 32
    case .double, .int64, .uint64, .complex64: 64
    case .complex128: 128
    }
  }

  /// What values of the type are read as by `ONNXFile`; nil for what is not read.
  public var reading: Reading? {
    switch self {
    case .float, .float16, .bfloat16, .double: .floats
    case .uint8, .int8, .uint16, .int16, .int32, .int64, .uint32, .uint64, .bool: .integers
    default: nil
    }
  }

  /// What values are read as.
  public enum Reading: Sendable, Hashable {
    /// As Float32: exactly, or of `double` the nearest.
    case floats
    /// As Int64.
    case integers
  }

  /// The same type among those of weights files, of what is read as floats.
  var weightsType: TensorDataType? {
    switch self {
    case .float: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .double: .float64
    default: nil
    }
  }

  /// Where elements stand that are not in `raw_data`, by the table of `onnx.proto`.
  var field: TypedField {
    switch self {
    case .float, .complex64: .floatData
    case .double, .complex128: .doubleData
    case .int64: .int64Data
    case .uint32, .uint64: .uint64Data
    case .string: .stringData
    default: .int32Data
    }
  }

  /// The integers that an element of at most 32 bits may be, of bit patterns those of the pattern.
  var range: ClosedRange<Int64>? {
    switch self {
    case .bool: 0...1
    case .uint8: 0...255
    case .int8: -128...127
    case .uint16, .float16, .bfloat16: 0...65_535
    case .int16: -32_768...32_767
    case .int32: Int64(Int32.min)...Int64(Int32.max)
    case .uint32: 0...Int64(UInt32.max)
    default: nil
    }
  }
}
