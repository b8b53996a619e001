import Explanations
import Images
import Support
import Testing

@testable import Results

/// Four networks on six images: the second drifts as the first does but downwards, the third the other way and in the opposite order,
/// the fourth is the first.
@Suite struct AgreementTests {
  /// A spot of 2 x 2 cells whose corner is moved by the attack.
  private struct Spots: PictureSource {
    static func step(_ image: String) -> Int { 1 + (Int(image.prefix { $0.isNumber }) ?? 0) % 2 }

    func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) throws -> RawMap? {
      let moved = (epsilon ?? 0) > 0 ? Self.step(image) : 0
      let (x, y) =
        switch series.model {
        case "down": (3, 3 + moved)
        case "back": (3 - moved, 3)
        default: (3 + moved, 3)
        }
      var values = [Float](repeating: 0, count: 64)
      for place in [8 * y + x, 8 * y + x + 1, 8 * y + x + 8, 8 * y + x + 9] { values[place] = 1 }
      return RawMap(height: 8, width: 8, values: values)
    }

    func photograph(model: String, image: String) throws -> RGBImage? { nil }
  }

  private func results(_ keys: [String] = ["one", "down", "back", "same"]) -> ExperimentResults {
    let models = keys.map { key in
      ModelRecord(
        key: key, name: key, architecture: "vgg16", width: 1, inputSize: 32, mean: [0, 0, 0],
        standardDeviation: [1, 1, 1], classCount: 3, parameterCount: 1, weightsFile: "m", weightsSHA256: "0",
        layers: ["l"], lastLayer: "l")
    }
    let drifts = [0.1, 0.3, 0.2, 0.5, 0.4, 0.6]
    let images = drifts.indices.map { ImageRecord(path: "\($0).png", label: 0, sha256: "\($0)") }
    let rows = models.flatMap { model in
      images.indices.flatMap { image in
        [0, 0.05, 0.1].map { epsilon -> Measurement in
          let drift =
            model.key == "back" ? 1 - drifts[image] : model.key == "down" ? drifts[(image + 1) % 6] : drifts[image]
          let value = epsilon == 0 ? 0 : drift * 10 * epsilon
          return Measurement(
            model: model.key, image: images[image].path, label: 0, attack: "fgsm", explanation: "grad-cam",
            target: .predicted, layer: "l", epsilon: epsilon, cleanPrediction: 0, adversarialPrediction: 0,
            cleanConfidence: 0.9, adversarialConfidence: 0.9, dissimilarities: [value], parts: [1 - 2 * value],
            cleanPeak: 1, adversarialPeak: 1)
        }
      }
    }
    var results = ExperimentResults(
      title: "T", seed: 1, models: models, images: images, classNames: [], epsilons: [0.05, 0.1],
      targets: [.predicted], measurements: rows, options: [], provenance: [], skipped: [], pictures: Spots())
    results.resamples = 200
    return results
  }

  @Test func agreesWithValuesByHand() throws {
    let results = results()
    let found = try results.agreements(among: results.summarise(), epsilon: 0.1)
    #expect(
      found.map { "\($0.first.model) \($0.second.model)" } == [
        "one down", "one back", "one same", "down back", "down same", "back same",
      ])
    // 1 - 6 * 44 / (6 * 35), as scipy.stats.spearmanr([1, 3, 2, 5, 4, 6], [3, 2, 5, 4, 6, 1]).
    let spearman = [-9.0 / 35, -1, 1, 9.0 / 35, -9.0 / 35, -1]
    for (pair, rho) in zip(found, spearman) { #expect(abs(pair.correlation.value - rho) < 1e-12, "\(pair)") }
    for (pair, expected) in zip(found, [0.0, -1, 1, 0, 0, -1]) {
      let cosine = try #require(pair.cosine)
      #expect(abs(cosine - expected) < 1e-6, "\(pair)")
    }
    #expect(found.allSatisfy { $0.imageCount == 6 && $0.shiftCount == 6 && $0.haveDirections && $0.epsilon == 0.1 })
    #expect(found[1].isCorrelated && found[2].isCorrelated, "one order of six images is no chance")
    #expect(found[1].correlation.interval == nil && found[0].correlation.interval != nil)
  }

  @Test func onlyImagesOfBothCount() throws {
    var results = results(["one", "same"])
    results.measurements.removeAll { $0.model == "same" && $0.image == "3.png" && $0.epsilon == 0.05 }
    let pair = try #require(try results.agreements(among: results.summarise(), epsilon: 0.1).first)
    #expect(pair.imageCount == 5 && pair.shiftCount == 5)
    let cosine = try #require(pair.cosine)
    #expect(pair.correlation == Estimate(1) && abs(cosine - 1) < 1e-12)
    #expect(try results.agreements(among: results.summarise(), epsilon: 0.2).isEmpty)
  }

  @Test func amongFewImagesOneOrderIsNoEvidence() throws {
    var results = results(["one", "same"])
    results.images = Array(results.images.prefix(4))
    let pair = try #require(try results.agreements(among: results.summarise(), epsilon: 0.1).first)
    #expect(pair.correlation == Estimate(1) && !pair.isCorrelated && !pair.haveDirections)
  }
}
