/// Softplus as PyTorch's exporter writes it out: x itself beyond a threshold, where in Float32 they are one number.
///
///     Where(Greater(x, 20), x, Softplus(x))
///     Where(Greater(beta x, 20), x, Softplus(beta x) / beta)
///
/// Both branches have one value and one derivative there: log(1 + exp(17)) - 17 is less than half a unit in the last place of
/// 17, as the sigmoid of 17 is of 1.
struct ThresholdedSoftplus {
  /// From the place of each such Where to the name of the value that it has.
  private(set) var values: [Int: String] = [:]
  /// Comparisons that nothing else asks for.
  private(set) var comparisons: Set<Int> = []

  private static let leastThreshold: Float = 17

  init(_ file: ONNXFile) {
    guard file.nodes.contains(where: { $0.opType == "Where" }) else { return }
    var producers: [String: Int] = [:]
    var uses: [String: Int] = [:]
    for (index, node) in file.nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { producers[output] = index }
      for input in node.inputs { uses[input, default: 0] += 1 }
    }
    func producer(_ name: String, _ type: String) -> (place: Int, node: ModelNode)? {
      guard let place = producers[name], file.nodes[place].opType == type else { return nil }
      return (place, file.nodes[place])
    }
    for (index, node) in file.nodes.enumerated() where node.opType == "Where" && node.inputs.count == 3 {
      let (value, smooth) = (node.inputs[1], node.inputs[2])
      guard let comparison = producer(node.inputs[0], "Greater"), comparison.node.inputs.count == 2,
        let threshold = Self.number(comparison.node.inputs[1], file), threshold >= Self.leastThreshold
      else { continue }
      let compared = comparison.node.inputs[0]
      if let softplus = producer(smooth, "Softplus") {
        guard softplus.node.inputs == [compared], compared == value else { continue }
      } else if let quotient = producer(smooth, "Div"), quotient.node.inputs.count == 2 {
        guard let softplus = producer(quotient.node.inputs[0], "Softplus"), softplus.node.inputs == [compared],
          let scaled = producer(compared, "Mul"), scaled.node.inputs == [value, quotient.node.inputs[1]],
          let beta = Self.number(quotient.node.inputs[1], file), beta > 0
        else { continue }
      } else {
        continue
      }
      values[index] = smooth
      if uses[node.inputs[0]] == 1 { comparisons.insert(comparison.place) }
    }
  }

  /// Of an initialiser of one element.
  private static func number(_ name: String, _ file: ONNXFile) -> Float? {
    guard let tensor = file.initializers[name], tensor.shape.count == 1, tensor.dataType.reading == .floats else {
      return nil
    }
    return (try? file.floats(of: tensor))?.first
  }
}
