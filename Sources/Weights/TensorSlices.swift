import Support
import Tensors

/// Parts of tensors: what is read of files that hold one tensor for many images.
extension SafetensorsFile {
  /// The file itself, held to what was opened.
  public var held: HeldFile { file }

  /// Some of a tensor's values, row-major; F16 and BF16 converted exactly, F64 to the nearest Float32.
  /// - Parameter elements: from the tensor's first on.
  /// - Throws: `Problem` when there is no such tensor, it is of another dtype, or has no such elements.
  public func values(_ name: String, in elements: Range<Int>) throws(Problem) -> [Float] {
    let (type, bytes) = try part(name, elements) { $0.isReadable }
    var values: [Float] = []
    var converted: [Float] = []
    try lendFloats(bytes.span, type, &converted) { (piece) throws(Problem) in
      values.reserveCapacity(piece.count)
      for index in piece.indices { values.append(piece[index]) }
    }
    return values
  }

  /// Some of the values of a tensor of whole numbers: U8, I32 or I64.
  /// - Throws: as `values(_:in:)`.
  public func integers(_ name: String, in elements: Range<Int>) throws(Problem) -> [Int] {
    let (type, bytes) = try part(name, elements) { [.uint8, .int32, .int64].contains($0) }
    let size = type.bitWidth / 8
    return (0..<elements.count).map { index in
      var bits: UInt64 = 0
      for byte in 0..<size { bits |= UInt64(bytes[index * size + byte]) << UInt64(8 * byte) }
      return switch type {
      case .uint8: Int(bits)
      case .int32: Int(Int32(truncatingIfNeeded: bits))
      default: Int(Int64(truncatingIfNeeded: bits))
      }
    }
  }

  /// Some of the values of a tensor of bytes.
  /// - Throws: as `values(_:in:)`.
  public func bytes(_ name: String, in elements: Range<Int>) throws(Problem) -> [UInt8] {
    try part(name, elements) { $0 == .uint8 }.bytes
  }

  private func part(
    _ name: String, _ elements: Range<Int>, _ isReadable: (TensorDataType) -> Bool
  ) throws(Problem) -> (type: TensorDataType, bytes: [UInt8]) {
    guard let entry = entries[name] else { throw missingTensor(name, in: self) }
    let place = Place(file: path, byte: entry.range.lowerBound, tensor: name)
    guard isReadable(entry.dataType) else {
      throw .failure(at: place, "values of the type \(entry.dataType.rawValue) cannot be read here")
    }
    let size = entry.dataType.bitWidth / 8
    guard elements.lowerBound >= 0, elements.upperBound <= entry.range.count / size else {
      throw .failure(
        at: place, "expected elements up to \(elements.upperBound), found \(entry.range.count / size)",
        remedy: SafetensorsHeader.remedy)
    }
    let start = entry.range.lowerBound + elements.lowerBound * size
    return (entry.dataType, try file.bytes(start..<start + elements.count * size))
  }
}
