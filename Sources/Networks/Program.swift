import Support
import Tensors

/// A network's graph with batch normalisation folded and ReLUs and residual sums fused, as far as the layers to be
/// explained allow: the steps that engines run in order, each making one value.
struct Program: Sendable {
  struct Step: Sendable {
    enum Kind: Sendable {
      case image
      /// Inputs: the value to convolve and, when `addsInput`, one to add to the result before the ReLU.
      case convolution(Convolution, BatchNormalisation?, addsInput: Bool)
      case relu
      case pooling(Pooling)
      case adaptiveAveragePooling
      case add
      case concatenation
      case linear(Linear)
    }
    var kind: Kind
    /// Indices of steps.
    var inputs: [Int]
    /// A ReLU as the last thing.
    var hasReLU: Bool
    var shape: Shape
    /// For messages.
    var name: String
  }

  /// Where an explained layer's value is found.
  struct ExplainedValue: Sendable {
    var step: Int
    /// Where the layer is a convolution whose batch normalisation was folded into it.
    var folded: BatchNormalisation?
  }

  var steps: [Step] = []
  var explained: [ExplainedValue] = []

  init(_ network: Network, layers: [ResolvedLayer]) {
    let nodes = network.nodes
    var consumers = [[NodeIndex]](repeating: [], count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for input in node.inputs { consumers[input].append(index) }
    }
    let wanted = Set(layers.map(\.node))
    var stepOfNode = [Int?](repeating: nil, count: nodes.count)
    var foldedInto: [NodeIndex: BatchNormalisation] = [:]

    /// The one consumer of a value that nothing else needs, if there is just one.
    func onlyConsumer(of node: NodeIndex) -> NodeIndex? { consumers[node].count == 1 ? consumers[node][0] : nil }

    for (index, node) in nodes.enumerated() where stepOfNode[index] == nil {
      var members = [index]
      var kind: Step.Kind
      var inputs = node.inputs
      switch node.operation {
      case .image: kind = .image
      case .relu: kind = .relu
      case .pooling(let pooling): kind = .pooling(pooling)
      case .adaptiveAveragePooling: kind = .adaptiveAveragePooling
      case .add: kind = .add
      case .concatenation: kind = .concatenation
      case .linear(let linear): kind = .linear(linear)
      case .batchNormalisation(let batchNormalisation):
        // No architecture has one that does not follow a convolution; it is a 1 x 1 filter per channel.
        kind = .convolution(.identity(channels: batchNormalisation.channels), batchNormalisation, addsInput: false)
      case .convolution(let convolution):
        var normalisation: BatchNormalisation?
        if let next = onlyConsumer(of: index), case .batchNormalisation(let found) = nodes[next].operation {
          normalisation = found
          // The convolution's own output can still be explained: see `LayerEvidence.channelOffsets`.
          foldedInto[index] = found
          members.append(next)
        }
        kind = .convolution(convolution, normalisation, addsInput: false)
        let end = members[members.count - 1]
        if let sum = onlyConsumer(of: end), nodes[sum].operation == .add, !wanted.contains(end),
          let other = nodes[sum].inputs.first(where: { $0 != end }), stepOfNode[other] != nil
        {
          kind = .convolution(convolution, normalisation, addsInput: true)
          inputs.append(other)
          members.append(sum)
        }
      }
      var hasReLU = false
      let end = members[members.count - 1]
      if node.operation.canEndWithReLU, let next = onlyConsumer(of: end), nodes[next].operation == .relu,
        !members.contains(where: wanted.contains)
      {
        hasReLU = true
        members.append(next)
      }
      let last = members[members.count - 1]
      let step = Step(
        kind: kind, inputs: inputs.compactMap { stepOfNode[$0] }, hasReLU: hasReLU, shape: nodes[last].shape,
        name: members.reversed().compactMap { nodes[$0].names.first }.first ?? "value \(index)")
      for member in members { stepOfNode[member] = steps.count }
      steps.append(step)
    }
    explained = layers.map { layer in
      ExplainedValue(step: stepOfNode[layer.node] ?? 0, folded: foldedInto[layer.node])
    }
  }

  /// Which values' gradients a backward pass needs to reach these: those on a way from one of them to the logits.
  func valuesNeedingGradient(toReach targets: [Int]) -> [Bool] {
    var needed = [Bool](repeating: false, count: steps.count)
    for target in targets { needed[target] = true }
    for (index, step) in steps.enumerated() where !needed[index] {
      needed[index] = step.inputs.contains { needed[$0] }
    }
    return needed
  }
}

extension Convolution {
  /// Leaves its input as it is; the carrier of a batch normalisation that follows no convolution.
  static func identity(channels: Int) -> Convolution {
    Convolution(
      path: "", inputChannels: channels, outputChannels: channels, window: Window(kernel: 1, stride: 1, padding: 0),
      groups: channels, hasBias: false)
  }
}

extension Operation {
  fileprivate var canEndWithReLU: Bool {
    switch self {
    case .convolution, .batchNormalisation, .add, .linear: true
    default: false
    }
  }
}
