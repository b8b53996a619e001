import Explanations
import Foundation
import GoldenSupport
import Measures
import Support
import Testing

/// The measures beside NISSIM against numpy in double precision: `Scripts/goldens/map_measures.py`.
@Suite struct MapMeasuresTests {
  private struct Golden: Decodable {
    struct Case: Decodable {
      var first: String
      var second: String
      var peaks: [Double]
      var topK: [String: Double]
      var iou: [String: Double]
      var magnitude: Double

      private enum CodingKeys: String, CodingKey {
        case first, second, peaks, iou, magnitude
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
    let values =
      name.isEmpty
      ? [Float](repeating: 0, count: count)
      : generated(name, count: count).map { Float(name.hasPrefix("steps") ? ($0 * 10).rounded(.down) / 10 : $0) }
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
    #expect(golden.cases.count == 7)
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
    }
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
    for measure in [TopK(), IntersectionOverUnion()] as [any Measure] {
      let problem = #expect(throws: Problem.self) { try measure.reference(clean).compare(with: small) }
      #expect(problem?.message == "a heatmap of 40 x 40 pixels was compared with one of 2 x 2")
    }
  }
}
