import Support
import Tensors

/// A safetensors file; its whole header is checked before a value is used.
///
///     let file = try SafetensorsFile(contentsOf: "vgg16.safetensors")
///     file.shape(of: "features.0.weight")               // 64x3x3x3
///     let weight = try file.values("features.0.weight")
public final class SafetensorsFile: NamedTensors, TensorContents {
  /// As it was given; problems name it so.
  public let path: String
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  /// By place in the file.
  public let tensorNames: [String]
  let file: HeldFile
  let entries: [String: SafetensorsHeader.Entry]

  /// Opens the file and checks its header: names, dtypes, shapes and byte ranges.
  /// - Throws: `Problem.usage` for a missing file or one of another format, `.failure` for a damaged one.
  public convenience init(contentsOf path: String) throws(Problem) {
    try self.init(HeldFile(path: path, kind: WeightsFile.kind), expected: "a safetensors file")
  }

  /// The same of a file that is held open already.
  /// - Parameter expected: what a file of another format is told that it should have been.
  public convenience init(_ file: HeldFile, expected: String) throws(Problem) {
    try self.init(file, file.fileBytes, expected: expected)
  }

  /// - Parameter expected: what a file of another format is told that it should have been.
  init(_ file: HeldFile, _ bytes: FileBytes, expected: String) throws(Problem) {
    self.file = file
    path = file.path
    let header = try SafetensorsHeader(bytes, file: path, expected: expected)
    metadata = header.metadata
    tensorNames = header.entries.map(\.name)
    entries = Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, $0) })
  }

  public var source: String { path }

  /// Bytes of the whole file.
  public var fileSize: Int { file.count }

  public func shape(of name: String) -> Shape? { entries[name]?.shape }

  /// As the file stores it; nil when there is no such tensor.
  public func dataType(of name: String) -> TensorDataType? { entries[name]?.dataType }

  /// A tensor's values, row-major; F16 and BF16 converted exactly, F64 to the nearest Float32.
  /// - Throws: `Problem` when there is no such tensor or it is of another dtype.
  public func values(_ name: String) throws(Problem) -> [Float] {
    guard entries[name] != nil else { throw missingTensor(name, in: self) }
    return try values(name, in: 0)
  }

  public func forEachPiece(
    of name: String, _ body: (Int, Span<Float>) throws(Problem) -> Void
  ) throws(Problem) {
    guard entries[name] != nil else { throw missingTensor(name, in: self) }
    try forEachPiece(of: name, in: 0, body)
  }
}

// MARK: - As one of the formats of `WeightsFile`

extension SafetensorsFile {
  var format: WeightsFile.Format { .safetensors }
  var dictionaries: [TensorDictionary] { [TensorDictionary(path: [], names: tensorNames)] }
  var preferred: Int? { 0 }
  var passedOver: [String] { [] }
  var files: [HeldFile] { [file] }

  func tensor(_ name: String, in dictionary: Int) -> (dataType: TensorDataType, shape: Shape, place: Place)? {
    entries[name].map { ($0.dataType, $0.shape, Place(file: path, byte: $0.range.lowerBound, tensor: name)) }
  }

  func refusal(of name: String, in dictionary: Int) -> Problem? { nil }

  func forEachPiece(
    of name: String, in dictionary: Int, _ body: (Span<UInt8>) throws(Problem) -> Void
  ) throws(Problem) {
    guard let entry = entries[name] else { return }
    try file.forEachPiece(of: entry.range.lowerBound, count: entry.range.count, body)
  }
}

extension WeightsFile.Format {
  /// As https://github.com/huggingface/safetensors describes it.
  public static let safetensors = WeightsFile.Format("safetensors")
}

extension WeightsReader {
  static let safetensors = WeightsReader(name: "safetensors", recognises: { _, _ in true }) {
    (file, bytes, _) throws(Problem) in
    try SafetensorsFile(file, bytes, expected: "a safetensors or PyTorch file")
  }
}
