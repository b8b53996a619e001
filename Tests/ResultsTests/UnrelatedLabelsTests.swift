import Explanations
import Images
import Support
import Testing

@testable import Results

/// Labels that are no classes: what a model predicts on the clean image stands in their place.
@Suite struct UnrelatedLabelsTests {
  private struct NoPictures: PictureSource {
    func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) -> RawMap? { nil }
    func photograph(model: String, image: String) -> RGBImage? { nil }
  }

  /// Six images of label 5, of a network with two classes: the clean answers are 0, but for the last; four are other at 0.1,
  /// one of them at 0.05 already.
  private func results(_ labels: LabelMeaning) -> ExperimentResults {
    let model = ModelRecord(
      key: "m", name: "M", architecture: "onnx", width: 1, inputSize: 32, mean: [], standardDeviation: [],
      classCount: 2, parameterCount: 1, weightsFile: "m", weightsSHA256: "", layers: ["last"], lastLayer: "last")
    let rows = (0..<6).flatMap { image in
      [0, 0.05, 0.1].map { epsilon in
        let clean = image == 5 ? 1 : 0
        let isOther = epsilon == 0.1 && image > 1 || epsilon == 0.05 && image == 3
        return Results.Measurement(
          model: "m", image: "\(image)", label: 5, attack: "fgsm", explanation: "grad-cam", target: .predicted,
          layer: "last", epsilon: epsilon, cleanPrediction: clean, adversarialPrediction: isOther ? 1 - clean : clean,
          cleanConfidence: 1, adversarialConfidence: 1, dissimilarities: [epsilon], parts: [1 - 2 * epsilon],
          cleanPeak: 1, adversarialPeak: 1)
      }
    }
    var results = ExperimentResults(
      title: "t", seed: 1, models: [model], images: (0..<6).map { ImageRecord(path: "\($0)", label: 5, sha256: "") },
      classNames: ["a", "b", "c", "d", "e", "f"], epsilons: [0.05, 0.1], targets: [.predicted], measurements: rows,
      options: [], provenance: [], skipped: [], pictures: NoPictures())
    results.labels = labels
    return results
  }

  @Test func predictionsAreHeldAgainstTheCleanOnes() throws {
    let series = try #require(try results(.unrelated).summarise().first)
    #expect(series.cleanAccuracy == Proportion(6, of: 6) && series.control.accuracy == Proportion(6, of: 6))
    #expect(series.levels.map(\.accuracy) == [Proportion(5, of: 6), Proportion(2, of: 6)])
    #expect(series.levels.map(\.success) == [Proportion(1, of: 6), Proportion(4, of: 6)])
    #expect(series.levels.map(\.heldShare) == [5.0 / 6, 2.0 / 6])
    // With labels that are classes, of which the network has only two, none is right.
    let other = try #require(try results(.classes).summarise().first)
    #expect(other.cleanAccuracy == Proportion(0, of: 6) && other.levels.map(\.accuracy.count) == [0, 0])
    #expect(other.levels.map(\.heldShare) == [5.0 / 6, 2.0 / 6] && other.levels[1].successRate == nil)
  }

  @Test func whatIsFoundIsForgottenWithTheMeaning() throws {
    var results = results(.classes)
    #expect(try results.summarise()[0].cleanAccuracy.count == 0)
    results.labels = .unrelated
    #expect(try results.summarise()[0].cleanAccuracy.count == 6)
  }

  @Test func anotherPredictionIsOneThatChanged() throws {
    let results = results(.unrelated)
    let label = try #require(try results.labelSummaries(results.summarise()[0], epsilon: 0.1).first)
    // Of images 2, 3 and 4 it is 1, of image 5, which was 1, it is 0.
    #expect(label.label == 5 && label.accuracy == Proportion(2, of: 6))
    #expect(label.wrongAnswer == 1 && label.wrongCount == 3)
    #expect(results.predictionName(1) == "1" && results.className(1) == "b")
    #expect(self.results(.classes).predictionName(1) == "b")
  }

  @Test func accuracyIsNotWarnedOf() {
    func many(_ labels: LabelMeaning) -> [String] {
      var results = results(labels)
      results.images = (0..<40).map { ImageRecord(path: "\($0)", label: $0, sha256: "") }
      results.measurements = results.images.flatMap { image in
        results.measurements.prefix(3).map { row in
          var row = row
          (row.image, row.label) = (image.path, image.label)
          return row
        }
      }
      return results.accuracyWarnings.map(\.message)
    }
    #expect(many(.classes) == ["M names 1 of 40 clean images right, which is no better than guessing among 2 classes"])
    #expect(many(.unrelated) == [])
  }

  @Test func wordsAreOfWhatIsMeant() {
    #expect(LabelMeaning.classes.words.share == "accuracy" && LabelMeaning.classes.words.notice == "")
    #expect(LabelMeaning.unrelated.words.share == "the share of predictions that held")
  }
}
