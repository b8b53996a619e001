/// The element types of the safetensors format, by the names it uses.
///
/// All can stand in a file (PyTorch saves `num_batches_tracked` as I64); values are read from F64, F32, F16 and BF16.
public enum TensorDataType: String, Sendable, Hashable, CaseIterable {
  /// One byte, 0 or 1. In the other names the number is the bits of an element; F and BF are floating point, C is
  /// complex.
  case bool = "BOOL"
  case float4 = "F4"
  case float6E2M3 = "F6_E2M3"
  case float6E3M2 = "F6_E3M2"
  case uint8 = "U8"
  case int8 = "I8"
  case float8E5M2 = "F8_E5M2"
  case float8E4M3 = "F8_E4M3"
  case float8E8M0 = "F8_E8M0"
  case int16 = "I16"
  case uint16 = "U16"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int32 = "I32"
  case uint32 = "U32"
  case float32 = "F32"
  case complex64 = "C64"
  case float64 = "F64"
  case int64 = "I64"
  case uint64 = "U64"

  /// Bits of one element.
  public var bitWidth: Int {
    switch self {
    case .float4: 4
    case .float6E2M3, .float6E3M2: 6
    case .bool, .uint8, .int8, .float8E5M2, .float8E4M3, .float8E8M0: 8
    case .int16, .uint16, .float16, .bfloat16: 16
    case .int32, .uint32, .float32: 32
    case .complex64, .float64, .int64, .uint64: 64
    }
  }

  /// Whether values can be read as Float32: F32, F16 and BF16 lose nothing, F64 is rounded to the nearest.
  public var isReadable: Bool { self == .float64 || self == .float32 || self == .float16 || self == .bfloat16 }
}
