import Foundation
import Support
import Tensors
import Testing

@testable import ONNX

/// Files of exporters and of `Scripts/goldens/onnx_files.py`, against what onnx reads of them.
@Suite struct ModelTests {
  private struct Golden: Decodable {
    struct Constant: Decodable {
      let type: String
      let shape: [Int]
      let values: [Number]
    }

    /// A float or an integer of 64 bits; infinities and zeros of floats are texts.
    enum Number: Decodable {
      case integer(Int64)
      case float(Float)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
          self = .float(Float(text) ?? .nan)
        } else if let integer = try? container.decode(Int64.self) {
          self = .integer(integer)
        } else {
          self = .float(Float(try container.decode(Double.self)))
        }
      }

      var float: Float {
        switch self {
        case .float(let value): value
        case .integer(let value): Float(value)
        }
      }

      var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    }

    enum Part: Decodable, Equatable {
      case text(String)
      case list([String])

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
          self = .text(text)
        } else {
          self = .list(try container.decode([String].self))
        }
      }
    }

    let opset: Int
    let producer: String
    let nodes: [[Part]]
    let tensors: [String: Constant]
  }

  private static func all() throws -> [String: Golden] {
    try JSONDecoder().decode(
      [String: Golden].self, from: Data(contentsOf: goldens.appending(path: "models.json")))
  }

  static let names = [
    "branches", "constants", "dynamo", "external", "foreign-unused", "foreign-used", "functions", "half", "merged",
    "opset9", "torchscript", "types", "unpacked",
  ]

  private static func open(_ name: String) throws -> ONNXFile {
    try ONNXFile.open(goldens.appending(path: "\(name).onnx").path)
  }

  @Test func everyFileIsTried() throws {
    #expect(try Self.all().keys.sorted() == Self.names.map { $0 + ".onnx" })
  }

  @Test(arguments: names) func nodesAndConstantsAreThoseThatOnnxReads(_ name: String) throws {
    let golden = try #require(try Self.all()[name + ".onnx"])
    let model = try Self.open(name)
    #expect(model.opset == golden.opset)
    #expect(model.producer == golden.producer)
    let nodes: [[Golden.Part]] = model.nodes.map {
      [.text($0.opType), .text($0.name), .list($0.inputs), .list($0.outputs)]
    }
    #expect(nodes == golden.nodes)
    var constants = model.initializers
    for node in model.nodes where node.opType == "Constant" {
      if case .tensor(let tensor)? = node.attributes["value"] { constants[node.outputs[0]] = tensor }
    }
    #expect(constants.keys.sorted() == golden.tensors.keys.sorted())
    for (name, expected) in golden.tensors {
      let tensor = try #require(constants[name])
      #expect(tensor.dataType.name == expected.type)
      #expect(tensor.shape == Shape(expected.shape))
      switch tensor.dataType.reading {
      case .floats?:
        // By their bits: -0 is not 0.
        let values = try model.floats(of: tensor).map(\.bitPattern)
        #expect(values == expected.values.map(\.float.bitPattern), "\(name)")
      case .integers?:
        #expect(try model.integers(of: tensor).map(Optional.some) == expected.values.map(\.integer), "\(name)")
      case nil: #expect(tensor.dataType == .string)
      }
    }
  }

  @Test func bothExportersGiveTheSameNetwork() throws {
    let former = try Self.open("torchscript")
    let later = try Self.open("dynamo")
    #expect(former.operators.first { $0.name == "Conv" }?.count == 7)
    #expect(later.operators.first { $0.name == "Conv" }?.count == 7)
    #expect(former.inputs.map(\.summary) == ["`image`: FLOAT, batch x 3 x 32 x 32"])
    #expect(later.inputs.map(\.summary) == ["`image`: FLOAT, 1 x 3 x 32 x 32"])
    #expect(former.outputs.map(\.summary) == ["`logits`: FLOAT, batch x 3"])
    let weights = try [former, later].map { try $0.floats(of: try #require($0.initializers["fc.weight"])) }
    #expect(weights[0] == weights[1] && weights[0].count == 15)
    #expect(former.refusals == [] && later.refusals == [])
    #expect(former.isNeeded.allSatisfy { $0 })
    try former.requireReadable()
  }

  @Test func attributesHaveTheirTypes() throws {
    let model = try Self.open("constants")
    func attribute(_ node: String, _ name: String) -> ModelAttribute? {
      model.nodes.first { $0.name == node }?.attributes[name]
    }
    guard case .ints([1, 1])? = attribute("conv", "kernel_shape"), case .int(1)? = attribute("conv", "group"),
      case .string("SAME_UPPER")? = attribute("conv", "auto_pad"), case .float(0.125)? = attribute("leaky", "alpha"),
      case .floats([0.5, 0.25])? = attribute("floats", "value_floats")
    else {
      Issue.record("\(model.nodes.map(\.attributes))")
      return
    }
    #expect(model.inputs.map(\.summary) == ["`x`: FLOAT, N x 1 x ? x 2"])
    // Whose constant no one needs.
    #expect(zip(model.nodes, model.isNeeded).filter { !$0.1 }.map(\.0.name) == ["floats"])
    #expect(model.parameters == 3)
  }

  @Test func piecesArePartsOfTheWhole() throws {
    let model = try Self.open("torchscript")
    let tensor = try #require(model.initializers["fc.weight"])
    var values: [Float] = []
    try model.forEachPiece(of: tensor) { (start, piece) throws(Problem) in
      if start != values.count { throw .failure("a piece begins at \(start)") }
      for index in piece.indices { values.append(piece[index]) }
    }
    #expect(try values == model.floats(of: tensor))
  }

  @Test func externalDataAreHashedWithTheModel() throws {
    let model = try Self.open("external")
    #expect(model.externalLocations == ["external.bin"])
    #expect(model.files.map(\.path) == [model.path, goldens.appending(path: "external.bin").path])
    let lines = try zip(model.files, ["external.onnx", "external.bin"]).map { try "\($0.sha256())  \($1)\n" }
    #expect(try model.sha256() == Checksum.sha256(Array(lines.joined().utf8)))
    let alone = try Self.open("torchscript")
    #expect(try alone.sha256() == alone.files[0].sha256())
  }

  @Test func whatIsNoPlainNetworkIsRefusedByName() throws {
    let place = { (name: String) in goldens.appending(path: "\(name).onnx").path }
    func refusals(_ name: String) throws -> [String] {
      try Self.open(name).refusals.map { problem in
        let byte = problem.place?.byte.map { ", byte \($0)" } ?? ""
        return problem.description.replacingOccurrences(of: place(name) + byte + ": ", with: "")
      }
    }
    #expect(
      try refusals("branches") == [
        "node `choice` (If) decides at run time what is computed, expected a graph without If, Loop and Scan\n"
          + "  Export the network with a fixed image size, in eval mode; onnxsim, or PyTorch's other exporter, often resolves it."
      ])
    #expect(
      try refusals("functions") == [
        "node `swish1` (Swish), and 1 more like it, is a function that the file defines\n"
          + "  Put its nodes in its place: onnx.inliner.inline_local_functions(model)."
      ])
    #expect(
      try refusals("foreign-used") == [
        "node `gelu` (Gelu) is an operator of `com.microsoft`, expected ONNX's own\n"
          + "  Export the network without the other program's operators, or before that program optimised it."
      ])
    #expect(try refusals("foreign-unused") == [])
    let problem = #expect(throws: Problem.self) { try Self.open("branches").requireReadable() }
    #expect(problem?.kind == .usage)
  }
}
