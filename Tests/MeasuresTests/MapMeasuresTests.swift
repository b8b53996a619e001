import Explanations
import Foundation
import GoldenSupport
@testable import Measures
import Support
import Testing

/// The measures beside NISSIM against numpy and scipy in double precision: `Scripts/goldens/map_measures.py`.
@Suite struct MapMeasuresTests {
  private struct Golden: Decodable {
    struct Case: Decodable {
      var first: String
      var second: String
      var peaks: [Double]
      var topK: [String: Double]
      var iou: [String: Double]
      var magnitude: Double
      /// Nil where there is no value.
      var rank: Double?
      var centre: Double?

      private enum CodingKeys: String, CodingKey {
        case first, second, peaks, iou, magnitude, rank, centre
        case topK = "top-k"
      }
    }

    var size: Int
    var cases: [Case]
  }

  private let golden: Golden

  init() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/map-measures.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  /// A dead one for no name.
  private func map(_ name: String, peak: Double) -> ExplainedMap {
    let count = golden.size * golden.size
    let values: [Float]
    switch name {
    case "", "zeros": values = [Float](repeating: 0, count: count)
    case "one value": values = [Float](repeating: 0.25, count: count)
    default:
      values = generated(name, count: count).map { value in
        if name.hasPrefix("steps") { return Float((value * 10).rounded(.down) / 10) }
        return Float(name.hasPrefix("half") ? max(0, value * 2 - 1) : value)
      }
    }
    return ExplainedMap(
      raw: RawMap(height: 1, width: 1, values: [Float(peak)]), heatmap: Heatmap(size: golden.size, values: values))
  }

  private func value(_ measure: any Measure, _ one: Golden.Case) throws -> Double {
    let clean = map(one.first, peak: one.peaks[0])
    let values = try measure.reference(clean).compare(with: map(one.second, peak: one.peaks[1]))
    #expect(values.count == type(of: measure).columns.count && measure.contradiction(in: values) == nil)
    return try #require(values.last)
  }

  @Test func agreeWithNumPy() throws {
    #expect(golden.cases.count == 14)
    for one in golden.cases {
      #expect(one.topK.count == 3 && one.iou.count == 3)
      for (share, expected) in one.topK {
        var measure = TopK()
        measure.share = try #require(Double(share))
        #expect(abs(try value(measure, one) - expected) <= 1e-12, "\(one.first), \(one.second): top-k of \(share)")
      }
      for (threshold, expected) in one.iou {
        var measure = IntersectionOverUnion()
        measure.threshold = try #require(Double(threshold))
        #expect(abs(try value(measure, one) - expected) <= 1e-12, "\(one.first), \(one.second): IoU at \(threshold)")
      }
      #expect(abs(try value(Magnitude(), one) - one.magnitude) <= 1e-9, "\(one.first), \(one.second)")
      for (measure, expected) in [(RankCorrelation(), one.rank), (CentreShift(), one.centre)]
        as [(any Measure, Double?)]
      {
        let found = try value(measure, one)
        let isRight = expected.map { abs(found - $0) <= 1e-9 } ?? found.isNaN
        #expect(isRight, "\(one.first), \(one.second): \(type(of: measure).title) \(found)")
      }
    }
  }

  /// Where a measure has no value but may not lack one, its number is wrong.
  @Test func onlySomeMeasuresHaveGaps() {
    for measure in measures.all.map({ $0.init() }) {
      let own = type(of: measure)
      let fault = measure.contradiction(in: [Double](repeating: .nan, count: own.columns.count))
      #expect((fault == nil) == ["rank", "centre"].contains(own.key), "\(own.key): \(fault ?? "")")
    }
  }

  /// Values beyond 1 take a round of sorting more; the order is turned round where each value is taken from 10.
  @Test func ranksDoNotDependOnTheScale() throws {
    let values = generated("noise a", count: 1600).map { Float($0) }
    let ranks = AverageRanks(values)
    #expect(ranks.correlation(with: AverageRanks(values.map { $0 * 1024 })) == 1)
    #expect(ranks.correlation(with: AverageRanks(values.map { 10 - ($0 * 1024).rounded() / 1024 })) ?? 0 < -0.999)
    #expect(AverageRanks([0, 0.5, -0.0, 1]).correlation(with: AverageRanks([1, 2, 1, 4])) == 1)
  }

  /// A map that is one pixel, moved by 3 columns and 4 rows of 40.
  @Test func aCentreMovesAsFarAsTheMap() throws {
    func dot(_ column: Int, _ row: Int) -> ExplainedMap {
      var values = [Float](repeating: 0, count: 1600)
      values[row * 40 + column] = 0.5
      return ExplainedMap(
        raw: RawMap(height: 1, width: 1, values: [1]), heatmap: Heatmap(size: 40, values: values))
    }
    #expect(abs(try CentreShift().reference(dot(10, 20)).compare(with: dot(13, 24))[0] - 5.0 / 40) < 1e-15)
    #expect(CentreOfGravity(dot(0, 39).heatmap)?.x == 0.5 / 40 && CentreOfGravity(dot(0, 39).heatmap)?.y == 39.5 / 40)
  }

  /// Whatever the measure: the same map has a distance of 0, two dead ones too.
  @Test(arguments: measures.keys, ["noise a", "steps a", ""]) func theSameMapIsAtNoDistance(
    _ key: String, _ name: String
  ) throws {
    let measure = try #require(measures[key]).init()
    let one = map(name, peak: name.isEmpty ? 0 : 2)
    #expect(try measure.reference(one).compare(with: one).last == 0)
  }

  @Test func heatmapsOfOtherSizesAreRefused() throws {
    let clean = map("noise a", peak: 1)
    let small = ExplainedMap(raw: clean.raw, heatmap: Heatmap(size: 2, values: [0, 0, 1, 0]))
    for measure in [TopK(), IntersectionOverUnion(), RankCorrelation(), CentreShift()] as [any Measure] {
      let problem = #expect(throws: Problem.self) { try measure.reference(clean).compare(with: small) }
      #expect(problem?.message == "a heatmap of 40 x 40 pixels was compared with one of 2 x 2")
    }
  }
}
