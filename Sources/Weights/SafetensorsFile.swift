import Diagnostics
import Tensors

/// A safetensors file, mapped into memory; its whole header is checked before a value is used.
///
///     let file = try SafetensorsFile(contentsOf: "vgg16.safetensors")
///     file.shape(of: "features.0.weight")               // 64x3x3x3
///     let weight = try file.values("features.0.weight")
public final class SafetensorsFile: NamedTensors, TensorContents {
  public let path: String
  /// The header's `__metadata__`.
  public let metadata: [String: String]
  /// By place in the file.
  public let tensorNames: [String]
  private let mapping: MappedFile
  private let entries: [String: SafetensorsHeader.Entry]

  /// Maps the file and checks its header: names, dtypes, shapes and byte ranges.
  /// - Throws: `Problem.usage` for a missing file or one of another format, `.failure` for a damaged one.
  public convenience init(contentsOf path: String) throws(Problem) {
    try self.init(MappedFile(path: path), expected: "a safetensors file")
  }

  /// - Parameter expected: what a file of another format is told that it should have been.
  init(_ mapping: MappedFile, expected: String) throws(Problem) {
    self.mapping = mapping
    path = mapping.path
    let header = try SafetensorsHeader(mapping.bytes, file: path, expected: expected)
    metadata = header.metadata
    tensorNames = header.entries.map(\.name)
    entries = Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, $0) })
  }

  public var source: String { path }

  /// Bytes of the whole file.
  public var fileSize: Int { mapping.bytes.count }

  public func shape(of name: String) -> Shape? { entries[name]?.shape }

  public func dataType(of name: String) -> TensorDataType? { entries[name]?.dataType }

  /// A tensor's values, row-major; F16 and BF16 converted exactly, F64 to the nearest Float32.
  /// - Throws: `Problem` when there is no such tensor or it is of another dtype.
  public func values(_ name: String) throws(Problem) -> [Float] {
    let entry = try readable(name)
    return floats(
      UnsafeRawBufferPointer(rebasing: mapping.bytes[entry.range]), entry.dataType, count: entry.shape.count)
  }

  /// Lends a tensor's values, row-major: those of an aligned F32 tensor without a copy.
  /// - Throws: as `values(_:)`, and what `body` throws. The pointer is valid only inside `body`.
  public func withFloats<Result>(
    _ name: String, _ body: (UnsafeBufferPointer<Float>) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    let entry = try readable(name)
    let bytes = UnsafeRawBufferPointer(rebasing: mapping.bytes[entry.range])
    if entry.dataType == .float32, let base = bytes.baseAddress,
      UInt(bitPattern: base) % UInt(MemoryLayout<Float>.alignment) == 0
    {
      // Keeps the mapping while `body` runs, even when this was the last use of the file.
      defer { withExtendedLifetime(self) {} }
      return try body(bytes.assumingMemoryBound(to: Float.self))
    }
    let copy = try values(name)
    return try copy.withUnsafeBufferPointer { (buffer) throws(Problem) in try body(buffer) }
  }

  /// Lends the whole file, for hashing it without a second read. Valid only inside `body`.
  public func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    return try body(mapping.bytes)
  }

  /// Gives the file's pages back to the system once the weights have been copied into a network; what is
  /// asked for again is read again.
  public func discardPages() { mapping.discardPages() }

  private func readable(_ name: String) throws(Problem) -> SafetensorsHeader.Entry {
    guard let entry = entries[name] else { throw missingTensor(name, in: self) }
    guard entry.dataType.isReadable else {
      throw unreadable(entry.dataType, at: Place(file: path, byte: entry.range.lowerBound, tensor: name))
    }
    return entry
  }
}

// MARK: - As one of the formats of `WeightsFile`

extension SafetensorsFile {
  var format: WeightsFile.Format { .safetensors }
  var dictionaries: [TensorDictionary] { [TensorDictionary(path: [], names: tensorNames)] }
  var preferred: Int? { 0 }
  var passedOver: [String] { [] }
  var files: [String] { [path] }

  func tensor(_ name: String, in dictionary: Int) -> (dataType: TensorDataType, shape: Shape, byte: Int)? {
    entries[name].map { ($0.dataType, $0.shape, $0.range.lowerBound) }
  }

  func refusal(of name: String, in dictionary: Int) -> Problem? { nil }

  func withElements<Result>(
    _ name: String, in dictionary: Int, _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
  ) throws(Problem) -> Result? {
    guard let entry = entries[name] else { return nil }
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(rebasing: mapping.bytes[entry.range]))
  }
}
