import Graphs
import Tensors

/// A tensor of constants.
private func constants(_ name: String, _ shape: Shape) -> TensorHandle { TensorHandle(name: name, shape: shape) }

extension Operator {
  /// One operation of one value, of 5 channels, whose last block is not full, and of 16.
  fileprivate static func both(_ name: String, _ operation: @escaping @Sendable (Int) -> Operation) -> [Operator] {
    [5, 16].map { channels in
      Operator("\(name) of \(channels) channels", [channels, 4, 5]) { b, x in
        b.append(operation(channels), [x], name: "value", isInAll: true)
      }
    }
  }

  /// A function; of positive values where it is defined for these alone.
  fileprivate static func activation(_ activation: Activation, ofPositive: Bool = false) -> Operator {
    Operator("\(activation)", [5, 4, 6]) { b, x in
      let y = ofPositive ? b.append(.activation(.exponential), [x]) : x
      return b.append(.activation(activation), [y], name: "value")
    }
  }
}

extension ConformanceCase {
  /// What is computed of elements, one value's or two values'.
  static let elements = activations + affines + arithmetic + reductions + normalisations + orders + samplings

  private static let activations: [Operator] =
    [
      .leakyReLU(slope: 0.1), .leakyReLU(slope: -0.5), .clip(lowest: 0, highest: 0.6),
      .clip(lowest: -0.3, highest: .infinity), .sigmoid, .hardSigmoid(slope: 0.7, offset: 0.5), .hardSwish, .silu,
      .mish, .gelu, .tanhGELU, .tanh, .elu(scale: 0.8), .selu(scale: 1.6732632, gain: 1.0507010), .celu(scale: 0.5),
      .softplus, .softsign, .exponential, .absolute, .power(exponent: 2), .errorFunction,
    ].map { .activation($0) }
    + [.logarithm, .squareRoot, .power(exponent: 2.5), .power(exponent: 1 / 3), .reciprocal].map {
      .activation($0, ofPositive: true)
    }
    + Operator.both("SiLU") { _ in .activation(.silu) } + [
      Operator("activations of features", [3, 4, 5]) { b, x in
        b.append(.activation(.sigmoid), [b.linear("hidden", x, features: 7)])
      },
      Operator("an activation behind a convolution", [16, 5, 4]) { b, x in
        let y = b.batchNormalisation("bn", b.convolution("conv", x, channels: 24, kernel: 3, padding: 1), epsilon: 1e-3)
        return b.append(.activation(.hardSwish), [y], name: "value")
      },
      Operator("ReLU6 behind a depthwise convolution", [16, 5, 4]) { b, x in
        let y = b.batchNormalisation("bn", b.depthwiseConvolution("conv", x, kernel: 3, padding: 1), epsilon: 1e-3)
        return b.append(.activation(.clip(lowest: 0, highest: 0.5)), [y], name: "value")
      },
    ]

  private static let affines: [Operator] =
    Operator.both("parametric ReLU") { .parametricReLU(name: "value", slope: constants("slope", [$0, 1, 1])) }
    + Operator.both("parametric ReLU of one slope") { _ in
      .parametricReLU(name: "value", slope: constants("slope", [1, 1, 1]))
    }
    + Operator.both("scale and shift of each channel") {
      .affine(name: "value", Affine(scale: constants("scale", [$0, 1, 1]), shift: constants("shift", [$0, 1, 1])))
    }
    + Operator.both("shift by one number") { _ in
      .affine(name: "value", Affine(scale: nil, shift: constants("shift", [1, 1, 1])))
    }
    + Operator.both("scale of each column, shift of each element") {
      .affine(name: "value", Affine(scale: constants("scale", [1, 1, 5]), shift: constants("shift", [$0, 4, 5])))
    }
    + Operator.both("scale of each channel alone") {
      .affine(name: "value", Affine(scale: constants("scale", [$0, 1, 1]), shift: nil))
    }
    + Operator.both("batch normalisation alone") {
      .batchNormalisation(BatchNormalisation(path: "bn", channels: $0, epsilon: 1e-3))
    } + [
      Operator("batch normalisation behind and before features, and ReLU", [3, 4, 5]) { b, x in
        let y = b.relu(nil, b.batchNormalisation("bn1", b.linear("hidden", x, features: 7), epsilon: 1e-3))
        return b.relu(nil, b.batchNormalisation("bn2", y, epsilon: 1e-3))
      },
      Operator("batch normalisation before a convolution", [16, 4, 5]) { b, x in
        let y = b.relu("relu", b.batchNormalisation("bn", x, epsilon: 1e-3))
        return b.convolution("conv", y, channels: 5, kernel: 3, padding: 1)
      },
    ]

  /// The second value of each is (channels, 1, 1), (1, height, width), or another of the same shape.
  private static func pair(
    _ name: String, _ arithmetic: Arithmetic, _ input: Shape, swapped: Bool = false,
    _ second: @escaping @Sendable (inout GraphBuilder, NodeIndex) -> NodeIndex
  ) -> Operator {
    Operator("\(arithmetic) \(name) of \(input)" + (swapped ? ", the other way round" : ""), input) { b, x in
      var y = b.convolution("first", x, channels: input[0], kernel: 1, bias: true)
      // Nothing is divided by what may be near 0.
      if swapped, arithmetic == .quotient { y = b.append(.activation(.exponential), [y]) }
      let z = second(&b, x)
      return b.append(.arithmetic(arithmetic), swapped ? [z, y] : [y, z], name: "value", isInAll: true)
    }
  }

  private static let arithmetic: [Operator] =
    [
      (Arithmetic.sum, Shape([16, 4, 6])), (.difference, [5, 4, 6]), (.product, [5, 4, 6]), (.product, [16, 4, 6]),
      (.quotient, [5, 4, 6]), (.maximum, [5, 4, 6]), (.minimum, [16, 4, 6]),
    ].flatMap { arithmetic, input in
      [
        pair("with a value for each channel", arithmetic, input) { b, x in
          let pooled = b.append(.adaptiveAveragePooling(1, 1), [x], name: "pool")
          let gate = b.convolution("gate", pooled, channels: input[0], kernel: 1, bias: true)
          return b.append(.activation(.exponential), [gate])
        },
        pair("with a value for each place", arithmetic, input, swapped: true) { b, x in
          b.append(.activation(.exponential), [b.convolution("place", x, channels: 1, kernel: 1, bias: true)])
        },
        pair("of two values", arithmetic, input) { b, x in b.append(.activation(.exponential), [x]) },
      ]
    } + [
      Operator("product of a value with itself", [5, 4, 3]) { b, x in
        b.append(.arithmetic(.product), [x, x], name: "value")
      },
      // Both share the gradient.
      Operator("maximum of a value with itself", [5, 4, 3]) { b, x in
        b.append(.arithmetic(.maximum), [x, x], name: "value")
      },
      Operator("an outer sum", [5, 4, 3]) { b, x in
        let rows = b.append(.reduction(Reduction(.sum, axes: [0, 2])), [x])
        let columns = b.append(.reduction(Reduction(.mean, axes: [0, 1])), [x])
        return b.append(.arithmetic(.product), [rows, columns], name: "value")
      },
      Operator("a gate of squeeze and excitation", [24, 5, 4]) { b, x in
        let pooled = b.append(.reduction(Reduction(.mean, axes: [1, 2])), [x], name: "pool")
        let inner = b.append(.activation(.silu), [b.convolution("squeeze", pooled, channels: 6, kernel: 1, bias: true)])
        let gate = b.append(
          .activation(.sigmoid), [b.convolution("excite", inner, channels: 24, kernel: 1, bias: true)])
        let gated = b.append(.arithmetic(.product), [x, gate], name: "gated")
        return b.convolution("conv", gated, channels: 5, kernel: 1)
      },
    ]

  private static let reductions: [Operator] = [
    (Reduction.Kind.mean, [[1, 2], [0, 2]]), (.sum, [[0], [2], [0, 1, 2]]), (.maximum, [[1, 2], [0], [0, 1]]),
    (.minimum, [[1, 2], [2]]), (.euclideanNorm, [[0], [1, 2]]),
  ].flatMap { kind, all in
    all.flatMap { axes in Operator.both("\(kind) along \(axes)") { _ in .reduction(Reduction(kind, axes: axes)) } }
  }

  private static let normalisations: [Operator] =
    [[0], [1, 2], [0, 1, 2], [2]].flatMap { axes in
      Operator.both("standardisation along \(axes)") { _ in
        .standardisation(Standardisation(axes: axes, epsilon: 1e-3))
      }
    }
    + [0, 1, 2].flatMap { axis in Operator.both("softmax along \(axis)") { _ in .softmax(axis: axis) } }
    + [1, 4, 5].flatMap { size in
      Operator.both("local response over \(size)") { _ in
        .localResponse(LocalResponse(size: size, scale: 0.5, exponent: 0.75, bias: 1.5))
      }
    }

  private static let orders: [Operator] = [
    Operator("channel shuffle", [12, 3, 4]) { b, x in
      b.append(
        .rearrangement(Rearrangement(view: [3, 4, 3, 4], order: [1, 0, 2, 3], shape: [12, 3, 4])), [x], name: "value")
    },
    Operator("depth to space", [16, 3, 4]) { b, x in
      b.append(
        .rearrangement(Rearrangement(view: [2, 2, 4, 3, 4], order: [2, 3, 0, 4, 1], shape: [4, 6, 8])), [x],
        name: "value")
    },
    Operator("layer normalisation between transpositions", [16, 3, 4]) { b, x in
      var y = b.append(.rearrangement(Rearrangement(view: [16, 3, 4], order: [1, 2, 0], shape: [3, 4, 16])), [x])
      y = b.append(.standardisation(Standardisation(axes: [2], epsilon: 1e-5)), [y])
      y = b.append(.affine(name: "affine", Affine(scale: constants("scale", [1, 1, 16]), shift: nil)), [y])
      return b.append(
        .rearrangement(Rearrangement(view: [3, 4, 16], order: [2, 0, 1], shape: [16, 3, 4])), [y], name: "value")
    },
    Operator("attention", [8, 3, 4]) { b, x in
      func rows(_ name: String, _ b: inout GraphBuilder) -> NodeIndex {
        let y = b.convolution(name, x, channels: 8, kernel: 1, bias: true)
        return b.append(.rearrangement(Rearrangement(view: [2, 4, 12], order: [0, 2, 1], shape: [1, 2, 12, 4])), [y])
      }
      let (queries, keys, values) = (rows("queries", &b), rows("keys", &b), rows("values", &b))
      let turned = b.append(
        .rearrangement(Rearrangement(view: [1, 2, 12, 4], order: [0, 1, 3, 2], shape: [1, 2, 4, 12])), [keys])
      let weights = b.append(.softmax(axis: 3), [b.append(.matrixProduct, [queries, turned])])
      let attended = b.append(.matrixProduct, [weights, values])
      return b.append(.rearrangement(Rearrangement(reshaping: [1, 2, 12, 4], to: [8, 3, 4])), [attended])
    },
    Operator("flattening, and a value of eight axes", [8, 3, 4]) { b, x in
      let shape: Shape = [2, 2, 2, 1, 3, 1, 2, 2]
      var y = b.append(.rearrangement(Rearrangement(reshaping: [8, 3, 4], to: shape)), [x])
      y = b.append(
        .affine(name: "affine", Affine(scale: constants("scale", [1, 2, 1, 1, 3, 1, 1, 2]), shift: nil)), [y])
      y = b.append(
        .rearrangement(Rearrangement(view: shape, order: [7, 1, 6, 3, 4, 0, 2, 5], shape: [2, 48])), [y])
      return b.append(.reduction(Reduction(.sum, axes: [0])), [y])
    },
    Operator("concatenation along rows and columns", [5, 3, 4]) { b, x in
      let y = b.convolution("conv", x, channels: 5, kernel: 3, padding: 1)
      return b.append(
        .concatenation(axis: 2),
        [b.append(.concatenation(axis: 1), [x, y, x]), b.append(.concatenation(axis: 1), [y, x, y])], name: "value")
    },
    Operator("concatenation of thirty values", [3, 3, 4]) { b, x in
      let parts = (0..<30).map { index in
        index % 2 == 0 ? x : b.convolution("conv\(index)", x, channels: 1 + index % 3, kernel: 1)
      }
      return b.concatenation("value", parts, inAll: true)
    },
    Operator("concatenation of twenty values of whole blocks", [16, 2, 3]) { b, x in
      let y = b.convolution("conv", x, channels: 32, kernel: 1)
      return b.concatenation("value", (0..<20).map { $0 % 3 == 0 ? y : x }, inAll: true)
    },
    Operator("concatenation of features", [3, 3, 4]) { b, x in
      let features = ["a", "b", "c"].map { b.linear($0, x, features: 5) }
      return b.append(.concatenation(axis: 0), features)
    },
  ]

  private static let samplings: [Operator] =
    Operator.both("a slice of channels") { count in
      .resampling(Resampling(.slice, axes: [AxisSampling(extent: count, taking: Array(1..<count - 1)), nil, nil]))
    }
    + [(0, 24), (16, 40), (16, 32), (0, 16), (32, 33)].map { first, end in
      Operator("channels \(first) to \(end) of 40", [40, 3, 4]) { b, x in
        let axes = [AxisSampling(extent: 40, taking: Array(first..<end)), nil, nil]
        let slice = b.append(.resampling(Resampling(.slice, axes: axes)), [x], name: "value", isInAll: true)
        return b.convolution("next", slice, channels: 5, kernel: 3, padding: 1)
      }
    }
    + Operator.both("a slice of rows and columns") { _ in
      .resampling(
        Resampling(
          .slice, axes: [nil, AxisSampling(extent: 4, taking: [2, 1]), AxisSampling(extent: 5, taking: [0, 2, 4])]))
    }
    + Operator.both("padding of rows and columns") { _ in
      .resampling(
        Resampling(
          .padding,
          axes: [
            nil, AxisSampling(extent: 4, taking: [nil, 0, 1, 2, 3, nil, nil]),
            AxisSampling(extent: 5, taking: [1, 0, 1, 2, 3, 4, 3]),
          ]))
    }
    + Operator.both("padding of channels") { count in
      .resampling(
        Resampling(
          .padding, axes: [AxisSampling(extent: count, taking: Array(0..<count) + [nil, nil, nil]), nil, nil]))
    }
    + Operator.both("nearest neighbours") { _ in
      .resampling(
        Resampling(
          .resize,
          axes: [
            nil, AxisSampling(extent: 4, taking: [0, 0, 1, 1, 2, 2, 3, 3]),
            AxisSampling(extent: 5, taking: [0, 0, 0, 2, 4]),
          ]))
    }
    + Operator.both("a resize by weights along every axis") { count in
      let halves = AxisSampling(
        extent: 4, starts: [0, 1, 3, 5, 7, 8], sources: [0, 0, 1, 1, 2, 2, 3, 3],
        weights: [1, 0.25, 0.75, 0.5, 0.5, 0.75, 0.25, 1])
      let thirds = AxisSampling(
        extent: 5, starts: [0, 2, 4, 5], sources: [0, 1, 2, 3, 4], weights: [0.3, 0.7, 0.6, 0.4, 1])
      let channels = AxisSampling(extent: count, taking: (0..<count).reversed())
      return .resampling(Resampling(.resize, axes: [channels, halves, thirds]))
    }
    + Operator.both("nothing at all") { _ in .resampling(Resampling(.slice, axes: [nil, nil, nil])) }
}
