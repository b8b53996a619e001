import Images
import Measuring
import Results
import Store
import Support
import Testing

/// What decodes the images is part of every key.
@Suite struct DecoderTests {
  private func plan(_ experiment: ColourExperiment, decoders: String?) throws -> Plan {
    let plan = try experiment.plan()
    return Plan(
      experiment: plan.experiment, models: plan.models, images: plan.images, classNames: plan.classNames,
      decoders: decoders)
  }

  @Test func theLibrariesHereDecodeAsThoseOfTheGoldens() { #expect(DecoderRevision.current == nil) }

  @Test func onePixelMakesAnotherRevision() throws {
    var decoded = DecoderRevision.decoded
    #expect(DecoderRevision.of(decoded) == nil)
    let image = try decoded[0].get()
    var pixels = image.pixels
    pixels[100] ^= 1
    decoded[0] = .success(RGBImage(width: image.width, height: image.height, pixels: pixels))
    let changed = try #require(DecoderRevision.of(decoded))
    #expect(changed.count == 16 && changed.allSatisfy { $0.isHexDigit && !$0.isUppercase })
    decoded[0] = .failure(Problem.failure("progressive files are not supported"))
    let unreadable = try #require(DecoderRevision.of(decoded))
    #expect(unreadable != changed)
  }

  @Test func anotherDecoderComputesAnewAndIsNamed() throws {
    let experiment = ColourExperiment()
    let store = try experiment.store()
    let usual = try plan(experiment, decoders: nil)
    #expect(try Runner(plan: usual, store: store, engine: ColourEngine(), threads: 1).run().computedRows == 6)
    let other = try plan(experiment, decoders: "0123456789abcdef")
    let forecast = try Forecast(plan: other, store: store, engine: "colours 1", why: true)
    #expect(
      forecast.models[0].reasons == [
        Forecast.Reason(
          changes: [Forecast.Change(ingredient: "decoders", former: "standard", value: "0123456789abcdef")],
          measurements: 6, images: 3)
      ])
    let outcome = try Runner(plan: other, store: store, engine: ColourEngine(), threads: 1).run()
    #expect(outcome.computedRows == 6)
    // The run finds its own rows and says what it was made with.
    let run = StoredRun(
      file: try experiment.file(), plan: other, engine: "colours 1", outcome: outcome, software: [], template: nil)
    try store.save(run)
    let kept = try #require(try store.latestRun())
    #expect(try store.results(of: kept).measurements.count == 6)
    #expect(
      kept.provenance.contains(
        ProvenanceEntry(section: "software", name: "decoders of images", value: "0123456789abcdef")))
    #expect(try store.check().faults == [])
    #expect(try store.removeUnused(isTrial: false).measurements == 6)
    // The way back is named as well.
    #expect(
      try Forecast(plan: usual, store: store, engine: "colours 1", why: true).models[0].reasons == [
        Forecast.Reason(
          changes: [Forecast.Change(ingredient: "decoders", former: "0123456789abcdef", value: "standard")],
          measurements: 6, images: 3)
      ])
  }
}
