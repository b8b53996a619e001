import Support
import Tensors
import Weights

/// Weights that were compared with a graph's tensors, and hold every one of them.
public struct FittingWeights: Sendable {
  /// Under the names of the graph.
  public let tensors: any NamedTensors

  fileprivate init(_ tensors: any NamedTensors) { self.tensors = tensors }
}

/// How the tensors of a weights file differ from those that a graph needs.
public struct WeightsComparison: Sendable {
  /// Tensors of the graph that are not there.
  public var missing: [TensorHandle] = []
  /// Names that the graph does not know.
  public var leftOver: [String] = []
  /// Those that are there with other extents.
  public var misshapen: [(expected: TensorHandle, found: Shape)] = []
  /// How many tensors the graph needs.
  public let expectedCount: Int
  private let found: any NamedTensors

  /// - Parameter expected: see `Graph.tensors`.
  public init(expected: [TensorHandle], found: any NamedTensors) {
    self.found = found
    expectedCount = expected.count
    for tensor in expected {
      if let shape = found.shape(of: tensor.name) {
        if shape != tensor.shape { misshapen.append((tensor, shape)) }
      } else {
        missing.append(tensor)
      }
    }
    let names = Set(expected.map(\.name))
    leftOver = found.tensorNames.filter { !names.contains($0) && !WeightsComparison.isIgnored($0) }
  }

  /// Without tensors whose shape is not known since they cannot be read: they are there under their names.
  public func withoutRefused() -> WeightsComparison {
    var comparison = self
    comparison.missing.removeAll { found.refusal(of: $0.name) != nil }
    comparison.misshapen.removeAll { found.refusal(of: $0.expected.name) != nil }
    return comparison
  }

  /// Whether nothing is missing, left over or of another shape.
  public var fits: Bool { missing.isEmpty && leftOver.isEmpty && misshapen.isEmpty }

  /// The weights, for `Network.init`, which need not be compared a second time.
  /// - Throws: `problem(architecture:)` where they do not fit.
  public func fitting(_ architecture: String) throws(Problem) -> FittingWeights {
    guard fits else { throw problem(architecture: architecture) }
    return FittingWeights(found)
  }

  /// Counters of training and the auxiliary classifier play no part in evaluation mode.
  static func isIgnored(_ name: String) -> Bool {
    name.hasSuffix(".num_batches_tracked") || name == "num_batches_tracked" || name.hasPrefix("AuxLogits.")
  }

  /// "missing 2 tensors: fc.weight (10x2048), fc.bias (10); left over 1 tensor: head.weight"
  public var summary: String {
    var parts: [String] = []
    if !missing.isEmpty {
      parts.append("missing \(list(missing.map { "\($0.name) (\($0.shape))" }))")
    }
    if !leftOver.isEmpty { parts.append("left over \(list(leftOver))") }
    if !misshapen.isEmpty {
      parts.append(
        "of another shape \(list(misshapen.map { "\($0.expected.name) (\($0.found), expected \($0.expected.shape))" }))"
      )
    }
    return parts.joined(separator: "; ")
  }

  /// - Parameter remedy: which architecture would fit, when one does.
  public func problem(architecture: String, remedy: String? = nil) -> Problem {
    .usage(
      at: Place(file: found.source), "the weights do not fit \(architecture): \(summary)",
      remedy: remedy ?? "Check `architecture` and `width` of the model in the experiment file.")
  }

  /// A long list is cut, with the number of what was left out.
  private func list(_ items: [String]) -> String {
    let shown = items.prefix(12).joined(separator: ", ")
    let count = items.count == 1 ? "1 tensor" : "\(items.count) tensors"
    return "\(count): \(shown)" + (items.count > 12 ? ", and \(items.count - 12) more" : "")
  }
}
