import Explanations
import Images
import Results
import Testing

private struct NoPictures: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) -> RawMap? {
    nil
  }
  func photograph(model: String, image: String) -> RGBImage? { nil }
}

/// A row as it is made up: nissim, whether a map is dead, whether nothing moved.
private struct Cell {
  var nissim = 0.2
  var isDead = false
  var isUnmoved = false
}

@Suite struct RankingTests {
  private static let epsilons = [0.01, 0.1]

  /// - Parameter cell: of model, image and level (from 1), nil for one that is missing.
  private func results(
    models: [String], images: Int = 10, _ cell: (String, Int, Int) -> Cell?
  ) -> ExperimentResults {
    let records = (0..<images).map { ImageRecord(path: "i\($0)", label: 0, sha256: "") }
    var rows: [Results.Measurement] = []
    for model in models {
      for (i, image) in records.enumerated() {
        for (level, epsilon) in ([0] + Self.epsilons).enumerated() {
          guard let cell = level == 0 ? Cell(nissim: 0) : cell(model, i, level) else { continue }
          let still = level == 0 || cell.isUnmoved
          rows.append(
            Results.Measurement(
              model: model, image: image.path, label: 0, attack: "fgsm", explanation: "grad-cam", target: .predicted,
              layer: "last", epsilon: epsilon,
              cleanPrediction: 0, adversarialPrediction: 0, cleanConfidence: 0.9,
              adversarialConfidence: still ? 0.9 : 0.7, dissimilarities: [still ? 0 : cell.nissim],
              parts: [still ? 1 : 1 - 2 * cell.nissim], cleanPeak: 1, adversarialPeak: cell.isDead ? 0 : 1,
              cleanClassConfidence: still ? 0.9 : 0.7))
        }
      }
    }
    let made = models.map { key in
      ModelRecord(
        key: key, name: key, architecture: "vgg16", width: 1, inputSize: 224, mean: [], standardDeviation: [],
        classCount: 3, parameterCount: 1, weightsFile: "", weightsSHA256: "", layers: ["last"], lastLayer: "last")
    }
    return ExperimentResults(
      title: "t", seed: 7, models: made, images: records, classNames: [], epsilons: Self.epsilons,
      targets: [.predicted], measurements: rows, options: [], provenance: [], skipped: [], pictures: NoPictures())
  }

  private func ranking(_ results: ExperimentResults) -> Ranking {
    let all = results.summaries().complete
    return Ranking(all, imageCount: all.map(\.imageCount).max() ?? 0)
  }

  @Test func theDeadDoNotWin() {
    let found = ranking(
      results(models: ["live", "dead", "other"]) { model, _, _ in
        model == "dead" ? Cell(nissim: 0, isDead: true) : Cell(nissim: model == "live" ? 0.3 : 0.2)
      })
    #expect(found.ranked.map(\.model.key) == ["other", "live"])
    #expect(found.places == [1, 2])
    #expect(found.unranked.map(\.series.model.key) == ["dead"])
    #expect(found.unranked.map(\.obstacles) == [[.deadMaps(pairs: 20, of: 20, epsilon: nil)]])
    #expect(found.all.map(\.model.key) == ["other", "live", "dead"])
  }

  /// Of 20 pairs 2 are a tenth, 3 are more; of the 10 of one level 1 is a tenth, 2 are more.
  @Test(arguments: [
    ([(0, 1), (0, 2)], [RankingObstacle]()),
    ([(0, 1), (1, 2)], []),
    ([(0, 1), (1, 2), (2, 2)], [.deadMaps(pairs: 3, of: 20, epsilon: nil)]),
    ([(0, 2), (1, 2)], [.deadMaps(pairs: 2, of: 10, epsilon: 0.1)]),
    ([(0, 1), (1, 1)], [.deadMaps(pairs: 2, of: 10, epsilon: 0.01)]),
  ])
  func aTenthIsTheBound(dead: [(Int, Int)], obstacles: [RankingObstacle]) {
    let found = results(models: ["m"]) { _, image, level in
      Cell(isDead: dead.contains { $0 == (image, level) })
    }.summaries().complete
    #expect(found[0].rankingObstacles(imageCount: 10) == obstacles)
    #expect(found[0].deadPairCount == dead.count && found[0].pairCount == 20)
  }

  @Test func anAttackThatChangesNothingDoesNotWin() {
    let made = results(models: ["still", "live"]) { model, _, _ in Cell(isUnmoved: model == "still") }
    let found = ranking(made)
    #expect(found.ranked.map(\.model.key) == ["live"])
    #expect(found.unranked.map(\.obstacles) == [[.unmoved(pairs: 20, of: 20, epsilon: nil)]])
    #expect(found.unranked[0].series.zeroGradientImageCount == 0, "the signs were not stored")
  }

  /// Rounding to 8 bits moves a little where the attack itself adds nothing.
  @Test func aGradientOfZeroIsNoAttackWhateverMoved() {
    var made = results(models: ["m"]) { _, _, _ in Cell(nissim: 0.001) }
    for index in made.measurements.indices { made.measurements[index].gradientIsZero = true }
    let found = ranking(made)
    #expect(found.unranked.map(\.obstacles) == [[.unmoved(pairs: 20, of: 20, epsilon: nil)]])
    #expect(found.unranked[0].series.zeroGradientImageCount == 10)
    #expect(found.unranked[0].series.control.unmovedCount == 0)
  }

  @Test func aSeriesOfFewImagesIsNotHeldAgainstTheOthers() {
    func found(_ images: Int) -> Ranking {
      ranking(results(models: ["few", "all"]) { model, image, _ in model == "few" && image >= images ? nil : Cell() })
    }
    #expect(found(9).unranked.isEmpty)
    #expect(found(8).unranked.map(\.obstacles) == [[.fewImages(8, of: 10)]])
    #expect(found(0).all.map(\.model.key) == ["all"], "nothing measured is no series")
  }

  @Test func equalSeriesShareAPlaceAndWhatIsNoNumberHasNone() {
    let made = results(models: ["a", "b", "c", "d"]) { model, _, _ in
      Cell(nissim: model == "c" ? 0.1 : model == "d" ? .nan : 0.2)
    }
    let found = ranking(made)
    #expect(found.ranked.map(\.model.key) == ["c", "a", "b"])
    #expect(found.places == [1, 2, 2])
    #expect(found.unranked.map(\.obstacles) == [[.noMOD]])
  }

  @Test func allMayBeWithoutAPlace() {
    let made = results(models: ["a", "b"]) { _, _, _ in Cell(nissim: 0, isDead: true) }
    let found = ranking(made)
    #expect(found.ranked.isEmpty && found.places.isEmpty && found.unranked.count == 2)
    let order = made.driftOrder(found.all)
    #expect(order.ordered.isEmpty && order.unordered.count == 10)
    #expect(order.quantiles(3).map(\.path) == ["i0", "i1", "i2"])
  }

  /// Of many series one dead map does not take an image out of their common order, of few it does.
  @Test func imagesAreOrderedByWhatDriftsAtTheStrongestAttack() {
    let names = (0..<10).map { "m\($0)" }
    let made = results(models: names) { model, image, level in
      Cell(
        nissim: 0.1 + 0.01 * Double(9 - image),
        isDead: level == 2 && (image == 4 && model == "m0" || image == 5 && ["m0", "m1"].contains(model)))
    }
    let all = made.summaries().complete
    let order = made.driftOrder(all)
    #expect(order.ordered.map(\.path) == [9, 8, 7, 6, 4, 3, 2, 1, 0].map { "i\($0)" })
    #expect(order.unordered.map(\.path) == ["i5"])
    #expect(made.driftOrder([all[0]]).unordered.map(\.path) == ["i4", "i5"])
    #expect(made.driftOrder([all[2]]).unordered.isEmpty)
  }

  /// What is dead throughout has no say in the order of images, and takes no image's place from it.
  @Test func aDeadModelDoesNotTakeTheImagesOrderFromTheOthers() {
    let made = results(models: ["dead", "live"]) { model, image, _ in
      model == "dead" ? Cell(nissim: Double(image), isDead: true) : Cell(nissim: 0.1 * Double(10 - image))
    }
    let order = made.driftOrder(made.summaries().complete)
    #expect(order.ordered.map(\.path) == (0..<10).reversed().map { "i\($0)" })
    #expect(order.unordered.isEmpty && order.seriesCount == 1)
  }

  @Test func warningsNameTheModelAndTheCounts() {
    var made = results(models: ["live", "dead", "still"]) { model, _, _ in
      Cell(isDead: model == "dead", isUnmoved: model == "still")
    }
    for index in made.measurements.indices where made.measurements[index].model == "still" {
      made.measurements[index].gradientIsZero = true
    }
    #expect(
      made.driftWarnings.map(\.message) == [
        "dead has a dead map, one without any positive value, in 20 of 20 pairs: its MOD says nothing of how far attention "
          + "drifts, and it is not ranked",
        "still was not changed by the attack in 20 of 20 pairs (the gradient of the loss is 0 on 10 of 10 images): its MOD "
          + "says nothing of how far attention drifts, and it is not ranked",
      ])
    var both = results(models: ["dead"]) { _, _, _ in Cell(isDead: true) }
    for index in both.measurements.indices { both.measurements[index].gradientIsZero = true }
    #expect(
      both.driftWarnings.map(\.message) == [
        "dead has a dead map, one without any positive value, in 20 of 20 pairs, and was not changed by the attack in 20 of "
          + "20 pairs (the gradient of the loss is 0 on 10 of 10 images): its MOD says nothing of how far attention drifts, and "
          + "it is not ranked"
      ])
  }

  @Test func signsOfZeroAreTold() {
    #expect(PerturbationSigns(height: 1, width: 1, gradient: [0, 0, 0]).isZero)
    #expect(!PerturbationSigns(height: 1, width: 1, gradient: [0, 0, -1e-30]).isZero)
  }
}
