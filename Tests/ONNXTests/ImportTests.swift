import Foundation
import Support
import Testing

@testable import ONNX

/// What graphs are made of nodes. Constants that a file of some hundred bytes asks for are refused before there is memory for them, and
/// before there is a list of the places that their elements come from.
@Suite struct ImportTests {
  private let folder: ModelFolder

  init() throws { folder = try ModelFolder() }

  /// - Parameter batch: of the input x, 3 x 32 x 32 images.
  private func model(_ nodes: [Wire], _ tensors: [Wire], batch: Int64 = 1) -> Wire {
    var shape = Wire()
    for extent in [batch, 3, 32, 32] { shape = shape.message(1, Wire().number(1, extent)) }
    let type = Wire().message(1, Wire().number(1, 1).message(2, shape))
    var graph = Wire()
    for node in nodes { graph = graph.message(1, node) }
    for tensor in tensors { graph = graph.message(5, tensor) }
    graph = graph.message(11, Wire().text(1, "x").message(2, type)).message(12, Wire().text(1, "y"))
    return Wire().number(1, 8).message(7, graph).message(8, Wire().number(2, 17))
  }

  private func integers(_ name: String, _ values: [Int64]) -> Wire {
    var tensor = Wire().number(1, Int64(values.count)).number(2, 7)
    for value in values { tensor = tensor.number(7, value) }
    return tensor.text(8, name)
  }

  private func problem(_ model: Wire) throws -> Problem? {
    let file = try ONNXFile.open(folder.write(model.bytes))
    do throws(Problem) {
      _ = try ImportedNetwork(file, name: "m", height: 32, width: 32, output: .anything)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    arguments: [
      ("Tile", ["one", "many"], [1_000_000, 1_000_000], "1000000x1000000"),
      ("Tile", ["one", "many"], [1, 300_000_000], nil),
      ("Expand", ["one", "many"], [100_000, 100_000], nil),
      ("Pad", ["one", "many"], [50_000, 50_000, 50_000, 50_000], "100001x100001"),
      ("Resize", ["one", "", "", "many"], [200_000, 200_000], nil),
    ] as [(String, [String], [Int64], String?)])
  func whatIsTooLargeIsRefused(_ operation: String, _ inputs: [String], _ numbers: [Int64], _ shape: String?) throws {
    let made = model(
      [Wire.node(operation, inputs, ["c"], name: "large"), Wire.node("Add", ["x", "c"], ["y"])],
      [Wire.tensor("one", [1, 1], [1]), integers("many", numbers)])
    let found = try #require(try problem(made))
    #expect(found.kind == .usage && found.remedy != nil && found.place?.file != nil)
    #expect(found.message.contains("large"), "\(found)")
    if let shape {
      #expect(
        found.message.contains(
          "asks for a constant of \(shape) elements, expected at most 268435456 in all constants that have to be computed"
        ),
        "\(found)")
    }
  }

  /// What PyTorch's exporter makes of a softplus is one.
  @Test func aThresholdedSoftplusIsOne() throws {
    func kinds(_ nodes: [Wire]) throws -> [String] {
      let tensors = [
        Wire.tensor("limit", [], [20]), Wire.tensor("low", [], [2]), Wire.tensor("beta", [], [2]),
      ]
      let file = try ONNXFile.open(folder.write(model(nodes, tensors).bytes))
      let network = try ImportedNetwork(file, name: "m", height: 32, width: 32, output: .anything)
      return network.graph.nodes.map { $0.operation.kind }
    }
    let whole = try kinds([Wire.node("Relu", ["x"], ["h"]), Wire.node("Softplus", ["h"], ["y"])])
    #expect(
      try kinds([
        Wire.node("Relu", ["x"], ["h"]), Wire.node("Softplus", ["h"], ["s"]),
        Wire.node("Greater", ["h", "limit"], ["c"]), Wire.node("Where", ["c", "h", "s"], ["y"]),
      ]) == whole)
    let scaled = try kinds([
      Wire.node("Relu", ["x"], ["h"]), Wire.node("Mul", ["h", "beta"], ["b"]), Wire.node("Softplus", ["b"], ["s"]),
      Wire.node("Div", ["s", "beta"], ["y"]),
    ])
    #expect(
      try kinds([
        Wire.node("Relu", ["x"], ["h"]), Wire.node("Mul", ["h", "beta"], ["b"]), Wire.node("Softplus", ["b"], ["s"]),
        Wire.node("Div", ["s", "beta"], ["q"]), Wire.node("Greater", ["b", "limit"], ["c"]),
        Wire.node("Where", ["c", "h", "q"], ["y"]),
      ]) == scaled)
    // A threshold below which they differ is another function.
    #expect(throws: Problem.self) {
      try kinds([
        Wire.node("Relu", ["x"], ["h"]), Wire.node("Softplus", ["h"], ["s"]),
        Wire.node("Greater", ["h", "low"], ["c"]), Wire.node("Where", ["c", "h", "s"], ["y"]),
      ])
    }
  }

  /// Shapes and constants of a graph for four images fit no single one: the file says why.
  @Test func aFixedBatchIsNamed() throws {
    let made = model(
      [Wire.node("Reshape", ["x", "many"], ["h"]), Wire.node("Relu", ["h"], ["y"])], [integers("many", [4, 3072])],
      batch: 4)
    let found = try #require(try problem(made))
    #expect(
      found.remedy
        == "The file was exported for batches of 4, and one image is measured at a time: export it with a batch of 1, or with one "
        + "that is left open.")
    let alone = model(
      [Wire.node("Reshape", ["x", "many"], ["h"]), Wire.node("Relu", ["h"], ["y"])], [integers("many", [1, 3072])])
    #expect(try problem(alone) == nil)
  }
}
