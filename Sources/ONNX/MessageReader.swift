import Support

/// What all messages of a model are read by: fields of the type that ONNX gives them, texts, and the budget that the whole
/// file shares.
///
/// Numbers and names of fields are those of `onnx.proto` (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto). As in
/// every reader of protocol buffers the last value of a field counts where it occurs more often, and occurrences of a
/// message are merged. Unknown fields are skipped; a known one of another wire type is damage.
final class MessageReader {
  let bytes: FileBytes
  /// The model's path.
  let file: String
  let limits: ModelLimits
  private var items = 0
  private var textBytes = 0

  init(_ bytes: FileBytes, file: String, limits: ModelLimits) {
    self.bytes = bytes
    self.file = file
    self.limits = limits
  }

  func fields(of range: Range<Int>) -> WireReader { WireReader(bytes, in: range, file: file) }

  /// Counts something that takes memory.
  /// - Throws: `Problem.failure` when there is more of it than any network has.
  func spend(at byte: Int) throws(Problem) {
    items += 1
    guard items <= limits.items else {
      throw tooMuch("at most \(limits.items) nodes, names, attributes and numbers that describe the model", at: byte)
    }
  }

  // MARK: - Fields by their type

  func message(_ field: WireReader.Field, _ name: String) throws(Problem) -> Range<Int> {
    guard case .content(let range) = field.value else { throw wrongType(field, name, "a length and its bytes") }
    return range
  }

  func int64(_ field: WireReader.Field, _ name: String) throws(Problem) -> Int64 {
    guard case .varint(let number) = field.value else { throw wrongType(field, name, "a varint") }
    return Int64(bitPattern: number)
  }

  func int32(_ field: WireReader.Field, _ name: String) throws(Problem) -> Int32 {
    Int32(truncatingIfNeeded: try int64(field, name))
  }

  func float(_ field: WireReader.Field, _ name: String) throws(Problem) -> Float {
    guard case .fixed32(let bits) = field.value else { throw wrongType(field, name, "4 bytes") }
    return Float(bitPattern: bits)
  }

  /// A repeated field of integers: one more of them, or many packed.
  func addInt64s(_ field: WireReader.Field, _ name: String, to numbers: inout [Int64]) throws(Problem) {
    try add(field, to: &numbers) { () throws(Problem) in
      try int64(field, name)
    } packed: { (packed) throws(Problem) in
      Int64(bitPattern: try packed.varint())
    }
  }

  /// A repeated field of floats: one more of them, or many packed.
  func addFloats(_ field: WireReader.Field, _ name: String, to numbers: inout [Float]) throws(Problem) {
    try add(field, to: &numbers) { () throws(Problem) in
      try float(field, name)
    } packed: { (packed) throws(Problem) in
      Float(bitPattern: UInt32(truncatingIfNeeded: try packed.fixed(4)))
    }
  }

  /// - Parameters:
  ///   - one: the number of a field that is not packed.
  ///   - packed: the next of many.
  private func add<Number>(
    _ field: WireReader.Field, to numbers: inout [Number], one: () throws(Problem) -> Number,
    packed next: (inout WireReader) throws(Problem) -> Number
  ) throws(Problem) {
    guard case .content(let range) = field.value else {
      try spend(at: field.byte)
      numbers.append(try one())
      return
    }
    var packed = fields(of: range)
    while packed.position < packed.end {
      try spend(at: packed.position)
      numbers.append(try next(&packed))
    }
  }

  /// A name: of a value, a node, an operator, a domain.
  func name(_ field: WireReader.Field, _ name: String) throws(Problem) -> String {
    try text(field, name, limit: limits.nameBytes)
  }

  /// - Throws: `Problem.failure` for what is longer than `limit`, or no UTF-8: two names must not become one.
  func text(_ field: WireReader.Field, _ name: String, limit: Int) throws(Problem) -> String {
    let raw = try content(field, name, limit: limit)
    guard let text = String(validating: raw, as: UTF8.self) else {
      throw problem("expected `\(name)` in UTF-8, found other bytes", at: field.byte)
    }
    return text
  }

  /// Bytes that need not be a text.
  func content(_ field: WireReader.Field, _ name: String, limit: Int) throws(Problem) -> [UInt8] {
    let range = try message(field, name)
    guard range.count <= limit else {
      throw problem("expected `\(name)` of at most \(limit) bytes, found \(range.count)", at: field.byte)
    }
    try spend(at: field.byte)
    textBytes += range.count
    guard textBytes <= limits.allTextBytes else {
      throw tooMuch("names and texts of at most \(limits.allTextBytes) bytes together", at: field.byte)
    }
    return try bytes.bytes(range)
  }

  // MARK: - Problems

  func problem(_ message: String, at byte: Int) -> Problem {
    .failure(at: Place(file: file, byte: byte), message, remedy: WireReader.remedy)
  }

  func tooMuch(_ expected: String, at byte: Int) -> Problem {
    problem("expected \(expected), found more", at: byte)
  }

  private func wrongType(_ field: WireReader.Field, _ name: String, _ expected: String) -> Problem {
    let found =
      switch field.value {
      case .varint: "a varint"
      case .fixed32: "4 bytes"
      case .fixed64: "8 bytes"
      case .content: "a length and its bytes"
      }
    return problem("expected `\(name)` (field \(field.number)) as \(expected), found \(found)", at: field.byte)
  }
}
