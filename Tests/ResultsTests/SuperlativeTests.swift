import Explanations
import Images
import Testing

@testable import Results

private struct NoPictures: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) -> RawMap? { nil }
  func photograph(model: String, image: String) -> RGBImage? { nil }
}

@Suite struct SuperlativeTests {
  /// - Parameters:
  ///   - value: of model and image.
  ///   - flips: of model and image.
  private func results(
    models: Int = 3, images: Int = 20, target: ExplanationTarget = .predicted,
    flips: (Int, Int) -> Bool = { _, _ in false }, _ value: (Int, Int) -> Double
  ) -> ExperimentResults {
    let records = (0..<images).map { ImageRecord(path: "i\($0)", label: 0, sha256: "") }
    var rows: [Results.Measurement] = []
    for model in 0..<models {
      for (i, image) in records.enumerated() {
        for epsilon in [0, 0.1] {
          let isFlipped = epsilon > 0 && flips(model, i)
          rows.append(
            Results.Measurement(
              model: "m\(model)", image: image.path, label: 0, attack: "fgsm", explanation: "grad-cam", target: target,
              layer: "last", epsilon: epsilon, cleanPrediction: 0, adversarialPrediction: isFlipped ? 1 : 0,
              cleanConfidence: 0.9, adversarialConfidence: 0.8,
              dissimilarities: [epsilon == 0 ? 0 : value(model, i)], parts: [], cleanPeak: 1, adversarialPeak: 1))
        }
      }
    }
    let made = (0..<models).map { model in
      ModelRecord(
        key: "m\(model)", name: "M\(model)", architecture: "vgg16", width: 1, inputSize: 224, mean: [],
        standardDeviation: [], classCount: 3, parameterCount: 1, weightsFile: "", weightsSHA256: "", layers: ["last"],
        lastLayer: "last")
    }
    var results = ExperimentResults(
      title: "t", seed: 7, models: made, images: records, classNames: [], epsilons: [0.1], targets: [target],
      measurements: rows, options: [], provenance: [], skipped: [], pictures: NoPictures())
    results.resamples = 1000
    return results
  }

  private func found(
    _ results: ExperimentResults, _ end: Superlative.End = .most, unrelated: [Double] = []
  ) throws -> Superlative {
    let all = try results.summarise()
    for (index, value) in unrelated.enumerated() {
      var identity = all[index].identity.ofAllMeasures
      identity.attack = ""
      let mean = UnrelatedMaps.Mean(value: value, pairCount: 1, allCount: 1, valuelessCount: 0)
      _ = try results.found.unrelated(identity) { [UnrelatedMaps(differentLabels: mean)] }
    }
    return try #require(results.superlative(end, among: all, epsilon: 0.1))
  }

  private static func value(_ model: Int, _ image: Int) -> Double {
    0.1 + 0.05 * Double(model) + 0.01 * Double((image * 7 + model * 3) % 11)
  }

  @Test func whatEveryCountAgreesOnIsClear() throws {
    let most = try found(results(Self.value), unrelated: [0.3, 0.3, 0.3])
    #expect(most.isClear && most.hasRelative && most.series.model.key == "m2" && most.next.model.key == "m1")
    // Of 20 images all differences have one sign: no flip of 1,000 is as far away, and there are three pairs.
    #expect(most.probability == 3 / 1001.0)
    let least = try found(results(Self.value), .least)
    #expect(least.isClear && !least.hasRelative && least.series.model.key == "m0")
  }

  @Test func aDifferenceByChanceIsNot() throws {
    let most = try found(results { model, image in 0.2 + 0.1 * Double((image * 7 + model * 3) % 11) / 11 })
    #expect(most.objections.count == 1)
    guard case .chance(let probability) = most.objections.first else {
      Issue.record("\(most.objections)")
      return
    }
    #expect(probability == most.probability && probability > 0.05)
  }

  @Test func anotherOrderByRelativeDriftIsAnObjection() throws {
    // 0.25 / 0.5 is less than 0.2 / 0.3.
    let most = try found(results(Self.value), unrelated: [0.3, 0.3, 0.5])
    guard case .relative(let other)? = most.objections.first else {
      Issue.record("\(most.objections)")
      return
    }
    #expect(other.model == "m1" && most.objections.count == 1)
    let unknown = try found(results(Self.value), unrelated: [0.3, 0.3])
    #expect(unknown.isClear && !unknown.hasRelative, "what is not known of all is compared of none")
  }

  @Test func anotherOrderOfTheHeldPairsIsAnObjection() throws {
    // m2 drifts far where it flips, and little where it holds.
    let mixed = results(flips: { model, image in model == 2 && image < 12 }) { model, image in
      model == 2 ? (image < 12 ? 0.5 : 0.05) : Self.value(model, image)
    }
    let most = try found(mixed)
    guard case .held(let other)? = most.objections.first else {
      Issue.record("\(most.objections)")
      return
    }
    #expect(other.model == "m1" && most.series.model.key == "m2")
    let few = try found(results(flips: { model, image in model == 0 && image > 3 }, Self.value))
    #expect(few.objections.count == 1)
    guard case .fewHeld(let series, let most)? = few.objections.first else {
      Issue.record("\(few.objections)")
      return
    }
    #expect(series.map(\.model) == ["m0"] && most == 4)
    // All of them are told, with the greatest number.
    let both = try found(results(flips: { model, image in model < 2 && image > 2 + model }, Self.value))
    guard case .fewHeld(let several, let greatest)? = both.objections.first else {
      Issue.record("\(both.objections)")
      return
    }
    #expect(several.map(\.model) == ["m0", "m1"] && greatest == 4)
    // The label is explained whatever is predicted.
    #expect(try found(results(target: .label, flips: { model, image in model == 0 && image > 3 }, Self.value)).isClear)
  }

  @Test(arguments: [1, 2, 4])
  func fewImagesSayNothing(_ images: Int) throws {
    let made = results(images: images, Self.value)
    #expect(try found(made).objections == [.fewImages(images)])
    let all = try made.summarise()
    #expect(made.differences(among: all).pairs.allSatisfy { $0.levels.allSatisfy { !$0.isClear } })
    #expect(made.mostAccurate(among: all, epsilon: 0.1) == nil)
  }

  /// Five images have 32 ways to flip: the least p is 2/32.
  @Test func fiveImagesCannotBeClear() throws {
    let most = try found(
      results(models: 2, images: 5) { model, image in 0.1 + 0.1 * Double(model) + 0.01 * Double(image) })
    #expect(most.objections == [.chance(probability: 0.0625)])
  }

  @Test func anAccuracyLeadsWhereItIsMoreThanChance() throws {
    let clear = results(models: 2, flips: { model, image in model == 1 && image < 10 }, Self.value)
    #expect(clear.mostAccurate(among: try clear.summarise(), epsilon: 0.1)?.model == "m0")
    #expect(clear.mostAccurate(among: try clear.summarise(), epsilon: 0) == nil, "both are right on all")
    let chance = results(models: 2, flips: { model, image in model == 1 && image < 2 }, Self.value)
    #expect(chance.mostAccurate(among: try chance.summarise(), epsilon: 0.1) == nil)
  }

  @Test func oneSeriesIsNoMost() throws {
    let made = results(models: 1, Self.value)
    #expect(made.superlative(.most, among: try made.summarise(), epsilon: 0.1) == nil)
    #expect(made.superlative(.most, among: [], epsilon: 0.1) == nil)
  }
}
