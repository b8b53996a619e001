import Support

/// A graph's nodes in an order in which each follows all that it needs, after checking that there is one: every value is made
/// once and before it is used, and nothing depends on itself.
struct GraphOrder {
  let nodes: [ModelNode]
  /// Of `nodes`: whether an output needs it.
  let isNeeded: [Bool]

  /// - Throws: `Problem.failure` that names the node.
  init(
    _ nodes: [ModelNode], inputs: [ModelValue], initializers: [String: ModelTensor], outputs: [ModelValue],
    at place: Place
  ) throws(Problem) {
    var given = Set(initializers.keys)
    for input in inputs {
      guard !input.name.isEmpty else { throw Self.damaged("an input of the graph has no name", at: input.place) }
      guard given.insert(input.name).inserted else {
        throw Self.damaged("the graph has the input `\(printable(input.name))` a second time", at: input.place)
      }
    }
    let producers = try Self.producers(nodes, given: given)
    for node in nodes {
      for name in node.inputs where !name.isEmpty && !given.contains(name) && producers[name] == nil {
        throw Self.damaged(
          "\(node.title) needs the value `\(printable(name))`, which is no input, no initialiser and no output of a node",
          at: node.place)
      }
    }
    for output in outputs where !given.contains(output.name) && producers[output.name] == nil {
      throw Self.damaged("nothing gives the graph's output `\(printable(output.name))`", at: output.place)
    }
    let order = try Self.sorted(nodes, producers)
    self.nodes = order.map { nodes[$0] }
    var needed = [Bool](repeating: false, count: nodes.count)
    for output in outputs { if let producer = producers[output.name] { needed[producer] = true } }
    // Whoever needs a node comes behind it.
    for index in order.reversed() where needed[index] {
      for name in nodes[index].inputs { if let producer = producers[name] { needed[producer] = true } }
    }
    isNeeded = order.map { needed[$0] }
  }

  /// The node that gives each value.
  private static func producers(_ nodes: [ModelNode], given: Set<String>) throws(Problem) -> [String: Int] {
    var producers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for name in node.outputs where !name.isEmpty {
        guard !given.contains(name) else {
          throw damaged(
            "\(node.title) gives the value `\(printable(name))`, which is an input or an initialiser", at: node.place)
        }
        if let other = producers.updateValue(index, forKey: name) {
          throw damaged(
            "\(node.title) gives the value `\(printable(name))`, which \(nodes[other].title) gives as well",
            at: node.place)
        }
      }
    }
    return producers
  }

  /// Kahn's algorithm ("Topological sorting of large networks", 1962); an order that is one already stays.
  private static func sorted(_ nodes: [ModelNode], _ producers: [String: Int]) throws(Problem) -> [Int] {
    var waiting = [Int](repeating: 0, count: nodes.count)
    var followers = [[Int]](repeating: [], count: nodes.count)
    var isSorted = true
    for (index, node) in nodes.enumerated() {
      for name in node.inputs {
        guard let producer = producers[name] else { continue }
        waiting[index] += 1
        followers[producer].append(index)
        isSorted = isSorted && producer < index
      }
    }
    if isSorted { return Array(nodes.indices) }
    var order = nodes.indices.filter { waiting[$0] == 0 }
    var next = 0
    while next < order.count {
      for follower in followers[order[next]] {
        waiting[follower] -= 1
        if waiting[follower] == 0 { order.append(follower) }
      }
      next += 1
    }
    guard order.count == nodes.count else { throw cycle(nodes, producers, left: waiting.map { $0 > 0 }) }
    return order
  }

  /// Every node that is left needs another one that is left: going back through them comes round.
  private static func cycle(_ nodes: [ModelNode], _ producers: [String: Int], left: [Bool]) -> Problem {
    var path: [Int] = []
    var seen: [Int: Int] = [:]
    var current = left.firstIndex(of: true)
    while let node = current, seen[node] == nil {
      seen[node] = path.count
      path.append(node)
      current = nodes[node].inputs.lazy.compactMap { producers[$0] }.first { left[$0] }
    }
    let round = Array(path[(current.flatMap { seen[$0] } ?? 0)...].reversed())
    let names = round.prefix(4).map { nodes[$0].title } + (round.count > 4 ? ["\(round.count - 4) more"] : [])
    return damaged(
      round.count == 1
        ? "\(nodes[round[0]].title) needs its own output"
        : "\(listInWords(names)) need each other's outputs in a circle",
      at: nodes[round[0]].place)
  }

  private static func damaged(_ message: String, at place: Place) -> Problem {
    .failure(
      at: place, message, remedy: "The file is no valid network: export it again (onnx.checker tells what is wrong).")
  }
}
