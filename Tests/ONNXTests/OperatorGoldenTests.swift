import Engines
import Foundation
import Graphs
import Images
import ONNX
import Support
import Tensors
import Testing

/// Small models of one operator or a few, with every attribute's traps, against onnxruntime forwards and PyTorch in double
/// precision backwards (`Scripts/goldens/onnx_operators.py`).
@Suite struct OperatorGoldenTests {
  struct Case: Decodable, Sendable {
    let name: String
    let file: String
    let shape: [Int]
    /// Float32, as the others.
    let image: Data
    let logits: Data
    let seed: Data
    let gradient: Data
    /// What need not be computed.
    let optional: Bool?

    static func floats(_ data: Data) -> [Float] {
      let bytes = [UInt8](data)
      return stride(from: 0, to: bytes.count - 3, by: 4).map { start in
        let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
        return Float(bitPattern: bits)
      }
    }
  }

  private static func cases() throws -> [Case] {
    try JSONDecoder().decode([Case].self, from: Data(contentsOf: folder.appending(path: "operators.json")))
  }

  private static let folder = goldens.appending(path: "operators")

  @Test(arguments: engines.all) func operatorsAreComputedAsElsewhere(_ kind: EngineKind) throws {
    let engine = try kind.makeEngine()
    var wrong: [String] = []
    var refused: [String] = []
    var right = 0
    for one in try Self.cases() {
      do {
        let findings = try Self.findings(one, engine)
        if findings.isEmpty { right += 1 } else { wrong.append("\(one.name): \(findings.joined(separator: "; "))") }
      } catch {
        if one.optional == true { refused.append(one.name) } else { wrong.append("\(one.name): \(error)") }
      }
    }
    #expect(
      wrong.isEmpty, "\(wrong.count) of \(wrong.count + right + refused.count):\n\(wrong.joined(separator: "\n"))")
    print("\(kind.name): \(right) right, \(refused.count) refused: \(refused)")
  }

  private static func findings(_ one: Case, _ engine: any Engine) throws -> [String] {
    let file = try ONNXFile.open(folder.appending(path: one.file).path)
    let imported = try ImportedNetwork(
      file, name: one.name, height: one.shape[1], width: one.shape[2], channels: one.shape[0],
      output: one.name.hasPrefix("logits-") ? .logits : .anything)
    let network = try Network(
      imported.graph,
      normalisation: Normalisation(
        mean: [Double](repeating: 0, count: one.shape[0]),
        standardDeviation: [Double](repeating: 1, count: one.shape[0])),
      weights: imported.weights)
    let session = try engine.prepare(network, layers: []).makeSession()
    let logits = try session.logits(of: Tensor(shape: Shape(one.shape), values: Case.floats(one.image)))
    var findings: [String] = []
    func hold(_ found: [Float], _ expected: [Float], _ what: String) {
      guard found.count == expected.count else {
        return findings.append("\(what): \(found.count) numbers, expected \(expected.count)")
      }
      let size = expected.reduce(0) { max($0, abs($1)) }
      let difference = zip(found, expected).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      if !(difference <= 1e-5 * max(size, 1)) { findings.append("\(what): off by \(difference) of \(size)") }
    }
    hold(logits, Case.floats(one.logits), "logits")
    hold(try session.inputGradient(logitGradient: Case.floats(one.seed)).values, Case.floats(one.gradient), "gradient")
    return findings
  }
}
