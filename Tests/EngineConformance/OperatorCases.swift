import Graphs
import Images
import Support
import Tensors

/// One operation, or the few that engines fuse, between an image and a fully connected layer.
struct Operator: Sendable {
  let name: String
  /// (channels, height, width) that it is given.
  let input: Shape
  /// Writes it down behind a node.
  let build: @Sendable (inout GraphBuilder, NodeIndex) -> NodeIndex

  init(
    _ name: String, _ input: Shape, _ build: @escaping @Sendable (inout GraphBuilder, NodeIndex) -> NodeIndex
  ) {
    self.name = name
    self.input = input
    self.build = build
  }

  /// - Parameter enters: whether a convolution stands before it, whose layout is the engine's own choice; else it is given
  ///   the image.
  func network(enters: Bool) throws -> Network {
    var b = GraphBuilder(input: enters ? [3, input[1], input[2]] : input)
    var x = b.image()
    if enters { x = b.convolution("enter", x, channels: input[0], kernel: 1, bias: true) }
    _ = b.linear("logits", build(&b, x), features: 3)
    let graph = try b.graph(name: name, lastLayer: "enter")
    let channels = graph.input[0]
    return try Network(
      graph,
      normalisation: Normalisation(
        mean: (0..<channels).map { 0.4 + 0.01 * Double($0) },
        standardDeviation: (0..<channels).map { 0.3 + 0.01 * Double($0) }
      ), weights: randomTensors(graph.tensors))
  }

  /// Nothing explained, so that everything is fused; then each layer alone; then all of them.
  var conformance: ConformanceCase {
    ConformanceCase(name) { engine, findings in
      for enters in [false, true] {
        let network = try network(enters: enters)
        let check = try ReferenceCheck(network)
        let layers = network.layers.map(\.name)
        for names in [[]] + layers.map({ [$0] }) + (layers.count > 1 ? [layers] : []) {
          try check.run(engine, layers: names, &findings)
        }
      }
    }
  }
}

extension ConformanceCase {
  /// Every operation alone, in the forms in which engines take their own ways.
  static let operators = (convolutions + fusions + poolings + others + elements).map(\.conformance)

  private static func window(_ kernel: (Int, Int), _ stride: Int, _ padding: (Int, Int)) -> Window {
    Window(
      kernelHeight: kernel.0, kernelWidth: kernel.1, stride: stride, paddingHeight: padding.0, paddingWidth: padding.1)
  }

  private static func axis(_ kernel: Int, stride: Int = 1, dilation: Int = 1, _ padding: (Int, Int) = (0, 0))
    -> Window.Axis
  {
    Window.Axis(
      kernel: kernel, stride: stride, dilation: dilation, paddingBefore: padding.0, paddingAfter: padding.1)
  }

  private static func convolution(
    _ input: Shape, _ output: Int, _ window: Window, groups: Int = 1, bias: Bool = false
  ) -> Operator {
    Operator(
      "\(groups > 1 ? "convolution of \(groups) groups" : "convolution"), \(words(of: window)), of \(input) to \(output)"
        + (bias ? ", with bias" : ""), input
    ) { b, x in
      let geometry = ConvolutionGeometry(
        inputChannels: input[0], outputChannels: output, window: window, groups: groups)
      return b.append(.convolution(Convolution(path: "conv", geometry: geometry, hasBias: bias)), [x], name: "conv")
    }
  }

  private static func words(of window: Window) -> String {
    [window.vertical, window.horizontal].map { axis in
      "\(axis.kernel)" + (axis.stride > 1 ? " stride \(axis.stride)" : "")
        + (axis.dilation > 1 ? " dilation \(axis.dilation)" : "")
        + " padding \(axis.paddingBefore) \(axis.paddingAfter)"
    }.joined(separator: " x ")
  }

  private static let convolutions: [Operator] = [
    convolution([3, 9, 8], 5, window((1, 1), 1, (0, 0)), bias: true),
    convolution([16, 6, 7], 16, window((1, 1), 1, (0, 0))),
    convolution([5, 7, 8], 6, window((1, 1), 2, (0, 0))),
    convolution([3, 8, 7], 6, window((3, 3), 1, (1, 1)), bias: true),
    convolution([16, 7, 6], 24, window((3, 3), 1, (1, 1))),
    convolution([6, 7, 9], 5, window((3, 3), 1, (0, 0))),
    convolution([6, 9, 8], 5, window((3, 3), 1, (2, 2))),
    // Wider padding than the filters: its gradient is no forward convolution.
    convolution([4, 5, 6], 5, window((1, 1), 1, (1, 1))),
    convolution([4, 5, 6], 5, window((1, 3), 1, (0, 1))),
    convolution([5, 8, 6], 4, window((5, 1), 1, (2, 0))),
    convolution([5, 7, 8], 4, window((1, 7), 1, (0, 3))),
    convolution([8, 9, 8], 7, window((3, 3), 2, (1, 1))),
    convolution([5, 8, 9], 7, window((3, 3), 2, (0, 0)), bias: true),
    convolution([5, 10, 11], 4, window((3, 3), 3, (1, 1))),
    convolution([5, 9, 9], 4, window((2, 2), 2, (0, 0))),
    // First layers of stride 2: gradients by sub-pixel convolutions, where there are few channels.
    convolution([3, 14, 13], 8, window((7, 7), 2, (3, 3))),
    convolution([3, 11, 12], 8, window((3, 3), 2, (1, 1))),
    convolution([3, 9, 10], 8, window((3, 3), 2, (0, 0))),
    convolution([1, 12, 11], 4, window((5, 5), 2, (2, 2))),
    convolution([4, 10, 12], 4, window((4, 4), 2, (1, 1))),
    convolution([2, 11, 9], 4, window((5, 3), 2, (0, 1))),
    convolution([3, 8, 9], 4, window((1, 1), 2, (0, 0))),
    convolution([6, 7, 8], 6, window((3, 3), 1, (1, 1)), groups: 6),
    convolution([16, 6, 7], 16, window((3, 3), 1, (1, 1)), groups: 16, bias: true),
    convolution([5, 9, 8], 5, window((3, 3), 2, (1, 1)), groups: 5),
    convolution([3, 9, 10], 3, window((5, 5), 1, (2, 2)), groups: 3),
    convolution([4, 9, 10], 4, window((3, 3), 1, (0, 0)), groups: 4),
    // Of several channels each, and with more filters than channels.
    convolution([8, 7, 8], 12, window((3, 3), 1, (1, 1)), groups: 4, bias: true),
    convolution([32, 6, 5], 32, window((3, 3), 1, (1, 1)), groups: 2),
    convolution([32, 7, 6], 64, window((3, 3), 2, (1, 1)), groups: 2),
    convolution([6, 5, 6], 4, window((1, 1), 1, (0, 0)), groups: 2),
    convolution([4, 7, 6], 8, window((3, 3), 1, (1, 1)), groups: 4),
    convolution([24, 9, 8], 24, window((3, 3), 2, (1, 1)), groups: 24),
    // Dilated.
    convolution(
      [6, 9, 10], 7, Window(vertical: axis(3, dilation: 2, (2, 2)), horizontal: axis(3, dilation: 2, (2, 2)))),
    convolution([16, 9, 10], 16, Window(vertical: axis(3, dilation: 3), horizontal: axis(3, dilation: 2, (1, 1)))),
    convolution(
      [5, 12, 11], 4, Window(vertical: axis(3, stride: 2, dilation: 2, (1, 2)), horizontal: axis(2, dilation: 3))),
    convolution(
      [6, 9, 9], 6, Window(vertical: axis(3, dilation: 2, (2, 2)), horizontal: axis(3, dilation: 2, (2, 2))), groups: 6),
    // Padded unevenly, as TensorFlow pads.
    convolution([3, 10, 12], 8, Window(vertical: axis(3, stride: 2, (0, 1)), horizontal: axis(3, stride: 2, (0, 1)))),
    convolution([8, 10, 12], 8, Window(vertical: axis(5, stride: 2, (1, 2)), horizontal: axis(5, stride: 2, (1, 2)))),
    convolution([8, 7, 6], 8, Window(vertical: axis(2, (0, 1)), horizontal: axis(4, (1, 2)))),
    convolution([4, 5, 6], 4, Window(vertical: axis(2, (0, 3)), horizontal: axis(2, (1, 0)))),
    convolution(
      [16, 8, 9], 16, Window(vertical: axis(3, stride: 2, (0, 1)), horizontal: axis(3, stride: 2, (0, 1))), groups: 16),
    // Another stride along each axis.
    convolution([6, 9, 11], 5, Window(vertical: axis(3, (1, 1)), horizontal: axis(3, stride: 2, (1, 1)))),
    convolution([3, 9, 11], 8, Window(vertical: axis(3, stride: 2, (1, 1)), horizontal: axis(3, stride: 3, (1, 0)))),
  ]

  private static let fusions: [Operator] = [
    Operator("convolution and ReLU", [6, 7, 8]) { b, x in
      b.relu("relu", b.convolution("conv", x, channels: 9, kernel: 3, padding: 1, bias: true))
    },
    Operator("convolution and batch normalisation", [6, 7, 8]) { b, x in
      b.batchNormalisation(
        "bn", b.convolution("conv", x, channels: 9, kernel: 3, padding: 1, bias: true), epsilon: 1e-3)
    },
    Operator("depthwise convolution, batch normalisation and ReLU", [8, 7, 6]) { b, x in
      let y = b.depthwiseConvolution("conv", x, kernel: 3, padding: 1)
      return b.relu("relu", b.batchNormalisation("bn", y, epsilon: 1e-3))
    },
    Operator("convolution, sum and ReLU", [8, 7, 6]) { b, x in
      b.relu("relu", b.add("sum", x, b.convolution("conv", x, channels: 8, kernel: 3, padding: 1, bias: true)))
    },
    Operator("convolution, batch normalisation, sum and ReLU", [8, 6, 7]) { b, x in
      let y = b.batchNormalisation("bn", b.convolution("conv", x, channels: 8, kernel: 1), epsilon: 1e-3)
      return b.relu("relu", b.add("sum", x, y))
    },
    Operator("sum of two convolutions with batch normalisation", [8, 7, 6]) { b, x in
      let y = b.batchNormalisation("bn1", b.convolution("conv1", x, channels: 8, kernel: 1), epsilon: 1e-3)
      let z = b.batchNormalisation("bn2", b.convolution("conv2", x, channels: 8, kernel: 3, padding: 1), epsilon: 1e-3)
      return b.relu("relu", b.add("sum", y, z))
    },
    Operator("convolution whose value two ReLUs and a sum take", [6, 7, 6]) { b, x in
      let y = b.convolution("conv", x, channels: 6, kernel: 1, bias: true)
      return b.add("sum", b.add("inner", b.relu("first", y), b.relu("second", y)), y)
    },
    Operator("batch normalisation behind two ways", [6, 5, 6]) { b, x in
      let y = b.convolution("conv", x, channels: 6, kernel: 1)
      return b.add("sum", b.batchNormalisation("bn", y, epsilon: 1e-3), b.relu("relu", y))
    },
    Operator("two convolutions with one weight", [5, 6, 7]) { b, x in
      var y = x
      for name in ["first", "second"] {
        var convolution = Convolution(
          path: "onnx::Conv_1",
          geometry: ConvolutionGeometry(
            inputChannels: 5, outputChannels: 5, window: Window(kernel: 3, stride: 1, padding: 1)), hasBias: true)
        convolution.name = name
        y = b.relu("\(name).relu", b.append(.convolution(convolution), [y], name: name))
      }
      return y
    },
  ]

  private static func pooling(
    _ kind: Pooling.Kind, _ input: Shape, kernel: Int, stride: Int, padding: Int = 0, roundsUp: Bool = false
  ) -> Operator {
    Operator(
      "\(kind) of \(kernel) x \(kernel), stride \(stride), padding \(padding), over \(input)"
        + (roundsUp ? ", rounded up" : ""), input
    ) { b, x in
      b.pooling("pool", kind, x, kernel: kernel, stride: stride, padding: padding, roundsUp: roundsUp)
    }
  }

  private static func pooling(
    _ kind: Pooling.Kind, _ input: Shape, _ vertical: Window.Axis, _ horizontal: Window.Axis, roundsUp: Bool = false,
    countsPadding: Bool = true
  ) -> Operator {
    let window = Window(vertical: vertical, horizontal: horizontal, roundsUp: roundsUp)
    return Operator(
      "\(kind), \(words(of: window)), over \(input)" + (roundsUp ? ", rounded up" : "")
        + (countsPadding ? "" : ", of the map alone"), input
    ) { b, x in
      b.append(.pooling(Pooling(kind: kind, window: window, countsPadding: countsPadding)), [x], name: "pool")
    }
  }

  private static let poolings: [Operator] = [
    pooling(.maximum, [6, 8, 9], kernel: 2, stride: 2),
    pooling(.maximum, [16, 9, 8], kernel: 3, stride: 2, padding: 1),
    pooling(.maximum, [5, 7, 8], kernel: 3, stride: 1, padding: 1),
    pooling(.maximum, [5, 8, 10], kernel: 3, stride: 2, roundsUp: true),
    pooling(.maximum, [5, 7, 6], kernel: 2, stride: 3, padding: 1, roundsUp: true),
    pooling(.average, [6, 8, 9], kernel: 2, stride: 2),
    pooling(.average, [16, 7, 8], kernel: 3, stride: 1, padding: 1),
    pooling(.average, [5, 9, 8], kernel: 3, stride: 2),
    pooling(.maximum, [5, 9, 10], axis(3, dilation: 2, (1, 1)), axis(2, stride: 2, dilation: 3)),
    pooling(.maximum, [16, 8, 10], axis(3, stride: 2, (0, 1)), axis(3, stride: 2, (0, 1))),
    pooling(.maximum, [5, 9, 8], axis(3, stride: 2, (1, 1)), axis(2, stride: 1, (0, 1))),
    pooling(.maximum, [4, 8, 9], axis(3, stride: 2), axis(2, stride: 3), roundsUp: true),
    pooling(.average, [16, 7, 8], axis(3, (1, 1)), axis(3, (1, 1)), countsPadding: false),
    pooling(.average, [5, 8, 9], axis(3, stride: 2, (1, 1)), axis(3, stride: 2, (0, 1)), countsPadding: false),
    pooling(.average, [5, 8, 10], axis(3, stride: 2, (0, 1)), axis(2, stride: 3, (1, 0))),
    // What lies beyond the padding counts in neither way.
    pooling(.average, [16, 8, 10], axis(3, stride: 2), axis(3, stride: 2), roundsUp: true),
    pooling(.average, [5, 8, 8], axis(3, stride: 2, (1, 1)), axis(3, stride: 2, (1, 1)), roundsUp: true),
    pooling(
      .average, [5, 8, 8], axis(3, stride: 2, (1, 1)), axis(3, stride: 2, (1, 1)), roundsUp: true, countsPadding: false),
    pooling(.average, [5, 9, 10], axis(3, dilation: 2, (1, 1)), axis(2, dilation: 2)),
    Operator("adaptive average whose sizes divide", [6, 8, 4]) { b, x in
      b.append(.adaptiveAveragePooling(4, 2), [x], name: "pool")
    },
    Operator("adaptive average whose sizes do not divide", [6, 7, 8]) { b, x in
      b.append(.adaptiveAveragePooling(3, 5), [x], name: "pool")
    },
    Operator("adaptive average to a larger map", [5, 3, 2]) { b, x in
      b.append(.adaptiveAveragePooling(7, 4), [x], name: "pool")
    },
    Operator("global average", [16, 5, 7]) { b, x in b.append(.adaptiveAveragePooling(1, 1), [x], name: "pool") },
  ]

  private static let others: [Operator] = [
    Operator("ReLU", [6, 5, 7]) { b, x in b.relu("relu", x) },
    Operator("ReLU twice", [6, 5, 7]) { b, x in b.relu("again", b.relu("relu", x)) },
    Operator("batch normalisation", [6, 5, 7]) { b, x in b.batchNormalisation("bn", b.relu("relu", x), epsilon: 1e-3) },
    Operator("batch normalisation and ReLU", [1, 5, 7]) { b, x in
      b.relu("relu", b.batchNormalisation("bn", x, epsilon: 1e-3))
    },
    Operator("sum", [5, 6, 7]) { b, x in b.relu("relu", b.add("sum", x, b.relu("inner", x))) },
    Operator("sum of a value with itself", [5, 6, 7]) { b, x in b.add("sum", x, x) },
    Operator("concatenation of whole blocks", [16, 5, 6]) { b, x in
      let y = b.convolution("conv", x, channels: 32, kernel: 1)
      return b.concatenation("joined", [x, b.relu("relu", y), y], inAll: true)
    },
    Operator("concatenation of parts of blocks", [5, 6, 5]) { b, x in
      let y = b.convolution("conv", x, channels: 7, kernel: 3, padding: 1)
      return b.concatenation(
        "joined", [b.relu("relu", y), x, b.pooling("pool", .maximum, x, kernel: 3, stride: 1, padding: 1)], inAll: true)
    },
    Operator("fully connected layers", [5, 4, 3]) { b, x in b.relu("relu", b.linear("hidden", x, features: 11)) },
    Operator("fully connected layer without bias", [4, 3, 5]) { b, x in
      let linear = Linear(
        name: "hidden", inputFeatures: 60, outputFeatures: 7,
        weights: TensorHandle(name: "onnx::MatMul_1", shape: [7, 60]), bias: nil)
      return b.relu("relu", b.append(.linear(linear), [x], name: "hidden"))
    },
  ]
}
