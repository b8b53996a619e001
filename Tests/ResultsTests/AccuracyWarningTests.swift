import Explanations
import Images
import Results
import Support
import Testing

@Suite struct AccuracyWarningTests {
  private struct NoPictures: PictureSource {
    func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) -> RawMap? {
      nil
    }
    func photograph(model: String, image: String) -> RGBImage? { nil }
  }

  /// - Parameter answers: label and answer of each image.
  private func results(
    _ answers: [(label: Int, answer: Int)], classes: Int, outputs: Int
  ) -> ExperimentResults {
    let model = ModelRecord(
      key: "m", name: "M", architecture: "vgg16", width: 1, inputSize: 32, mean: [], standardDeviation: [],
      classCount: outputs, parameterCount: 1, weightsFile: "m", weightsSHA256: "", layers: ["last"], lastLayer: "last")
    let rows = answers.enumerated().flatMap { index, pair in
      [0, 0.1].map { epsilon in
        Results.Measurement(
          model: "m", image: "\(index)", label: pair.label, attack: "fgsm", explanation: "grad-cam", target: .predicted,
          layer: "last", epsilon: epsilon,
          cleanPrediction: pair.answer, adversarialPrediction: pair.answer, cleanConfidence: 1,
          adversarialConfidence: 1, dissimilarities: [0], parts: [1], cleanPeak: 1, adversarialPeak: 1)
      }
    }
    return ExperimentResults(
      title: "t", seed: 1, models: [model],
      images: answers.enumerated().map { ImageRecord(path: "\($0)", label: $1.label, sha256: "") },
      classNames: (0..<classes).map { "s\($0)" }, epsilons: [0.1], targets: [.predicted], measurements: rows,
      options: [], provenance: [], skipped: [], pictures: NoPictures())
  }

  /// So many right answers, the others one class further.
  private func messages(right: Int, of count: Int, classes: Int) -> [String] {
    results(
      (0..<count).map { ($0 % classes, $0 < right ? $0 % classes : ($0 + 1) % classes) }, classes: classes,
      outputs: classes
    ).accuracyWarnings.map(\.message)
  }

  @Test func answersLikeGuessesAreWarnedOf() {
    let warnings = results((0..<40).map { ($0, 7) }, classes: 40, outputs: 40).accuracyWarnings
    #expect(
      warnings.map(\.message) == [
        "M names 1 of 40 clean images right, which is no better than guessing among 40 classes"
      ])
    #expect(
      warnings[0].remedy
        == "Its attention is then not that of a working network. The usual causes: labels that are numbered otherwise than "
        + "in training (counted from 1, a class too many or too few, another order), another normalisation (`input: {mean, std, "
        + "range}`), blue before red (`input: {channels: bgr}`), or weights of another training.")
  }

  /// By scipy.stats.binom: of 40 classes P(X >= 3 of 40) = 0.079 and P(X >= 4 of 40) = 0.018.
  @Test func theLimitIsTheBinomialTests() {
    #expect(messages(right: 3, of: 40, classes: 40).count == 1)
    #expect(messages(right: 4, of: 40, classes: 40).isEmpty)
    // Of two classes P(X >= 8 of 10) = 0.055, but a network that is right three times in four gives 8 or less in 3 of 4
    // cases; 4 or less it gives in 2%.
    #expect(messages(right: 8, of: 10, classes: 2).isEmpty)
    #expect(messages(right: 4, of: 10, classes: 2).count == 1)
    // Too few images to tell.
    #expect(messages(right: 0, of: 9, classes: 40).isEmpty)
    #expect(messages(right: 0, of: 10, classes: 40).count == 1)
    #expect(messages(right: 1000, of: 1000, classes: 2).isEmpty)
    #expect(messages(right: 25, of: 100_000, classes: 1000).count == 1)
  }

  @Test func aMissingFolderIsFoundByTheAnswers() {
    // Class 12 of 40 has no folder: labels from 12 on are one too low, one answer is wrong anyway.
    let answers = (0..<39).flatMap { label in
      (0..<10).map { image in (label, label == 3 && image == 0 ? 30 : label < 12 ? label : label + 1) }
    }
    let warnings = results(answers, classes: 39, outputs: 40).accuracyWarnings
    #expect(
      warnings.map(\.message) == [
        "M names 119 of 390 clean images right, and would name 389 right if the data lacked one class before `s12`"
      ])
    let several = results(
      (0..<36).flatMap { label in
        (0..<5).map { _ in (label, label < 4 ? label : label < 20 ? label + 1 : label + 3) }
      },
      classes: 36, outputs: 40)
    #expect(
      several.accuracyWarnings.map(\.message) == [
        "M names 20 of 180 clean images right, and would name 180 right if the data lacked one class before `s4` and "
          + "2 classes before `s20`"
      ])
    let first = results((0..<39).map { ($0, $0 + 1) }, classes: 39, outputs: 40).accuracyWarnings
    #expect(
      first.map(\.message) == [
        "M names 0 of 39 clean images right, and would name 39 right if the data lacked one class before `s0`"
      ])
  }

  @Test func aNetworkThatKnowsMoreClassesIsNotWarnedOf() {
    #expect(results((0..<10).map { ($0, $0) }, classes: 10, outputs: 1000).accuracyWarnings == [])
    // Mistakes that happen to be one class further.
    let answers = (0..<100).map { ($0 % 10, $0 < 2 ? $0 % 10 + 1 : $0 % 10) }
    #expect(results(answers, classes: 10, outputs: 11).accuracyWarnings == [])
    #expect(results([], classes: 10, outputs: 11).accuracyWarnings == [])
  }
}
