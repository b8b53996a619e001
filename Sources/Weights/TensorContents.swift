import Diagnostics
import Hashing
import Tensors

/// What a format's reader knows of a file, or of several that belong together.
protocol TensorContents: Sendable {
  var format: WeightsFile.Format { get }
  var metadata: [String: String] { get }
  var stateDictionary: [String] { get }
  var tensorNames: [String] { get }
  /// All that tensors are read from.
  var files: [HeldFile] { get }
  /// `byte`: where the file describes it, or holds it.
  func tensor(_ name: String) -> (dataType: TensorDataType, shape: Shape, byte: Int)?
  /// Reads the elements, row-major and little-endian, and lends them piece by piece: whole elements, in their order.
  /// Nothing is lent of a tensor that there is none of.
  /// - Throws: `Problem.changed` where they are not in the file any more, and what `body` throws.
  func forEachPiece(of name: String, _ body: (UnsafeRawBufferPointer) throws(Problem) -> Void) throws(Problem)
}

extension TensorContents {
  /// Lends a tensor's values piece by piece.
  /// - Parameters:
  ///   - path: where a problem lies.
  ///   - body: takes the index of the piece's first element.
  func forEachPiece(
    of name: String, path: String, _ body: (Int, UnsafeBufferPointer<Float>) throws(Problem) -> Void
  ) throws(Problem) {
    guard let tensor = tensor(name) else { return }
    guard tensor.dataType.isReadable else {
      throw unreadable(tensor.dataType, at: Place(file: path, byte: tensor.byte, tensor: name))
    }
    let size = tensor.dataType.bitWidth / 8
    var start = 0
    var converted: [Float] = []
    try forEachPiece(of: name) { (bytes) throws(Problem) in
      let count = bytes.count / size
      if tensor.dataType == .float32, let base = bytes.baseAddress, base.isAligned(to: Float.self) {
        try body(start, UnsafeBufferPointer(start: base.assumingMemoryBound(to: Float.self), count: count))
      } else {
        if converted.count < count { converted = [Float](repeating: 0, count: count) }
        try converted.withUnsafeMutableBufferPointer { (buffer) throws(Problem) in
          let target = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
          convert(bytes, tensor.dataType, to: target)
          try body(start, UnsafeBufferPointer(target))
        }
      }
      start += count
    }
  }

  /// A tensor's values, row-major.
  func values(_ name: String, path: String) throws(Problem) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(tensor(name)?.shape.count ?? 0)
    try forEachPiece(of: name, path: path) { (_, piece) throws(Problem) in values.append(contentsOf: piece) }
    return values
  }
}

extension UnsafeRawPointer {
  fileprivate func isAligned<Value>(to type: Value.Type) -> Bool {
    UInt(bitPattern: self) % UInt(MemoryLayout<Value>.alignment) == 0
  }
}

/// The error for a tensor whose values are no floating-point numbers.
func unreadable(_ dataType: TensorDataType, at place: Place) -> Problem {
  .failure(
    at: place, "expected F64, F32, F16 or BF16 values, found \(dataType.rawValue)",
    remedy: "Save the tensor again as float32, as `state_dict()` of a model in float32 does.")
}
