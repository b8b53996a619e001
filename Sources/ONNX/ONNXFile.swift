import Support
import Tensors
import Weights

/// A network in an ONNX file: its nodes in an order in which each follows what it needs, its constants, inputs and outputs.
/// No value of a weight is read before it is asked for.
///
///     let model = try ONNXFile.open("resnet18.onnx")
///     model.nodes[0].title                                     // node `/conv1/Conv` (Conv)
///     let weight = try model.initializers["conv1.weight"].map { try model.floats(of: $0) }
///
/// What is read, and what is refused, is versions 9 to 21 of ONNX's own operators (https://onnx.ai/onnx/repo-docs/IR.html).
public final class ONNXFile: Sendable {
  /// As it was given.
  public let path: String
  /// `ir_version`: of the file format.
  public let irVersion: Int
  /// The program that wrote it, with its version: "pytorch 2.15.0"; empty where the file does not say.
  public let producer: String
  /// The versions of sets of operators, by domain; ONNX's own is the empty one.
  public let opsets: [String: Int]
  /// In the order of the file.
  public let metadata: [(key: String, value: String)]
  /// "domain::name" of each function that the file defines.
  public let functions: [String]
  /// As the exporter calls it; may be empty.
  public let graphName: String
  /// Of the graph, those left out that initialisers give.
  public let inputs: [ModelValue]
  /// Of the graph, in its order.
  public let outputs: [ModelValue]
  /// Each follows all that give its inputs; in the order of the file wherever that is such an order.
  public let nodes: [ModelNode]
  /// Of `nodes`: whether an output needs it.
  public let isNeeded: [Bool]
  /// The graph's constants, by name.
  public let initializers: [String: ModelTensor]
  /// All that values are read from, to hold them to what was hashed: the model, then its external data.
  public let files: [HeldFile]
  /// Of the files behind the model in `files`, as the model names them.
  public let externalLocations: [String]
  /// Why the network cannot be taken over, though the file is sound; empty where nothing is known against it.
  public let refusals: [Problem]

  /// What messages call such a file.
  static let kind = "ONNX file"

  /// Opens a model and its external data, and checks all that it says of itself.
  /// - Throws: `Problem.usage` for a missing file or one of another format, `.failure` for a damaged one, `.changed` for one
  ///   that changes while it is read.
  public static func open(
    _ path: String, for purpose: HeldFile.Purpose = .reading, limits: ModelLimits = ModelLimits()
  ) throws(Problem) -> ONNXFile {
    let file = try HeldFile(path: path, kind: kind, for: purpose)
    return try HeldFile.whileUnchanged([file]) { () throws(Problem) in
      let bytes = file.fileBytes
      let model: ONNXFile
      do throws(Problem) {
        let proto = try ModelProto(MessageReader(bytes, file: path, limits: limits))
        model = try ONNXFile(proto, file, ExternalFiles(of: path, for: purpose, limits))
      } catch {
        // Bytes that could not be read look like zeros.
        try bytes.check()
        throw error
      }
      try bytes.check()
      return model
    }
  }

  private init(_ proto: ModelProto, _ file: HeldFile, _ external: ExternalFiles) throws(Problem) {
    path = file.path
    let place = Place(file: file.path)
    guard let graph = proto.graph else {
      throw .failure(at: place, "expected an ONNX network, found no graph in the file", remedy: WireReader.remedy)
    }
    irVersion = Int(proto.irVersion)
    producer = [proto.producerName, proto.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
    metadata = proto.metadata.map { ($0.key, $0.value) }
    functions = proto.functions
    graphName = graph.name
    opsets = try Self.opsets(proto, at: place)
    var initializers: [String: ModelTensor] = [:]
    for tensor in graph.initializers {
      let model = try ModelTensor(tensor, in: file, external)
      guard !model.name.isEmpty else {
        throw .failure(at: model.place, "an initialiser has no name", remedy: WireReader.remedy)
      }
      guard initializers.updateValue(model, forKey: model.name) == nil else {
        throw .failure(at: model.place, "there is a second initialiser of this name", remedy: WireReader.remedy)
      }
    }
    self.initializers = initializers
    var inputs: [ModelValue] = []
    // Files of before version 4 list initialisers among the inputs.
    for input in graph.inputs where initializers[input.name] == nil {
      inputs.append(try ModelValue(input, file: file.path))
    }
    self.inputs = inputs
    var outputs: [ModelValue] = []
    for output in graph.outputs { outputs.append(try ModelValue(output, file: file.path)) }
    self.outputs = outputs
    var nodes: [ModelNode] = []
    for (index, node) in graph.nodes.enumerated() {
      nodes.append(try ModelNode(node, number: index + 1, in: file, external))
    }
    let order = try GraphOrder(nodes, inputs: inputs, initializers: initializers, outputs: outputs, at: place)
    self.nodes = order.nodes
    isNeeded = order.isNeeded
    files = [file] + external.files.map(\.file)
    externalLocations = external.files.map(\.location)
    refusals =
      ModelRefusals(
        nodes: zip(order.nodes, order.isNeeded).filter(\.1).map(\.0), inputs: inputs, outputs: outputs, opsets: opsets,
        functions: Set(proto.functions), sparse: graph.sparseInitializers, at: place
      ).problems
  }

  private static func opsets(_ proto: ModelProto, at place: Place) throws(Problem) -> [String: Int] {
    var opsets: [String: Int] = [:]
    for opset in proto.opsetImports {
      let domain = NodeProto.canonical(opset.domain)
      let version = Int(opset.version)
      if let other = opsets.updateValue(version, forKey: domain), other != version {
        throw .failure(
          at: place,
          "expected one version of the operators of \(title(domain)), found \(other) and \(version)",
          remedy: WireReader.remedy)
      }
    }
    return opsets
  }

  /// A domain as messages call it.
  static func title(_ domain: String) -> String { "`" + (domain.isEmpty ? "ai.onnx" : printable(domain)) + "`" }

  /// The version of ONNX's own operators; nil where the file does not say.
  public var opset: Int? { opsets[""] }

  /// How many values all constants have together, those in nodes among them.
  public var parameters: Int {
    constants.reduce(0) { $0 + $1.shape.count }
  }

  /// Initialisers in the order of their names, then what nodes hold.
  public var constants: [ModelTensor] {
    initializers.values.sorted { $0.name < $1.name }
      + nodes.flatMap { node in
        node.attributes.sorted { $0.key < $1.key }.compactMap {
          if case .tensor(let tensor) = $0.value { tensor } else { nil }
        }
      }
  }

  /// How often each operator is applied, by its name with its domain, the most frequent first.
  public var operators: [(name: String, count: Int)] {
    var counts: [String: Int] = [:]
    for node in nodes { counts[node.operatorName, default: 0] += 1 }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
  }

  /// Of the model; where it has external data that of the text with a line for each file, the model first: its SHA-256, two
  /// spaces, its place below the model's folder.
  /// - Throws: `Problem.changed` where a file changed since it was opened.
  public func sha256() throws(Problem) -> String {
    let hashes = try concurrentMap(files) { (file) throws(Problem) in try file.sha256() }
    guard hashes.count > 1 else { return hashes[0] }
    let names = [path.split(separator: "/").last.map(String.init) ?? path] + externalLocations
    let lines = zip(hashes, names).map { "\($0)  \($1)\n" }
    return Checksum.sha256(Array(lines.joined().utf8))
  }

  /// - Throws: the first of `refusals`, the others named in it.
  public func requireReadable() throws(Problem) {
    guard var first = refusals.first else { return }
    if refusals.count > 1 { first.message += "; " + refusals.dropFirst().map(\.message).joined(separator: "; ") }
    throw first
  }
}
