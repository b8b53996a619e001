import Explanations
import Foundation
import GoldenSupport
import Measures
import Results
import Support
import Testing

@Suite struct SSIMTests {
  private struct Case: Decodable {
    let size: Int
    let first: String
    let second: String
    let uniform: Double
    let gaussian: Double
    let isNoise: Bool?
    let x: PackedFloats?
    let y: PackedFloats?
  }

  private func map(_ name: String, _ size: Int) -> [Float] {
    let raw = generated(name, count: 49).map { Float(max(0, $0 - 0.4) * 3) }
    return heatmap(of: RawMap(height: 7, width: 7, values: raw), size: size).values
  }

  /// Zeros, a dead map, for no name.
  private func noise(_ name: String, _ size: Int) -> [Float] {
    if name.isEmpty { return [Float](repeating: 0, count: size * size) }
    return generated(name, count: size * size).map { Float($0) }
  }

  /// Against scikit-image: see `Scripts/goldens/measures.py`. Where the golden holds the maps, or both sides make
  /// the same noise, the bound is
  /// that of the protocol; where both sides make them, the last bit of a Float32 may differ.
  @Test func agreesWithScikitImage() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Goldens/ssim.json")
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
    #expect(cases.count == 8)
    for golden in cases {
      let isNoise = golden.isNoise ?? false
      let make = isNoise ? noise : map
      let x = golden.x?.values ?? make(golden.first, golden.size)
      let y = golden.y?.values ?? make(golden.second, golden.size)
      let bound = golden.x == nil && !isNoise ? 1e-6 : 1e-9
      for (window, expected) in [(SSIMWindow.uniform, golden.uniform), (.gaussian, golden.gaussian)] {
        let reference = try SSIMReference(x, height: golden.size, width: golden.size, window: window)
        let found = try reference.compare(with: y)
        #expect(abs(found - expected) <= bound, "\(golden.size) \(window): \(found) is not \(expected)")
      }
    }
  }

  @Test(arguments: SSIMWindow.allCases)
  func equalMapsGiveExactlyOne(_ window: SSIMWindow) throws {
    for values in [map("a", 37), [Float](repeating: 0, count: 37 * 37), [Float](repeating: 0.7, count: 37 * 37)] {
      let ssim = try SSIMReference(values, height: 37, width: 37, window: window).compare(with: values)
      #expect(ssim == 1)
      #expect(NISSIM.value(ssim: ssim) == 0)
    }
  }

  @Test func invertedMapsAreFarApart() throws {
    let values = map("a", 40)
    let ssim = try SSIMReference(values, height: 40, width: 40, window: .uniform).compare(with: values.map { 1 - $0 })
    #expect(NISSIM.value(ssim: ssim) > 0.5)
  }

  @Test func mapsSmallerThanTheWindowAreRefused() {
    let problem = #expect(throws: Problem.self) {
      try SSIMReference([Float](repeating: 0, count: 60), height: 6, width: 10, window: .uniform)
    }
    #expect(
      problem?.description
        == "a heatmap of 6 x 10 is smaller than the 7 x 7 window of SSIM\n  Choose a larger `input.size`, or "
        + "`window: uniform`, which takes 7 x 7.")
  }
}
