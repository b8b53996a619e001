import Support
import Tensors

/// Where a tensor's values lie in a file, and how.
struct StoredTensor: Sendable {
  enum Storage: Sendable {
    case range(Range<Int>)
    /// Bytes that a pickle wrote as text; decoded when they are asked for.
    case encoded(ByteSpan, count: Int)
  }

  let dataType: TensorDataType
  let shape: Shape
  let storage: Storage
  /// From the start of the storage, in elements.
  let offset: Int
  /// In elements, an entry per axis.
  let strides: [Int]
  let isBigEndian: Bool
  /// Where the file describes it.
  let byte: Int

  /// Bytes of one element.
  var elementSize: Int { dataType.bitWidth / 8 }

  /// Bytes of all elements.
  var byteCount: Int { shape.count * elementSize }

  /// Row-major strides.
  static func contiguousStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * max(1, shape[axis + 1]) }
    return strides
  }

  /// The strides of an array whose first axis is the fastest.
  static func fortranStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropFirst() { strides[axis] = strides[axis - 1] * max(1, shape[axis - 1]) }
    return strides
  }

  /// The number of elements of a shape; nil where it does not fit into 48 bits, which no file holds. Every partial
  /// product that a stride is made of is bounded too.
  static func count(of shape: [Int]) -> Int? {
    var product = 1
    var isEmpty = false
    for extent in shape {
      let (next, overflows) = product.multipliedReportingOverflow(by: max(1, extent))
      guard !overflows, next < 1 << 48 else { return nil }
      isEmpty = isEmpty || extent == 0
      product = next
    }
    return isEmpty ? 0 : product
  }

  /// One past the last element that the strides reach, from the start of the storage; nil where it overflows.
  static func reach(offset: Int, shape: [Int], strides: [Int]) -> Int? {
    if shape.contains(0) { return 0 }
    var last = offset
    for (extent, stride) in zip(shape, strides) {
      let (span, overflows) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, carries) = last.addingReportingOverflow(span)
      guard !overflows, !carries else { return nil }
      last = sum
    }
    let (count, carries) = last.addingReportingOverflow(1)
    return carries ? nil : count
  }

  /// Row-major and without gaps; extents of 1 may have any stride.
  private var isContiguous: Bool {
    zip(shape.dimensions, zip(strides, Self.contiguousStrides(shape.dimensions))).allSatisfy { extent, pair in
      extent == 1 || pair.0 == pair.1
    }
  }

  /// Reads the elements, row-major and little-endian, and lends them piece by piece: whole elements, in their order.
  /// - Throws: `Problem.changed` where they are not in the file any more, and what `body` throws.
  func forEachPiece(
    in file: HeldFile, _ body: (Span<UInt8>) throws(Problem) -> Void
  ) throws(Problem) {
    guard shape.count > 0 else { return }
    let size = elementSize
    switch storage {
    case .range(let range):
      if isContiguous, !isBigEndian {
        try file.forEachPiece(of: range.lowerBound + offset * size, count: byteCount, body)
      } else {
        let reach = Self.reach(offset: offset, shape: shape.dimensions, strides: strides) ?? 0
        try gathered(file.bytes(range.lowerBound + offset * size..<range.lowerBound + reach * size), from: 0, body)
      }
    case .encoded(let span, let count):
      var decoded: [UInt8] = []
      decoded.reserveCapacity(count)
      let bytes = file.fileBytes
      // Its escapes were checked when the file was opened.
      let isWhole = span.forEachByte(in: bytes) { decoded.append($0) }
      try bytes.check()
      guard isWhole, decoded.count == count else {
        throw .changed(
          at: Place(file: file.path, byte: byte), "the text that stands for a tensor's values changed meanwhile")
      }
      if isContiguous, !isBigEndian, offset == 0, count == byteCount {
        try body(decoded.span)
      } else {
        try gathered(decoded, from: offset, body)
      }
    }
  }

  /// - Parameter start: which element of `source` is the tensor's first.
  private func gathered(
    _ source: [UInt8], from start: Int, _ body: (Span<UInt8>) throws(Problem) -> Void
  ) throws(Problem) {
    let size = elementSize
    // A complex number is two numbers, each with bytes of its own to turn round.
    let numberSize = dataType == .complex64 ? 4 : size
    var output = [UInt8](repeating: 0, count: byteCount)
    do {
      var target = output.mutableSpan
      var index = [Int](repeating: 0, count: shape.rank)
      var element = start
      for place in 0..<shape.count {
        for byte in 0..<size {
          let within = isBigEndian ? byte / numberSize * numberSize + numberSize - 1 - byte % numberSize : byte
          target[place &* size &+ byte] = source[element &* size &+ within]
        }
        var axis = shape.rank - 1
        while axis >= 0 {
          index[axis] += 1
          // Wrapping: the stride of an axis of one element may be anything.
          element &+= strides[axis]
          if index[axis] < shape[axis] { break }
          element &-= strides[axis] &* shape[axis]
          index[axis] = 0
          axis -= 1
        }
      }
    }
    try body(output.span)
  }
}

extension HeldFile {
  /// Reads some bytes and lends them in pieces of at most 1 MiB, which no element is cut by: each is still in the caches
  /// when it is used, and no tensor is in memory a second time.
  package func forEachPiece(
    of start: Int, count: Int, _ body: (Span<UInt8>) throws(Problem) -> Void
  ) throws(Problem) {
    guard count > 0 else { return }
    let size = min(count, 1 << 20)
    var piece = [UInt8](repeating: 0, count: size)
    for offset in stride(from: 0, to: count, by: size) {
      let part = min(size, count - offset)
      var buffer = piece.mutableSpan
      try read(at: start + offset, count: part, into: &buffer)
      try body(piece.span.extracting(0..<part))
    }
  }
}

/// Row-major little-endian elements as Float32, into memory for as many: F16 and BF16 exactly, F64 to the nearest.
/// - Precondition: `dataType.isReadable`, and as many bytes as `target` holds elements.
func convert(_ bytes: Span<UInt8>, _ dataType: TensorDataType, to target: inout MutableSpan<Float>) {
  precondition(dataType.isReadable && bytes.count == target.count * dataType.bitWidth / 8)
  // Checks in these loops would keep the compiler from vectorising them.
  unsafe bytes.withUnsafeBytes { bytes in
    unsafe target.withUnsafeMutableBufferPointer { target in
      switch dataType {
      case .float16:
        for index in target.indices {
          unsafe target[index] = unsafe floatFromHalf(
            UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)))
        }
      case .bfloat16:
        for index in target.indices {
          unsafe target[index] = unsafe floatFromBFloat16(
            UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: index &* 2, as: UInt16.self)))
        }
      case .float64:
        for index in target.indices {
          let bits = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
          unsafe target[index] = Float(Double(bitPattern: bits))
        }
      default: unsafe UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
      }
    }
  }
}
