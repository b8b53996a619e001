import Graphs
import Images
import Support
import Tensors
import Weights

/// A network of what other frameworks' networks hold beside convolutions: gates, normalisations, constants, activations.
enum ElementNetwork {
  static var builder: GraphBuilder {
    var b = GraphBuilder(width: 1, inputSize: 12)
    var x = b.convolution("stem", b.image(), channels: 20, kernel: 3, stride: 2, padding: 1)
    x = b.append(
      .activation(.silu), [b.batchNormalisation("stem.bn", x, epsilon: 1e-3)], name: "stem.silu", isInAll: true)
    let pooled = b.append(.reduction(Reduction(.mean, axes: [1, 2])), [x])
    let gate = b.append(.activation(.sigmoid), [b.convolution("gate", pooled, channels: 20, kernel: 1, bias: true)])
    x = b.append(.arithmetic(.product), [x, gate], name: "gated", isInAll: true)
    x = b.append(.standardisation(Standardisation(axes: [0], epsilon: 1e-5)), [x])
    let affine = Affine(
      scale: TensorHandle(name: "affine.scale", shape: [20, 1, 1]),
      shift: TensorHandle(name: "affine.shift", shape: [20, 1, 1]))
    x = b.append(.affine(name: "affine", affine), [x], name: "affine", isInAll: true)
    let y = b.depthwiseConvolution("depthwise", x, kernel: 3, padding: 1)
    let z = b.append(.activation(.clip(lowest: 0, highest: 0.4)), [y])
    x = b.append(.arithmetic(.maximum), [b.append(.activation(.gelu), [x]), z])
    x = b.append(.parametricReLU(name: "prelu", slope: TensorHandle(name: "slope", shape: [20, 1, 1])), [x])
    x = b.relu("alone.relu", b.batchNormalisation("alone", x, epsilon: 1e-3))
    _ = b.linear("logits", b.append(.softmax(axis: 2), [x]), features: 3)
    return b
  }

  /// - Parameter tensor: one whose second element is not a number.
  static func network(changing tensor: String? = nil) throws(Problem) -> Network {
    let random = randomTensors(builder.tensors)
    var tensors: [String: Tensor] = [:]
    for handle in builder.tensors {
      tensors[handle.name] = Tensor(shape: handle.shape, values: try random.values(handle.name))
    }
    if let tensor { tensors[tensor]?.values[1] = .nan }
    return try Network(
      builder.graph(name: "elements", lastLayer: "gated"),
      normalisation: Normalisation(mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3]),
      weights: DictionaryTensors(tensors, source: "elements"))
  }
}
