import Support

/// A tensor as the file describes it. Its values stay where they are: the bytes of `raw_data`, and of every other form the
/// parts of the message that they are in, to be gone through once more when they are asked for.
struct TensorProto {
  var name = ""
  var dimensions: [Int64] = []
  var dataType: Int32 = 0
  /// The message, more than one range where it occurred several times and was merged.
  var parts: [Range<Int>] = []
  var rawData: Range<Int>?
  var externalData: [StringStringEntryProto] = []
  /// `DataLocation.EXTERNAL`.
  var isExternal = false
  var isSegment = false
  /// How many elements each typed field holds, by its number.
  var counts: [Int: Int] = [:]
  /// Where the file describes it.
  let byte: Int

  init(byte: Int) { self.byte = byte }

  mutating func merge(_ range: Range<Int>, _ reader: MessageReader) throws(Problem) {
    try reader.spend(at: range.lowerBound)
    parts.append(range)
    var fields = reader.fields(of: range)
    while let field = try fields.next() {
      switch field.number {
      case 1:
        try reader.addInt64s(field, "TensorProto.dims", to: &dimensions)
        guard dimensions.count <= reader.limits.rank else {
          throw reader.tooMuch("at most \(reader.limits.rank) dimensions of a tensor", at: field.byte)
        }
      case 2: dataType = try reader.int32(field, "TensorProto.data_type")
      case 3: isSegment = true
      case 8: name = try reader.name(field, "TensorProto.name")
      case 9: rawData = try reader.message(field, "TensorProto.raw_data")
      case 13:
        try reader.spend(at: field.byte)
        externalData.append(
          try StringStringEntryProto(try reader.message(field, "TensorProto.external_data"), reader))
      case 14: isExternal = try reader.int32(field, "TensorProto.data_location") == 1
      default:
        guard let typed = TypedField(rawValue: field.number) else { break }
        counts[field.number, default: 0] += try typed.count(field, reader)
      }
    }
  }
}

/// The fields of `TensorProto` that hold elements one by one.
enum TypedField: Int, CaseIterable {
  case floatData = 4
  /// Of half-precision numbers too, by their bits.
  case int32Data = 5
  case stringData = 6
  case int64Data = 7
  case doubleData = 10
  case uint64Data = 11

  /// As `onnx.proto` spells it.
  var name: String {
    switch self {
    case .floatData: "float_data"
    case .int32Data: "int32_data"
    case .stringData: "string_data"
    case .int64Data: "int64_data"
    case .doubleData: "double_data"
    case .uint64Data: "uint64_data"
    }
  }

  /// How many elements an occurrence of the field holds: one, or many packed.
  func count(_ field: WireReader.Field, _ reader: MessageReader) throws(Problem) -> Int {
    switch (self, field.value) {
    case (.stringData, .content), (.floatData, .fixed32), (.doubleData, .fixed64): return 1
    case (.int32Data, .varint), (.int64Data, .varint), (.uint64Data, .varint): return 1
    case (.floatData, .content(let range)): return try whole(range, 4, reader)
    case (.doubleData, .content(let range)): return try whole(range, 8, reader)
    case (_, .content(let range)):
      var packed = reader.fields(of: range)
      var count = 0
      while packed.position < packed.end {
        _ = try packed.varint()
        count += 1
      }
      return count
    default:
      throw reader.problem("`\(name)` (field \(rawValue)) is of a wire type that it cannot have", at: field.byte)
    }
  }

  private func whole(_ range: Range<Int>, _ size: Int, _ reader: MessageReader) throws(Problem) -> Int {
    guard range.count % size == 0 else {
      throw reader.problem(
        "expected `\(name)` of \(size) bytes an element, found \(range.count) bytes", at: range.lowerBound)
    }
    return range.count / size
  }

  /// Goes through the elements that are not texts, in their order, as bits: those of a float, a double, or an integer.
  func forEach(
    in parts: [Range<Int>], _ reader: (Range<Int>) -> WireReader, _ body: (UInt64) throws(Problem) -> Void
  ) throws(Problem) {
    for part in parts {
      var fields = reader(part)
      while let field = try fields.next() {
        guard field.number == rawValue else { continue }
        switch field.value {
        case .varint(let number): try body(number)
        case .fixed32(let bits): try body(UInt64(bits))
        case .fixed64(let bits): try body(bits)
        case .content(let range):
          var packed = reader(range)
          while packed.position < packed.end {
            switch self {
            case .floatData: try body(try packed.fixed(4))
            case .doubleData: try body(try packed.fixed(8))
            default: try body(try packed.varint())
            }
          }
        }
      }
    }
  }
}
