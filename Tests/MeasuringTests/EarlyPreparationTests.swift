import EngineOpenBLAS
import Graphs
import Support
import Testing

@testable import Measuring

@Suite struct EarlyPreparationTests {
  @Test func aRunTakesWhatWasPreparedEarly() throws {
    let experiment = ColourExperiment()
    var plan = try experiment.plan()
    let model = plan.models[0]
    let engine = ColourEngine()
    let early = EarlyPreparation(engine: engine)
    early.prepare(try #require(model.network), layers: model.layers, model: model.options.key)
    plan.early = early
    let outcome = try Runner(plan: plan, store: experiment.store(), engine: engine, threads: 2).run()
    #expect(outcome.computedRows == 6)
    #expect(engine.counts.withLock { $0.prepared } == [["again"]])
    #expect(early.take(model: model.options.key, layers: model.layers, engine: engine) == nil, "it was handed over")
  }

  @Test func whatDoesNotFitIsPreparedAnew() throws {
    let model = try ColourExperiment().plan().models[0]
    let engine = ColourEngine()
    let early = EarlyPreparation(engine: engine)
    #expect(early.take(model: model.options.key, layers: model.layers, engine: engine) == nil, "nothing is prepared")
    early.prepare(try #require(model.network), layers: model.layers, model: model.options.key)
    #expect(early.take(model: "other", layers: model.layers, engine: engine) == nil)
    #expect(early.take(model: model.options.key, layers: [], engine: engine) == nil)
    #expect(early.take(model: model.options.key, layers: model.layers, engine: try OpenBLASEngine()) == nil)
    #expect(early.take(model: model.options.key, layers: model.layers, engine: engine) != nil)
  }
}
