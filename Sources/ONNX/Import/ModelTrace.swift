import Graphs
import Support
import Tensors

/// Goes through a model's nodes in order and writes down the graph of what is needed for its output.
struct ModelTrace {
  let tracer: Tracer
  /// What comes out.
  let output: Traced
  /// What users should know.
  private(set) var remarks: [String] = []

  /// - Throws: `Problem` that lists all operators that are missing, or names the first node that is not computed.
  init(_ file: ONNXFile, image: Shape, input: GraphInput, isClassifier: Bool) throws(Problem) {
    try file.requireReadable()
    try Self.requireOperators(file)
    let tracer = Tracer(file, image: image)
    self.tracer = tracer
    var values: [String: Value] = [:]
    if let name = file.inputs.first?.name {
      values[name] = .traced(input.value(channels: image[0], height: image[1], width: image[2]))
    }
    // Names are forgotten behind their last use, so that constants that were computed do not pile up.
    let opset = file.opset ?? 0
    let ends = LogitsEnd(file, isClassifier: isClassifier)
    let lastUses = Self.lastUses(file, ends)
    let softplus = ThresholdedSoftplus(file)
    for (index, node) in file.nodes.enumerated() where file.isNeeded[index] && !ends.isLeftOut.contains(index) {
      if softplus.comparisons.contains(index) { continue }
      if let name = softplus.values[index], let output = node.outputs.first, let value = values[name] {
        values[output] = value
        if case .traced(let traced) = value { tracer.own(traced.node, name: output) }
        for name in node.inputs where lastUses[name] == index { values[name] = nil }
        continue
      }
      guard let rule = operatorRules[node.opType] else { continue }
      tracer.current = node
      var inputs: [Value?] = []
      for name in node.inputs { inputs.append(name.isEmpty ? nil : try Self.value(name, values, file, node)) }
      let application = Application(node: node, opset: opset, inputs: inputs, file: file)
      let outputs = try rule(tracer, application)
      if let value = outputs.first(where: { $0.shape.count > Self.mostAxes }) {
        throw application.unsupported("a value of \(value.shape.count) axes", supported: "at most \(Self.mostAxes)")
      }
      for (output, name) in zip(outputs, node.outputs) where !name.isEmpty {
        values[name] = output
        if case .traced(let traced) = output { tracer.own(traced.node, name: name) }
      }
      for name in node.inputs where lastUses[name] == index { values[name] = nil }
    }
    tracer.current = nil
    switch values[ends.output] {
    case .traced(let traced): output = traced
    case .constant, nil:
      throw .usage(
        at: Place(file: file.path), "the output `\(printable(ends.output))` does not depend on the image",
        remedy: "Export the network as one of its image alone.")
    }
    if !ends.stripped.isEmpty {
      remarks.append(
        "The logits are the input of \(listInWords(ends.stripped.map(\.title))), which \(ends.stripped.count == 1 ? "is" : "are") left out."
      )
    }
    isBinary = ends.isBinary
    if isBinary, isClassifier, output.wideAxes.isEmpty {
      remarks.append(
        "One number z behind a sigmoid gives the logits 0 and z. That of class 0 has no gradient: where it is the class that is "
          + "explained, the map is dead. Exported with an output for each of both classes, the network explains either."
      )
    }
  }

  /// Whether a single output was that of a sigmoid.
  let isBinary: Bool

  private static func value(
    _ name: String, _ values: [String: Value], _ file: ONNXFile, _ node: ModelNode
  ) throws(Problem) -> Value {
    if let value = values[name] { return value }
    if let tensor = file.initializers[name] { return .constant(Constant(tensor)) }
    throw .usage(
      at: node.place, "at \(node.title): the input `\(printable(name))` is an output that is not computed",
      remedy: "Export the network without it.")
  }

  private static let mostAxes = 32

  private static func lastUses(_ file: ONNXFile, _ ends: LogitsEnd) -> [String: Int] {
    var uses: [String: Int] = [:]
    for (index, node) in file.nodes.enumerated() where file.isNeeded[index] {
      for name in node.inputs { uses[name] = index }
    }
    uses[ends.output] = nil
    return uses
  }

  /// One problem for all operators that are missing, with the first node of each and how many more there are.
  private static func requireOperators(_ file: ONNXFile) throws(Problem) {
    let missing = file.missingOperators
    guard let first = missing.first else { return }
    let list = missing.map { found in
      "\(printable(found.name)) (\(found.node.title)" + (found.count > 1 ? " and \(found.count - 1) more)" : ")")
    }
    throw .usage(
      at: first.node.place,
      "the network needs \(missing.count == 1 ? "an operator that is" : "\(missing.count) operators that are") not computed: "
        + listInWords(list),
      remedy:
        "Documentation/ONNX.md lists the operators that are. Exporters often have another form: try another opset, or "
        + "PyTorch's other exporter.")
  }
}

extension ONNXFile {
  /// Operators in use that no engine computes, by how often, each with the first node.
  public var missingOperators: [(name: String, node: ModelNode, count: Int)] {
    var found: [String: (node: ModelNode, count: Int)] = [:]
    for (index, node) in nodes.enumerated() where isNeeded[index] && operatorRules[node.opType] == nil {
      found[node.operatorName, default: (node, 0)].count += 1
    }
    return found.map { ($0.key, $0.value.node, $0.value.count) }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }
}
