import Architectures
import Foundation
import GoldenSupport
import Engines
import Graphs
import Testing

/// The five networks at a quarter of their width and a small input against PyTorch, within the bounds of the
/// measurement protocol, on both engines. `FullNetworkTests` does the same at full size.
@Suite struct GoldenNetworkTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")

  @Test(arguments: Architecture.allCases, EngineKind.allCases)
  func agreesWithPyTorch(_ architecture: Architecture, _ engine: EngineKind) throws {
    try compare(architecture.rawValue, engine)
  }

  /// The ResNet that VGGFace2's weights belong to, with its channels, range, strides and padding; and a VGG16 under
  /// timm's names, whose hidden layers are convolutions there.
  @Test(arguments: ["resnet50_caffe", "vgg16_timm"], EngineKind.allCases)
  func variantsAgreeWithPyTorch(_ name: String, _ engine: EngineKind) throws {
    try compare(name, engine)
  }

  private func compare(_ name: String, _ engine: EngineKind) throws {
    let golden = try NetworkGolden(name, in: Self.folder)
    let run = try GoldenRun(golden, engine: engine.makeEngine())
    #expect(run.violations(of: golden) == [])
    // Narrow networks keep well within the protocol's bounds.
    #expect(run.logits <= 1e-5)
    #expect(run.attackedLogits <= 1e-5)
    #expect(run.rawMaps.count == golden.layers.count)
  }
}
