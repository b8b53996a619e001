import Diagnostics
import Tensors

/// Float32 tensors by name: a weights file, or a dictionary in tests. Networks are built on this alone.
public protocol NamedTensors: Sendable {
  /// What an error should call it: a path.
  var source: String { get }
  /// In the order in which they are stored.
  var tensorNames: [String] { get }
  /// Nil when there is no such tensor.
  func shape(of name: String) -> Shape?
  /// All values of a tensor, row-major.
  /// - Throws: `Problem` when there is no such tensor, or its values cannot be had as Float32.
  func values(_ name: String) throws(Problem) -> [Float]
  /// Lends a tensor's values, row-major, without a copy where that can be. The pointer is valid only inside `body`.
  /// - Throws: as `values(_:)`, and what `body` throws.
  func withFloats<Result>(
    _ name: String, _ body: (UnsafeBufferPointer<Float>) throws(Problem) -> Result
  ) throws(Problem) -> Result
  /// Why the values of a tensor cannot be had, known without reading them: of a type that is no floating-point number,
  /// quantised, made by something that is not run. Nil for a tensor that can be read, and where there is none.
  func refusal(of name: String) -> Problem?
  /// Gives memory back that only speeds up the next reading, such as a file's pages. May be called from any thread, also
  /// while values are lent.
  func discardPages()
}

extension NamedTensors {
  public func withFloats<Result>(
    _ name: String, _ body: (UnsafeBufferPointer<Float>) throws(Problem) -> Result
  ) throws(Problem) -> Result {
    let values = try values(name)
    return try values.withUnsafeBufferPointer { (buffer) throws(Problem) in try body(buffer) }
  }

  public func refusal(of name: String) -> Problem? { nil }

  public func discardPages() {}
}

/// Tensors in memory, in the order of their names.
public struct DictionaryTensors: NamedTensors {
  public let source: String
  private let tensors: [String: Tensor]

  public init(_ tensors: [String: Tensor], source: String = "memory") {
    self.tensors = tensors
    self.source = source
  }

  public var tensorNames: [String] { tensors.keys.sorted() }

  public func shape(of name: String) -> Shape? { tensors[name]?.shape }

  public func values(_ name: String) throws(Problem) -> [Float] {
    guard let tensor = tensors[name] else { throw missingTensor(name, in: self) }
    return tensor.values
  }
}

/// The error for a name that is not among the tensors.
func missingTensor(_ name: String, in tensors: some NamedTensors) -> Problem {
  // A network has hundreds of tensors: listing them all would bury the message.
  let near = closestMatch(to: name, in: tensors.tensorNames).map { "Did you mean `\($0)`?" }
  return .failure(
    at: Place(file: tensors.source, tensor: name), "there is no such tensor among \(tensors.tensorNames.count)",
    remedy: near ?? "Use a weights file of the architecture that the experiment names.")
}
