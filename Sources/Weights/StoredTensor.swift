import Diagnostics
import Tensors

/// Where a tensor's values lie in a mapped file, and how.
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

  /// Lends the elements, row-major and little-endian.
  func withElements<Result>(
    in file: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    let size = elementSize
    switch storage {
    case .range(let range):
      let source = UnsafeRawBufferPointer(rebasing: file[range])
      if shape.count == 0 { return try body(UnsafeRawBufferPointer(rebasing: source[0..<0])) }
      if isContiguous, !isBigEndian {
        return try body(UnsafeRawBufferPointer(rebasing: source[offset * size..<offset * size + byteCount]))
      }
      return try gathered(source, body)
    case .encoded(let span, let count):
      var decoded: [UInt8] = []
      decoded.reserveCapacity(count)
      // Its escapes were checked when the file was opened.
      _ = span.forEachByte(in: file) { decoded.append($0) }
      return try decoded.withUnsafeBufferPointer { (buffer) throws(Problem) in
        let source = UnsafeRawBufferPointer(buffer)
        return isContiguous && !isBigEndian && offset == 0 && source.count == byteCount
          ? try body(source) : try gathered(source, body)
      }
    }
  }

  private func gathered<Result>(
    _ source: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    let size = elementSize
    // A complex number is two numbers, each with bytes of its own to turn round.
    let numberSize = dataType == .complex64 ? 4 : size
    let output = [UInt8](unsafeUninitializedCapacity: byteCount) { output, initialised in
      initialised = byteCount
      guard byteCount > 0 else { return }
      var index = [Int](repeating: 0, count: shape.rank)
      var element = offset
      for target in 0..<shape.count {
        for byte in 0..<size {
          let within = isBigEndian ? byte / numberSize * numberSize + numberSize - 1 - byte % numberSize : byte
          output[target &* size &+ byte] = source[element &* size &+ within]
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
    return try output.withUnsafeBufferPointer { (bytes) throws(Problem) in try body(UnsafeRawBufferPointer(bytes)) }
  }
}

/// Row-major little-endian elements as Float32: F16 and BF16 exactly, F64 to the nearest.
/// - Precondition: `dataType.isReadable`, and as many bytes as `count` elements have.
func floats(_ bytes: UnsafeRawBufferPointer, _ dataType: TensorDataType, count: Int) -> [Float] {
  precondition(dataType.isReadable && bytes.count == count * dataType.bitWidth / 8)
  return [Float](unsafeUninitializedCapacity: count) { output, initialised in
    initialised = count
    guard count > 0, let target = output.baseAddress, let base = bytes.baseAddress else { return }
    switch dataType {
    case .float16: convert(bytes, to: target, count: count, by: floatFromHalf)
    case .bfloat16: convert(bytes, to: target, count: count, by: floatFromBFloat16)
    case .float64:
      for index in 0..<count {
        let bits = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index &* 8, as: UInt64.self))
        target[index] = Float(Double(bitPattern: bits))
      }
    default: UnsafeMutableRawPointer(target).copyMemory(from: base, byteCount: bytes.count)
    }
  }
}
