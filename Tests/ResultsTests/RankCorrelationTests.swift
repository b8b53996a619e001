import Foundation
import GoldenSupport
import Support
import Testing

@testable import Results

/// Against scipy and numpy: see `Scripts/goldens/agreement.py`.
@Suite struct RankCorrelationTests {
  private struct Golden: Decodable {
    struct Case: Decodable {
      let images: Int
      let steps: Double
      let slope: Double
      let value: Double
      let interval: [Double]
    }
    struct Orders: Decodable {
      let first: [Double]
      let second: [Double]
      let tau: Double?
    }
    let draws: Int
    let spearman: [Case]
    let kendall: [Orders]
  }

  private let golden: Golden

  init() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Goldens/agreement.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  private func columns(_ one: Golden.Case) -> ([Double], [Double]) {
    let first = generated("agreement first", count: one.images)
    let second = zip(first, generated("agreement second", count: one.images)).map { one.slope * $0 + $1 }
    func stepped(_ column: [Double]) -> [Double] {
      one.steps > 0 ? column.map { ($0 * one.steps).rounded(.down) } : column
    }
    return (stepped(first), stepped(second))
  }

  @Test func spearmanIsThatOfScipy() {
    for one in golden.spearman {
      let (first, second) = columns(one)
      let found = SpearmanSample(first, second).estimate(seed: 7, resamples: golden.draws)
      #expect(abs(found.value - one.value) < 1e-14, "\(one)")
      guard one.interval.count == 2 else {
        #expect(found.interval == nil, "\(one)")
        continue
      }
      // The golden's standard errors are differences, its percentiles of the same draws.
      #expect(abs(found.lower - one.interval[0]) < 1e-8, "\(one): \(found)")
      #expect(abs(found.upper - one.interval[1]) < 1e-8, "\(one): \(found)")
      let reversed = SpearmanSample(first.map { -$0 }, second).estimate(seed: 7, resamples: golden.draws)
      #expect(abs(reversed.value + found.value) < 1e-14 && abs(reversed.lower + found.upper) < 1e-9)
    }
  }

  @Test func oneOrderHasAnIntervalOfManyImagesAlone() {
    func estimate(_ count: Int) -> Estimate {
      let column = generated("agreement first", count: count)
      return SpearmanSample(column, column.map { $0 * $0 * $0 }).estimate(seed: 7, resamples: 200)
    }
    #expect(estimate(12) == Estimate(1))
    #expect(estimate(40) == Estimate(value: 1, lower: 1, upper: 1))
    #expect(estimate(10_001) == Estimate(value: 1, lower: 1, upper: 1))
  }

  @Test func whereNothingVariesThereIsNone() {
    #expect(SpearmanSample([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]).estimate(seed: 7, resamples: 200).value.isNaN)
    #expect(SpearmanSample([1, 2], [1, 2]).estimate(seed: 7, resamples: 200).value.isNaN)
    #expect(SpearmanSample([], []).estimate(seed: 7, resamples: 200).value.isNaN)
  }

  @Test func ofManyImagesTheTwoWaysAgree() {
    let (first, second) = (
      generated("agreement first", count: 10_000), generated("agreement second", count: 10_000)
    )
    let together = zip(first, second).map { 0.5 * $0 + $1 }
    let normal = SpearmanSample(first, together).estimate(seed: 7, resamples: 300)
    let bootstrap = SpearmanSample(Array(first.dropLast()), Array(together.dropLast())).estimate(
      seed: 7, resamples: 300)
    #expect(abs(normal.value - bootstrap.value) < 1e-3)
    #expect(abs((normal.upper - normal.lower) - (bootstrap.upper - bootstrap.lower)) < 0.004)
  }

  @Test func kendallIsThatOfScipy() throws {
    for one in golden.kendall {
      let tau = try #require(Kendall.tau(one.first, one.second))
      #expect(abs(tau - (one.tau ?? .nan)) < 1e-15, "\(one)")
    }
    #expect(Kendall.tau([1], [2]) == nil)
    #expect(Kendall.tau([1, 1, 1], [1, 2, 3]) == nil)
  }
}
