import Support
import Weights

// MARK: - Values of constants

extension ONNXFile {
  /// A constant's values, row-major: of FLOAT, FLOAT16 and BFLOAT16 exactly, of DOUBLE to the nearest.
  /// - Throws: as `forEachPiece(of:_:)`.
  public func floats(of tensor: ModelTensor) throws(Problem) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(tensor.shape.count)
    try forEachPiece(of: tensor) { (_, piece) throws(Problem) in
      for index in piece.indices { values.append(piece[index]) }
    }
    return values
  }

  /// Lends a constant's values piece by piece, row-major, so that no large one is in memory whole. They cannot be kept beyond
  /// `body`.
  /// - Parameter body: takes the index of the piece's first element.
  /// - Throws: `Problem.failure` for a constant of another type, `.changed` where its file changed, and what `body` throws.
  public func forEachPiece(
    of tensor: ModelTensor, _ body: (Int, Span<Float>) throws(Problem) -> Void
  ) throws(Problem) {
    guard let type = tensor.dataType.weightsType else {
      throw unreadable(tensor, "FLOAT, FLOAT16, BFLOAT16 or DOUBLE")
    }
    var start = 0
    switch tensor.storage {
    case .bytes(let file, let range):
      var converted: [Float] = []
      try file.forEachPiece(of: range.lowerBound, count: range.count) { (bytes) throws(Problem) in
        try lendFloats(bytes, type, &converted) { (piece) throws(Problem) in try body(start, piece) }
        start += bytes.count / (type.bitWidth / 8)
      }
    case .elements(let field, let parts):
      var piece: [Float] = []
      try forEachElement(of: tensor, field, parts) { (bits) throws(Problem) in
        switch type {
        case .float16: piece.append(floatFromHalf(UInt16(try integer(bits, tensor))))
        case .bfloat16: piece.append(floatFromBFloat16(UInt16(try integer(bits, tensor))))
        case .float64: piece.append(Float(Double(bitPattern: bits)))
        default: piece.append(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        }
        guard piece.count == 1 << 16 else { return }
        try body(start, piece.span)
        start += piece.count
        piece.removeAll(keepingCapacity: true)
      }
      if !piece.isEmpty { try body(start, piece.span) }
    case .unread: throw unreadable(tensor, "FLOAT, FLOAT16, BFLOAT16 or DOUBLE")
    }
  }

  /// A constant's values of an integer type or BOOL (0 or 1), row-major.
  /// - Throws: `Problem.failure` for a constant of another type and numbers that its type cannot have, `.changed` where its file
  ///   changed.
  public func integers(of tensor: ModelTensor) throws(Problem) -> [Int64] {
    guard tensor.dataType.reading == .integers, let bits = tensor.dataType.bitWidth else {
      throw unreadable(tensor, "values of an integer type")
    }
    var values: [Int64] = []
    values.reserveCapacity(tensor.shape.count)
    switch tensor.storage {
    case .bytes(let file, let range):
      let size = bits / 8
      let isSigned = [ModelDataType.int8, .int16, .int32, .int64].contains(tensor.dataType)
      try file.forEachPiece(of: range.lowerBound, count: range.count) { (bytes) throws(Problem) in
        for start in stride(from: 0, to: bytes.count, by: size) {
          var pattern: UInt64 = 0
          for index in 0..<size { pattern |= UInt64(bytes[start + index]) << UInt64(8 * index) }
          let shift = Int64(64 - bits)
          let extended = isSigned ? UInt64(bitPattern: Int64(bitPattern: pattern << UInt64(shift)) >> shift) : pattern
          values.append(try integer(extended, tensor))
        }
      }
    case .elements(let field, let parts):
      try forEachElement(of: tensor, field, parts) { (bits) throws(Problem) in
        values.append(try integer(bits, tensor))
      }
    case .unread: throw unreadable(tensor, "values of an integer type")
    }
    return values
  }

  private func forEachElement(
    of tensor: ModelTensor, _ field: TypedField, _ parts: [Range<Int>], _ body: (UInt64) throws(Problem) -> Void
  ) throws(Problem) {
    let bytes = files[0].fileBytes
    var count = 0
    do throws(Problem) {
      try field.forEach(in: parts, { WireReader(bytes, in: $0, file: path) }) { (bits) throws(Problem) in
        count += 1
        // No more than were counted, whatever the file has become.
        guard count <= tensor.shape.count else { throw changed(tensor) }
        try body(bits)
      }
    } catch {
      try bytes.check()
      throw error
    }
    try bytes.check()
    guard count == tensor.shape.count else { throw changed(tensor) }
  }

  /// An element from its bits, in the range of its type.
  private func integer(_ bits: UInt64, _ tensor: ModelTensor) throws(Problem) -> Int64 {
    let type = tensor.dataType
    // Fields of 32 bits may stand as 64.
    let value = type.field == .int32Data ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
    let isTooLarge = type == .uint64 && value < 0
    guard !isTooLarge, type.range?.contains(value) ?? true else {
      throw .failure(
        at: tensor.place,
        "expected \(type.name) values of "
          + (type.range.map { "\($0.lowerBound) to \($0.upperBound)" } ?? "at most 2^63 - 1")
          + ", found \(type == .uint64 ? "\(bits)" : "\(value)")", remedy: WireReader.remedy)
    }
    return value
  }

  private func changed(_ tensor: ModelTensor) -> Problem {
    .changed(
      at: tensor.place, "the values of a tensor are not where they were when the model was opened",
      remedy: "Wait until nothing writes to the file; then run the same command again.")
  }

  private func unreadable(_ tensor: ModelTensor, _ expected: String) -> Problem {
    .failure(
      at: tensor.place, "expected \(expected), found \(tensor.dataType.name)",
      remedy: "Export the network in float32.")
  }
}
