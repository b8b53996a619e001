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
    // The truth is in double precision; a ReLU whose pre-activation is within rounding of 0 cannot be decided in single
    // precision, so that the bound is never below twice PyTorch's own error on the same image and weights.
    #expect(run.violations(of: golden) == [])
    print(
      "\(architecture.rawValue) \(engine.name): logits \(run.logits), gradient \(run.gradient) "
        + "(PyTorch \(golden.gradientOfPyTorch)), equal signs \(run.equalSigns) (\(golden.equalSignsOfPyTorch))")
  }
}
