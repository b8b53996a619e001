import Support
import Tensors

/// A layer that a heatmap can be made of: its value is a map with more than one row and column.
public struct LayerDescription: Sendable, Hashable {
  /// As torchvision or timm call the module whose output it is.
  public let name: String
  /// Other modules with the same output, such as `layer4` for `layer4.2`.
  public let aliases: [String]
  /// (K, h, w).
  public let shape: Shape
  /// What makes it, in words: "convolution".
  public let kind: String
  /// The architecture's last convolutional layer, `layers: last`.
  public let isLast: Bool
  /// Part of `layers: all`.
  public let isInAll: Bool
}

/// A layer that was asked for, found in a graph.
public struct ResolvedLayer: Sendable, Hashable {
  /// The name by which results call it: the one that was asked for.
  public let name: String
  /// (K, h, w).
  public let shape: Shape
  /// Whose value it is.
  public let node: NodeIndex
}

extension Graph {
  /// Every layer that can be explained, input side first.
  public var layers: [LayerDescription] {
    nodes.filter { $0.isMap && !$0.names.isEmpty }.map { node in
      LayerDescription(
        name: node.names[0], aliases: Array(node.names.dropFirst()), shape: node.shape, kind: node.operation.kind,
        isLast: node.names.contains(lastLayer), isInAll: node.isInAll)
    }
  }

  /// Finds layers by `last`, `all` or their names.
  /// - Returns: without repetition, input side first.
  /// - Throws: `Problem` for a name that the network does not have, or whose output is no map.
  public func resolve(layers names: [String]) throws(Problem) -> [ResolvedLayer] {
    var found: [ResolvedLayer] = []
    for name in names {
      switch name {
      case "last":
        guard !lastLayer.isEmpty else {
          throw .usage(
            "\(self.name) has no map of features on every path from the image to the logits without attention behind it, so that `last` "
              + "means none of its layers",
            remedy: "Name the layers to explain: `heatdrift layers` lists them.")
        }
        found.append(try resolve(lastLayer))
      case "all":
        for layer in layers where layer.isInAll { found.append(try resolve(layer.name)) }
      default: found.append(try resolve(name))
      }
    }
    var seen: Set<NodeIndex> = []
    return found.filter { seen.insert($0.node).inserted }.sorted { $0.node < $1.node }
  }

  private func resolve(_ layer: String) throws(Problem) -> ResolvedLayer {
    guard let node = nodes.lastIndex(where: { $0.names.contains(layer) }) else {
      let known = nodes.filter(\.isMap).flatMap(\.names)
      let hint = closestMatch(to: layer, in: known).map { "Did you mean `\($0)`? " } ?? ""
      throw .usage(
        "\(name) has no layer `\(layer)`", remedy: hint + "`heatdrift layers \(shellWord(name))` lists its layers.")
    }
    guard nodes[node].isMap else {
      throw .usage(
        "the output of layer `\(layer)` of \(name) has the shape \(nodes[node].shape), which is no map",
        remedy: "Choose a layer whose output has more than one row and column: `heatdrift layers \(shellWord(name))` "
          + "lists them.")
    }
    return ResolvedLayer(name: layer, shape: nodes[node].shape, node: node)
  }

  /// The names of those layers whose heatmaps program versions up to 0.1.0's store of version 3 may have taken from
  /// another value: convolutions whose batch normalisation goes into a sum, with which all three were computed in one.
  public func onceExplainedAsSums(_ layers: [ResolvedLayer]) -> [String] {
    func consumers(of node: NodeIndex) -> [NodeIndex] { nodes.indices.filter { nodes[$0].inputs.contains(node) } }
    return layers.filter { layer in
      guard case .convolution = nodes[layer.node].operation else { return false }
      return consumers(of: layer.node).contains { next in
        guard case .batchNormalisation = nodes[next].operation else { return false }
        return consumers(of: next).contains { nodes[$0].operation == .add }
      }
    }.map(\.name)
  }

  /// Every value, one after the other: what is asked for is never fused with what follows.
  var everyValue: [ResolvedLayer] {
    nodes.enumerated().map { index, node in
      ResolvedLayer(name: node.names.first ?? "value \(index)", shape: node.shape, node: index)
    }
  }
}

extension Node {
  /// Whether the value has more than one row and column.
  var isMap: Bool { shape.rank == 3 && shape[1] > 1 && shape[2] > 1 && operation != .image }
}
