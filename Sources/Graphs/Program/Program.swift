import Support
import Tensors

/// A network's graph with batch normalisation folded and ReLUs and residual sums fused, as far as the layers to be
/// explained allow: the steps that engines run in order, each making one value.
public struct Program: Sendable {
  /// What becomes one kernel.
  public struct Step: Sendable {
    /// What is computed, its ReLU aside.
    public enum Kind: Sendable {
      /// The image after its normalisation, as the network takes it.
      case image
      /// Inputs: the value to convolve and, when `addsInput`, one to add to the result before the ReLU.
      case convolution(FusedConvolution)
      case relu
      case pooling(Pooling)
      case adaptiveAveragePooling
      case add
      case concatenation
      case linear(FusedLinear)
      /// Of a value or two, as it stands in the graph.
      case other(Operation)
    }
    /// What the step computes.
    public let kind: Kind
    /// Indices of steps.
    public let inputs: [Int]
    /// A ReLU as the last thing.
    public let hasReLU: Bool
    /// What is made of the kernel's value in its place, by the session: `StepEndings`.
    public let activation: Activation?
    /// (channels, height, width), or (features) after a fully connected layer.
    public let shape: Shape
    /// For messages.
    public let name: String

    /// Whether values below 0 became 0 as the last thing.
    public var endsWithReLU: Bool {
      if case .clip(lowest: 0, _) = activation { true } else { hasReLU }
    }
  }

  /// Where an explained layer's value is found.
  struct ExplainedValue: Sendable {
    var step: Int
    /// Where the layer is a convolution whose batch normalisation was folded into it.
    var folded: BatchNormalisation?
  }

  /// The image first, the logits last.
  public private(set) var steps: [Step] = []
  /// By step: how often its value is an input.
  public private(set) var consumerCounts: [Int] = []
  /// In the order of the layers that were asked for.
  private(set) var explained: [ExplainedValue] = []

  /// - Parameter layers: from `Graph.resolve(layers:)` of this graph.
  public init(_ graph: Graph, layers: [ResolvedLayer]) {
    let nodes = graph.nodes
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
      case .concatenation(let axis):
        kind = axis == 0 && node.shape.rank == 3 ? .concatenation : .other(node.operation)
      case .linear(let linear):
        var fused = FusedLinear(linear)
        if let next = onlyConsumer(of: index), case .batchNormalisation(let found) = nodes[next].operation,
          !wanted.contains(index)
        {
          fused.normalisation = found
          members.append(next)
        }
        kind = .linear(fused)
      case .reduction(Reduction(.mean, axes: [1, 2])) where node.shape.rank == 3: kind = .adaptiveAveragePooling
      case .batchNormalisation, .activation, .parametricReLU, .affine, .arithmetic, .matrixProduct, .reduction,
        .standardisation,
        .localResponse,
        .softmax, .rearrangement, .resampling:
        kind = .other(node.operation)
      case .convolution(let convolution):
        var fused = FusedConvolution(convolution)
        if let next = onlyConsumer(of: index), case .batchNormalisation(let found) = nodes[next].operation {
          fused.normalisation = found
          // The convolution's own output can still be explained: see `LayerEvidence.folding`.
          foldedInto[index] = found
          members.append(next)
        }
        let end = members[members.count - 1]
        if let sum = onlyConsumer(of: end), nodes[sum].operation == .add,
          !members.contains(where: wanted.contains), let other = nodes[sum].inputs.first(where: { $0 != end }),
          stepOfNode[other] != nil
        {
          fused.addsInput = true
          inputs.append(other)
          members.append(sum)
        }
        kind = .convolution(fused)
      }
      var hasReLU = false
      let end = members[members.count - 1]
      if node.operation.canEndWithReLU, let next = onlyConsumer(of: end), nodes[next].operation == .relu,
        !members.contains(where: wanted.contains)
      {
        hasReLU = true
        members.append(next)
      }
      var activation: Activation?
      if !hasReLU, node.operation.canEndWithActivation, let next = onlyConsumer(of: end),
        !members.contains(where: wanted.contains), let found = nodes[next].operation.asEnd(of: kind)
      {
        activation = found
        members.append(next)
      }
      let last = members[members.count - 1]
      let step = Step(
        kind: kind, inputs: inputs.compactMap { stepOfNode[$0] }, hasReLU: hasReLU, activation: activation,
        shape: nodes[last].shape,
        name: members.reversed().compactMap { nodes[$0].names.first }.first ?? "value \(index)")
      for member in members { stepOfNode[member] = steps.count }
      steps.append(step)
    }
    consumerCounts = [Int](repeating: 0, count: steps.count)
    for step in steps { for input in step.inputs { consumerCounts[input] += 1 } }
    explained = layers.map { layer in
      ExplainedValue(step: stepOfNode[layer.node] ?? 0, folded: foldedInto[layer.node])
    }
  }

  /// Whether a ReLU made a value, or all that is in it: then as a rule much of it is 0.
  public func isRectified(_ index: Int) -> Bool {
    let step = steps[index]
    if step.endsWithReLU { return true }
    switch step.kind {
    case .relu: return true
    case .concatenation: return step.inputs.allSatisfy(isRectified)
    case .pooling(let pooling): return pooling.kind == .maximum && isRectified(step.inputs[0])
    default: return false
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

/// A convolution as a step: with the batch normalisation that is folded into it.
public struct FusedConvolution: Sendable {
  /// For messages.
  public let name: String
  /// Where its sums run.
  public let geometry: ConvolutionGeometry
  let weights: TensorHandle
  /// Nil for none.
  let bias: TensorHandle?
  var normalisation: BatchNormalisation?
  /// Whether the step's second input is added to the result, before the ReLU.
  public fileprivate(set) var addsInput = false

  init(_ convolution: Convolution) {
    name = convolution.name
    geometry = convolution.geometry
    weights = convolution.weights
    bias = convolution.bias
  }
}

/// A fully connected layer as a step: with the batch normalisation that is folded into it.
public struct FusedLinear: Sendable {
  /// As it stands in the graph.
  public let linear: Linear
  var normalisation: BatchNormalisation?

  init(_ linear: Linear) { self.linear = linear }
}

extension Operation {
  /// What ends a step; nil for what is a step of its own.
  fileprivate func asEnd(of kind: Program.Step.Kind) -> Activation? {
    switch (self, kind) {
    case (.activation(let activation), _) where activation.keepsZero: activation
    // Loops leave their ReLU to the session, which notes where it was open in the same pass.
    case (.relu, .other): .clip(lowest: 0, highest: .infinity)
    default: nil
    }
  }

  fileprivate var canEndWithActivation: Bool {
    switch self {
    // The image is an explained value of its own.
    case .image, .relu, .activation: false
    default: true
    }
  }

  fileprivate var canEndWithReLU: Bool {
    switch self {
    case .convolution, .add, .linear: true
    default: false
    }
  }
}
