import Explanations
import Foundation
import GoldenSupport
import Images
import Measures
import Support
import Synchronization
import Testing

@testable import Results

/// Raw maps of images "0", "1" and so on, whatever is asked for of them.
struct HeldMaps: PictureSource {
  /// By image; nil for one that was not kept.
  var map: @Sendable (_ image: Int, _ epsilon: Double?) -> RawMap?

  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) -> RawMap? { map(Int(image) ?? 0, epsilon) }
  func photograph(model: String, image: String) -> RGBImage? { nil }

  static func generatedMap(_ name: String) -> RawMap {
    RawMap(height: 7, width: 7, values: generated(name, count: 49).map { Float(max(0, $0 - 0.4) * 3) })
  }

  static let dead = RawMap(height: 7, width: 7, values: [Float](repeating: 0, count: 49))
}

/// Results of one model with a map for each image and level.
func mappedResults(
  labels: [Int], levels: [Double] = [0.1], size: Int = 40, measures: [any Measure] = [NISSIM(), CentreShift()],
  maps: HeldMaps
) -> ExperimentResults {
  let images = labels.enumerated().map { ImageRecord(path: "\($0)", label: $1, sha256: "\($0)") }
  let model = ModelRecord(
    key: "m", name: "M", architecture: "vgg16", width: 1, inputSize: size, mean: [], standardDeviation: [],
    classCount: 9, parameterCount: 1, weightsFile: "", weightsSHA256: "", layers: ["early", "last"], lastLayer: "last")
  var rows: [Results.Measurement] = []
  for image in images {
    for layer in model.layers {
      for epsilon in [0] + levels {
        rows.append(
          Results.Measurement(
            model: "m", image: image.path, label: image.label, attack: "fgsm", explanation: "grad-cam",
            target: .predicted, layer: layer, epsilon: epsilon, cleanPrediction: 0, adversarialPrediction: 0,
            cleanConfidence: 0.9, adversarialConfidence: 0.8,
            dissimilarities: measures.map { _ in epsilon == 0 ? 0 : 0.1 }, parts: [epsilon == 0 ? 1 : 0.8],
            cleanPeak: 1, adversarialPeak: 1))
      }
    }
  }
  var results = ExperimentResults(
    title: "t", seed: 7, models: [model], images: images, classNames: [], epsilons: levels, targets: [.predicted],
    measures: measures, measurements: rows, options: [], provenance: [], skipped: [], pictures: maps)
  results.resamples = 100
  return results
}

/// Against scikit-image and scipy: see `Scripts/goldens/unrelated_maps.py`.
@Suite struct UnrelatedMapsTests {
  private struct Golden: Decodable {
    struct Mean: Decodable {
      let value: Double
      let pairs: Int
      let all: Int
    }
    let size: Int
    let labels: [Int]
    let dead: [Int]
    let unrelated: [String: Mean]
  }

  private let golden: Golden

  init() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Goldens/unrelated-maps.json")
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: file))
  }

  private func results(_ measures: [any Measure] = [NISSIM(), CentreShift()]) -> ExperimentResults {
    let dead = golden.dead
    return mappedResults(
      labels: golden.labels, size: golden.size, measures: measures,
      maps: HeldMaps { image, _ in
        dead.contains(image) ? HeldMaps.dead : HeldMaps.generatedMap("unrelated \(image)")
      })
  }

  @Test func meansAreThoseOfScikitImage() throws {
    let results = results()
    let series = try results.summarise().filter { $0.layer == "last" }
    #expect(series.map(\.measure) == ["nissim", "centre"])
    for one in series {
      let found = try results.unrelatedMaps(of: one)
      for (kind, mean) in [("same", found.sameLabel), ("different", found.differentLabels)] {
        let expected = try #require(golden.unrelated["\(one.measure) \(kind)"])
        let mean = try #require(mean)
        // Heatmaps are Float32 here.
        #expect(abs(mean.value - expected.value) < 2e-6, "\(one.measure) \(kind): \(mean.value)")
        #expect(mean.pairCount == expected.pairs && mean.allCount == expected.all, "\(one.measure) \(kind)")
        #expect(mean.valuelessCount == expected.all - expected.pairs)
      }
    }
  }

  @Test func relativeDriftIsMODOverTheMeanOfDifferentLabels() throws {
    let results = results()
    let series = try results.summarise()
    let last = try #require(series.first { $0.layer == "last" && $0.measure == "nissim" })
    let mean = try #require(try results.unrelatedMaps(of: last).differentLabels).value
    #expect(results.unrelatedMean(of: last) == mean)
    let drift = try #require(results.relativeDrift(of: last, at: last.levels[0]))
    #expect(abs(drift - 0.1 / mean) < 1e-12)
    let early = try #require(series.first { $0.layer == "early" })
    #expect(results.unrelatedMean(of: early) == nil, "of the deepest layer alone")
    #expect(results.relativeDrift(of: early, at: early.levels[0]) == nil)
  }

  private static let maps = (0..<4).map { image in
    let raw = HeldMaps.generatedMap("unrelated \(image)")
    return ExplainedMap(raw: raw, heatmap: heatmap(of: raw, size: 37))
  }

  private func expectTheSame(_ measure: some Measure, _ maps: [ExplainedMap]) throws {
    for one in maps {
      for other in maps {
        let (first, second) = (try measure.reference(one), try measure.reference(other))
        let (whole, kept) = (try first.compare(with: other), try first.compare(with: second, of: other))
        #expect(whole.map(\.bitPattern) == kept.map(\.bitPattern), "\(type(of: measure).key)")
      }
    }
  }

  /// Every measure, of dead maps too.
  @Test func whatIsKeptOfTwoMapsSaysWhatTheMapsSay() throws {
    let raw = RawMap(height: 3, width: 3, values: [Float](repeating: 0, count: 9))
    let dead = ExplainedMap(raw: raw, heatmap: heatmap(of: raw, size: 37))
    for kind in measures.all { try expectTheSame(kind.init(), Self.maps + [dead]) }
    // Of other options what is kept says something else: the map itself is asked.
    var wider = TopK()
    wider.share = 0.2
    let (one, other) = (Self.maps[0], Self.maps[1])
    #expect(
      try TopK().reference(one).compare(with: wider.reference(other), of: other)
        == TopK().reference(one).compare(with: other))
  }

  /// What is kept of both maps gives the very bits that the one map and the other give.
  @Test(arguments: SSIMWindow.allCases)
  func twoReferencesGiveTheSameBits(_ window: SSIMWindow) throws {
    var measure = NISSIM()
    measure.window = window
    let maps = Self.maps
    try expectTheSame(measure, maps)
    let small = try measure.reference(
      ExplainedMap(raw: maps[0].raw, heatmap: heatmap(of: maps[0].raw, size: 20)))
    #expect(throws: Problem.self) { try small.compare(with: measure.reference(maps[0]), of: maps[0]) }
  }

  @Test func whatCannotBeReadIsNotKnown() throws {
    let asked = Atomic<Int>(0)
    let results = mappedResults(
      labels: [0, 1, 2, 3],
      maps: HeldMaps { image, _ in
        asked.add(1, ordering: .relaxed)
        return image == 2 ? nil : HeldMaps.generatedMap("unrelated \(image)")
      })
    let last = try #require(try results.summarise().first { $0.layer == "last" })
    #expect(results.unrelatedMean(of: last) == nil)
    let before = asked.load(ordering: .relaxed)
    #expect(results.unrelatedMean(of: last) == nil && asked.load(ordering: .relaxed) == before, "asked for once")
    do {
      _ = try results.unrelatedMaps(of: last)
      Issue.record("a map is missing")
    } catch {
      #expect(error.description == "the raw map of m on 2 at layer last was not kept")
    }
  }

  @Test func withoutTwoLabelsOrALiveMapThereIsNoMean() throws {
    let alike = mappedResults(
      labels: [3, 3, 3], maps: HeldMaps { image, _ in .some(HeldMaps.generatedMap("\(image)")) })
    let last = try #require(try alike.summarise().first { $0.layer == "last" })
    #expect(try alike.unrelatedMaps(of: last).differentLabels == nil && alike.unrelatedMean(of: last) == nil)
    #expect(try alike.unrelatedMaps(of: last).sameLabel?.pairCount == 3)
    let dead = mappedResults(labels: [0, 1, 2], maps: HeldMaps { _, _ in HeldMaps.dead })
    let other = try #require(try dead.summarise().first { $0.layer == "last" })
    #expect(dead.unrelatedMean(of: other) == nil)
    #expect(try dead.unrelatedMaps(of: other).differentLabels?.valuelessCount == 3)
  }
}

@Suite struct ImagePairsTests {
  @Test func fewPairsAreAllThereAre() {
    let labels = [1, 0, 1, 2, 0, 1]
    let pairs = ImagePairs(labels: labels, most: 1000, seed: 7)
    var (same, different): ([ImagePairs.Pair], [ImagePairs.Pair]) = ([], [])
    for first in labels.indices {
      for second in labels.indices where first < second {
        if labels[first] == labels[second] {
          same.append(.init(first, second))
        } else {
          different.append(.init(first, second))
        }
      }
    }
    #expect(pairs.same == same && pairs.different == different)
    #expect(pairs.sameCount == 4 && pairs.differentCount == 11)
  }

  @Test func aSampleIsDistinctSeededAndOfItsKind() {
    // A rare label, a frequent one, and some of one image alone.
    let labels = (0..<300).map { $0 < 200 ? 0 : $0 < 203 ? 1 : $0 < 290 ? 2 : $0 }
    let pairs = ImagePairs(labels: labels, most: 100, seed: 7)
    #expect(pairs.same.count == 100 && pairs.different.count == 100)
    #expect(Set(pairs.same).count == 100 && Set(pairs.different).count == 100)
    #expect(pairs.same == pairs.same.sorted() && pairs.different == pairs.different.sorted())
    #expect(pairs.same.allSatisfy { $0.first < $0.second && labels[$0.first] == labels[$0.second] })
    #expect(pairs.different.allSatisfy { $0.first < $0.second && labels[$0.first] != labels[$0.second] })
    let again = ImagePairs(labels: labels, most: 100, seed: 7)
    #expect(again.same == pairs.same && again.different == pairs.different)
    let other = ImagePairs(labels: labels, most: 100, seed: 8)
    #expect(other.same != pairs.same && other.different != pairs.different)
    #expect(pairs.sameCount == 199 * 100 + 3 + 87 * 43)
    #expect(pairs.sameCount + pairs.differentCount == 300 * 299 / 2)
  }

  /// Each pair is as likely as each other, be its label rare.
  @Test func noPairIsFavoured() {
    let labels = [0, 0, 0, 0, 1, 1, 2]
    var counts: [ImagePairs.Pair: Int] = [:]
    for seed in 0..<3000 {
      let drawn = ImagePairs(labels: labels, most: 3, seed: UInt64(seed))
      for pair in drawn.same + drawn.different { counts[pair, default: 0] += 1 }
    }
    for (pair, count) in counts {
      let all = labels[pair.first] == labels[pair.second] ? 7.0 : 14.0
      let expected = 3000 * 3 / all
      #expect(abs(Double(count) - expected) < 5 * expected.squareRoot(), "\(pair): \(count), not \(expected)")
    }
    #expect(counts.count == 21)
  }

  @Test func labelsOfOneMemberHaveNoPairOfTheSame() {
    let single = ImagePairs(labels: [4, 2, 9], most: 10, seed: 7)
    #expect(single.same.isEmpty && single.sameCount == 0 && single.different.count == 3)
    let one = ImagePairs(labels: [4, 4, 4], most: 10, seed: 7)
    #expect(one.different.isEmpty && one.differentCount == 0 && one.same.count == 3)
    for labels in [[], [1]] {
      let none = ImagePairs(labels: labels, most: 10, seed: 7)
      #expect(none.same.isEmpty && none.different.isEmpty)
    }
  }

  @Test func blocksHoldEachPairOnceAndFewImages() {
    let all = ImagePairs(labels: (0..<40).map { $0 }, most: 1000, seed: 7).different
    let sparse = ImagePairs(labels: (0..<9000).map { $0 / 3 }, most: 500, seed: 7)
    for (pairs, most) in [(Set(all), 15), (Set(sparse.same + sparse.different), 140)] {
      let blocks = PairBlocks.blocks(of: pairs)
      #expect(blocks.flatMap { $0 }.count == pairs.count && Set(blocks.flatMap { $0 }) == pairs)
      #expect(blocks.allSatisfy { Set($0.flatMap { [$0.first, $0.second] }).count <= PairBlocks.mostImages })
      #expect(blocks.count <= most, "\(blocks.count) blocks")
      #expect(blocks == PairBlocks.blocks(of: pairs))
    }
  }
}
