import Support

/// Where a network's logits are: in front of what makes probabilities of them.
struct LogitsEnd {
  /// The value that is taken for the logits.
  let output: String
  /// Nodes behind it that change numbers.
  private(set) var stripped: [ModelNode] = []
  /// Of all nodes behind it.
  private(set) var isLeftOut: Set<Int> = []
  /// Whether one of them was a sigmoid.
  private(set) var isBinary = false

  init(_ file: ONNXFile, isClassifier: Bool) {
    var name = file.outputs.first?.name ?? ""
    var producers: [String: Int] = [:]
    for (index, node) in file.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { producers[output] = index }
    }
    var pending: [Int] = []
    var isProbability = false
    while isClassifier, let index = producers[name] {
      let node = file.nodes[index]
      switch node.opType {
      case "Softmax", "LogSoftmax", "Sigmoid":
        guard !isProbability else { break }
        isProbability = true
        isBinary = node.opType == "Sigmoid"
        stripped.append(node)
        isLeftOut.formUnion(pending + [index])
        pending = []
        name = node.inputs.first ?? ""
        continue
      case "Identity", "Cast", "Reshape", "Dropout", "Flatten", "Squeeze":
        // Left out where a softmax stands before it.
        guard !isProbability, let input = node.inputs.first else { break }
        pending.append(index)
        name = input
        continue
      default: break
      }
      break
    }
    // Nothing but a change of shape: the rules do that.
    output = isProbability ? name : file.outputs.first?.name ?? ""
  }
}
