import EngineConformance
import Graphs
import Images
import Support
import Tensors
import Testing
import Weights

/// One convolution of (8, 9, 10) to 8 channels.
private func convolution(
  inputs: Int = 8, outputs: Int = 8, groups: Int = 1, vertical: Window.Axis = Window.Axis(kernel: 3),
  horizontal: Window.Axis = Window.Axis(kernel: 3)
) -> GraphBuilder {
  var b = GraphBuilder(input: [8, 9, 10])
  let geometry = ConvolutionGeometry(
    inputChannels: inputs, outputChannels: outputs, window: Window(vertical: vertical, horizontal: horizontal),
    groups: groups)
  let x = b.append(
    .convolution(Convolution(path: "conv", geometry: geometry, hasBias: false)), [b.image()], name: "conv")
  _ = b.linear("fc", x, features: 2)
  return b
}

/// What a graph may hold: whoever makes one, out of whatever file, is told by name what is wrong with it.
@Suite struct GraphTests {
  /// Groups of any number, dilations, a stride for each axis and a padding for each side.
  @Test(arguments: [
    (convolution(groups: 2), Shape([8, 7, 8])),
    (convolution(outputs: 16, groups: 8), Shape([16, 7, 8])),
    (convolution(vertical: Window.Axis(kernel: 3, dilation: 2)), Shape([8, 5, 8])),
    (convolution(horizontal: Window.Axis(kernel: 3, stride: 2)), Shape([8, 7, 4])),
    (convolution(horizontal: Window.Axis(kernel: 3, paddingBefore: 0, paddingAfter: 1)), Shape([8, 7, 9])),
  ])
  func convolutionsOfAllKindsHaveShapes(_ builder: GraphBuilder, _ shape: Shape) {
    #expect(builder.problem == nil)
    #expect(builder.nodes[1].shape == shape)
  }

  private func kind(of builder: GraphBuilder) -> String { "(\(builder.nodes[1].operation.kind))" }

  @Test(arguments: [
    (convolution(inputs: 6), "8 channels, expected 6"),
    (
      convolution(groups: 3), "3 groups of 8 input and 8 output channels, expected groups that divide both"
    ),
    (
      convolution(groups: 0), "0 groups of 8 input and 8 output channels, expected groups that divide both"
    ),
    (convolution(outputs: 0), "0 output channels, expected at least 1"),
    (
      convolution(vertical: Window.Axis(kernel: 3, stride: 0)),
      "a stride of 0 over the rows, expected at least 1"
    ),
    (
      convolution(vertical: Window.Axis(kernel: 3, paddingBefore: -1, paddingAfter: -1)),
      "a padding of -1 around the rows, expected at least 0"
    ),
    (
      convolution(vertical: Window.Axis(kernel: .max)),
      "a kernel of \(Int.max) over the rows, expected at least 1"
    ),
  ])
  func nonsenseIsRefused(_ builder: GraphBuilder, _ found: String) {
    #expect(builder.problem?.description == "at conv \(kind(of: builder)): found \(found)")
  }

  @Test func poolingsThatReachNothingAreRefused() {
    var b = GraphBuilder(input: [3, 8, 8])
    _ = b.pooling("pool", .maximum, b.image(), kernel: 2, stride: 2, padding: 2)
    #expect(
      b.problem?.description
        == "at pool (maximum pooling): found 2 rows of padding around a window of 2, expected fewer than that")
    func found(_ vertical: Window.Axis, of input: Shape) -> String? {
      var b = GraphBuilder(input: input)
      let window = Window(vertical: vertical, horizontal: Window.Axis(kernel: 1))
      _ = b.append(.pooling(Pooling(kind: .average, window: window)), [b.image()], name: "pool")
      return b.problem?.description
    }
    #expect(
      found(Window.Axis(kernel: 2, paddingAfter: 2), of: [3, 8, 8])
        == "at pool (average pooling): found 2 rows of padding behind a map of 8, in which a window of 2 lies alone, "
        + "expected fewer")
    #expect(
      found(Window.Axis(kernel: 2, dilation: 2, paddingBefore: 1, paddingAfter: 1), of: [3, 1, 8])
        == "at pool (average pooling): found a window whose elements are 2 rows apart around a map of 1, expected elements "
        + "that do not step over it")
    #expect(found(Window.Axis(kernel: 2, stride: 3, paddingAfter: 2), of: [3, 8, 8]) == nil)
  }

  /// As PyTorch's `ceil_mode` has it: no window begins in the padding behind the map.
  @Test func averagesMayBeRoundedUp() {
    var b = GraphBuilder(input: [3, 8, 8])
    let x = b.pooling("pool", .average, b.image(), kernel: 3, stride: 2, roundsUp: true)
    let y = b.pooling("next", .average, x, kernel: 2, stride: 3, padding: 1, roundsUp: true)
    #expect(b.shape(of: x) == [3, 4, 4])
    #expect(b.shape(of: y) == [3, 2, 2])
    #expect(b.problem == nil)
  }

  @Test func shapesHaveToMeet() {
    var b = GraphBuilder(input: [3, 8, 8])
    let x = b.convolution("conv", b.image(), channels: 4, kernel: 3)
    var sum = b
    _ = sum.add("sum", x, 0)
    #expect(
      sum.problem?.description == "at sum (addition): found 4x6x6 and 3x8x8, expected two values of one shape")
    var joined = b
    _ = joined.concatenation("joined", [x, 0], inAll: true)
    #expect(
      joined.problem?.description
        == "at joined (concatenation): found 4x6x6 and 3x8x8, expected maps of one height and width")
    var flat = b
    let rows = flat.append(.rearrangement(Rearrangement(reshaping: [4, 6, 6], to: [4, 36])), [x])
    _ = flat.batchNormalisation("bn", rows, epsilon: 1e-5)
    #expect(
      flat.problem?.description == "at bn (batch normalisation): found a value of 4x36, expected a map, or features")
    var wide = b
    _ = wide.append(.relu, [x, x], name: "relu")
    #expect(wide.problem?.description == "at relu (ReLU): found 2 inputs, expected 1")
    var later = b
    _ = later.append(.relu, [7], name: "relu")
    #expect(
      later.problem?.description == "at relu (ReLU): found an input that is no node so far, expected nodes before it")
    var none = b
    _ = none.linear("fc", x, features: 0)
    #expect(none.problem?.description == "at fc (fully connected): found no output features, expected at least 1")
    // Extents whose product has more digits than a number.
    var huge = GraphBuilder(input: [1 << 30, 1 << 30, 1 << 30])
    _ = huge.image()
    #expect(
      huge.problem?.description
        == "at image (image): found a value of 1073741824x1073741824x1073741824, expected extents of at least 1, and fewer "
        + "than 2^31 elements")
  }

  @Test func nodesStandBehindTheirInputs() throws {
    var b = GraphBuilder(input: [3, 8, 8])
    _ = b.linear("fc", b.relu("relu", b.image()), features: 2)
    var nodes = b.nodes
    nodes[1].inputs = [2]
    #expect(
      message { _ = try Graph(name: "small", nodes: nodes, lastLayer: "relu") }
        == "at relu (ReLU): found the value of node 2 as an input of node 1, expected one before it")
    nodes = b.nodes
    nodes[1].shape = [3, 8, 9]
    #expect(
      message { _ = try Graph(name: "small", nodes: nodes, lastLayer: "relu") }
        == "at relu (ReLU): found a value of 3x8x9, expected 3x8x8")
    nodes = b.nodes
    nodes[2].names = ["relu"]
    #expect(
      message { _ = try Graph(name: "small", nodes: nodes, lastLayer: "relu") }
        == "at relu (fully connected): found another value of that name, expected one")
    nodes = Array(b.nodes.dropLast())
    #expect(
      message { _ = try Graph(name: "small", nodes: nodes, lastLayer: "relu") }
        == "small ends with a value of 3x8x8, expected logits: one number for each class")
    #expect(
      message { _ = try Graph(name: "small", nodes: [], lastLayer: "relu") } == "small does not begin with an image")
    _ = b.relu("behind", 0)
    #expect(
      message { _ = try Graph(name: "small", nodes: b.nodes, lastLayer: "relu") }
        == "at fc (fully connected): found a value that nothing takes, expected only the logits to be such a one")
  }

  /// As a reader of ONNX files makes it: names that mean nothing, one tensor for two nodes.
  @Test func tensorsAreKnownByHandle() throws {
    let weights = TensorHandle(name: "onnx::Conv_497", shape: [3, 3, 1, 1])
    let geometry = ConvolutionGeometry(
      inputChannels: 3, outputChannels: 3, window: Window(kernel: 1, stride: 1, padding: 0))
    var b = GraphBuilder(input: [3, 4, 5])
    var x = b.image()
    for name in ["features.0", "features.1"] {
      let convolution = Convolution(name: name, geometry: geometry, weights: weights, bias: nil)
      x = b.append(.convolution(convolution), [x], name: name)
    }
    let linear = Linear(
      name: "classifier", inputFeatures: 60, outputFeatures: 2,
      weights: TensorHandle(name: "22", shape: [2, 60]), bias: nil)
    _ = b.append(.linear(linear), [x], name: "classifier")
    let graph = try b.graph(name: "file.onnx", lastLayer: "features.1")
    #expect(graph.tensors.map(\.name) == ["onnx::Conv_497", "22"])
    #expect(graph.parameterCount == 9 + 120)
    #expect(graph.input == [3, 4, 5] && graph.classCount == 2)
    let normalisation = Normalisation(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    let tensors = DictionaryTensors(
      ["onnx::Conv_497": Tensor(zeros: [3, 3, 1, 1]), "22": Tensor(zeros: [2, 60])])
    #expect(try Network(graph, normalisation: normalisation, weights: tensors).parameterCount == 129)
    #expect(
      message {
        _ = try Network(graph, normalisation: Normalisation(mean: [0], standardDeviation: [1]), weights: tensors)
      } == "file.onnx takes images of 3 channels, but its normalisation has 1 means and 1 standard deviations")
    // The same name with two shapes, and a handle of another shape than its use.
    var other = b.nodes
    other[1].operation = .convolution(
      Convolution(
        name: "features.0", geometry: geometry, weights: TensorHandle(name: "22", shape: [3, 3, 1, 1]), bias: nil))
    #expect(
      message { _ = try Graph(name: "file.onnx", nodes: other, lastLayer: "features.1") }
        == "at classifier (fully connected): found the tensor `22` of 2x60, expected 3x3x1x1")
    other[1].operation = .convolution(
      Convolution(
        name: "features.0", geometry: geometry, weights: TensorHandle(name: "w", shape: [3, 3]), bias: nil))
    #expect(
      message { _ = try Graph(name: "file.onnx", nodes: other, lastLayer: "features.1") }
        == "at features.0 (convolution): found the tensor `w` of 3x3, expected 3x3x1x1")
  }

  /// Weights that were compared once are not compared again.
  @Test func fittingWeightsAreTakenAsTheyAre() throws {
    let graph = try SmallNetwork.builder.graph(name: "small", lastLayer: "fused.relu")
    let fitting = try WeightsComparison(expected: graph.tensors, found: SmallNetwork.tensors()).fitting("small")
    let normalisation = Normalisation(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    let network = try Network(graph, normalisation: normalisation, weights: fitting)
    #expect(network.classCount == SmallNetwork.classes)
    #expect(
      message {
        _ = try WeightsComparison(expected: graph.tensors, found: DictionaryTensors([:])).fitting("small")
      }.hasPrefix("memory: the weights do not fit small: missing \(graph.tensors.count) tensors: "))
  }
}
