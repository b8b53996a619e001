import Support
import Tensors
import Weights

/// A tensor that a graph needs.
public struct ExpectedTensor: Sendable, Hashable {
  public let name: String
  public let shape: Shape

  public init(name: String, shape: Shape) {
    self.name = name
    self.shape = shape
  }
}

/// All tensors that a graph needs, in the order of its nodes.
public func expectedTensors(of nodes: [Node]) -> [ExpectedTensor] {
  nodes.flatMap { node -> [ExpectedTensor] in
    switch node.operation {
    case .convolution(let c):
      let weight = ExpectedTensor(
        name: c.path + ".weight",
        shape: [c.outputChannels, c.inputChannels / c.groups, c.window.kernelHeight, c.window.kernelWidth])
      return c.hasBias ? [weight, ExpectedTensor(name: c.path + ".bias", shape: [c.outputChannels])] : [weight]
    case .batchNormalisation(let b):
      return ["weight", "bias", "running_mean", "running_var"].map {
        ExpectedTensor(name: "\(b.path).\($0)", shape: [b.channels])
      }
    case .linear(let l):
      return [
        ExpectedTensor(name: l.path + ".weight", shape: [l.outputFeatures, l.inputFeatures]),
        ExpectedTensor(name: l.path + ".bias", shape: [l.outputFeatures]),
      ]
    default: return []
    }
  }
}

/// How the tensors of a weights file differ from those that a graph needs.
public struct WeightsComparison: Sendable {
  public var missing: [ExpectedTensor] = []
  public var leftOver: [String] = []
  public var misshapen: [(expected: ExpectedTensor, found: Shape)] = []
  /// How many tensors the graph needs.
  public let expectedCount: Int
  let source: String

  public init(expected: [ExpectedTensor], found: any NamedTensors) {
    source = found.source
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
  public func withoutRefused(_ found: any NamedTensors) -> WeightsComparison {
    var comparison = self
    comparison.missing.removeAll { found.refusal(of: $0.name) != nil }
    comparison.misshapen.removeAll { found.refusal(of: $0.expected.name) != nil }
    return comparison
  }

  public var fits: Bool { missing.isEmpty && leftOver.isEmpty && misshapen.isEmpty }

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
      at: Place(file: source), "the weights do not fit \(architecture): \(summary)",
      remedy: remedy ?? "Check `architecture` and `width` of the model in the experiment file.")
  }

  /// A long list is cut, with the number of what was left out.
  private func list(_ items: [String]) -> String {
    let shown = items.prefix(12).joined(separator: ", ")
    let count = items.count == 1 ? "1 tensor" : "\(items.count) tensors"
    return "\(count): \(shown)" + (items.count > 12 ? ", and \(items.count - 12) more" : "")
  }
}
