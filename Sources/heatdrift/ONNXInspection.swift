import ONNX
import Support

/// What `weights inspect` says of an ONNX file, line by line.
enum ONNXInspection {
  /// - Parameter size: height and width of the image in pixels where the file leaves them open; nil where nobody says it.
  static func lines(_ model: ONNXFile, size: Int? = nil) -> [String] {
    var lines = ["\(model.path): ONNX, \(Console.count(model.files[0].count, "byte"))"]
    for (location, file) in zip(model.externalLocations, model.files.dropFirst()) {
      lines.append("external data: \(printable(location)), \(Console.count(file.count, "byte"))")
    }
    if !model.producer.isEmpty { lines.append("producer: \(printable(model.producer))") }
    lines.append("opset: " + versions(model))
    for (values, what) in [(model.inputs, "input"), (model.outputs, "output")] {
      lines += listed(values.map(\.summary), what)
    }
    let types = Dictionary(grouping: model.constants, by: \.dataType).map { ($0.value.count, $0.key.name) }
      .sorted { ($1.0, $0.1) < ($0.0, $1.1) }.map { "\($0) \($1)" }
    lines.append(
      "parameters: \(Console.count(model.parameters, "value")) in \(Console.count(model.constants.count, "tensor"))"
        + (types.isEmpty ? "" : ": " + types.joined(separator: ", ")))
    lines += listed(model.functions.map(printable), "function")
    lines += listed(model.metadata.map { "\(printable($0.key)) = \(printable($0.value))" }, "metadata")
    lines += network(model, size: size)
    lines += listed(model.refusals.map(\.message).map(visible), "refused")
    lines += listed(
      // What is refused is said already.
      model.missingOperators.filter { found in !model.refusals.contains { $0.message.contains(found.node.title) } }.map
      {
        "\(printable($0.name)), \(Console.count($0.count, "node")), the first is \(visible($0.node.title))"
      }, "missing")
    let unused = model.isNeeded.count { !$0 }
    lines.append(
      "nodes: \(Console.grouped(model.nodes.count))" + (unused > 0 ? ", \(Console.grouped(unused)) of no use" : ""))
    lines.append("")
    let rows = [("operator", "nodes")] + model.operators.map { (printable($0.name), Console.grouped($0.count)) }
    let width = rows.map { terminalColumns($0.0) }.max() ?? 0
    let counts = rows.map { terminalColumns($0.1) }.max() ?? 0
    for (name, count) in rows { lines.append(padded(name, to: width) + "  " + padded(count, to: counts, atEnd: false)) }
    return lines
  }

  /// What it is as a network: the image, what it takes to compute it, `last`; or why it is none.
  private static func network(_ model: ONNXFile, size asked: Int?) -> [String] {
    guard model.refusals.isEmpty, model.missingOperators.isEmpty else { return [] }
    // For a network of any size, that of most.
    let size = asked ?? model.image?.size ?? (model.image?.height == nil && model.image?.width == nil ? usualSize : nil)
    do throws(Problem) {
      let imported = try model.network(size: size)
      let graph = imported.graph
      return [
        "image: \(graph.input)" + (model.image?.size == nil && asked == nil ? ", of any size" : ""),
        "classes: \(Console.grouped(graph.classCount))",
        "multiply-adds: \(Console.grouped(graph.multiplyAdds)) an image",
        "last: " + (graph.lastLayer.isEmpty ? "none" : visible(graph.lastLayer)),
      ] + ([model.foldingRemark].compactMap { $0 } + imported.remarks).map { "remark: \(visible($0))" }
    } catch {
      return ["not computed: \(visible(error.message))"] + (error.remedy.map { ["  \(visible($0))"] } ?? [])
    }
  }

  private static let usualSize = 224

  /// "17, com.microsoft 1"
  private static func versions(_ model: ONNXFile) -> String {
    let others = model.opsets.filter { !$0.key.isEmpty }.sorted { $0.key < $1.key }
    let own = model.opset.map(String.init) ?? "not said"
    return ([own] + others.map { "\(printable($0.key)) \($0.value)" }).joined(separator: ", ")
  }

  /// A line for each of the first, and one for how many more there are.
  private static func listed(_ texts: [String], _ what: String) -> [String] {
    let most = 20
    return texts.prefix(most).map { "\(what): \($0)" }
      + (texts.count > most ? ["\(what): \(texts.count - most) more"] : [])
  }
}
