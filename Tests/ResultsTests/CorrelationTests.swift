import Support
import Explanations
import Images
import Results
import Testing

@Suite struct CorrelationTests {
  /// NISSIM and confidence drop of three images at two levels.
  private let pairs: [[(Double, Double)]] = [
    [(0.10, 0.00), (0.20, 0.30)], [(0.05, 0.10), (0.30, 0.20)], [(0.15, 0.05), (0.40, 0.80)],
  ]

  private func results(_ pairs: [[(Double, Double)]]) -> ExperimentResults {
    let model = ModelRecord(
      key: "m", name: "M", architecture: "vgg16", width: 1, inputSize: 32, mean: [0, 0, 0],
      standardDeviation: [1, 1, 1], classCount: 3, parameterCount: 1, weightsFile: "m", weightsSHA256: "0",
      layers: ["l"], lastLayer: "l")
    let images = pairs.indices.map { ImageRecord(path: "\($0).png", label: 0, sha256: "\($0)") }
    let rows = zip(images, pairs).flatMap { (image, pairs) -> [Measurement] in
      zip([0, 0.01, 0.1], [(0, 0)] + pairs).map { (epsilon: Double, pair: (Double, Double)) -> Measurement in
        Measurement(
          model: "m", image: image.path, label: 0, attack: "fgsm", explanation: "grad-cam", target: .predicted,
          layer: "l", epsilon: epsilon,
          cleanPrediction: 0, adversarialPrediction: 0, cleanConfidence: 0.9, adversarialConfidence: 0.9,
          dissimilarities: [pair.0], parts: [1 - 2 * pair.0], cleanPeak: 1, adversarialPeak: 1,
          cleanClassConfidence: 0.9 - pair.1)
      }
    }
    return ExperimentResults(
      title: "T", seed: 1, models: [model], images: images, classNames: [], epsilons: [0.01, 0.1],
      targets: [.predicted], measurements: rows, options: [], provenance: [], skipped: [], pictures: Nothing())
  }

  @Test func agreesWithTheFormula() throws {
    let results = results(pairs)
    let series = try #require(try results.summarise().first)
    let found = try #require(try results.confidenceCorrelation(series, epsilons: [0.01, 0.1]))
    // numpy.corrcoef([.1, .2, .05, .3, .15, .4], [0, .3, .1, .2, .05, .8])[0, 1]
    #expect(abs(found.coefficient.value - 0.8479302813890691) < 1e-12)
    #expect(found.pairCount == 6)
    #expect(found.imageCount == 3)
    #expect(found.coefficient.lower <= found.coefficient.value && found.coefficient.value <= found.coefficient.upper)
    #expect(found.coefficient.upper <= 1)
    // One level alone has three pairs.
    #expect(try results.confidenceCorrelation(series, epsilons: [0.1])?.pairCount == 3)
  }

  @Test func onALineItIsOne() throws {
    let results = results(pairs.map { $0.map { ($0.0, 0.9 * $0.0) } })
    let series = try #require(try results.summarise().first)
    let found = try #require(try results.confidenceCorrelation(series, epsilons: [0.01, 0.1]))
    #expect(abs(found.coefficient.value - 1) < 1e-9)
    #expect(abs(found.coefficient.lower - 1) < 1e-9)
  }

  @Test func whereNothingVariesThereIsNone() throws {
    let results = results(pairs.map { $0.map { ($0.0, 0) } })
    let series = try #require(try results.summarise().first)
    #expect(try results.confidenceCorrelation(series, epsilons: [0.01, 0.1]) == nil)
    #expect(try results.confidenceCorrelation(series, epsilons: []) == nil)
  }

  @Test func rowsOfOldStoresAreLeftOut() throws {
    var results = results(pairs)
    let series = try #require(try results.summarise().first)
    for index in results.measurements.indices where results.measurements[index].image == "1.png" {
      results.measurements[index].cleanClassConfidence = nil
    }
    #expect(try results.confidenceRows(series, epsilons: [0.01, 0.1]).map(\.count) == [2, 2])
    #expect(try results.confidenceCorrelation(series, epsilons: [0.01, 0.1])?.imageCount == 2)
  }
}

private struct Nothing: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? { nil }
  func photograph(model: String, image: String) throws -> RGBImage? { nil }
}
