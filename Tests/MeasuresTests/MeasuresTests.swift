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

@Suite struct DriftTests {
  private let nissim = [[0.1, 0.3], [0.2, 0.2], [0.0, 0.6]]

  @Test func threeReadingsOfVID() throws {
    let table = DriftTable(nissim)
    let mods = table.mods(of: [0, 1, 2])
    try #require(mods.count == 2)
    #expect(abs(mods[0] - 0.1) < 1e-15)
    #expect(abs(mods[1] - 1.1 / 3) < 1e-15)
    // Per image: 0.1, 0, 0.3.
    #expect(abs(table.vid(of: [0, 1, 2]) - 0.4 / 3) < 1e-15)
    // MOD: 0.1 and 1.1 / 3.
    #expect(abs(Drift.standardDeviation(mods) - (1.1 / 3 - 0.1) / 2) < 1e-15)
    // Variance over all six: mean of squares 0.54 / 6 minus the squared mean 1.4 / 6.
    #expect(abs(table.vidPooled(of: [0, 1, 2]) - (0.54 / 6 - (1.4 / 6) * (1.4 / 6)).squareRoot()) < 1e-15)
    #expect(DriftTable([[0.4]]).vid(of: [0]) == 0, "one level has no spread")
  }
}

@Suite struct BootstrapTests {
  /// The first numbers of SplitMix64 from seed 1234567, as in its reference implementation.
  @Test func generatorIsSplitMix64() {
    var generator = SplitMix64(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
    #expect(generator.next() == 9_817_491_932_198_370_423)
  }

  @Test func intervalsHoldTheMeanAndDependOnTheSeedAlone() {
    let values = generated("bootstrap", count: 40)
    func interval(_ seed: UInt64) -> (Double, Double) {
      Bootstrap(imageCount: 40, seed: seed).interval { draw in Drift.mean(draw.map { values[$0] }) }
    }
    let (lower, upper) = interval(7)
    let mean = Drift.mean(values)
    #expect(lower < mean && mean < upper)
    // The standard error of the mean of 40 values, times 1.96 to either side.
    let expected = 2 * 1.96 * Drift.standardDeviation(values) / 40.0.squareRoot()
    #expect(abs((upper - lower) / expected - 1) < 0.1)
    #expect(interval(7) == (lower, upper))
    #expect(interval(8) != (lower, upper))
  }

  private struct Golden: Decodable {
    let images: Int
    let levels: Int
    let seed: UInt64
    let values: [String: Double]
    let intervals: [String: [Double]]
  }

  /// Against numpy drawing the same images: see `Scripts/goldens/measures.py`.
  @Test func intervalsAreNumpys() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Goldens/bootstrap.json")
    let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    let values = generated("bootstrap", count: golden.images * golden.levels).map { $0 / 2 }
    let nissim = stride(from: 0, to: values.count, by: golden.levels).map { Array(values[$0..<$0 + golden.levels]) }
    let table = DriftTable(nissim)
    func statistics(_ draw: [Int]) -> [Double] {
      let mods = table.mods(of: draw)
      return [mods[2], table.vid(of: draw), Drift.standardDeviation(mods), table.vidPooled(of: draw)]
    }
    let whole = statistics(Array(nissim.indices))
    let intervals = Bootstrap(imageCount: golden.images, seed: golden.seed).intervals(statistics)
    for (index, name) in ["mod", "vid", "vidOfMOD", "vidPooled"].enumerated() {
      let (value, interval) = (try #require(golden.values[name]), try #require(golden.intervals[name]))
      #expect(abs(whole[index] - value) < 1e-14, "\(name)")
      #expect(abs(intervals[index].lower - interval[0]) < 1e-14, "\(name)")
      #expect(abs(intervals[index].upper - interval[1]) < 1e-14, "\(name)")
    }
  }

  @Test func noImagesHaveNoIntervals() {
    #expect(Bootstrap(imageCount: 0, seed: 7).intervals { _ in [1] }.isEmpty)
  }

  @Test func oneImageHasNoSpread() {
    let interval = Bootstrap(imageCount: 1, seed: 7).interval { draw in draw.reduce(0.0) { $0 + Double($1) + 0.5 } }
    #expect(interval == (0.5, 0.5))
  }
}
