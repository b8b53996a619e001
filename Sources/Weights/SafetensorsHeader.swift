import Support
import Tensors

/// What a safetensors file says about its tensors, checked in full before a value is used.
///
/// The format (https://github.com/huggingface/safetensors): 8 bytes with the header's length N, little-endian;
/// N bytes of JSON, one object whose keys are tensor names (`__metadata__` aside) and whose values give `dtype`,
/// `shape` and `data_offsets`, [begin, end) counted from the header's end; then the values. The tensors cover
/// all bytes after the header without overlap and without a hole.
struct SafetensorsHeader: Sendable {
  struct Entry: Sendable {
    let name: String
    let dataType: TensorDataType
    let shape: Shape
    /// Counted from the start of the file.
    let range: Range<Int>
  }

  /// By place in the file.
  let entries: [Entry]
  let metadata: [String: String]

  /// As the reference implementation.
  static let lengthLimit = 100_000_000
  static let remedy = "Copy or download the file again, or save it again with safetensors."

  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - expected: what a file of another format is told that it should have been.
  init(
    _ bytes: FileBytes, file: String, expected: String = "a safetensors file"
  ) throws(Problem) {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    if ZipDirectory.isArchive(bytes) || bytes.starts(with: [0x80, 2, 0x8a, 0x0a]) {
      throw .usage(
        at: Place(file: file), "expected \(expected), found a PyTorch checkpoint",
        remedy: "Convert it in Python: safetensors.torch.save_file(model.state_dict(), \"weights.safetensors\").")
    }
    let other = ForeignFormat.recognise(bytes, name: name)
    // Bytes that could not be read look like zeros.
    try bytes.check()
    if let other {
      throw other.problem(file: file, expected: expected)
    }
    // A safetensors file has `{` behind the 8 bytes of its header's length.
    guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else {
      throw ForeignFormat.unknown(bytes).problem(file: file, expected: expected)
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= Self.lengthLimit else {
      throw .failure(
        at: Place(file: file, byte: 0),
        "expected a header of at most \(Self.lengthLimit) bytes, found a length of \(length); "
          + "this is no safetensors file, or it is damaged", remedy: Self.remedy)
    }
    guard Int(length) <= bytes.count - 8 else {
      throw .failure(
        at: Place(file: file, byte: 0),
        "expected \(length) bytes of header after the first 8, found the end of the file after "
          + "\(bytes.count - 8): it was cut short",
        remedy: Self.remedy)
    }
    let dataStart = 8 + Int(length)
    var scanner = HeaderScanner(try bytes.bytes(8..<dataStart), file: file, offset: 8)
    var metadata: [String: String] = [:]
    var listed: [Entry] = []
    var names: Set<String> = []
    guard length > 0, bytes[8] == UInt8(ascii: "{") else { throw scanner.unexpected("`{` at its start", tensor: nil) }
    try scanner.expect("{", "at its start")
    while try scanner.hasNext(first: names.isEmpty, closing: "}") {
      // Skips white space, so that a problem names the key's own byte.
      _ = scanner.peek()
      let start = scanner.position
      let name = try scanner.string("a tensor's name")
      guard names.insert(name).inserted else {
        throw scanner.problem("the name occurs a second time", at: start, tensor: name)
      }
      try scanner.expect(":", "after a tensor's name", tensor: name)
      if name == "__metadata__" {
        metadata = try Self.metadata(&scanner)
      } else {
        listed.append(
          try Self.entry(name, at: start, &scanner, dataStart: dataStart, fileSize: bytes.count, file: file))
      }
    }
    if scanner.peek() != nil { throw scanner.unexpected("only spaces after its end", tensor: nil) }
    // Empty tensors share their place with the next one: by begin, then end, then order of appearance.
    entries = listed.enumerated().sorted {
      ($0.element.range.lowerBound, $0.element.range.upperBound, $0.offset)
        < ($1.element.range.lowerBound, $1.element.range.upperBound, $1.offset)
    }.map(\.element)
    self.metadata = metadata
    try Self.checkCoverage(entries, dataStart: dataStart, fileSize: bytes.count, file: file)
  }

  private static func metadata(_ scanner: inout HeaderScanner) throws(Problem) -> [String: String] {
    var metadata: [String: String] = [:]
    try scanner.expect("{", "at the start of __metadata__")
    while try scanner.hasNext(first: metadata.isEmpty, closing: "}") {
      _ = scanner.peek()
      let start = scanner.position
      let key = try scanner.string("a key of __metadata__")
      try scanner.expect(":", "after a key of __metadata__")
      let value = try scanner.string("a value of __metadata__")
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw scanner.problem("the key `\(key)` of __metadata__ occurs a second time", at: start, tensor: nil)
      }
    }
    return metadata
  }

  private static func entry(
    _ name: String, at start: Int, _ scanner: inout HeaderScanner, dataStart: Int, fileSize: Int, file: String
  ) throws(Problem) -> Entry {
    var dataType: TensorDataType?
    var shape: Shape?
    var offsets: [Int]?
    var isFirst = true
    try scanner.expect("{", "at the start of a tensor's description", tensor: name)
    while try scanner.hasNext(first: isFirst, closing: "}", tensor: name) {
      isFirst = false
      _ = scanner.peek()
      let keyStart = scanner.position
      let key = try scanner.string("`dtype`, `shape` or `data_offsets`", tensor: name)
      try scanner.expect(":", "after `\(key)`", tensor: name)
      switch key {
      case "dtype" where dataType == nil:
        _ = scanner.peek()
        let valueStart = scanner.position
        let text = try scanner.string("a dtype", tensor: name)
        guard let known = TensorDataType(rawValue: text) else {
          throw scanner.problem(
            "expected a dtype of the safetensors format (F32, F16, BF16, ...), found `\(text)`", at: valueStart,
            tensor: name)
        }
        dataType = known
      case "shape" where shape == nil:
        shape = Shape(try integers("an extent", &scanner, tensor: name))
      case "data_offsets" where offsets == nil:
        _ = scanner.peek()
        let valueStart = scanner.position
        let pair = try integers("an offset", &scanner, tensor: name)
        guard pair.count == 2 else {
          throw scanner.problem("expected 2 data_offsets, found \(pair.count)", at: valueStart, tensor: name)
        }
        offsets = pair
      case "dtype", "shape", "data_offsets":
        throw scanner.problem("`\(key)` occurs a second time", at: keyStart, tensor: name)
      default:
        throw scanner.problem(
          "expected `dtype`, `shape` or `data_offsets`, found `\(key)`", at: keyStart, tensor: name)
      }
    }
    guard let dataType, let shape, let offsets else {
      let missing = [
        dataType == nil ? "dtype" : nil, shape == nil ? "shape" : nil, offsets == nil ? "data_offsets" : nil,
      ]
      throw scanner.problem(
        "the tensor has no " + missing.compactMap { $0.map { "`\($0)`" } }.joined(separator: " and no "), at: start,
        tensor: name)
    }
    let range = try byteRange(
      offsets, dataType, shape, at: Place(file: file, byte: 8 + start, tensor: name), dataStart: dataStart,
      fileSize: fileSize)
    return Entry(name: name, dataType: dataType, shape: shape, range: range)
  }

  private static func integers(
    _ purpose: String, _ scanner: inout HeaderScanner, tensor: String
  ) throws(Problem) -> [Int] {
    var values: [Int] = []
    try scanner.expect("[", "at the start of a list", tensor: tensor)
    while try scanner.hasNext(first: values.isEmpty, closing: "]", tensor: tensor) {
      values.append(try scanner.integer(purpose, tensor: tensor))
    }
    return values
  }

  /// The tensor's bytes in the file, after checking that they are inside it and as many as its shape needs.
  private static func byteRange(
    _ offsets: [Int], _ dataType: TensorDataType, _ shape: Shape, at place: Place, dataStart: Int, fileSize: Int
  ) throws(Problem) -> Range<Int> {
    let (begin, end) = (offsets[0], offsets[1])
    let available = fileSize - dataStart
    guard begin <= end else {
      throw .failure(at: place, "its bytes end at \(end), before they begin at \(begin)", remedy: remedy)
    }
    guard end <= available else {
      throw .failure(
        at: place, "expected \(end) bytes of values after the header, found \(available): the file was cut short",
        remedy: remedy)
    }
    var bits = dataType.bitWidth
    for extent in shape.dimensions {
      let (product, overflowed) = bits.multipliedReportingOverflow(by: extent)
      // One extent of 0 empties a tensor whatever the others are, but then a product that overflows on the
      // way to it is no shape that anyone wrote on purpose.
      guard !overflowed else {
        throw .failure(at: place, "its shape \(shape) is too large for any file", remedy: remedy)
      }
      bits = product
    }
    guard bits % 8 == 0, bits / 8 == end - begin else {
      throw .failure(
        at: place,
        "expected \(bits / 8) bytes for \(dataType.rawValue) values of shape \(shape), found data_offsets "
          + "\(begin) to \(end), which hold \(end - begin)", remedy: remedy)
    }
    return dataStart + begin..<dataStart + end
  }

  /// Every byte after the header belongs to exactly one tensor.
  private static func checkCoverage(
    _ entries: [Entry], dataStart: Int, fileSize: Int, file: String
  ) throws(Problem) {
    var covered = dataStart
    var previous: Entry?
    for entry in entries {
      let begin = entry.range.lowerBound
      let place = Place(file: file, byte: begin, tensor: entry.name)
      if begin < covered {
        throw .failure(
          at: place,
          "its values overlap those of `\(previous?.name ?? "")`, which end at byte \(covered) of the file",
          remedy: remedy)
      }
      if begin > covered {
        throw .failure(
          at: place, "\(begin - covered) bytes before its values, from byte \(covered), belong to no tensor",
          remedy: remedy)
      }
      covered = entry.range.upperBound
      previous = entry
    }
    guard covered == fileSize else {
      throw .failure(
        at: Place(file: file, byte: covered),
        "expected the end of the file after the last tensor, found \(fileSize - covered) more bytes", remedy: remedy)
    }
  }
}
