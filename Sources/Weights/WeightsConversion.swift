import Support
import Tensors

/// Writes a weights file of any format again as safetensors, piece by piece, so that no tensor is ever in memory as a whole.
public struct WeightsConversion: Sendable {
  /// Its tensors are written under the names that it has them by, without wrappers and prefix; those outside are left
  /// out.
  public let file: WeightsFile
  /// F32, F16 or BF16 for all floating-point tensors; nil leaves each as it is. Others are never changed.
  public let dataType: TensorDataType?
  /// The new file's `__metadata__`.
  public var metadata: [String: String]

  /// - Throws: `Problem` for another type.
  public init(
    _ file: WeightsFile, as dataType: TensorDataType? = nil, metadata: [String: String]? = nil
  ) throws(Problem) {
    if let dataType, ![.float32, .float16, .bfloat16].contains(dataType) {
      throw .usage("values can be written as F32, F16 or BF16, not as \(dataType.rawValue)")
    }
    self.file = file
    self.dataType = dataType
    self.metadata = metadata ?? file.metadata
  }

  /// - Returns: bytes of the new file.
  /// - Throws: `Problem` when a number would become infinite, by its tensor's name, or when the file cannot be written;
  ///   what stood at `path` is then untouched.
  @discardableResult
  public func write(to path: String) throws(Problem) -> Int {
    var entries: [SafetensorsWriter.Entry] = []
    for name in file.tensorNames {
      guard let shape = file.shape(of: name), let stored = file.dataType(of: name) else {
        if let problem = file.refusal(of: name) { throw problem }
        continue
      }
      entries.append(
        SafetensorsWriter.Entry(name: name, dataType: stored.isReadable ? dataType ?? stored : stored, shape: shape))
    }
    // The widest first, so that every tensor is aligned.
    entries = entries.enumerated().sorted {
      ($1.element.dataType.bitWidth, $0.offset) < ($0.element.dataType.bitWidth, $1.offset)
    }.map(\.element)
    let header = SafetensorsWriter.header(metadata: metadata, entries)
    let output = try AtomicOutput(path: path)
    try HeldFile.whileUnchanged(file.files) { () throws(Problem) in
      try output.append(header)
      for entry in entries {
        var start = 0
        try file.forEachPiece(ofElements: entry.name) { (bytes) throws(Problem) in
          let stored = file.dataType(of: entry.name) ?? entry.dataType
          try stored == entry.dataType
            ? output.append(bytes) : output.append(converted(bytes, of: stored, entry, from: start))
          start += bytes.count * 8 / stored.bitWidth
        }
      }
    }
    try output.commit()
    return header.count + entries.reduce(0) { $0 + $1.byteCount }
  }

  /// To the nearest value, ties to even; F64 by way of F32, as PyTorch goes.
  /// - Parameter start: which element of the tensor the piece begins with.
  private func converted(
    _ bytes: Span<UInt8>, of stored: TensorDataType, _ entry: SafetensorsWriter.Entry, from start: Int
  ) throws(Problem) -> [UInt8] {
    var values = [Float](repeating: 0, count: bytes.count * 8 / stored.bitWidth)
    var target = values.mutableSpan
    convert(bytes, stored, to: &target)
    if stored == .float64 {
      for index in values.indices where values[index].isInfinite {
        let bits = (0..<8).reduce(0 as UInt64) { $0 | UInt64(bytes[index * 8 + $1]) << UInt64(8 * $1) }
        let value = Double(bitPattern: bits)
        if value.isFinite { throw overflow(entry, start + index, "\(value)") }
      }
    }
    var output: [UInt8] = []
    output.reserveCapacity(values.count * entry.dataType.bitWidth / 8)
    for (index, value) in values.enumerated() {
      switch entry.dataType {
      case .float16:
        let half = Float16(value)
        if half.isInfinite, value.isFinite { throw overflow(entry, start + index, "\(value)") }
        append(half.bitPattern, to: &output)
      case .bfloat16:
        let half = bfloat16(value)
        if half & 0x7fff == 0x7f80, value.isFinite { throw overflow(entry, start + index, "\(value)") }
        append(half, to: &output)
      default: append(value.bitPattern, to: &output)
      }
    }
    return output
  }

  private func append<Number: FixedWidthInteger>(_ number: Number, to output: inout [UInt8]) {
    unsafe withUnsafeBytes(of: number.littleEndian) { unsafe output.append(contentsOf: $0) }
  }

  private func overflow(_ entry: SafetensorsWriter.Entry, _ index: Int, _ value: String) -> Problem {
    .usage(
      at: Place(file: file.path, tensor: entry.name),
      "element \(index) is \(value), which \(entry.dataType.rawValue) cannot hold: it would become infinite",
      remedy: entry.dataType == .float16
        ? "Write the file as BF16 or F32." : "Check the weights: no trained network has numbers of this size.")
  }
}
