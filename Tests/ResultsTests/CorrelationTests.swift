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

  @Test func agreesWithTheFormulaWithinEachLevel() throws {
    let results = results(pairs)
    let series = try #require(try results.summarise().first)
    let found = try results.confidenceCorrelations(series, epsilons: [0.01, 0.1])
    // numpy.corrcoef([.1, .05, .15], [0, .1, .05])[0, 1] and numpy.corrcoef([.2, .3, .4], [.3, .2, .8])[0, 1]
    #expect(abs(found[0].coefficient.value - -0.5) < 1e-12)
    #expect(abs(found[1].coefficient.value - 0.7777137710478189) < 1e-12)
    #expect(found.map(\.imageCount) == [3, 3] && found.map(\.epsilon) == [0.01, 0.1])
    #expect(found.allSatisfy { $0.coefficient.interval == nil }, "three images have none")
  }

  @Test func onALineItIsOne() throws {
    let six = (pairs + pairs.map { [($0[1].0 / 3, 0), ($0[0].0 + 0.01, 0)] }).map { $0.map { ($0.0, 0.9 * $0.0) } }
    let results = results(six)
    let series = try #require(try results.summarise().first)
    for one in try results.confidenceCorrelations(series, epsilons: [0.01, 0.1]) {
      #expect(abs(one.coefficient.value - 1) < 1e-9)
    }
  }

  @Test func whereNothingVariesThereIsNone() throws {
    let results = results(pairs.map { $0.map { ($0.0, 0) } })
    let series = try #require(try results.summarise().first)
    #expect(
      try results.confidenceCorrelations(series, epsilons: [0.01, 0.1]).allSatisfy { $0.coefficient.value.isNaN })
    #expect(try results.confidenceCorrelations(series, epsilons: []).isEmpty)
  }

  @Test func rowsOfOldStoresAreLeftOut() throws {
    var results = results(pairs)
    let series = try #require(try results.summarise().first)
    for index in results.measurements.indices where results.measurements[index].image == "1.png" {
      results.measurements[index].cleanClassConfidence = nil
    }
    #expect(try results.confidenceRows(series, epsilons: [0.01, 0.1]).map(\.count) == [2, 2])
    let found = try results.confidenceCorrelations(series, epsilons: [0.01, 0.1])
    #expect(found.map(\.imageCount) == [2, 2] && found[0].coefficient.value.isNaN)
  }
}

private struct Nothing: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? { nil }
  func photograph(model: String, image: String) throws -> RGBImage? { nil }
}
