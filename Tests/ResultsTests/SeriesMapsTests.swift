import Explanations
import Foundation
import GoldenSupport
import Measures
import Support
import Testing

@testable import Results

@Suite struct SeriesMapsTests {
  private static let levels = [0.05, 0.1]

  private func map(_ image: Int, _ epsilon: Double?) -> RawMap {
    if image == 2, epsilon == nil || epsilon == 0 { return HeldMaps.dead }
    if image == 4, epsilon == 0.1 { return HeldMaps.dead }
    return HeldMaps.generatedMap("map \(image) \(epsilon.map { $0 == 0 ? -1 : $0 } ?? -1)")
  }

  @Test func meansAreThoseOfHeatmapsAndDeadOnesCountAsZero() throws {
    let results = mappedResults(labels: [0, 1, 0, 1, 2], levels: Self.levels, maps: HeldMaps { self.map($0, $1) })
    let series = try #require(try results.summarise().first { $0.layer == "last" })
    let found = try #require(try results.maps(of: [series]).first)
    #expect(found.size == 40)
    #expect(found.images == [0, 1, 2, 3, 4])
    #expect(
      found.deadCount == 1 && found.levels.map(\.deadCount) == [0, 1] && found.levels.map(\.epsilon) == Self.levels)
    for (mean, epsilon) in [(found.clean, nil)] + found.levels.map({ ($0.mean, Optional($0.epsilon)) }) {
      var expected = [Double](repeating: 0, count: 1600)
      for image in 0..<5 {
        for (place, value) in heatmap(of: map(image, epsilon), size: 40).values.enumerated() {
          expected[place] += Double(value) / 5
        }
      }
      #expect(mean.count == 1600)
      #expect(zip(mean, expected).allSatisfy { abs($0 - $1) < 1e-14 })
    }
    var without: [Int] = []
    for level in found.levels {
      let shifts = try results.shifts(of: series, epsilon: level.epsilon)
      without.append(shifts.count { $0 == nil })
      for image in 0..<5 {
        guard let before = CentreOfGravity(heatmap(of: map(image, nil), size: 40)),
          let after = CentreOfGravity(heatmap(of: map(image, level.epsilon), size: 40))
        else {
          #expect(shifts[image] == nil)
          continue
        }
        #expect(shifts[image] == Shift(x: after.x - before.x, y: after.y - before.y))
      }
    }
    #expect(without == [1, 2])
    #expect(try results.shifts(of: series, epsilon: 0.07).isEmpty)
  }

  /// A spot that an attack moves by one place to the right and two down, in maps of 14 x 14 places.
  @Test func aPlantedShiftIsFound() throws {
    @Sendable func spot(_ x: Double, _ y: Double) -> RawMap {
      let values = (0..<196).map { place in
        let (dx, dy) = (Double(place % 14) - x, Double(place / 14) - y)
        return Float(max(0, 1 - (dx * dx + dy * dy) / 9))
      }
      return RawMap(height: 14, width: 14, values: values)
    }
    let results = mappedResults(
      labels: (0..<20).map { $0 % 3 }, size: 224,
      maps: HeldMaps { image, epsilon in
        let (x, y) = (4 + Double(image % 5), 4 + Double(image / 5))
        return epsilon == 0.1 ? spot(x + 1, y + 2) : spot(x, y)
      })
    let series = try #require(try results.summarise().first { $0.layer == "last" })
    let level = try #require(try results.maps(of: [series]).first?.levels.first)
    let shifts = try results.shifts(of: series, epsilon: level.epsilon)
    let found = ShiftStatistics(shifts, seed: 7, flips: 1000)
    #expect(abs(found.mean.x - 1.0 / 14) < 1e-5 && abs(found.mean.y - 2.0 / 14) < 1e-5, "\(found.mean)")
    #expect(found.consistency > 1 - 1e-8 && found.probability == 1 / 1001.0 && found.isConsistent)
    #expect(found.imageCount == 20 && found.unmovedCount == 0 && found.deadCount == 0)
    let ellipse = try #require(found.ellipse)
    #expect(ellipse.half.major < 1e-5)
    let control = ShiftStatistics(shifts.map { _ in Shift(x: 0, y: 0) }, seed: 7, flips: 1000)
    #expect(control.unmovedCount == 20 && control.consistency.isNaN && !control.isConsistent)
  }
}

/// Against numpy: see `Scripts/goldens/unrelated_maps.py`.
@Suite struct ShiftStatisticsTests {
  private struct Golden: Decodable {
    struct Case: Decodable {
      let name: String
      let count: Int
      let x: Double
      let y: Double
      let mean: [Double]
      let half: [Double]
      let angle: Double
      let consistency: Double
      let probability: Double?
    }
    let shifts: [Case]
  }

  private func shifts(_ name: String, _ count: Int, _ x: Double = 0, _ y: Double = 0) -> [Shift?] {
    let values = generated(name, count: 2 * count).map { ($0 - 0.5) * 0.1 }
    return (0..<count).map { Shift(x: values[2 * $0] + x, y: values[2 * $0 + 1] + y) }
  }

  @Test func agreeWithNumPy() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/unrelated-maps.json")
    let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
    #expect(golden.shifts.count == 4)
    for one in golden.shifts {
      // Dead maps change nothing but their count.
      let found = ShiftStatistics([nil] + shifts(one.name, one.count, one.x, one.y) + [nil], seed: 7, flips: 1000)
      #expect(found.deadCount == 2 && found.imageCount == one.count)
      #expect(abs(found.mean.x - one.mean[0]) < 1e-14 && abs(found.mean.y - one.mean[1]) < 1e-14)
      let ellipse = try #require(found.ellipse)
      #expect(abs(ellipse.half.major - one.half[0]) < 1e-12 && abs(ellipse.half.minor - one.half[1]) < 1e-12)
      // An axis has no direction.
      #expect(abs(sin(ellipse.angle - one.angle)) < 1e-9, "\(one.name): \(ellipse.angle)")
      #expect(abs(found.consistency - one.consistency) < 1e-12)
      if let probability = one.probability { #expect(found.probability == probability, "\(one.name)") }
    }
  }

  /// Of shifts without a common direction p is below 0.05 about once in twenty, and as often above any share.
  @Test(arguments: [12, 40]) func directionsByChanceHaveNoSmallProbability(_ count: Int) {
    let found = (0..<100).map { ShiftStatistics(shifts("chance \($0)", count), seed: 7, flips: 400).probability }
    #expect(found.count { $0 < 0.05 } <= 12, "\(found.count { $0 < 0.05 })")
    #expect((35...65).contains(found.count { $0 < 0.5 }), "\(found.count { $0 < 0.5 })")
    #expect(
      found[0] > 0.05
        && found
          == (0..<100).map {
            ShiftStatistics(shifts("chance \($0)", count), seed: 7, flips: 400).probability
          }
    )
  }

  @Test func oneDirectionIsCertain() throws {
    let all: [Shift?] = (1...40).map { Shift(x: 0.03 * Double($0), y: -0.04 * Double($0)) }
    let found = ShiftStatistics(all, seed: 7, flips: 1000)
    #expect(abs(found.consistency - 1) < 1e-12 && found.probability == 1 / 1001.0)
    let ellipse = try #require(found.ellipse)
    #expect(ellipse.half.minor < 1e-8 && abs(tan(ellipse.angle) + 4.0 / 3) < 1e-9)
    let opposite: [Shift?] = all.enumerated().map { index, shift in
      index % 2 == 0 ? shift : shift.map { Shift(x: -$0.x, y: -$0.y) }
    }
    let none = ShiftStatistics(opposite, seed: 7, flips: 1000)
    #expect(none.consistency < 1e-12 && none.probability == 1)
  }

  /// Six one way and six another: whichever signs are flipped, the sum is as long or longer.
  @Test func directionsThatCancelAreNone() {
    let angle = 0.7
    let all: [Shift?] = (0..<12).map { place in
      let sign: Double = place % 2 == 0 ? 0.03 : -0.03
      return Shift(x: sign * cos(angle), y: sign * sin(angle))
    }
    for own in [all, all + all] {
      let found = ShiftStatistics(own, seed: 7, flips: 1000)
      #expect(found.consistency < 1e-12)
      #expect(found.probability == 1)
    }
  }

  /// An ellipse of 95% holds the true mean about as often, of few images too: of 400 samples of two normal numbers.
  @Test(arguments: [5, 12, 40]) func ellipsesHoldWhatTheyPromise(_ count: Int) throws {
    var held = 0
    for sample in 0..<400 {
      let numbers = generated("ellipse \(count) \(sample)", count: 4 * count)
      let own: [Shift?] = (0..<count).map { place in
        func normal(_ index: Int) -> Double {
          (-2 * log(max(1e-12, numbers[index]))).squareRoot() * cos(2 * Double.pi * numbers[index + 1])
        }
        return Shift(x: 0.02 * normal(4 * place), y: 0.01 * normal(4 * place + 2))
      }
      let found = ShiftStatistics(own, seed: 7, flips: 100)
      let ellipse = try #require(found.ellipse)
      let (x, y) = (-found.mean.x, -found.mean.y)
      let major = (x * cos(ellipse.angle) + y * sin(ellipse.angle)) / ellipse.half.major
      let minor = (y * cos(ellipse.angle) - x * sin(ellipse.angle)) / ellipse.half.minor
      held += major * major + minor * minor <= 1 ? 1 : 0
    }
    // Three standard errors of a share of 0.95 are 0.033.
    #expect((367...393).contains(held), "\(held)")
  }

  @Test func fewImagesHaveNoEllipse() {
    let few = ShiftStatistics(shifts("few", 4), seed: 7, flips: 100)
    #expect(few.ellipse == nil && few.imageCount == 4 && !few.isConsistent)
    let none = ShiftStatistics([nil, nil], seed: 7, flips: 100)
    #expect(none.mean.x.isNaN && none.consistency.isNaN && none.imageCount == 0 && none.deadCount == 2)
  }

  @Test func cosines() {
    func shift(_ x: Double, _ y: Double) -> ShiftStatistics {
      ShiftStatistics([Shift(x: x, y: y)], seed: 7, flips: 100)
    }
    #expect(shift(0.1, 0).cosine(with: shift(0, 0.3)) == 0)
    #expect(shift(0.3, 0.4).cosine(with: shift(-0.6, -0.8)) == -1)
    #expect(abs((shift(0.1, 0).cosine(with: shift(0.2, 0.2)) ?? 0) - 0.5.squareRoot()) < 1e-12)
    #expect(shift(0.1, 0).cosine(with: shift(0, 0)) == nil)
  }
}
