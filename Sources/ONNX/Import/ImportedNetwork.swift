import Graphs
import Support
import Tensors
import Weights

/// The network of an ONNX file as a graph that every engine computes, with its constants as named tensors.
///
///     let file = try ONNXFile.open("resnet18.onnx")
///     let imported = try ImportedNetwork(file, name: "resnet18", height: 224, width: 224)
///     let network = try Network(imported.graph, normalisation: normalisation, weights: imported.weights)
public struct ImportedNetwork: Sendable {
  /// What a network's output is taken for.
  public enum Output: Sendable {
    /// One number for each class: what makes probabilities of them is left out.
    case logits
    /// A vector of several features, as it stands.
    case embedding
    /// Any numbers, one after the other.
    case anything
  }

  /// From the image, (channels, height, width), to the logits.
  public let graph: Graph
  /// Every tensor of the graph: read from the file when it is asked for, or computed from what is there.
  public let weights: any NamedTensors
  /// What was done that changes numbers, or that a user should know, a sentence each: "Arithmetic that the file has in FLOAT16
  /// is computed in FLOAT32."
  public let remarks: [String]
  /// The layer, by its canonical name, that holds each of the file's values, of those that are layers.
  public let layersOfValues: [String: String]

  /// - Parameters:
  ///   - name: what messages and `Network.architecture` call it.
  ///   - height: of the image, in pixels, as `width`.
  ///   - channels: of the image, where it is no picture: any number. Else the file says whether it is 1 or 3.
  ///   - output: what it gives.
  /// - Throws: `Problem` (usage) that lists every operator that is missing, with a node's name and how often; names the node
  ///   that cannot be computed; and says what the graph's input asks for where the size does not fit.
  public init(
    _ file: ONNXFile, name: String, height: Int, width: Int, channels: Int? = nil, output: Output = .logits
  ) throws(Problem) {
    try file.requireReadable()
    let input = try GraphInput(file, channels: channels)
    let image = try Self.image(input, height: height, width: width, channels: channels, file)
    let trace: ModelTrace
    do throws(Problem) {
      trace = try ModelTrace(file, image: image, input: input, isClassifier: output == .logits)
    } catch {
      throw Self.explained(error, input)
    }
    let tracer = trace.tracer
    let logits = try Self.logits(trace, output, file)
    let simple = try Simplification(tracer.builder.nodes, tracer.tensors, of: file)
    let order = Self.needed(simple.nodes, for: logits)
    var places: [NodeIndex: NodeIndex] = [:]
    for (place, index) in order.enumerated() { places[index] = place }
    var nodes = order.map { index in
      var node = simple.nodes[index]
      node.inputs = node.inputs.map { places[$0] ?? 0 }
      return node
    }
    let names = LayerNames(
      nodes,
      order.map { index in
        tracer.origins[index].flatMap { origin in tracer.valueNames[index].map { (origin, $0) } }
      })
    for index in nodes.indices { nodes[index].names = names.names[index] }
    Self.choose(&nodes)
    let last = LastLayer(nodes)
    if let index = last.node, nodes[index].names.isEmpty { nodes[index].names = ["node \(index)"] }
    let lastLayer = last.node.map { nodes[$0].names[0] } ?? ""
    graph = try Graph(name: name, nodes: nodes, lastLayer: lastLayer)
    var layersOfValues: [String: String] = [:]
    for (value, index) in tracer.nodesOfValues {
      if let place = places[index], let layer = nodes[place].names.first { layersOfValues[value] = layer }
    }
    self.layersOfValues = layersOfValues
    let used = Set(graph.tensors.map(\.name))
    weights = ImportedTensors(simple.tensors.filter { used.contains($0.key) }, of: file)
    remarks = trace.remarks + Self.remarks(file, last, lastLayer)
  }

  /// What a graph that was exported for several images has of their number, in shapes and constants, fits no single one.
  private static func explained(_ problem: Problem, _ input: GraphInput) -> Problem {
    guard let batch = input.batch, batch > 1 else { return problem }
    var problem = problem
    problem.remedy =
      "The file was exported for batches of \(batch), and one image is measured at a time: export it with a batch of 1, or "
      + "with one that is left open."
    return problem
  }

  private static func image(
    _ input: GraphInput, height: Int, width: Int, channels: Int?, _ file: ONNXFile
  ) throws(Problem) -> Shape {
    guard let found = channels ?? input.channels else {
      throw .usage(
        at: Place(file: file.path), "the file does not say how many channels its image has",
        remedy: "Export the network with a fixed image size.")
    }
    guard channels != nil || found == 1 || found == 3 else {
      throw .usage(
        at: Place(file: file.path), "the network takes images of \(found) channels, expected 1 (grey) or 3 (colour)")
    }
    for (fixed, asked, word) in [(input.height, height, "high"), (input.width, width, "wide")] {
      if let fixed, fixed != asked {
        throw .usage(
          at: Place(file: file.path), "the network takes images that are \(fixed) pixels \(word), not \(asked)",
          remedy: "Write that size, or export the network with an image of any size.")
      }
      guard asked >= 1 else { throw .usage("an image of \(height) x \(width) pixels, expected at least 1 x 1") }
    }
    return [found, height, width]
  }

  /// The node whose value is one number for each class.
  private static func logits(
    _ trace: ModelTrace, _ kind: Output, _ file: ONNXFile
  ) throws(Problem) -> NodeIndex {
    let output = trace.output
    let place = Place(file: file.path)
    guard output.wideAxes.count <= 1 || kind == .anything else {
      throw .usage(
        at: place,
        "the network's output has \(trace.tracer.dimensions(output.shape)) numbers, expected one for each class",
        remedy: "Detection, segmentation and other outputs than logits cannot be explained: export the classifier.")
    }
    let node = try trace.tracer.node(of: output)
    let shape = trace.tracer.shape(of: node)
    let count = shape.count
    if count == 1, kind == .embedding {
      throw .usage(
        at: place, "the network's output is one number, expected an embedding of several features",
        remedy: "Use a network whose output is an embedding, or leave `head` out.")
    }
    if count == 1, kind == .logits {
      guard trace.isBinary else {
        throw .usage(
          at: place, "the network's output is one number, expected one for each class",
          remedy: "Of two classes, export it with a sigmoid behind that number.")
      }
      // One number z behind a sigmoid: the logits 0 and z.
      let weights = trace.tracer.tensor([0, 1], shape: [2, 1], name: "logits of two classes")
      return try trace.tracer.append(
        .linear(Linear(name: "logits", inputFeatures: 1, outputFeatures: 2, weights: weights, bias: nil)), [node])
    }
    guard !shape.dimensions.dropFirst().allSatisfy({ $0 == 1 }) else { return node }
    return try trace.tracer.append(.rearrangement(Rearrangement(reshaping: shape, to: [count])), [node])
  }

  /// Those that the logits need: the image first, the logits last, each behind its inputs.
  ///
  /// Of a sum's two inputs what only the second one needs comes first: a sum is computed together with the later convolution,
  /// and that of exported residual networks is to be the branch's, not the shortcut's.
  private static func needed(_ nodes: [Node], for logits: NodeIndex) -> [NodeIndex] {
    var order: [NodeIndex] = [0]
    var isPlaced = [Bool](repeating: false, count: nodes.count)
    isPlaced[0] = true
    /// Nodes on the way from the logits, and how many of their inputs were gone through.
    var path: [(node: NodeIndex, next: Int)] = [(logits, 0)]
    while let (node, next) = path.last {
      let inputs = nodes[node].operation == .add ? nodes[node].inputs.reversed() : nodes[node].inputs
      if !isPlaced[node], next < inputs.count {
        path[path.count - 1].next += 1
        if !isPlaced[inputs[next]] { path.append((inputs[next], 0)) }
        continue
      }
      path.removeLast()
      if !isPlaced[node] {
        isPlaced[node] = true
        order.append(node)
      }
    }
    return order
  }

  /// What `layers: all` means: what comes out of activations, poolings, sums and joins.
  private static func choose(_ nodes: inout [Node]) {
    var isActivated = [Bool](repeating: false, count: nodes.count)
    for node in nodes {
      switch node.operation {
      case .relu, .activation, .parametricReLU: for input in node.inputs { isActivated[input] = true }
      default: break
      }
    }
    for index in nodes.indices where !nodes[index].names.isEmpty {
      switch nodes[index].operation {
      case .relu, .activation, .parametricReLU, .pooling, .adaptiveAveragePooling, .concatenation:
        nodes[index].isInAll = true
      case .add: nodes[index].isInAll = !isActivated[index]
      default: break
      }
    }
  }

  private static func remarks(_ file: ONNXFile, _ last: LastLayer, _ name: String) -> [String] {
    var remarks: [String] = []
    let narrow = Set(file.constants.map(\.dataType)).intersection([.float16, .bfloat16])
    if !narrow.isEmpty {
      remarks.append(
        "Arithmetic that the file has in \(narrow.map(\.name).sorted().joined(separator: " and ")) is computed in FLOAT32."
      )
    }
    if Set(file.constants.map(\.dataType)).contains(.double) {
      remarks.append("Arithmetic that the file has in DOUBLE is computed in FLOAT32.")
    }
    if last.holdsClassMaps {
      remarks.append("`last`, `\(name)`, holds a map for each class, which are averaged to the logits.")
    }
    return remarks
  }
}
