import Explanations
import Images
import Results
import Testing

private struct NoPictures: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) -> RawMap? { nil }
  func photograph(model: String, image: String) -> RGBImage? { nil }
}

/// Whether two models have the same values.
@Suite struct SameValuesTests {
  /// Of the models `a` and `b`, at three levels with the control.
  private func results(_ change: (inout Measurement) -> Void) -> ExperimentResults {
    var rows: [Measurement] = []
    for model in ["a", "b"] {
      for image in ["x", "y"] {
        for epsilon in [0, 0.1, 0.2] {
          var row = Measurement(
            model: model, image: image, label: 1, attack: "fgsm", explanation: "grad-cam", target: .predicted,
            layer: "last", epsilon: epsilon, cleanPrediction: 1, adversarialPrediction: 1, cleanConfidence: 0.5,
            adversarialConfidence: 0.5, dissimilarities: [epsilon], parts: [0], cleanPeak: 1, adversarialPeak: 1)
          change(&row)
          rows.append(row)
        }
      }
    }
    return ExperimentResults(
      title: "", seed: 1,
      models: ["a", "b"].map { key in
        ModelRecord(
          key: key, name: key, architecture: "vgg16", width: 1, inputSize: 8, mean: [0, 0, 0],
          standardDeviation: [1, 1, 1], classCount: 3, parameterCount: 1, weightsFile: "w", weightsSHA256: "w",
          layers: ["last"], lastLayer: "last")
      }, images: ["x", "y"].map { ImageRecord(path: $0, label: 1, sha256: $0) }, classNames: [], epsilons: [0.1, 0.2],
      targets: [.predicted], measurements: rows, options: [], provenance: [], skipped: [], pictures: NoPictures())
  }

  @Test func rowsThatDifferAreCountedWithTheGreatestDifference() throws {
    func same(_ change: (inout Measurement) -> Void) throws -> SameValues {
      try results(change).sameValues(of: "a", "b") { _ in ["nissim"] }
    }
    #expect(try same { _ in } == SameValues(rows: 6, measures: ["nissim"]))
    #expect(
      try same { row in if row.model == "b", row.image == "y" { row.dissimilarities[0] += row.epsilon } }
        == SameValues(rows: 6, differing: 2, greatest: 0.2, measures: ["nissim"]))
    // A prediction alone.
    #expect(
      try same { row in if row.model == "b", row.epsilon == 0.1 { row.adversarialPrediction = 2 } }
        == SameValues(rows: 6, differing: 2, greatest: 0, measures: ["nissim"]))
    // A value in one of them only.
    #expect(
      try same { row in if row.model == "b", row.epsilon == 0.1, row.image == "x" { row.dissimilarities[0] = .nan } }
        == SameValues(rows: 6, differing: 1, greatest: .infinity, measures: ["nissim"]))
    #expect(try same { row in if row.epsilon == 0.1 { row.dissimilarities[0] = .nan } }.differing == 0)
    #expect(try results { _ in }.sameValues(of: "a", "b") { _ in [] } == SameValues())
  }
}
