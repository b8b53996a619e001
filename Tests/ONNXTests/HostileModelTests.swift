import Foundation
import Support
import Testing

@testable import ONNX

/// Damaged and malicious files: each is refused with what is wrong, or taken; none takes memory or time.
@Suite struct HostileModelTests {
  private let folder: ModelFolder
  private static let again = "\n  The file is damaged, or it is no such file: copy, download or export it again."

  init() throws { folder = try ModelFolder() }

  /// The problem's message, behind the name of its tensor; nil where the model is taken.
  private func problem(_ model: Wire, limits: ModelLimits = ModelLimits()) throws -> String? {
    let path = try folder.write(model.bytes)
    do {
      _ = try ONNXFile.open(path, limits: limits)
      return nil
    } catch {
      #expect(error.place?.file == path && error.remedy != nil)
      return (error.place?.tensor.map { "\($0): " } ?? "") + error.message
    }
  }

  private static let relu = Wire.node("Relu", ["x"], ["y"], name: "r")

  @Test func everyTruncationIsRefusedOrAModel() throws {
    let whole = Wire.model(
      [Wire.node("Add", ["x", "b"], ["h"]), Wire.node("Relu", ["h"], ["y"])], tensors: [Wire.tensor("b", [2], [1, 2])]
    ).text(2, "producer").bytes
    #expect(try folder.problem(whole) == nil)
    var taken: [Int] = []
    for count in whole.indices where try folder.problem(Array(whole[..<count])) == nil { taken.append(count) }
    // Cut between two fields: without the version of its operators, and without its producer's name.
    #expect(taken == [whole.count - 14, whole.count - 10])
    let path = try folder.write(Array(whole.dropLast(14)))
    #expect(
      try ONNXFile.open(path).refusals.map(\.message) == [
        "the file does not say which version of ONNX's operators it uses"
      ])
    // A file of an exporter, with raw data: a message's end cut off is seen.
    let golden = Array(try Data(contentsOf: goldens.appending(path: "constants.onnx")))
    for count in golden.indices { #expect(try folder.problem(Array(golden[..<count])) != nil || count > 370) }
  }

  @Test func damageSaysWhereItIs() throws {
    let model = Wire.model([Self.relu])
    let size = model.bytes.count
    #expect(
      try folder.problem(Array(model.bytes.dropLast()))
        == "m.onnx, byte \(size - 3): expected a length within the 1 bytes that are left of what it is part of, found 2"
        + Self.again)
    #expect(
      try folder.problem([]) == "m.onnx: expected an ONNX network, found no graph in the file" + Self.again)
    #expect(
      try folder.problem(model.number(7, 5).bytes)
        == "m.onnx, byte \(size): expected `graph` (field 7) as a length and its bytes, found a varint" + Self.again)
    #expect(
      try folder.problem(model.content(2, [0xff, 0xfe]).bytes)
        == "m.onnx, byte \(size): expected `producer_name` in UTF-8, found other bytes" + Self.again)
  }

  @Test func nestingIsNotGoneInto() throws {
    // A graph in an attribute in a node in a graph, 50,000 times.
    var inner: [UInt8] = []
    for _ in 0..<50_000 {
      inner = [0x0a] + Wire.varint(UInt64(inner.count)) + inner
      if inner.count > 200_000 { break }
    }
    let node = Wire(bytes: Self.relu.bytes).message(5, Wire().text(1, "body").number(20, 5).content(6, inner))
    let path = try folder.write(Wire.model([node]).bytes)
    let model = try ONNXFile.open(path)
    #expect(
      model.refusals.map(\.message) == [
        "node `r` (Relu) has a graph as its attribute `body`, expected numbers, texts or a tensor"
      ])
  }

  @Test func shapesAndCountsMustFit() throws {
    func message(_ tensor: Wire) throws -> String? { try problem(Wire.model([Self.relu], tensors: [tensor])) }
    let bits = { (values: [Float]) in values.flatMap { withUnsafeBytes(of: $0.bitPattern, Array.init) } }
    #expect(try message(Wire.tensor("w", [2, 3], [1])) == "w: expected 6 elements for its shape 2x3, found 1")
    #expect(
      try message(Wire.tensor("w", [2]).content(9, bits([1])))
        == "w: expected 8 bytes for FLOAT values of shape 2, found 4")
    #expect(try message(Wire.tensor("w", [-1])) == "w: expected dimensions of 0 to 2147483647, found -1")
    #expect(
      try message(Wire.tensor("w", [1 << 40])) == "w: expected dimensions of 0 to 2147483647, found 1099511627776")
    #expect(
      try message(Wire.tensor("w", [2_147_483_647, 2_147_483_647, 2_147_483_647]))
        == "w: its shape 2147483647x2147483647x2147483647 has more elements than any file")
    // An extent of 0 does not hide an overflow.
    #expect(
      try message(Wire.tensor("w", [0, 2_147_483_647, 2_147_483_647]))
        == "w: its shape 0x2147483647x2147483647 has more elements than any file")
    #expect(
      try message(Wire.tensor("w", [1], [1]).content(9, bits([1])))
        == "w: expected its values in one form, found them as float_data and raw_data")
    #expect(
      try message(Wire.tensor("w", [1]).number(7, 5))
        == "w: expected FLOAT values in `float_data`, found them in `int64_data`")
    #expect(try message(Wire.tensor("w", [1]).number(2, 99)) == "w: expected an element type of 1 to 28, found 99")
    #expect(
      try message(Wire.tensor("w", [1]).content(4, [1, 2, 3]))
        == "expected `float_data` of 4 bytes an element, found 3 bytes")
    #expect(
      try message(Wire.tensor("w", Array(repeating: 1, count: 33)))
        == "expected at most 32 dimensions of a tensor, found more")
  }

  @Test func elementsOutOfTheirTypesRangeAreRefused() throws {
    let tensor = Wire().number(1, 1).number(2, 10).number(5, 65_536).text(8, "h")
    let signed = Wire().number(1, 1).number(2, 9).number(5, 2).text(8, "b")
    let path = try folder.write(Wire.model([Self.relu], tensors: [tensor, signed]).bytes)
    let model = try ONNXFile.open(path)
    let half = #expect(throws: Problem.self) { try model.floats(of: try #require(model.initializers["h"])) }
    #expect(half?.message == "expected FLOAT16 values of 0 to 65535, found 65536")
    let flag = #expect(throws: Problem.self) { try model.integers(of: try #require(model.initializers["b"])) }
    #expect(flag?.message == "expected BOOL values of 0 to 1, found 2")
    let other = #expect(throws: Problem.self) { try model.floats(of: try #require(model.initializers["b"])) }
    #expect(other?.message == "expected FLOAT, FLOAT16, BFLOAT16 or DOUBLE, found BOOL")
  }

  @Test func everyValueIsMadeOnceAndBeforeItIsUsed() throws {
    let weight = Wire.tensor("w", [1], [1])
    #expect(
      try problem(Wire.model([Self.relu], tensors: [weight, weight])) == "w: there is a second initialiser of this name"
    )
    #expect(try problem(Wire.model([Self.relu], inputs: ["x", "x"])) == "the graph has the input `x` a second time")
    #expect(
      try problem(Wire.model([Self.relu, Wire.node("Neg", ["x"], ["y"])]))
        == "node 2 (Neg) gives the value `y`, which node `r` (Relu) gives as well")
    #expect(
      try problem(Wire.model([Wire.node("Neg", ["x"], ["w"]), Self.relu], tensors: [weight]))
        == "node 1 (Neg) gives the value `w`, which is an input or an initialiser")
    #expect(
      try problem(Wire.model([Wire.node("Add", ["x", "z"], ["y"])]))
        == "node 1 (Add) needs the value `z`, which is no input, no initialiser and no output of a node")
    #expect(try problem(Wire.model([Self.relu], outputs: ["q"])) == "nothing gives the graph's output `q`")
    #expect(
      try problem(Wire.model([Wire.node("Add", ["x", "y"], ["y"], name: "loop")]))
        == "node `loop` (Add) needs its own output")
    #expect(
      try problem(
        Wire.model([
          Wire.node("Add", ["x", "c"], ["a"]), Wire.node("Neg", ["a"], ["b"]), Wire.node("Neg", ["b"], ["c"]),
          Wire.node("Neg", ["a"], ["y"]),
        ])) == "node 2 (Neg), node 3 (Neg) and node 1 (Add) need each other's outputs in a circle")
    #expect(try problem(Wire.model([Wire.node("", ["x"], ["y"])])) == "node 1 has no operator")
  }

  @Test func nodesAreBroughtIntoOrder() throws {
    let path = try folder.write(
      Wire.model([Wire.node("Neg", ["h"], ["y"]), Wire.node("Relu", ["x"], ["h"]), Wire.node("Abs", ["x"], ["z"])])
        .bytes)
    let model = try ONNXFile.open(path)
    #expect(model.nodes.map(\.opType) == ["Relu", "Abs", "Neg"])
    #expect(model.isNeeded == [true, false, true])
  }

  @Test func versionsInputsAndOutputsAreSaid() throws {
    func refusals(_ model: Wire) throws -> [String] {
      try ONNXFile.open(folder.write(model.bytes)).refusals.map(\.message)
    }
    #expect(
      try refusals(Wire.model([Self.relu], opset: 8)) == ["expected operators of version (opset) 9 to 21, found 8"])
    #expect(
      try refusals(Wire.model([Self.relu], opset: 22)) == ["expected operators of version (opset) 9 to 21, found 22"])
    #expect(
      try refusals(Wire.model([Self.relu], inputs: ["x", "size"], outputs: ["y", "x", "size"])) == [
        "expected one input, found 2: `x` and `size`", "expected one output, found 3: `y`, `x` and `size`",
      ])
    #expect(try refusals(Wire.model([Self.relu], outputs: [])) == ["expected one output, found none"])
    #expect(
      try problem(Wire.model([Self.relu]).message(8, Wire().number(2, 18)))
        == "expected one version of the operators of `ai.onnx`, found 17 and 18")
  }

  @Test func moreThanAnyNetworkHasIsRefused() throws {
    var limits = ModelLimits()
    limits.nodes = 2
    limits.inputsOfNode = 3
    limits.nameBytes = 5
    limits.attributesOfNode = 1
    let neg = { (number: Int) in Wire.node("Neg", ["x"], ["v\(number)"]) }
    #expect(
      try problem(Wire.model([neg(1), neg(2), neg(3)]), limits: limits) == "expected at most 2 nodes, found more")
    #expect(
      try problem(Wire.model([Wire.node("Sum", ["x", "x", "x", "x"], ["y"])]), limits: limits)
        == "expected at most 3 inputs and outputs of a node, found more")
    #expect(
      try problem(Wire.model([Wire.node("Relu", ["x"], ["y"], name: "longer")]), limits: limits)
        == "expected `NodeProto.name` of at most 5 bytes, found 6")
    let twice = Self.relu.message(5, Wire().text(1, "a").number(3, 1)).message(5, Wire().text(1, "b").number(3, 1))
    #expect(try problem(Wire.model([twice]), limits: limits) == "expected at most 1 attributes of a node, found more")
    limits = ModelLimits()
    limits.items = 10
    let packed = Self.relu.message(5, Wire().text(1, "a").content(8, [UInt8](repeating: 0, count: 100)))
    #expect(
      try problem(Wire.model([packed]), limits: limits)
        == "expected at most 10 nodes, names, attributes and numbers that describe the model, found more")
    let doubled = Self.relu.message(5, Wire().text(1, "a").number(3, 1)).message(5, Wire().text(1, "a").number(3, 1))
    #expect(try problem(Wire.model([doubled])) == "node `r` (Relu) has the attribute `a` a second time")
  }
}
