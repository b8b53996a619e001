import Support
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
  /// Lends a tensor's values piece by piece, row-major: of a tensor of some hundred megabytes no more than a piece is in
  /// memory, and that in the caches. It cannot be kept beyond `body`.
  /// - Parameter body: takes the index of the piece's first element.
  /// - Throws: as `values(_:)`, and what `body` throws.
  func forEachPiece(
    of name: String, _ body: (Int, Span<Float>) throws(Problem) -> Void
  ) throws(Problem)
  /// Why the values of a tensor cannot be had, known without reading them: of a type that is no floating-point number,
  /// quantised, made by something that is not run. Nil for a tensor that can be read, and where there is none.
  func refusal(of name: String) -> Problem?
}

extension NamedTensors {
  public func forEachPiece(
    of name: String, _ body: (Int, Span<Float>) throws(Problem) -> Void
  ) throws(Problem) {
    let values = try values(name)
    try body(0, values.span)
  }

  public func refusal(of name: String) -> Problem? { nil }
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
