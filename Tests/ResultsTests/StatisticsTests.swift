import Foundation
import GoldenSupport
import Support
import Testing

@testable import Results

/// Against statsmodels, scipy and numpy: see `Scripts/goldens/report_statistics.py`.
@Suite struct StatisticsTests {
  private struct Golden: Decodable {
    struct Family: Decodable {
      let values: [Double]
      let adjusted: [Double]
    }
    struct Drawn: Decodable {
      let images: Int
      let levels: Int
      let draws: Int?
      let values: [String: Double]
      let intervals: [String: [Double]]
    }
    struct Flips: Decodable {
      let exact: [Double]
      let drawn: [Double]
      let limit: Double
    }
    let wilson: [[Double]]
    let holm: [Family]
    let percentile: Drawn
    let studentised: Drawn
    let normal: Drawn
    let flips: Flips
  }

  private let golden: Golden

  init() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Goldens/statistics.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  /// By level, then by image.
  private func columns(_ name: String, _ images: Int, _ levels: Int) -> [[Double]] {
    let values = generated(name, count: images * levels).map { $0 / 2 }
    return (0..<levels).map { level in (0..<images).map { values[$0 * levels + level] } }
  }

  private func estimates(_ name: String, _ golden: Golden.Drawn) -> [String: Estimate] {
    var sample = ImageSample(images: golden.images)
    let all = columns(name, golden.images, golden.levels)
    sample.columns = all
    let own = (0..<golden.images).map { image in all.map { $0[image] } }
    let deviations = sample.add(own.map(Drift.standardDeviation), false)
    let means = sample.add(own.map { Drift.mean($0) - 0.25 }, false)
    let variances = sample.add(own.map(Drift.variance), false)
    let low = sample.add(all[2].indices.map { all[0][$0] < 0.2 ? all[2][$0] : .nan }, false)
    let named: [(String, ImageStatistic)] = [
      ("mod", .mean(2)), ("vid", .mean(deviations)), ("vidOfMOD", .spreadOfMeans([0, 1, 2, 3, 4])),
      ("vidPooled", .pooled(mean: means, variance: variances)), ("difference", .difference(3, 1)),
      ("r", .correlation(0, 4)), ("low", .mean(low)), ("high", .meanWithout(2, low)),
    ]
    sample.statistics = named.map(\.1)
    let found = IntervalMaker(seed: 7, resamples: golden.draws ?? 2000).estimates(of: [sample, sample])
    #expect(found[0] == found[1], "the draws are shared")
    return Dictionary(uniqueKeysWithValues: zip(named.map(\.0), found[0]))
  }

  private func compare(_ name: String, _ golden: Golden.Drawn, within bound: Double) throws {
    let found = estimates(name, golden)
    for (name, value) in golden.values {
      let own = try #require(found[name])
      #expect(abs(own.value - value) < 1e-13, "\(name)")
    }
    for (name, ends) in golden.intervals {
      let own = try #require(found[name])
      #expect(abs(own.lower - ends[0]) < bound, "\(name): \(own.lower) is not \(ends[0])")
      #expect(abs(own.upper - ends[1]) < bound, "\(name): \(own.upper) is not \(ends[1])")
    }
  }

  @Test func proportionsAreWilsons() {
    for line in golden.wilson {
      let found = Proportion(Int(line[0]), of: Int(line[1])).estimate
      #expect(found.value == line[0] / line[1])
      #expect(abs(found.lower - line[2]) < 1e-12 && abs(found.upper - line[3]) < 1e-12, "\(line)")
    }
    #expect(Proportion(40, of: 40).estimate.lower < 0.92)
    #expect(Proportion(0, of: 0).estimate == Estimate(.nan))
  }

  @Test func familiesAreHolms() {
    for family in golden.holm {
      for (found, expected) in zip(Holm.adjusted(family.values), family.adjusted) {
        #expect(abs(found - expected) < 1e-15)
      }
    }
    let some = Holm.adjusted([0.02, .nan, 0.03])
    #expect(some[0] == 0.04 && some[1].isNaN && some[2] == 0.04)
    #expect(Holm.adjusted([]) == [])
  }

  @Test func percentilesAreNumpys() throws { try compare("bootstrap", golden.percentile, within: 1e-13) }

  /// The golden's standard errors are made by differences of weights.
  @Test func studentisedIntervalsAreThoseOfTheJackknife() throws {
    try compare("few", golden.studentised, within: 1e-7)
  }

  @Test func manyImagesHaveTheNormalInterval() throws { try compare("many", golden.normal, within: 1e-13) }

  /// What is linearised by hand has the error that resampling gives it.
  @Test func errorsAreThoseOfTheBootstrap() throws {
    let many = estimates("many", golden.normal)
    let drawn = estimates(
      "many", Golden.Drawn(images: 4000, levels: 5, draws: 1000, values: [:], intervals: [:]))
    // The means of these levels are the same but for chance: their spread has no normal distribution.
    for name in ["vidPooled", "r", "low", "high"] {
      let (normal, percentile) = (try #require(many[name]), try #require(drawn[name]))
      let ratio = (normal.upper - normal.lower) / (percentile.upper - percentile.lower) * (10_007.0 / 4000).squareRoot()
      #expect(abs(ratio - 1) < 0.1, "\(name): \(ratio)")
    }
  }

  @Test func flipsAreScipys() {
    let flips = SignFlips(seed: 7, flips: 2000)
    let few = flips.probabilities(of: columns("few", 12, 5), pairs: [(0, 1), (2, 3)])
    for (found, expected) in zip(few, golden.flips.exact) { #expect(abs(found - expected) < 1e-12) }
    var some = columns("bootstrap", 137, 5)
    some[0] = some[0].map { $0 + 0.03 }
    some[2] = some[2].map { $0 + 0.03 }
    #expect(flips.probabilities(of: some, pairs: [(0, 1), (2, 3)]) == golden.flips.drawn)
    #expect(flips.probabilities(of: some, pairs: [(1, 0)])[0] == golden.flips.drawn[0], "two-sided")
    var many = columns("many", 10_007, 5)
    many[0] = many[0].map { $0 + 0.002 }
    #expect(abs(flips.probabilities(of: many, pairs: [(0, 1)])[0] - golden.flips.limit) < 1e-12)
  }

  @Test func flipsOfNothing() {
    let flips = SignFlips(seed: 7, flips: 200)
    for images in [2, 40, 10_000] {
      let same = [[Double]](repeating: [Double](repeating: 0.1, count: images), count: 2)
      #expect(flips.probabilities(of: same, pairs: [(0, 1)]) == [1])
    }
    #expect(flips.probabilities(of: [[1], [0]], pairs: [(0, 1)]) == [1], "one image can be flipped in two ways")
    #expect(flips.probabilities(of: [[], []], pairs: [(0, 1)])[0].isNaN)
  }

  @Test(arguments: [
    (4, IntervalRule.none), (5, .studentised), (29, .studentised), (30, .percentile), (9_999, .percentile),
  ])
  func theRuleGoesByTheNumberOfImages(_ images: Int, _ rule: IntervalRule) {
    #expect(IntervalRule(images: images, count: images) == rule)
    let few: IntervalRule = rule == .percentile ? .normal : rule
    #expect(IntervalRule(images: 10_000, count: images) == few, "a part of many is not resampled")
  }

  /// As `numpy.percentile(values, [2.5, 97.5])`: of all values in order.
  @Test func percentilesAreThoseOfTheSortedValues() throws {
    var generator = SplitMix64(seed: 3)
    for count in [1, 2, 3, 5, 39, 40, 41, 100, 1000] {
      for different in [1, 3, 1 << 20] {
        let values = (0..<count).map { _ in Double(Int(generator.next() >> 40) % different) / 7 - 0.2 }
        let sorted = values.sorted()
        func expected(_ share: Double) -> Double {
          let place = share * Double(count - 1)
          let below = Int(place)
          return sorted[below] + (place - Double(below)) * (sorted[min(below + 1, count - 1)] - sorted[below])
        }
        let found = try #require(Resampling.percentiles(values.shuffled(using: &generator)))
        #expect(found.lower == expected(0.025) && found.upper == expected(0.975), "\(count) values, \(different)")
      }
    }
    let gaps = [Double](repeating: 0.25, count: 9) + [.nan]
    #expect(try #require(Resampling.percentiles(gaps)) == (0.25, 0.25))
    #expect(Resampling.percentiles(gaps + [.infinity]) == nil)
  }

  @Test func fewImagesHaveNoIntervalAndEqualOnesNoWidth() {
    func estimate(_ values: [Double]) -> Estimate {
      var sample = ImageSample(images: values.count)
      _ = sample.add(values)
      return IntervalMaker(seed: 7, resamples: 100).estimates(of: [sample])[0][0]
    }
    #expect(estimate([0.1, 0.2, 0.3, 0.4]) == Estimate(0.25))
    #expect(estimate([]) == Estimate(.nan))
    for count in [5, 30, 10_000] {
      #expect(estimate([Double](repeating: 0.5, count: count)) == Estimate(value: 0.5, lower: 0.5, upper: 0.5))
    }
    let partial = estimate([0.1, .nan, 0.3, .nan, .nan, .nan])
    #expect(partial.value == 0.2 && partial.interval == nil)
  }
}
