import Engines
import Foundation
import Graphs
import Images
import ONNX
import Support
import Tensors
import Testing
import Weights

@testable import Measuring

/// Logits of an embedding, against what PyTorch gives in double precision for the network and NumPy's arithmetic here.
@Suite struct CosineHeadTests {
  private static let networks = URL(filePath: #filePath).deletingLastPathComponent().appending(
    path: "../CommandLineTests/Networks")

  /// (k * 37 + 11) mod 256 of 255, as `Scripts/goldens/onnx_small_networks.py` makes it.
  private static let image = Tensor(
    shape: [3, 32, 32], values: (0..<3 * 32 * 32).map { Float(($0 * 37 + 11) % 256) / 255 })

  private static let prototypes: [[Double]] = [[1, 0, 0, 0, 0], [0.5, -1, 2, 0.25, 1], [-1, 1, 1, 1, 1]]
  private static let scale = 64.0

  private func network() throws -> Network {
    let file = try ONNXFile.open(Self.networks.appending(path: "embedding.onnx").path)
    let imported = try ImportedNetwork(file, name: "embedding", height: 32, width: 32)
    let rows = try Self.prototypes.flatMap { row in
      try #require(CosineHead.normalised(row.map { Float($0) })).map { $0 * Float(Self.scale) }
    }
    let head = try CosineHead(imported.graph, weights: imported.weights, labels: 3) { () throws(Problem) in rows }
    // None: the network takes pixels in [0, 1].
    let plain = Normalisation(mean: [0, 0, 0], standardDeviation: [1, 1, 1])
    return try Network(head.graph, normalisation: plain, weights: head.weights)
  }

  private func expected() throws -> [Double] {
    let data = try Data(contentsOf: Self.networks.appending(path: "logits.json"))
    let embedding = try #require(try JSONDecoder().decode([String: [Double]].self, from: data)["embedding"])
    func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    return Self.prototypes.map { row in
      Self.scale * zip(row, embedding).reduce(0) { $0 + $1.0 * $1.1 } / norm(row) / norm(embedding)
    }
  }

  @Test(arguments: engines.all.map(\.name)) func logitsAreCosines(_ name: String) throws {
    let network = try network()
    #expect(network.classCount == 3)
    let engine = try #require(engines[name]).makeEngine()
    let session = try engine.prepare(network, layers: try network.resolve(layers: ["last"])).makeSession()
    let logits = try session.logits(of: Self.image)
    for (found, expected) in zip(logits, try expected()) { #expect(abs(Double(found) - expected) < 1e-3, "\(logits)") }

    // The gradient goes through cosines and normalisation: against central differences along it.
    let gradient = try session.inputGradient(logitGradient: [0, 1, 0])
    let squares = gradient.values.reduce(0.0) { $0 + Double($1) * Double($1) }
    let step = 0.01 / squares.squareRoot()
    func moved(_ sign: Double) throws -> Double {
      let values = zip(Self.image.values, gradient.values).map { $0 + Float(sign * step * Double($1)) }
      return Double(try session.logits(of: Tensor(shape: [3, 32, 32], values: values))[1])
    }
    let slope = try (moved(1) - moved(-1)) / (2 * step)
    #expect(squares > 0 && abs(slope / squares - 1) < 0.01, "\(slope) \(squares)")
  }

  @Test func aVectorWithoutDirectionIsNone() {
    #expect(CosineHead.normalised([0, 0]) == nil)
    #expect(CosineHead.normalised([3, -4]) == [0.6, -0.8])
    #expect(CosineHead.normalised([.infinity, 1]) == nil)
  }
}
