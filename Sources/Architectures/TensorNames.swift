import Support
import Tensors
import Weights

/// Whose parameter names a weights file uses.
public struct TensorNames: Sendable, Equatable {
  /// "timm"
  public let name: String
  /// Whether these weights have such names.
  let isUsed: @Sendable (any NamedTensors) -> Bool
  /// What names of theirs begin with, and ours in its place.
  let prefixes: [(theirs: String, ours: String)]
  /// Our shape of a tensor by its shape and our name: the values are the same, row-major.
  let ownShape: @Sendable (Shape, String) -> Shape
  /// The largest input, in pixels, at which the weights are of the same network as ours; nil where they always are.
  let mostPixels: Int?

  /// - Parameters:
  ///   - name: whose they are.
  ///   - prefixes: what names of theirs begin with, and ours in its place.
  ///   - ownShape: our shape of a tensor by its shape and our name; the values are the same, row-major.
  ///   - mostPixels: the largest input at which the weights are of the same network as ours; nil for any.
  ///   - isUsed: whether weights have such names.
  public init(
    _ name: String, prefixes: [(theirs: String, ours: String)],
    ownShape: @escaping @Sendable (Shape, String) -> Shape = { shape, _ in shape },
    mostPixels: Int? = nil,
    isUsed: @escaping @Sendable (any NamedTensors) -> Bool
  ) {
    self.name = name
    self.prefixes = prefixes
    self.ownShape = ownShape
    self.mostPixels = mostPixels
    self.isUsed = isUsed
  }

  /// Those of our graphs: torchvision's, or timm's for Xception.
  public static let own = TensorNames("own", prefixes: []) { _ in true }

  public static func == (a: TensorNames, b: TensorNames) -> Bool { a.name == b.name }

  /// The naming of an architecture's weights.
  init(of architecture: Architecture, in weights: any NamedTensors) {
    self = architecture.otherNames.first { $0.isUsed(weights) } ?? .own
  }

  /// Every naming that an architecture's weights may have.
  static func all(of architecture: Architecture) -> [TensorNames] { [.own] + architecture.otherNames }

  /// Our name of a tensor.
  func ownName(_ name: String) -> String {
    for (theirs, ours) in prefixes where name.hasPrefix(theirs) { return ours + name.dropFirst(theirs.count) }
    return name
  }
}

/// A file's tensors under the names and shapes of our graphs.
struct OwnTensors: NamedTensors {
  private let base: any NamedTensors
  let names: TensorNames
  let tensorNames: [String]
  private let stored: [String: String]

  init(_ base: any NamedTensors, for architecture: Architecture) {
    self.base = base
    names = TensorNames(of: architecture, in: base)
    var stored: [String: String] = [:]
    var listed: [String] = []
    for name in base.tensorNames {
      // Where both names are there, the later one stays as it is, and is left over.
      let own = names.ownName(name)
      let key = stored[own] == nil ? own : name
      stored[key] = name
      listed.append(key)
    }
    self.stored = stored
    tensorNames = listed
  }

  var source: String { base.source }

  func shape(of name: String) -> Shape? {
    stored[name].flatMap { base.shape(of: $0) }.map { names.ownShape($0, name) }
  }

  func values(_ name: String) throws(Problem) -> [Float] { try base.values(stored[name] ?? name) }

  func forEachPiece(
    of name: String, _ body: (Int, Span<Float>) throws(Problem) -> Void
  ) throws(Problem) { try base.forEachPiece(of: stored[name] ?? name, body) }

  func refusal(of name: String) -> Problem? { base.refusal(of: stored[name] ?? name) }
}
