import Explanations
import Images
import Results
import Support
import Testing

private struct NoPictures: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) -> RawMap? {
    nil
  }
  func photograph(model: String, image: String) -> RGBImage? { nil }
}

@Suite struct SummaryTests {
  private let model = ModelRecord(
    key: "m", name: "M", architecture: "vgg16", width: 1, inputSize: 224, mean: [], standardDeviation: [],
    classCount: 3,
    parameterCount: 1, weightsFile: "m.safetensors", weightsSHA256: "", layers: ["last"], lastLayer: "last")

  /// NISSIM of four images at two levels; image d is recognised at no level, image b only when clean.
  private let nissim: [(image: String, values: [Double])] = [
    ("a", [0.1, 0.3]), ("b", [0.2, 0.2]), ("c", [0, 0.6]), ("d", [0.5, 0.5]),
  ]

  private func results(dropping dropped: (String, Double)? = nil) -> ExperimentResults {
    var rows: [Results.Measurement] = []
    for (image, values) in nissim {
      for (epsilon, value) in zip([0, 0.01, 0.1], [0] + values) {
        if let dropped, dropped == (image, epsilon) { continue }
        let isWrong = image == "d" || (image == "b" && epsilon > 0) || (image == "c" && epsilon == 0.1)
        rows.append(
          Results.Measurement(
            model: "m", image: image, label: 1, attack: "fgsm", explanation: "grad-cam", target: .predicted,
            layer: "last", epsilon: epsilon,
            cleanPrediction: image == "d" ? 2 : 1, adversarialPrediction: isWrong ? 0 : 1, cleanConfidence: 0.9,
            adversarialConfidence: 0.5, dissimilarities: [value], parts: [1 - 2 * value],
            cleanPeak: image == "a" ? 0 : 1,
            adversarialPeak: image == "c" && epsilon == 0.1 ? 0 : 1))
      }
    }
    return ExperimentResults(
      title: "t", seed: 7, models: [model], images: nissim.map { ImageRecord(path: $0.image, label: 1, sha256: "") },
      classNames: ["x", "y"], epsilons: [0.01, 0.1], targets: [.predicted], measurements: rows, options: [],
      provenance: [], skipped: [], pictures: NoPictures())
  }

  @Test func meansByLabelByHand() throws {
    #expect(
      try ResultsCSV.means(results()) == """
        model,attack,explanation,target,layer,measure,epsilon,label,images,mean,standard_deviation,accuracy,dead
        m,fgsm,grad-cam,predicted,last,nissim,0.0,1,4,0.0,0.0,0.75,1
        m,fgsm,grad-cam,predicted,last,nissim,0.01,1,4,\((0.1 + 0.2 + 0 + 0.5) / 4),\(Drift.standardDeviation([0.1, 0.2, 0, 0.5])),0.5,1
        m,fgsm,grad-cam,predicted,last,nissim,0.1,1,4,0.4,\(Drift.standardDeviation([0.3, 0.2, 0.6, 0.5])),0.25,2

        """)
  }

  @Test func valuesByHand() throws {
    let summary = try #require(try results().summarise().first)
    #expect(summary.imageCount == 4)
    #expect(summary.cleanAccuracy.value == 0.75)
    #expect(summary.control.mod.value == 0)
    #expect(abs(summary.levels[0].mod.value - 0.2) < 1e-15)
    #expect(abs(summary.levels[1].mod.value - 0.4) < 1e-15)
    #expect(summary.levels.map(\.accuracy.value) == [0.5, 0.25])
    // Of a, b and c, which were right when clean, b is lost at 0.01, b and c at 0.1.
    #expect(summary.levels[0].successRate == 1.0 / 3)
    #expect(summary.levels[1].successRate == 2.0 / 3)
    #expect(summary.levels.map(\.deadCount) == [1, 2])
    #expect(summary.deadMapCount == 2, "a's clean map once, c's attacked one")
    #expect(abs(summary.vid.value - (0.1 + 0 + 0.3 + 0) / 4) < 1e-15)
    #expect(abs(summary.vidOfMOD.value - 0.1) < 1e-15)
    #expect(abs(summary.vidPooled.value - 0.2) < 1e-15, "numpy.std of all eight")
    #expect(summary.levels[1].mod.interval == nil, "four images have none")
    // b and c are flipped at 0.1, d too, whose clean prediction was wrong already.
    #expect(summary.levels[1].flipped == Proportion(3, of: 4) && summary.levels[1].heldCount == 1)
    #expect(summary.levels[1].modHeld.value == 0.3 && abs(summary.levels[1].modFlipped.value - 1.3 / 3) < 1e-15)
    #expect(abs(try #require(summary.levels[1].modWithoutDead).value - 0.35) < 1e-15, "b and d")
    #expect(try #require(summary.vidWithoutDead).value == 0)
    // b and d alone, whose values at the two levels are the same.
    #expect(try #require(summary.vidOfMODWithoutDead).value == 0)
    #expect(abs(try #require(summary.vidPooledWithoutDead).value - 0.15) < 1e-15, "numpy.std of 0.2, 0.2, 0.5, 0.5")
    #expect(summary.levels[1].dissimilarities == [0.3, 0.2, 0.6, 0.5])
  }

  @Test func incompleteImagesDoNotCount() throws {
    let summary = try #require(try results(dropping: ("d", 0.1)).summarise().first)
    #expect(summary.imageCount == 3)
    #expect(summary.cleanAccuracy.value == 1)
  }

  @Test func nothingToSummariseIsAProblem() {
    var empty = results()
    empty.measurements = []
    let problem = #expect(throws: Problem.self) { try empty.summarise() }
    #expect(
      problem?.description
        == "there is no image with all results of M at layer last (predicted)\n  Run the experiment again; what is "
        + "missing is computed.")
  }

  @Test func aSeriesWithNothingLeavesTheOthers() throws {
    var some = results()
    var other = model
    other.key = "n"
    other.name = "N"
    some.models = [other, model]
    let (complete, problems) = some.summaries()
    #expect(complete.map(\.model.key) == ["m"])
    #expect(
      problems.map(\.description) == [
        "there is no image with all results of N at layer last (predicted)\n  Run the experiment again; what is "
          + "missing is computed."
      ])
    #expect(try some.summarise() == complete)
  }

  @Test func samplesAreQuantilesOfTheDrift() throws {
    let results = results()
    let summary = try #require(try results.summarise().first)
    // By drift at 0.1: b, d. Of a the clean map is dead, of c the attacked one: neither 0.3 nor 0.6 is drift.
    #expect(results.driftOrder([summary]).quantiles(9).map(\.path) == ["b", "d", "a", "c"])
    #expect(results.driftOrder([summary]).quantiles(1).map(\.path) == ["d"])
    #expect(results.driftOrder([summary]).quantiles(2).map(\.path) == ["b", "d"])
    #expect(results.driftOrder([summary]).quantiles(3).map(\.path) == ["b", "d", "a"])
    #expect(results.driftOrder([summary]).quantiles(0).isEmpty)
  }

  @Test func imagesWithHolesAreNoSamples() throws {
    let results = results(dropping: ("c", 0.01))
    let summary = try #require(try results.summarise().first)
    #expect(summary.imageCount == 3)
    #expect(results.driftOrder([summary]).quantiles(1).map(\.path) == ["d"])
    #expect(results.driftOrder([summary]).quantiles(4).map(\.path) == ["b", "d", "a"])
  }

  @Test func oneImageAndOneLevelHaveNoSpread() throws {
    var results = results()
    results.images = [ImageRecord(path: "c", label: 1, sha256: "")]
    results.attacks[0].levels = [0.1]
    let summary = try #require(try results.summarise().first)
    #expect(summary.levels.map(\.mod) == [Estimate(0.6)])
    for vid in [summary.vid, summary.vidOfMOD, summary.vidPooled] { #expect(vid == Estimate(.nan)) }
  }

  @Test func classNamesFallBackToNumbers() {
    #expect(results().className(1) == "y" && results().className(2) == "2")
  }
}

@Suite struct ResultsCSVTests {
  @Test func linesAreExact() throws {
    let row = Results.Measurement(
      model: "=cmd", image: "a,\"b\".png", label: 3, attack: "fgsm", explanation: "grad-cam", target: .cleanPrediction,
      layer: "features.29", epsilon: 0.005,
      cleanPrediction: 3, adversarialPrediction: 4, cleanConfidence: 0.1, adversarialConfidence: 1,
      dissimilarities: [1.0 / 3], parts: [1.0 / 3], cleanPeak: 1.1, adversarialPeak: 0, cleanClassConfidence: 0.25)
    #expect(
      try ResultsCSV.text(
        ExperimentResults(
          title: "", seed: 0, models: [], images: [], classNames: ["", "", "", "O'Hara, \"B\""], epsilons: [0.005],
          targets: [.cleanPrediction], measurements: [row], options: [], provenance: [], skipped: [],
          pictures: NoPictures()))
        == "model,image,label,target,layer,epsilon,clean_prediction,adversarial_prediction,ssim,nissim,clean_peak,"
        + "adversarial_peak,clean_confidence,adversarial_confidence,clean_class_confidence,attack,explanation,"
        + "model_name,label_name,clean_prediction_name,adversarial_prediction_name\n"
        + "'=cmd,\"a,\"\"b\"\".png\",3,clean-prediction,"
        + "features.29,0.005,3,4,0.3333333333333333,0.3333333333333333,1.1,0.0,0.1,1.0,0.25,fgsm,grad-cam,,"
        + "\"O'Hara, \"\"B\"\"\",\"O'Hara, \"\"B\"\"\",\n")
  }
}
