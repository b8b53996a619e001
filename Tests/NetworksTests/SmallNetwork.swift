import Networks
import Support
import Tensors
import Weights

/// A network with one of everything, small enough for finite differences: padded, strided, factorised and depthwise
/// convolutions, both poolings, a sum, a concatenation, an adaptive pooling that does not divide, ReLUs with and
/// without a convolution before them.
struct SmallNetwork {
  static let inputSize = 13
  static let classes = 4

  static var builder: NetworkBuilder {
    var b = NetworkBuilder(width: 1, inputSize: inputSize)
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

  /// Values in (-1, 1), the same for the same name; variances and scales are positive.
  static func tensors(scale: Float = 1) -> DictionaryTensors {
    var result: [String: Tensor] = [:]
    for expected in expectedTensors(of: builder.nodes) {
      var generator = Generator(seed: expected.name)
      let fanIn = expected.shape.rank > 1 ? expected.shape.count / expected.shape[0] : 1
      let bound = expected.shape.rank > 1 ? (6 / Float(fanIn)).squareRoot() : 0.3
      let values = (0..<expected.shape.count).map { _ -> Float in
        let value = generator.next()
        let positive = expected.name.hasSuffix("var") || (expected.shape.rank == 1 && expected.name.hasSuffix("weight"))
        return positive ? 1 + 0.5 * value : bound * value * scale
      }
      result[expected.name] = Tensor(shape: expected.shape, values: values)
    }
    return DictionaryTensors(result, source: "small network")
  }

  static func network(_ tensors: any NamedTensors = tensors()) throws(Problem) -> Network {
    try Network(
      architecture: "small", builder: builder, lastLayer: "fused.relu", mean: [0.4, 0.5, 0.6],
      standardDeviation: [0.2, 0.25, 0.3], weights: tensors)
  }

  static var image: Tensor {
    var generator = Generator(seed: "image")
    let count = 3 * inputSize * inputSize
    return Tensor(
      shape: [3, inputSize, inputSize], values: (0..<count).map { _ in 0.5 + 0.5 * generator.next() })
  }

  static let seed: [Float] = [0.7, -1.3, 0.4, 0.9]
}

/// SplitMix64 started at a name; values in (-1, 1).
struct Generator {
  private var state: UInt64

  init(seed: String) {
    state = seed.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  mutating func next() -> Float {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Float((z ^ (z >> 31)) >> 40) / 8_388_608 - 1
  }
}
