import Support
import Tensors

/// A tensor of weights that a graph computes with, known by the name under which `NamedTensors` hold it.
///
/// Names mean nothing to a graph: `layer1.0.conv1.weight` is as good as `onnx::Conv_497`, and several nodes may hold the
/// same handle, whose tensor is then counted and looked for once.
public struct TensorHandle: Sendable, Hashable {
  /// As `NamedTensors` hold it.
  public let name: String
  /// Row-major.
  public let shape: Shape

  public init(name: String, shape: Shape) {
    self.name = name
    self.shape = shape
  }
}

extension Operation {
  /// The tensors that it computes with.
  public var tensors: [TensorHandle] {
    switch self {
    case .convolution(let convolution): [convolution.weights, convolution.bias].compactMap { $0 }
    case .batchNormalisation(let normalisation):
      [normalisation.scale, normalisation.shift, normalisation.mean, normalisation.variance]
    case .linear(let linear): [linear.weights, linear.bias].compactMap { $0 }
    case .parametricReLU(_, let slope): [slope]
    case .affine(_, let affine): [affine.scale, affine.shift].compactMap { $0 }
    case .image, .relu, .activation, .pooling, .adaptiveAveragePooling, .add, .arithmetic, .concatenation,
      .matrixProduct,
      .reduction, .standardisation, .localResponse, .softmax, .rearrangement, .resampling:
      []
    }
  }

  /// Those of them that training moves along a gradient: not the running statistics.
  var parameters: [TensorHandle] {
    if case .batchNormalisation(let normalisation) = self { return [normalisation.scale, normalisation.shift] }
    return tensors
  }
}

extension Sequence<Node> {
  /// All tensors that the nodes compute with, each once, in their order.
  public var tensors: [TensorHandle] { flatMap(\.operation.tensors).uniqued }

  /// Weights and biases, batch normalisation's scale and shift included, running statistics not.
  var parameterCount: Int { flatMap(\.operation.parameters).uniqued.reduce(0) { $0 + $1.shape.count } }
}
