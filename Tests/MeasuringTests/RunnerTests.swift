import Engines
import Explanations
import Foundation
import Graphs
import Images
import Measures
import Measuring
import Results
import Support
import Synchronization
import Testing

@Suite struct RunnerTests {
  /// Red 200 and 100 over green 100: the prediction is red with a mean of 150/255. The attack takes 0.2 from red and
  /// gives 0.2 to green and blue, so that green wins.
  @Test func valuesByHand() throws {
    var experiment = ColourExperiment()
    experiment.targets = "[predicted, label, clean-prediction]"
    experiment.images = [experiment.images[0]]
    let (outcome, found) = try experiment.run()
    let results = try #require(found)
    #expect(outcome.computedRows == 6)
    #expect(outcome.skipped.isEmpty)
    #expect(
      results.measurements.map(\.target) == [
        .predicted, .predicted, .label, .label, .cleanPrediction, .cleanPrediction,
      ])
    #expect(results.measurements.map(\.epsilon) == [0, 0.2, 0, 0.2, 0, 0.2])

    try #require(results.measurements.count > 0)
    let control = results.measurements[0]
    #expect(control.dissimilarity == 0)
    #expect(control.parts[0] == 1)
    #expect(control.cleanPrediction == 0)
    #expect(control.adversarialPrediction == 0)
    #expect(abs(control.cleanPeak - 200 / 255 / 1024) < 1e-9)
    #expect(control.cleanPeak == control.adversarialPeak)
    let logits = [150.0 / 255, 100.0 / 255, 0]
    let sum = logits.reduce(0) { $0 + exp($1) }
    #expect(abs(control.cleanConfidence - exp(logits[0]) / sum) < 1e-6)

    try #require(results.measurements.count > 1)
    let predicted = results.measurements[1]
    #expect(predicted.adversarialPrediction == 1)
    #expect(abs(predicted.adversarialPeak - (100.0 / 255 + 0.2) / 1024) < 1e-9)
    let attacked = [150.0 / 255 - 0.2, 100.0 / 255 + 0.2, 0.2]
    let attackedSum = attacked.reduce(0) { $0 + exp($1) }
    #expect(abs(predicted.adversarialConfidence - exp(attacked[1]) / attackedSum) < 1e-6)
    // Red was predicted on the clean image.
    #expect(control.cleanClassConfidence == control.cleanConfidence)
    #expect(control.confidenceDrop == 0)
    let redNow = try #require(predicted.cleanClassConfidence)
    #expect(abs(redNow - exp(attacked[0]) / attackedSum) < 1e-6)
    try #require(results.measurements.count > 3)
    #expect(results.measurements[3].cleanClassConfidence == redNow)
    let before = try #require(
      try results.pictures.scores(model: "vgg16", image: "red/a.png", attack: "fgsm", epsilon: 0))
    let after = try #require(
      try results.pictures.scores(model: "vgg16", image: "red/a.png", attack: "fgsm", epsilon: 0.2))
    #expect(before.classes.map(\.label) == [0, 1, 2])
    #expect(after.classes.map(\.label) == [1, 0, 2])
    #expect(abs(before.classes[0].logit - 150.0 / 255) < 1e-6)
    #expect(abs(after.classes[0].logit - Float(attacked[1])) < 1e-6)
    #expect(after[0]?.probability == redNow)
    #expect(try results.pictures.scores(model: "vgg16", image: "red/a.png", attack: "fgsm", epsilon: 0.3) == nil)
    // The attack takes from the true colour and gives to the others.
    let signs = try #require(try results.pictures.perturbation(model: "vgg16", image: "red/a.png", attack: "fgsm"))
    #expect((signs.height, signs.width) == (32, 32))
    #expect(signs.values == [Int8](repeating: -1, count: 1024) + [Int8](repeating: 1, count: 2048))
    let photograph = try #require(try results.pictures.photograph(model: "vgg16", image: "red/a.png"))
    #expect(signs.attacked(photograph, epsilon: 0.2)?.pixels.prefix(3) == [149, 151, 51])
    #expect(signs.difference(photograph, epsilon: 0.02, times: 10)?.pixels.prefix(3) == [76, 179, 179])
    // The red map is 1 on the left and 0 on the right; the green one is constant, which stretches to zeros.
    let red = heatmap(
      of: RawMap(
        height: 32, width: 32, values: (0..<1024).map { $0 % 32 < 16 ? 200.0 / 255 / 1024 : 100.0 / 255 / 1024 }),
      size: 32)
    let expected = try SSIMReference(red.values, height: 32, width: 32, window: .uniform)
      .compare(with: [Float](repeating: 0, count: 1024))
    #expect(abs(predicted.parts[0] - expected) < 1e-3)
    #expect(abs(predicted.dissimilarity - (1 - predicted.parts[0]) / 2) < 1e-15)

    // The red map loses 0.2 everywhere, which the stretch undoes.
    let label = results.measurements[3]
    #expect(abs(label.adversarialPeak - (200.0 / 255 - 0.2) / 1024) < 1e-9)
    #expect(label.dissimilarity < 1e-4)
    try #require(results.measurements.count > 5)
    #expect(results.measurements[5].dissimilarity == label.dissimilarity)
  }

  @Test func picturesAreKept() throws {
    let experiment = ColourExperiment()
    let results = try #require(try experiment.run().results)
    let clean = try results.pictures.rawMap(of: series(.predicted, "again"), image: "red/a.png", epsilon: nil)
    let values = try #require(clean).values
    #expect(abs(values[0] - 200 / 255 / 1024) < 1e-9)
    #expect(abs(values[31] - 100 / 255 / 1024) < 1e-9)
    #expect(
      try results.pictures.rawMap(of: series(.predicted, "again"), image: "red/a.png", epsilon: 0)
        == clean)
    #expect(
      try results.pictures.rawMap(of: series(.predicted, "again"), image: "red/a.png", epsilon: 0.3)
        == nil)
    #expect(try results.pictures.photograph(model: "vgg16", image: "red/a.png") == experiment.images[0].image)
    #expect(try results.pictures.photograph(model: "vgg16", image: "red/z.png") == nil)
  }

  /// What the first versions found at a layer that they explained wrongly is no result of this version.
  @Test func rowsOfALayerThatIsExplainedOtherwiseNowAreComputedAgain() throws {
    var experiment = ColourExperiment()
    let first = try experiment.run()
    experiment.revisedLayers = ["again"]
    let store = try experiment.store()
    let forecast = try Forecast(plan: experiment.plan(), store: store, engine: ColourEngine().version, why: true)
    #expect(
      forecast.models[0].reasons.map(\.changes)
        == [[Forecast.Change(ingredient: "layer", value: "again (revision 2)")]])
    let second = try experiment.run()
    #expect(second.outcome.computedRows == 6 && second.outcome.storedRows == 0)
    // By its own name everywhere else.
    #expect(try #require(second.results).measurements == first.results?.measurements)
    #expect(try experiment.run().outcome.computedRows == 0)
    // The former run's rows are still its own.
    experiment.revisedLayers = nil
    #expect(try experiment.run().outcome.computedRows == 0)
  }

  @Test func aSecondRunComputesNothing() throws {
    let experiment = ColourExperiment()
    let first = try experiment.run()
    let engine = ColourEngine()
    let second = try experiment.run(engine: engine)
    #expect(second.outcome == RunOutcome(computedRows: 0, storedRows: 6, skipped: [], wasStopped: false, imagesLeft: 0))
    #expect(engine.counts.withLock { $0 } == ColourEngine.Counts())
    #expect(second.results?.measurements == first.results?.measurements)
  }

  @Test func onlyWhatIsNewIsComputed() throws {
    var experiment = ColourExperiment()
    _ = try experiment.run()

    // One more epsilon: clean and new attacked image, neither the control nor the old epsilon.
    experiment.attack = "epsilons: [0.2, 0.1]"
    var engine = ColourEngine()
    var outcome = try experiment.run(engine: engine).outcome
    #expect(outcome.computedRows == 3)
    #expect(outcome.storedRows == 6)
    #expect(
      engine.counts.withLock { $0 }
        == ColourEngine.Counts(prepared: [["again"]], logits: 6, inputGradients: 3, explanations: 6))

    // One more layer: everything again, but for that layer only.
    experiment.layers = "[maps, last]"
    engine = ColourEngine()
    outcome = try experiment.run(engine: engine).outcome
    #expect(outcome.computedRows == 9)
    #expect(engine.counts.withLock { $0.prepared } == [["maps"]])

    // One more image: that image only.
    experiment.images.append(("red/d.png", 0, halves([255, 0, 0], [0, 0, 0])))
    engine = ColourEngine()
    outcome = try experiment.run(engine: engine).outcome
    #expect(outcome.computedRows == 6)
    #expect(engine.counts.withLock { $0.logits } == 4)

    // Another loss label changes every attacked row, and no control.
    experiment.attack = "epsilons: [0.2, 0.1], loss-label: predicted"
    engine = ColourEngine()
    outcome = try experiment.run(engine: engine).outcome
    #expect(outcome.computedRows == 16)
    #expect(outcome.storedRows == 8)
  }

  /// Targets that explain the same class share one backward pass.
  @Test func coincidingTargetsShareTheirBackwardPass() throws {
    var experiment = ColourExperiment()
    experiment.targets = "[label, clean-prediction]"
    let engine = ColourEngine()
    _ = try experiment.run(engine: engine)
    // Every clean prediction is right: one class per image, clean, control and attacked.
    #expect(engine.counts.withLock { $0.explanations } == 9)
  }

  @Test func resultsDoNotDependOnThreads() throws {
    var one = ColourExperiment()
    one.targets = "[predicted, label]"
    one.attack = "epsilons: [0.05, 0.2], quantise: 8bit"
    for index in 0..<20 {
      let shade = UInt8(index * 11)
      one.images.append(("red/\(index).png", 0, halves([200, shade, 30], [shade, 100, 200])))
    }
    var four = ColourExperiment()
    (four.targets, four.attack, four.images) = (one.targets, one.attack, one.images)
    let first = try #require(try one.run(threads: 1).results)
    let second = try #require(try four.run(threads: 4).results)
    #expect(try ResultsCSV.text(first) == ResultsCSV.text(second))
    #expect(first.measurements.count == 23 * 2 * 3)
    #expect(first.measurements.allSatisfy { $0.epsilon > 0 || $0.dissimilarity == 0 })
  }

  /// The closed form and a real engine agree on the same small network.
  @Test func aRealEngineAgrees() throws {
    let byHand = try #require(try ColourExperiment().run().results)
    let computed = try #require(try ColourExperiment().run(engine: EngineKind.openblas.makeEngine()).results)
    for (expected, found) in zip(byHand.measurements, computed.measurements) {
      #expect(expected.adversarialPrediction == found.adversarialPrediction)
      #expect(abs(expected.dissimilarity - found.dissimilarity) < 1e-3)
      #expect(abs(expected.adversarialPeak - found.adversarialPeak) < 1e-7)
    }
  }

  @Test func anUnreadableImageIsSkipped() throws {
    let experiment = ColourExperiment()
    try experiment.folder?.write("this is no picture", to: "green/b.png")
    let events = Mutex<[RunEvent]>([])
    let (outcome, results) = try experiment.run(observe: { event in events.withLock { $0.append(event) } })
    #expect(outcome.computedRows == 4)
    #expect(outcome.skipped.map(\.path) == ["green/b.png"])
    #expect(results?.images.map(\.path) == ["red/a.png", "blue/c.png"])
    #expect(results?.skipped == outcome.skipped)
    #expect(outcome.skipped[0].reason.isEmpty == false)
    #expect(
      events.withLock { $0 } == [
        .started(images: 3, models: 1, storedRows: 0, missingRows: 6), .model(name: "VGG16", images: 3),
        .image(model: "VGG16", path: "red/a.png", done: 1, of: 3), .skipped(outcome.skipped[0]),
        .image(model: "VGG16", path: "blue/c.png", done: 3, of: 3),
      ])
    // It is tried again, and nothing else is.
    let engine = ColourEngine()
    #expect(try experiment.run(engine: engine).outcome.skipped == outcome.skipped)
    #expect(engine.counts.withLock { $0.logits } == 0)
  }

  /// Each thread has two sessions of 50 MiB and some maps.
  @Test func withLittleMemoryFewerThreadsAreStarted() throws {
    func told(_ left: Int) throws -> [RunEvent] {
      let experiment = ColourExperiment()
      let events = Mutex<[RunEvent]>([])
      let plan = try experiment.plan()
      let room = MemoryRoom(limit: 4 << 30, used: 4 << 30 - left, source: "the limit in /sys/fs/cgroup/memory.max")
      let outcome = try Runner(
        plan: plan, store: experiment.store(), engine: ColourEngine(), threads: 3, memory: { [room] }
      ).run(observe: { event in events.withLock { $0.append(event) } })
      #expect(outcome.computedRows == 6)
      return events.withLock { $0 }.filter { if case .fewerThreads = $0 { true } else { false } }
    }
    #expect(try told(400 << 20) == [])
    #expect(
      try told(300 << 20) == [
        .fewerThreads(
          model: "VGG16", count: 2, of: 3,
          reason: "each takes about 100 MiB, and the limit in /sys/fs/cgroup/memory.max leaves 300 MiB of 4.0 GiB")
      ])
    // Never none: the first one may be lucky, and the system says when it is not.
    #expect(
      try told(0) == [
        .fewerThreads(
          model: "VGG16", count: 1, of: 3,
          reason: "each takes about 100 MiB, and the limit in /sys/fs/cgroup/memory.max leaves 0 MiB of 4.0 GiB")
      ])
  }

  @Test func aFailureStopsAndKeepsWhatWasDone() throws {
    let experiment = ColourExperiment()
    // The mean red of b.png, which is second.
    #expect {
      try experiment.run(engine: ColourEngine(brokenRed: 10 / 255))
    } throws: {
      "\($0)" == "VGG16 on green/b.png: layer maps is NaN" && ($0 as? Problem)?.exitCode == 1
    }
    let (outcome, results) = try experiment.run()
    #expect(outcome.storedRows == 2)
    #expect(outcome.computedRows == 4)
    #expect(results?.measurements == (try ColourExperiment().run().results)?.measurements)
  }

  /// libdispatch's memory of a thread is freed before Foundation frees the thread's closure: what a pass holds must not
  /// be freed by that, since closing the store uses libdispatch once more.
  @Test func aThreadOfAPassMayUseAllProcessors() {
    for _ in 0..<40 {
      #expect(throws: Problem.self) { try ColourExperiment().run(engine: ColourEngine(brokenRed: 10 / 255)) }
    }
  }

  @Test func nothingIsStoredOfAnUnsoundNetwork() throws {
    let experiment = ColourExperiment()
    // The first image to come is looked into while two others are measured.
    #expect {
      try experiment.run(engine: ColourEngine(isUnsound: true), threads: 3)
    } throws: {
      "\($0)".hasPrefix("VGG16 on ") && "\($0)".hasSuffix(".png: layer again is NaN")
    }
    #expect(try experiment.run().outcome == RunOutcome(computedRows: 6, storedRows: 0))
  }

  @Test func stoppingFinishesTheImageInFlight() throws {
    let experiment = ColourExperiment()
    let asked = Atomic(0)
    // The first question is asked before the first image, the second before the second.
    let (outcome, _) = try experiment.run(shouldStop: { asked.add(1, ordering: .relaxed).newValue >= 2 })
    #expect(outcome == RunOutcome(computedRows: 2, storedRows: 0, skipped: [], wasStopped: true, imagesLeft: 2))
    let (rest, results) = try experiment.run()
    #expect(rest.computedRows == 4)
    #expect(results?.measurements == (try ColourExperiment().run().results)?.measurements)
  }

  @Test func aChangedImageIsNoticed() throws {
    let experiment = ColourExperiment()
    let plan = try experiment.plan()
    try experiment.folder?.write(try ImageEncoder.png(halves([1, 1, 1], [2, 2, 2])), to: "red/a.png")
    let store = try experiment.store()
    let problem = #expect(throws: Problem.self) {
      try Runner(plan: plan, store: store, engine: ColourEngine(), threads: 1).run()
    }
    #expect(problem?.kind == .changed)
    #expect(
      problem?.description
        == "red/a.png: the image changed while the experiment was running: it is not what was hashed before\n"
        + "  Wait until nothing writes to the images; then run the same command again.")
  }
}

private func series(_ target: ExplanationTarget, _ layer: String) -> SeriesIdentity {
  SeriesIdentity(
    model: "vgg16", attack: "fgsm", explanation: "grad-cam", target: target, layer: layer, measure: "nissim")
}
