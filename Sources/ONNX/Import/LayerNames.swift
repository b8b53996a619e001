import Graphs

/// What a graph's values are called: by the modules of the exporter, where the file has them, else as the model calls them.
struct LayerNames {
  /// By node: canonical first; empty for inner values.
  let names: [[String]]

  private struct Origin {
    /// Dotted paths of the modules that the node is in, outermost first.
    var scopes: [String]
    /// What it is called among its module's own: "add".
    var operation: String
    /// Of the exporter's, the step of the network that the node is a part of: "log_sigmoid" may be a Sigmoid and a Log.
    var step: String?
    /// In the order of the file.
    var number: Int
  }

  /// - Parameters:
  ///   - origins: for each node that of the model, and what the model calls its value.
  init(_ nodes: [Node], _ origins: [(node: ModelNode, value: String)?]) {
    var found = origins.map { $0.flatMap { Self.origin($0.node) } }
    Self.tellCallsApart(&found)
    var consumers = [[Int]](repeating: [], count: nodes.count)
    for (index, node) in nodes.enumerated() { for input in node.inputs { consumers[input].append(index) } }
    // The last value of a module that somebody outside of it takes is its output.
    var outputs: [String: Int] = [:]
    for (index, origin) in found.enumerated() {
      for scope in origin?.scopes ?? [] {
        let leaves =
          consumers[index].isEmpty || consumers[index].contains { !(found[$0]?.scopes.contains(scope) ?? false) }
        if leaves { outputs[scope] = index }
      }
    }
    var taken: Set<String> = []
    var names = [[String]](repeating: [], count: nodes.count)
    func give(_ name: String, _ index: Int) {
      if !name.isEmpty, taken.insert(name).inserted { names[index].append(name) }
    }
    for (index, origin) in found.enumerated() {
      for scope in (origin?.scopes ?? []).reversed() where outputs[scope] == index { give(scope, index) }
    }
    // A step's value is what its last node makes.
    var steps: [String: Int] = [:]
    for (index, origin) in found.enumerated() { if let step = origin?.step { steps[step] = index } }
    func isInner(_ index: Int) -> Bool { found[index]?.step.map { steps[$0] != index } ?? false }
    var counts: [String: Int] = [:]
    for (index, origin) in found.enumerated() where !isInner(index) {
      // A module's own value needs no second name.
      guard let origin, origin.scopes.last.map({ outputs[$0] != index }) ?? true else { continue }
      let base = ((origin.scopes.last.map { [$0] } ?? []) + [origin.operation]).joined(separator: ".")
      let count = counts[base, default: 0]
      counts[base] = count + 1
      give(count == 0 ? base : "\(base)_\(count)", index)
    }
    for (index, origin) in origins.enumerated() where found[index] == nil || (isInner(index) && names[index].isEmpty) {
      give(origin?.value ?? "", index)
    }
    // Weights have their module's name even where a normalisation was folded into them.
    for (index, node) in nodes.enumerated() where !names[index].isEmpty {
      let weights: String? =
        switch node.operation {
        case .convolution(let convolution): convolution.weights.name
        case .linear(let linear): linear.weights.name
        default: nil
        }
      if let weights, weights.hasSuffix(".weight") { give(String(weights.dropLast(7)), index) }
    }
    self.names = names
  }

  /// Modules within modules, deeper than any network has them.
  private static let mostScopes = 32

  private static func origin(_ node: ModelNode) -> Origin? {
    if node.scopes.count > 1 {
      var scopes: [String] = []
      for scope in node.scopes.dropLast().prefix(mostScopes) where !scope.isEmpty && scope != scopes.last {
        scopes.append(scope)
      }
      return Origin(
        scopes: scopes, operation: withoutNumber(node.scopes.last ?? ""), step: node.scopes.joined(separator: "/"),
        number: node.number)
    }
    guard node.name.hasPrefix("/") else { return nil }
    // "/layer4/layer4.1/conv2/Conv": modules within others have the whole path or the last part of it.
    let parts = node.name.split(separator: "/").map(String.init)
    var path = ""
    var scopes: [String] = []
    for part in parts.dropLast().prefix(mostScopes) {
      path = joined(path, part)
      scopes.append(path)
    }
    let operation = withoutNumber(parts.last ?? "")
    return Origin(scopes: scopes, operation: functions[operation] ?? operation.lowercased(), number: node.number)
  }

  /// The path of a module within another: "layer2.0.downsample" and "downsample.0" make "layer2.0.downsample.0".
  private static func joined(_ path: String, _ part: String) -> String {
    var start = path.startIndex
    while start < path.endIndex {
      if part.hasPrefix(path[start...] + ".") { return path[..<start] + part }
      guard let dot = path[start...].firstIndex(of: ".") else { break }
      start = path.index(after: dot)
    }
    return path.isEmpty ? part : "\(path).\(part)"
  }

  /// As torch.fx calls what PyTorch's older exporter names by the operator.
  private static let functions = [
    "Concat": "cat", "MaxPool": "max_pool2d", "AveragePool": "avg_pool2d", "GlobalAveragePool": "adaptive_avg_pool2d",
  ]

  /// "relu_15" is the sixteenth of the whole network.
  private static func withoutNumber(_ name: String) -> String {
    guard let end = name.lastIndex(of: "_"), name[end...].dropFirst().allSatisfy(\.isNumber), end > name.startIndex
    else {
      return name
    }
    return String(name[..<end])
  }

  /// A module that is called several times has several values: `relu`, `relu_1`, as torch.fx numbers them.
  private static func tellCallsApart(_ origins: inout [Origin?]) {
    let outer = Set(origins.compactMap { $0 }.flatMap { $0.scopes.dropLast() })
    var calls: [String: (number: Int, count: Int)] = [:]
    let order = origins.indices.filter { origins[$0] != nil }.sorted {
      (origins[$0]?.number ?? 0, $0) < (origins[$1]?.number ?? 0, $1)
    }
    var before: String?
    for index in order {
      guard var origin = origins[index], let scope = origin.scopes.last else {
        before = nil
        continue
      }
      defer { before = scope }
      guard !outer.contains(scope) else { continue }
      let isNew = before != scope
      let count = calls[scope].map { isNew ? $0.count + 1 : $0.count } ?? 0
      calls[scope] = (origin.number, count)
      if count > 0 {
        origin.scopes[origin.scopes.count - 1] = "\(scope)_\(count)"
        origins[index] = origin
      }
    }
  }
}
