import Diagnostics
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
  /// Bytes of all files.
  var fileSize: Int { get }
  /// Everything that is read: one file, or an index and its shards.
  var files: [String] { get }
  /// `byte`: where the file describes it, or holds it.
  func tensor(_ name: String, in dictionary: Int) -> (dataType: TensorDataType, shape: Shape, byte: Int)?
  /// Why a tensor that is there cannot be read whatever its type.
  func refusal(of name: String, in dictionary: Int) -> Problem?
  /// Row-major, little-endian; nil when there is no such tensor.
  func withElements<Result>(
    _ name: String, in dictionary: Int, _ body: (UnsafeRawBufferPointer) throws(Problem) -> Result
  ) throws(Problem) -> Result?
  func discardPages()
}

/// The error for a tensor whose values are no floating-point numbers.
func unreadable(_ dataType: TensorDataType, at place: Place) -> Problem {
  .failure(
    at: place, "expected F64, F32, F16 or BF16 values, found \(dataType.rawValue)",
    remedy: "Save the tensor again as float32, as `state_dict()` of a model in float32 does.")
}
