import Support

/// What of a sound model cannot be taken over as one network of tensors from an image to logits: control flow, functions,
/// operators of others, sparse constants, other versions. Nodes that no output needs are not asked.
struct ModelRefusals {
  private(set) var problems: [Problem] = []
  private let place: Place

  /// Of ONNX's own operators: 9 is of 2019; what changed behind 21 is not known here.
  static let opsets = 9...21

  private static let export = "Export the network once more with `opset_version=17` (torch.onnx.export), in eval mode."

  /// - Parameter nodes: those that an output needs.
  init(
    nodes: [ModelNode], inputs: [ModelValue], outputs: [ModelValue], opsets: [String: Int], functions: Set<String>,
    sparse: Int, at place: Place
  ) {
    self.place = place
    checkOpset(opsets)
    checkValues(inputs, outputs)
    if sparse > 0 {
      refuse(
        "the network has sparse initialisers (\(sparse))", at: place, "Export it with dense tensors.")
    }
    checkNodes(nodes, functions)
  }

  private mutating func refuse(_ message: String, at place: Place, _ remedy: String) {
    problems.append(.usage(at: place, message, remedy: remedy))
  }

  private mutating func checkOpset(_ opsets: [String: Int]) {
    guard let opset = opsets[""] else {
      return refuse("the file does not say which version of ONNX's operators it uses", at: place, Self.export)
    }
    guard !Self.opsets.contains(opset) else { return }
    refuse(
      "expected operators of version (opset) \(Self.opsets.lowerBound) to \(Self.opsets.upperBound), found \(opset)",
      at: place, "\(Self.export) Or convert it: onnx.version_converter.convert_version(model, 17).")
  }

  private mutating func checkValues(_ inputs: [ModelValue], _ outputs: [ModelValue]) {
    for (values, what) in [(inputs, "input"), (outputs, "output")] {
      if let other = values.first(where: { $0.otherKind != nil }) {
        refuse(
          "the \(what) `\(printable(other.name))` is \(other.otherKind ?? ""), expected a tensor", at: other.place,
          "Export the network with tensors alone.")
      }
      guard values.count != 1 else { continue }
      let names =
        values.prefix(8).map { "`\(printable($0.name))`" } + (values.count > 8 ? ["\(values.count - 8) more"] : [])
      refuse(
        values.isEmpty
          ? "expected one \(what), found none" : "expected one \(what), found \(values.count): \(listInWords(names))",
        at: place,
        what == "input"
          ? "Export the network as one of its image alone."
          : "Export it with the logits as its only output, in eval mode.")
    }
  }

  /// One problem for each operator that is refused, with the first node of it.
  private mutating func checkNodes(_ nodes: [ModelNode], _ functions: Set<String>) {
    var found: [String: (node: ModelNode, why: String, remedy: String, count: Int)] = [:]
    var order: [String] = []
    for node in nodes {
      guard let (why, remedy) = Self.refusal(of: node, functions) else { continue }
      let key = node.operatorName + "\n" + why
      if found[key] == nil { order.append(key) }
      found[key, default: (node, why, remedy, 0)].count += 1
    }
    for key in order {
      guard let (node, why, remedy, count) = found[key] else { continue }
      let more = count > 1 ? ", and \(count - 1) more like it," : ""
      refuse("\(node.title)\(more) \(why)", at: node.place, remedy)
    }
  }

  private static let flow: Set<String> = ["If", "Loop", "Scan", "SequenceMap"]

  private static func refusal(of node: ModelNode, _ functions: Set<String>) -> (why: String, remedy: String)? {
    if functions.contains("\(node.domain)::\(node.opType)") {
      return (
        "is a function that the file defines", "Put its nodes in its place: onnx.inliner.inline_local_functions(model)."
      )
    }
    if !node.domain.isEmpty {
      return (
        "is an operator of `\(printable(node.domain))`, expected ONNX's own",
        "Export the network without the other program's operators, or before that program optimised it."
      )
    }
    if flow.contains(node.opType) {
      return (
        "decides at run time what is computed, expected a graph without If, Loop and Scan",
        "Export the network with a fixed image size, in eval mode; onnxsim, or PyTorch's other exporter, often resolves it."
      )
    }
    for (name, attribute) in node.attributes.sorted(by: { $0.key < $1.key }) {
      if case .other(let kind) = attribute {
        return (
          "has \(kind) as its attribute `\(printable(name))`, expected numbers, texts or a tensor", Self.export
        )
      }
    }
    return nil
  }
}
