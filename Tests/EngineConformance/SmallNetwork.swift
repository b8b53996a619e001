import Graphs
import Images
import Support
import Tensors
import Weights

/// A network with one of everything, small enough for finite differences: padded, strided, factorised and depthwise
/// convolutions, both poolings, a sum, a concatenation, an adaptive pooling that does not divide, ReLUs with and
/// without a convolution before them.
public struct SmallNetwork {
  public static let inputSize = 13
  public static let classes = 4

  public static var builder: GraphBuilder {
    var b = GraphBuilder(width: 1, inputSize: inputSize)
    var x = b.image()
    x = b.convolution("stem", x, channels: 6, kernel: 3, stride: 2, padding: 1)
    x = b.batchNormalisation("stem.bn", x, epsilon: 1e-3)
    x = b.relu("stem.relu", x)
    let a = b.convolution("a", x, channels: 5, kernelHeight: 1, kernelWidth: 3)
    let aNormalised = b.relu("a.relu", b.batchNormalisation("a.bn", a, epsilon: 1e-5))
    let depthwise = b.depthwiseConvolution("d", x, kernel: 3, padding: 1)
    let separable = b.convolution("d.pointwise", depthwise, channels: 3, kernel: 1, bias: true)
    let pooled = b.pooling("average", .average, x, kernel: 3, stride: 1, padding: 1)
    x = b.concatenation("joined", [aNormalised, separable, pooled], inAll: true)
    let identity = b.convolution("skip", x, channels: 8, kernel: 1, stride: 2)
    var y = b.relu("inner.relu", x)
    y = b.convolution("inner", y, channels: 8, kernel: 3, padding: 1)
    y = b.batchNormalisation("inner.bn", y, epsilon: 1e-5)
    y = b.pooling("maximum", .maximum, y, kernel: 3, stride: 2, padding: 1)
    x = b.relu("sum.relu", b.add("sum", identity, y))
    let before = x
    x = b.convolution("fused", x, channels: 8, kernel: 3, padding: 1, bias: true)
    x = b.relu("fused.relu", b.add("fused.sum", before, x))
    x = b.adaptiveAveragePooling("adaptive", x, size: 3)
    x = b.relu("hidden.relu", b.linear("hidden", x, features: 7))
    _ = b.linear("classifier", x, features: classes)
    return b
  }

  public static func tensors() -> DictionaryTensors { randomTensors(builder.tensors, source: "small network") }

  public static func network(_ tensors: any NamedTensors = tensors()) throws(Problem) -> Network {
    try Network(
      builder.graph(name: "small", lastLayer: "fused.relu"),
      normalisation: Normalisation(mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3]), weights: tensors)
  }

  public static var image: Tensor { randomImage([3, inputSize, inputSize]) }

  /// A gradient of the logits.
  public static let seed: [Float] = [0.7, -1.3, 0.4, 0.9]
}
