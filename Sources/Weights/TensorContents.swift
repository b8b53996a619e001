import Support
import Tensors

/// One of a file's dictionaries of tensors.
struct TensorDictionary: Sendable {
  /// The keys that lead to it, outermost first; empty where the file is the dictionary.
  let path: [String]
  /// In the order of the file, those of tensors that cannot be read among them.
  let names: [String]
}

/// What a format's reader knows of a file, or of several that are one.
protocol TensorContents: Sendable {
  var format: WeightsFile.Format { get }
  var metadata: [String: String] { get }
  /// At least one.
  var dictionaries: [TensorDictionary] { get }
  /// Of `dictionaries`, which is taken where nobody says another; nil where none is likelier than the others.
  var preferred: Int? { get }
  /// Names of globals whose values were passed over; nothing of them was run.
  var passedOver: [String] { get }
  /// All that tensors are read from: one file, or an index and its shards.
  var files: [HeldFile] { get }
  /// `place`: where the file describes it, or holds it.
  func tensor(_ name: String, in dictionary: Int) -> (dataType: TensorDataType, shape: Shape, place: Place)?
  /// Why a tensor that is there cannot be read whatever its type.
  func refusal(of name: String, in dictionary: Int) -> Problem?
  /// Reads the elements, row-major and little-endian, and lends them piece by piece: whole elements, in their order.
  /// Nothing is lent of a tensor that there is none of, or that cannot be read.
  /// - Throws: `Problem.changed` where they are not in the file any more, and what `body` throws.
  func forEachPiece(
    of name: String, in dictionary: Int, _ body: (Span<UInt8>) throws(Problem) -> Void
  ) throws(Problem)
}

extension TensorContents {
  /// Lends a tensor's values piece by piece.
  /// - Parameter body: takes the index of the piece's first element.
  /// - Throws: `Problem` for a tensor that cannot be read, and what `body` throws.
  func forEachPiece(
    of name: String, in dictionary: Int, _ body: (Int, Span<Float>) throws(Problem) -> Void
  ) throws(Problem) {
    if let problem = refusal(of: name, in: dictionary) { throw problem }
    guard let tensor = tensor(name, in: dictionary) else { return }
    guard tensor.dataType.isReadable else { throw unreadable(tensor.dataType, at: tensor.place) }
    let size = tensor.dataType.bitWidth / 8
    var start = 0
    var converted: [Float] = []
    try forEachPiece(of: name, in: dictionary) { (bytes: Span<UInt8>) throws(Problem) in
      try lendFloats(bytes, tensor.dataType, &converted) { (piece) throws(Problem) in try body(start, piece) }
      start += bytes.count / size
    }
  }

  /// A tensor's values, row-major.
  func values(_ name: String, in dictionary: Int) throws(Problem) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(tensor(name, in: dictionary)?.shape.count ?? 0)
    try forEachPiece(of: name, in: dictionary) { (_: Int, piece: Span<Float>) throws(Problem) in
      unsafe piece.withUnsafeBufferPointer { unsafe values.append(contentsOf: $0) }
    }
    return values
  }
}

/// Lends row-major little-endian elements as Float32: themselves where they are that, else in the memory of `converted`.
/// - Precondition: `dataType.isReadable`, and whole elements.
package func lendFloats(
  _ bytes: Span<UInt8>, _ dataType: TensorDataType, _ converted: inout [Float],
  _ body: (Span<Float>) throws(Problem) -> Void
) throws(Problem) {
  if dataType == .float32, unsafe bytes.withUnsafeBytes({ unsafe $0.isAligned(to: Float.self) }) {
    return try unsafe bytes.withUnsafeBytes { (bytes) throws(Problem) in
      try unsafe body(bytes.assumingMemoryBound(to: Float.self).span)
    }
  }
  let count = bytes.count / (dataType.bitWidth / 8)
  if converted.count != count { converted = [Float](repeating: 0, count: count) }
  var target = converted.mutableSpan
  convert(bytes, dataType, to: &target)
  try body(converted.span)
}

extension UnsafeRawBufferPointer {
  fileprivate func isAligned<Value>(to type: Value.Type) -> Bool {
    UInt(bitPattern: baseAddress) % UInt(MemoryLayout<Value>.alignment) == 0
  }
}

/// The error for a tensor whose values are no floating-point numbers.
func unreadable(_ dataType: TensorDataType, at place: Place) -> Problem {
  .failure(
    at: place, "expected F64, F32, F16 or BF16 values, found \(dataType.rawValue)",
    remedy: "Save the tensor again as float32, as `state_dict()` of a model in float32 does.")
}
