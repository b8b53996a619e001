import Architectures
import Foundation
import GoldenSupport
import Engines
import Graphs
import Testing

/// The five networks as published, at full size, against PyTorch, within the bounds of the measurement protocol.
///
/// Takes minutes and gigabytes: run it in a release build with HEATDRIFT_FULL_NETWORKS=1, as `Scripts/test.sh` does.
@Suite(
  .serialized,
  .enabled(if: ProcessInfo.processInfo.environment["HEATDRIFT_FULL_NETWORKS"] != nil, "HEATDRIFT_FULL_NETWORKS not set")
)
struct FullNetworkTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens")

  @Test(arguments: Architecture.allCases, EngineKind.allCases)
  func agreesWithPyTorch(_ architecture: Architecture, _ engine: EngineKind) throws {
    let golden = try NetworkGolden(architecture.rawValue, in: Self.folder)
    let run = try GoldenRun(golden, engine: engine.makeEngine())
    // A pre-activation of nearly 0 may fall on either side of it when sums are made in another order, on another
    // processor or by another engine, and one ReLU that opens in a deep layer of VGG16 moves the whole gradient by some
    // thousandths: PyTorch's own results differ by as much between two processors. Where the golden says that its image
    // is such a one, whatever depends on the gradient has so much more room, and no more.
    let room = max(1, 3 * golden.roundingMovesGradientBy / 1e-3)
    #expect(run.logits <= 1e-4)
    #expect(run.attackedLogits <= 1e-3 * room)
    #expect(run.predictedClass == golden.explainedClass)
    #expect(run.attackedClass == golden.attackedClass)
    #expect(run.gradient <= 1e-3 * room)
    #expect(run.gradientNorm <= 1e-3 * room)
    #expect(run.equalSigns >= 0.995)
    for (layer, error) in run.rawMaps { #expect(error <= 1e-3 * room, "raw map at \(layer)") }
    #expect(run.heatmap <= 1e-3)
    #expect(run.ssim <= 2e-3 * room)
    print(
      "\(architecture.rawValue) \(engine.name): logits \(run.logits), gradient \(run.gradient) "
        + "(rounding \(golden.roundingMovesGradientBy)), equal signs \(run.equalSigns)")
  }
}
