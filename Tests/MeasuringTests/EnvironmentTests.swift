import Foundation
import Graphs
import Measuring
import Results
import Store
import Support
import Testing

/// Rows of several processors and versions, and rows that came out in two ways.
@Suite struct EnvironmentTests {
  private func run(
    _ experiment: ColourExperiment, _ instructionSet: String, engine: ColourEngine = ColourEngine(), again: Bool = false
  ) throws -> (outcome: RunOutcome, results: ExperimentResults) {
    let plan = try experiment.plan()
    let store = try experiment.store()
    let outcome = try Runner(
      plan: plan, store: store, engine: engine, threads: 1, instructionSet: instructionSet, replacesOthers: again
    ).run()
    let run = StoredRun(
      file: try experiment.file(), plan: plan, engine: "colours 1", outcome: outcome,
      software: [ProvenanceEntry(section: "software", name: "instruction set", value: instructionSet)], template: nil)
    try store.save(run)
    var results = try store.results(of: run)
    // In memory, since the store is closed.
    results.measurements = results.measurements
    #expect(try store.check().faultCount == outcome.conflicts.count)
    try store.close()
    return (outcome, results)
  }

  private func instructionSet(_ results: ExperimentResults) -> String? {
    results.provenance.first { $0.name == "instruction set" }?.value
  }

  @Test func reportsSayHowManyRowsAreWhose() throws {
    var experiment = ColourExperiment()
    let narrow = try run(experiment, "narrow").results
    #expect(instructionSet(narrow) == "narrow")
    #expect(narrow.warnings == [])
    // The same on another processor: nothing to compute, and the rows say whose they are.
    #expect(instructionSet(try run(experiment, "wide").results) == "narrow")

    experiment.attack = "epsilons: [0.1, 0.2]"
    let (outcome, mixed) = try run(experiment, "wide")
    #expect(outcome.computedRows == 3)
    #expect(outcome.conflicts == [])
    #expect(instructionSet(mixed) == "narrow (6 rows), wide (3 rows)")
    #expect(
      mixed.warnings.map(\.message) == [
        "The rows of this report were computed by 2 different processors or versions: 6 of Heatdrift 0.1.0, colours 1, "
          + "narrow; 3 of Heatdrift 0.1.0, colours 1, wide"
      ])

    let plan = try experiment.plan()
    let path = try #require(experiment.folder).path + "/results.sqlite"
    let forecast = try Forecast(
      plan: plan, store: ResultsStore(readingAt: path), engine: "colours 1",
      environment: RowEnvironment(engine: "colours 1", instructionSet: "wide", decoders: plan.decoders), why: true)
    #expect(forecast.missingMeasurements == 6)
    #expect(
      forecast.models.map(\.reasons) == [
        [
          Forecast.Reason(
            changes: [
              Forecast.Change(
                ingredient: "processor", former: "another", value: "Heatdrift 0.1.0, colours 1, wide")
            ], measurements: 6, images: 3)
        ]
      ])
    let (again, whole) = try run(experiment, "wide", again: true)
    #expect((again.computedRows, again.storedRows) == (6, 3))
    #expect(instructionSet(whole) == "wide")
    #expect(whole.warnings == [])
    #expect(whole.measurements == mixed.measurements)
    #expect(try run(experiment, "wide", again: true).outcome.computedRows == 0)
  }

  @Test func twoValuesOfOneRowAreAConflict() throws {
    var experiment = ColourExperiment()
    experiment.images = [experiment.images[0]]
    let before = try run(experiment, "narrow").results.measurements
    // One more target: the maps of the first are made again on the way.
    experiment.targets = "[predicted, label]"
    let (outcome, results) = try run(experiment, "narrow", engine: ColourEngine(brightness: 0.5))
    #expect(outcome.computedRows == 2)
    let conflict = try #require(
      outcome.conflicts.first { $0.place.hasSuffix("epsilon 0.2: the attacked map's maximum") })
    #expect(conflict.place == "VGG16, red/a.png, again, predicted, epsilon 0.2: the attacked map's maximum")
    #expect(conflict.kept == "\(before[1].adversarialPeak)")
    #expect(conflict.found != conflict.kept)
    #expect(results.measurements.filter { $0.target == .predicted } == before)
    let warning = try #require(results.warnings.first { $0.message.contains("computed twice") })
    #expect(warning.message.contains("VGG16, red/a.png, again, predicted, epsilon 0: the clean confidence: "))
  }
}
