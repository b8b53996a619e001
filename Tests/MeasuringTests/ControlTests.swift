import Foundation
import Measuring
import Results
import Store
import Support
import Testing

/// The control on a sample of the images, on all, on none.
@Suite struct ControlTests {
  private func experiment(_ control: String?) -> ColourExperiment {
    var experiment = ColourExperiment()
    experiment.control = control
    return experiment
  }

  private func record(_ experiment: ColourExperiment) throws -> StoredRun {
    StoredRun(
      file: try experiment.file(), plan: try experiment.plan(), engine: "colours 1", outcome: RunOutcome(),
      software: [],
      template: nil)
  }

  @Test func rowsOfTheControlExistForTheSampleAlone() throws {
    var experiment = experiment("2")
    let engine = ColourEngine()
    let (outcome, found) = try experiment.run(engine: engine, threads: 2)
    let results = try #require(found)
    #expect(outcome.computedRows == 5 && outcome.skipped == [])
    // A clean pass and an attacked one of each image, and the control of two.
    #expect(engine.counts.withLock { $0.logits } == 8)
    let sampled = results.measurements.filter { $0.epsilon == 0 }.map(\.image)
    #expect(sampled.count == 2 && Set(sampled) == results.control.paths)
    #expect(results.measurements.count == 5 && results.controlCount == (2, 3))
    let series = try results.summarise()
    #expect(series[0].imageCount == 3 && series[0].control.dissimilarities == [0, 0])
    // Of so few images nothing has an interval.
    #expect(series[0].control.mod == Estimate(0))
    #expect(series[0].control.accuracy.value == 1 && series[0].levels[0].dissimilarities.count == 3)
    #expect(results.rowCounts(of: series[0]).map(\.rows) == [2, 3])
    // The clean image's logits are there for every image.
    for image in experiment.images {
      #expect(
        try results.pictures.scores(model: "vgg16", image: image.path, attack: "fgsm", epsilon: 0)?.classes.count == 3)
    }

    let run = try record(experiment)
    let store = try experiment.store()
    try store.save(run)
    #expect(try store.check().faults == [] && store.check().measurements == 5)
    #expect(try store.latestRun()?.control == run.control && run.control?.count == 2)
    #expect(try store.recomputeDrift(of: run).identical == 5)
    let again = try store.recompute(
      run, plan: experiment.plan(), count: 2, seed: 1, engine: ColourEngine(), threads: 1)
    #expect(again.identical == again.measurements && again.measurements >= 3)
    #expect(try experiment.run().outcome == RunOutcome(computedRows: 0, storedRows: 5))
    // Who wants more of it computes that alone; who wants less needs nothing.
    experiment.control = "all"
    #expect(
      try Forecast(plan: experiment.plan(), store: store, engine: "colours 1", why: false).models[0].missingMeasurements
        == 1)
    #expect(try experiment.run().outcome == RunOutcome(computedRows: 1, storedRows: 5))
    experiment.control = "none"
    let (none, fewer) = try experiment.run()
    #expect(none == RunOutcome(computedRows: 0, storedRows: 3))
    #expect(fewer?.measurements.count == 3)
    try store.save(try record(experiment))
    #expect(try store.removeUnused(isTrial: false).measurements == 3)
    #expect(try store.check().faults == [])
  }

  @Test func withoutTheControlSeriesAreComplete() throws {
    let engine = ColourEngine()
    let results = try #require(try experiment("none").run(engine: engine).results)
    #expect(engine.counts.withLock { $0.logits } == 6)
    let series = try #require(try results.summarise().first)
    #expect(series.imageCount == 3 && series.control.dissimilarities == [] && series.control.mod.value.isNaN)
    #expect(series.levels[0].mod.value == Drift.mean(results.measurements.map(\.dissimilarity)))
    #expect(series.cleanAccuracy.value == 1 && series.control.accuracy.value == 1)
    #expect(try ResultsCSV.text(results).split(separator: "\n").count == 4)
    #expect(try ResultsCSV.means(results).split(separator: "\n").count == 4)
  }

  /// Nothing of what is attacked depends on how many controls share its batch.
  @Test func attackedRowsAreTheSame() throws {
    func attacked(_ control: String?) throws -> [Results.Measurement] {
      try #require(try experiment(control).run().results).measurements.filter { $0.epsilon > 0 }
    }
    let all = try attacked("all")
    #expect(try attacked("none") == all && attacked("1") == all && attacked(nil) == all)
  }

  @Test func fewImagesAreAllInTheControl() throws {
    let run = try record(experiment(nil))
    #expect(run.control == nil && run.controlImages.contains("red/a.png"))
    // As in the records of versions that knew no other.
    #expect(run.measures(try experiment("all").file().experiment))
    #expect(run.measures(try experiment("3").file().experiment))
    #expect(!run.measures(try experiment("2").file().experiment))
  }

  @Test func theSampleIsSpreadOverTheLabelsWhateverTheOrder() {
    let images = (0..<60).map { ImageRecord(path: "s\($0 % 6)/\($0).png", label: $0 % 6, sha256: "\($0)") }
    let sample = ControlImages(.sample(12), of: images, seed: 7)
    let chosen = images.filter { sample.contains($0.path) }
    #expect(chosen.count == 12 && Dictionary(grouping: chosen, by: \.label).values.allSatisfy { $0.count == 2 })
    #expect(ControlImages(.sample(12), of: images.reversed(), seed: 7) == sample)
    #expect(ControlImages(.sample(12), of: images, seed: 8) != sample)
    // A smaller sample is a part of the larger.
    #expect(ControlImages(.sample(5), of: images, seed: 7).paths?.isSubset(of: sample.paths ?? []) == true)
    #expect(ControlImages(.sample(60), of: images, seed: 7) == ControlImages())
    #expect(ControlImages(.none, of: images, seed: 7).paths == [])
    // By sha256sum "7/control/a" is e35c..., "7/control/b" f870...
    let two = ["a", "b"].map { ImageRecord(path: $0, label: 0, sha256: $0) }
    #expect(ControlImages(.sample(1), of: two, seed: 7).paths == ["a"])
  }
}
