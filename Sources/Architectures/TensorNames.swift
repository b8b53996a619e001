import Support
import Tensors
import Weights

/// Whose parameter names a weights file uses.
public enum TensorNames: String, Sendable {
  /// torchvision's, or timm's for Xception: those of our graphs.
  case own
  /// timm's `vgg16`, whose hidden fully connected layers are convolutions of 7 x 7 and 1 x 1.
  case timm
  /// Xception with `last_linear` for `fc` and, in older files, pointwise weights without their two extents of 1
  /// (R. Cadene's pretrainedmodels).
  case pretrainedModels = "pretrainedmodels"

  init(of architecture: Architecture, in weights: any NamedTensors) {
    switch architecture {
    case .vgg16 where weights.shape(of: "pre_logits.fc1.weight") != nil: self = .timm
    case .xception
    where weights.shape(of: "last_linear.weight") != nil || weights.shape(of: "conv3.pointwise.weight")?.rank == 2:
      self = .pretrainedModels
    default: self = .own
    }
  }

  /// Every naming that an architecture's weights may have.
  static func all(of architecture: Architecture) -> [TensorNames] {
    switch architecture {
    case .vgg16: [.own, .timm]
    case .xception: [.own, .pretrainedModels]
    default: [.own]
    }
  }

  /// Our name of a tensor.
  func ownName(_ name: String) -> String {
    switch self {
    case .own: return name
    case .timm: return renamed(name, Self.timmVGG16)
    case .pretrainedModels: return renamed(name, ["last_linear.": "fc."])
    }
  }

  private static let timmVGG16 = [
    "pre_logits.fc1.": "classifier.0.", "pre_logits.fc2.": "classifier.3.", "head.fc.": "classifier.6.",
  ]

  private func renamed(_ name: String, _ prefixes: [String: String]) -> String {
    for (theirs, ours) in prefixes where name.hasPrefix(theirs) { return ours + name.dropFirst(theirs.count) }
    return name
  }

  /// Our shape of a tensor: the values are the same, row-major.
  func ownShape(_ shape: Shape, _ ownName: String) -> Shape {
    switch self {
    case .own: return shape
    case .timm:
      guard ownName.hasPrefix("classifier."), shape.rank == 4 else { return shape }
      return [shape[0], shape[1] * shape[2] * shape[3]]
    case .pretrainedModels:
      return ownName.hasSuffix(".pointwise.weight") && shape.rank == 2 ? [shape[0], shape[1], 1, 1] : shape
    }
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
