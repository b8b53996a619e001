import Explanations
import Images
import Support
import Synchronization
import Testing

@testable import Results

private struct NoPictures: PictureSource {
  func rawMap(of series: SeriesIdentity, image: String, epsilon: Double?) -> RawMap? { nil }
  func photograph(model: String, image: String) -> RGBImage? { nil }
}

/// Rows that are made when they are asked for, image by image: there are never more of them than of one image.
private final class GeneratedMeasurements: MeasurementSource {
  let models: [String]
  let images: [ImageRecord]
  let attack: String
  let explanation: String
  /// Readings of all rows.
  let readings = Atomic<Int>(0)

  init(models: [String], images: [ImageRecord], attack: String, explanation: String) {
    self.models = models
    self.images = images
    self.attack = attack
    self.explanation = explanation
  }

  func forEachPart<Output: Sendable>(
    of model: String?, _ transform: @Sendable ([Results.Measurement]) throws(Problem) -> Output,
    consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    readings.add(1, ordering: .relaxed)
    for own in models where model == nil || model == own {
      for image in images { try consume(transform(rows(model: own, image: image.path))) }
    }
  }

  func rows(model: String, image: String) -> [Results.Measurement] {
    guard let index = images.firstIndex(where: { $0.path == image }), models.contains(model) else { return [] }
    var generator = SplitMix64(seed: UInt64(index) &* 31 &+ UInt64(model.utf8.first ?? 0))
    func share() -> Double { Double(generator.next() >> 11) / Double(1 << 53) }
    let label = images[index].label
    let clean = share() < 0.8 ? label : label + 1
    let (cleanPeak, sure) = (Float(share() < 0.02 ? 0 : share()), share())
    return [0, 0.01, 0.1].map { epsilon in
      let value = epsilon == 0 ? 0 : share() * (epsilon == 0.1 ? 0.9 : 0.3)
      return Results.Measurement(
        model: model, image: image, label: label, attack: attack, explanation: explanation, target: .predicted,
        layer: "last", epsilon: epsilon, cleanPrediction: clean,
        adversarialPrediction: share() < 5 * epsilon ? label + 2 : clean, cleanConfidence: sure,
        adversarialConfidence: share(), dissimilarities: [value], parts: [1 - 2 * value], cleanPeak: cleanPeak,
        adversarialPeak: share() < 0.03 ? 0 : Float(share()), cleanClassConfidence: share() < 0.9 ? share() : nil,
        clippedShare: share() / 10, gradientIsZero: share() < 0.01)
    }
  }
}

@Suite struct StreamingTests {
  private func results(images count: Int) -> (ExperimentResults, GeneratedMeasurements) {
    let images = (0..<count).map { ImageRecord(path: "i\($0).png", label: $0 % 7, sha256: "") }
    let models = ["a", "b"].map { key in
      ModelRecord(
        key: key, name: key.uppercased(), architecture: "vgg16", width: 1, inputSize: 32, mean: [0, 0, 0],
        standardDeviation: [1, 1, 1], classCount: 9, parameterCount: 1, weightsFile: "w", weightsSHA256: "",
        layers: ["last"], lastLayer: "last")
    }
    var results = ExperimentResults(
      title: "t", seed: 7, models: models, images: images, classNames: [], epsilons: [0.01, 0.1],
      targets: [.predicted], measurements: [], options: [], provenance: [], skipped: [], pictures: NoPictures())
    results.resamples = 500
    let source = GeneratedMeasurements(
      models: ["a", "b"], images: images, attack: results.attacks[0].key, explanation: results.explanationKeys[0])
    results.rows = source
    return (results, source)
  }

  /// The same rows in memory.
  private func held(_ results: ExperimentResults) -> ExperimentResults {
    var copy = results
    copy.measurements = results.measurements
    return copy
  }

  @Test func whatIsReadPartByPartHasTheSameValues() throws {
    let (streamed, _) = results(images: 60)
    let whole = held(streamed)
    let summaries = try streamed.summarise()
    #expect(try whole.summarise() == summaries)
    #expect(streamed.accuracyWarnings == whole.accuracyWarnings && streamed.driftWarnings == whole.driftWarnings)
    #expect(streamed.driftOrder(summaries) == whole.driftOrder(summaries))
    #expect(streamed.rowCounts(of: summaries[1]) == whole.rowCounts(of: summaries[1]))
    #expect(try ResultsCSV.text(streamed) == ResultsCSV.text(whole))
    #expect(try ResultsCSV.means(streamed) == ResultsCSV.means(whole))
    #expect(
      try streamed.confidenceCorrelations(summaries[0], epsilons: [0.01, 0.1])
        == whole.confidenceCorrelations(summaries[0], epsilons: [0.01, 0.1]))
    #expect(streamed.differences(among: summaries).pairs == whole.differences(among: summaries).pairs)
  }

  /// Counted once more from the rows themselves, by nothing that a report is made of.
  @Test func countsAreThoseOfTheRows() throws {
    let (results, _) = results(images: 60)
    let rows = results.measurements
    for summary in try results.summarise() {
      let counts = results.rowCounts(of: summary)
      for (index, epsilon) in [0, 0.01, 0.1].enumerated() {
        let own = rows.filter { $0.model == summary.model.key && $0.epsilon == epsilon }
        #expect(
          counts[index]
            == RowCounts(
              epsilon: epsilon, rows: 60, flipped: own.count { $0.adversarialPrediction != $0.cleanPrediction },
              dead: own.count(where: \.isDead), unmoved: own.count(where: \.isUnmoved), valueless: 0,
              greatest: own.map(\.dissimilarity).max(),
              meanClippedShare: own.reduce(0) { $0 + ($1.clippedShare ?? 0) } / 60))
        let level = index == 0 ? summary.control : summary.levels[index - 1]
        #expect(level.dissimilarities == own.map(\.dissimilarity))
        #expect(level.mod.value == Drift.mean(own.map(\.dissimilarity)))
        #expect(level.accuracy.value == Double(own.count { $0.adversarialPrediction == $0.label }) / 60)
      }
      let own = rows.filter { $0.model == summary.model.key && $0.epsilon == 0.1 }
      func mean(_ isIn: (Results.Measurement) -> Bool) -> Double { Drift.mean(own.filter(isIn).map(\.dissimilarity)) }
      let level = summary.levels[1]
      #expect(abs(level.modHeld.value - mean { $0.adversarialPrediction == $0.cleanPrediction }) < 1e-14)
      #expect(abs(level.modFlipped.value - mean { $0.adversarialPrediction != $0.cleanPrediction }) < 1e-14)
      #expect(try abs(#require(level.modWithoutDead).value - mean { !$0.isDead }) < 1e-14)
    }
    #expect(results.rowCount == 360 && results.measuredImageCount == 60 && results.measuredLabelCount == 7)
    #expect(results.scoredRowCount(of: ["a"]) == rows.count { $0.model == "a" && $0.cleanClassConfidence != nil })
  }

  /// However much a report asks, its rows are read once, and none is kept: the source makes them anew each time.
  @Test func theRowsAreReadOnce() throws {
    let (results, source) = results(images: 20)
    let summaries = try results.summarise()
    _ = (results.accuracyWarnings, results.driftWarnings, results.driftOrder(summaries), results.rowCount)
    _ = (results.rowCounts(of: summaries[0]), results.differences(among: summaries).pairs)
    _ = try ResultsCSV.means(results)
    #expect(source.readings.load(ordering: .relaxed) == 1)
  }

  @Test func otherNamesKeepWhatWasFound() throws {
    let (results, source) = results(images: 20)
    let summaries = try results.summarise()
    let names = ShownNames(
      models: NameTable(["a", "b"]) { "<\($0)>" }, images: NameTable(results.images.map(\.path)) { "shown \($0)" },
      layers: NameTable(["last"]) { $0 })
    let shown = results.renamed(names) { $0.name += "!" }
    let again = try shown.summarise()
    #expect(again.map(\.model.key) == ["<a>", "<b>"] && again.map(\.model.name) == ["A!", "B!"])
    #expect(again.map(\.levels) == summaries.map(\.levels))
    #expect(source.readings.load(ordering: .relaxed) == 1)
    #expect(
      try shown.rows.rows(model: "<a>", image: "shown i3.png").map(\.dissimilarities)
        == source.rows(model: "a", image: "i3.png").map(\.dissimilarities))
    #expect(shown.driftOrder(again).all.map(\.path) == results.driftOrder(summaries).all.map { "shown \($0.path)" })
  }
}

@Suite struct ResamplesTests {
  private func table(_ images: Int, width: Int = 19) -> ResampledTable {
    var generator = SplitMix64(seed: 3)
    var table = ResampledTable(images: images, width: width)
    for image in 0..<images {
      for column in 0..<width { table[image, column] = Double(generator.next() >> 11) / Double(1 << 53) }
    }
    return table
  }

  /// The sums of each draw, column by column, added in the order of the draw.
  private func plain(_ table: ResampledTable, _ images: Int, draws: Int) -> [Double] {
    var generator = SplitMix64(seed: 7)
    let all = (0..<draws).map { _ in (0..<images).map { _ in generator.index(below: images) } }
    return (0..<table.width).flatMap { column in
      all.map { draw in draw.reduce(0.0) { $0 + table[$1, column] } }
    }
  }

  @Test func sumsOfFewImagesHaveTheBitsOfTheDraw() {
    let sums = Resamples(imageCount: 37, seed: 7, count: 100).sums(of: [table(37), table(37)])
    #expect(sums[0] == plain(table(37), 37, draws: 100) && sums[1] == sums[0])
  }

  @Test func sumsOverSeveralBlocksAreTheSame() {
    let images = Resamples.blockSize + 52
    let sums = Resamples(imageCount: images, seed: 7, count: 70).sums(of: [table(images, width: 2)])[0]
    #expect(sums.count == 140)
    for (blocked, plain) in zip(sums, plain(table(images, width: 2), images, draws: 70)) {
      #expect(abs(blocked - plain) < 1e-12 * abs(plain))
    }
  }

  @Test func drawsAreThoseOfTheGenerator() {
    for bound in [1, 2, 7, 40, 2100, 1 << 33, .max] {
      var (one, other) = (SplitMix64(seed: 5), SplitMix64(seed: 5))
      let draw = IndexDraw(below: bound)
      for _ in 0..<200 { #expect(draw.next(&one) == other.index(below: bound)) }
    }
  }

  /// The first numbers of SplitMix64 from seed 1234567, as in its reference implementation.
  @Test func generatorIsSplitMix64() {
    var generator = SplitMix64(seed: 1_234_567)
    #expect(generator.next() == 6_457_827_717_110_365_317)
    #expect(generator.next() == 3_203_168_211_198_807_973)
    #expect(generator.next() == 9_817_491_932_198_370_423)
  }
}
