import Experiments
import Foundation
import GRDB
import Results
import Support
import Testing

/// Looking into a store, cleaning it, taking it elsewhere.
@Suite struct StoreToolTests {
  private func run(_ experiment: ColourExperiment) throws -> StoredRun {
    let plan = try experiment.plan()
    let store = try experiment.store()
    let outcome = try Runner(plan: plan, store: store, engine: ColourEngine(), threads: 1).run()
    let run = StoredRun(
      file: try experiment.file(), plan: plan, engine: "colours 1", outcome: outcome, software: [], template: nil)
    try store.save(run)
    try store.close()
    return run
  }

  private func path(_ experiment: ColourExperiment) throws -> String {
    try #require(experiment.folder).path + "/results.sqlite"
  }

  private func change(_ path: String, _ sql: String) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    try DatabaseQueue(path: path, configuration: configuration).write { db in try db.execute(sql: sql) }
  }

  /// What version 1 wrote: without the columns that version 2 added.
  private func makeVersion1(_ path: String) throws {
    try change(
      path,
      """
      DROP INDEX measurements_of_subject;
      ALTER TABLE measurements DROP COLUMN settings;
      ALTER TABLE maps DROP COLUMN ingredients;
      ALTER TABLE photographs DROP COLUMN ingredients;
      DROP TABLE settings;
      DROP TABLE scores;
      DROP TABLE perturbations;
      PRAGMA user_version = 1;
      """)
  }

  @Test func aSoundStoreHasNoFaults() throws {
    let experiment = ColourExperiment()
    _ = try run(experiment)
    let folder = try #require(experiment.folder).path
    let check = try ResultsStore(readingAt: path(experiment)).check()
    #expect(check.faults == [])
    #expect(check.measurements == 6)
    // Clean, control and attacked of each image; the photograph of each.
    #expect(check.maps == 9)
    #expect(check.photographs == 3)
    #expect(check.rowsWithoutSettings == 0)
    // Reading leaves no file behind.
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("results") }
        == ["results.sqlite"])
  }

  @Test(arguments: [
    ("UPDATE measurements SET nissim = 0.25 WHERE epsilon > 0", 3, "do not go together"),
    ("UPDATE measurements SET ssim = 0.5, nissim = 0.25 WHERE epsilon = 0", 3, "the control's NISSIM is 0.25, not 0"),
    ("UPDATE measurements SET clean_confidence = 1.5 WHERE epsilon > 0", 3, "a confidence outside of [0, 1]"),
    ("UPDATE measurements SET adversarial_peak = -1 WHERE epsilon > 0", 3, "the peak -1.0"),
    ("UPDATE measurements SET layer = 'maps' WHERE epsilon > 0", 3, "its ingredients are not those of its key"),
    ("UPDATE settings SET ingredients = replace(ingredients, 'uniform', 'gaussian')", 6, "are not those of its key"),
    ("UPDATE subjects SET ingredients = replace(ingredients, 'engine', 'motor')", 3, "that its key was made of"),
    ("DELETE FROM subjects", 6, "its subject is missing"),
    ("UPDATE map_values SET bytes = zeroblob(4096)", 6, "its values are not those that were stored"),
    ("DELETE FROM map_values", 9, "its values are missing"),
    ("UPDATE photographs SET png = zeroblob(100)", 3, "photograph "),
    ("UPDATE scores SET classes = replace(classes, '0 ', '3 ')", 6, "the values are not those that were stored"),
    ("UPDATE scores SET classes = classes || 'x'", 6, "the values are not those that were stored"),
    ("UPDATE scores SET ingredients = ingredients || 'x=1'", 6, "the ingredients are not those of the key"),
    ("UPDATE perturbations SET bytes = zeroblob(384)", 3, "the values are not those that were stored"),
    ("UPDATE perturbations SET width = 1000000000", 3, "the values are not those that were stored"),
    ("DELETE FROM measurements WHERE epsilon > 0", 1, "the latest run: 3 of its measurements are missing"),
    ("DELETE FROM maps", 1, "the latest run: 9 of its maps are missing"),
    ("DELETE FROM photographs", 1, "the latest run: 3 of its photographs are missing"),
  ])
  func faultsAreFound(sql: String, count: Int, text: String) throws {
    let experiment = ColourExperiment()
    _ = try run(experiment)
    try change(try path(experiment), sql)
    let check = try ResultsStore(readingAt: path(experiment)).check()
    #expect(check.faultCount == count, "\(check.faults)")
    #expect(check.faults.allSatisfy { $0.contains(text) }, "\(check.faults)")
  }

  @Test func aStoreOfVersion1IsReadAndBroughtUpToDate() throws {
    let experiment = ColourExperiment()
    let made = try run(experiment)
    let path = try path(experiment)
    let full = try ResultsStore(readingAt: path).results(of: made).measurements
    // Neither version 1 nor 2 stored logits, nor the direction of the attack.
    let measurements = full.map {
      var row = $0
      row.cleanClassConfidence = nil
      row.clippedShare = nil
      row.gradientIsZero = nil
      return row
    }
    try makeVersion1(path)
    // Read as it is.
    let old = try ResultsStore(readingAt: path)
    #expect(try old.results(of: made).measurements == measurements)
    #expect(try old.check().faults == [])
    #expect(try old.check().rowsWithoutSettings == 6)
    #expect(try old.export(.csv).split(separator: "\n").count == 7)
    // Opened for writing it is migrated, and keeps what it had.
    let store = try ResultsStore(path: path)
    #expect(try store.results(of: made).measurements == measurements)
    #expect(try store.check().faults == [])
    let outcome = try Runner(plan: experiment.plan(), store: store, engine: ColourEngine(), threads: 1).run()
    // The rows are there; what they lacked is added to them.
    #expect(outcome.computedRows == 0)
    #expect(try store.results(of: made).measurements == full)
    #expect(try store.check().faults == [])
    try store.close()
    #expect(
      try DatabaseQueue(path: path).read { db in try Int.fetchOne(db, sql: "PRAGMA user_version") } == 3)
  }

  @Test func aStoreOfVersion2IsReadAsItIsAndThenFilled() throws {
    let experiment = ColourExperiment()
    let made = try run(experiment)
    let path = try path(experiment)
    let full = try ResultsStore(readingAt: path).results(of: made)
    let signs = try full.pictures.perturbation(model: "vgg16", image: "red/a.png", attack: "fgsm")
    #expect(signs != nil)
    try change(path, "DROP TABLE scores; DROP TABLE perturbations; PRAGMA user_version = 2")
    let old = try ResultsStore(readingAt: path)
    let results = try old.results(of: made)
    #expect(results.measurements.allSatisfy { $0.cleanClassConfidence == nil })
    #expect(results.measurements.map(\.dissimilarity) == full.measurements.map(\.dissimilarity))
    #expect(try results.pictures.scores(model: "vgg16", image: "red/a.png", attack: "fgsm", epsilon: 0.2) == nil)
    #expect(try results.pictures.perturbation(model: "vgg16", image: "red/a.png", attack: "fgsm") == nil)
    #expect(try old.check().faults == [])
    #expect(ResultsCSV.text(results).split(separator: "\n").dropFirst().allSatisfy { $0.hasSuffix(",") })
    // Nothing is asked for again but the logits, which every image lacks.
    let forecast = try Forecast(plan: experiment.plan(), store: old, engine: "colours 1", why: true)
    #expect(forecast.missingMeasurements == 0)
    #expect(forecast.models.map(\.images) == [3])
    #expect(forecast.models.map(\.reasons) == [[]])

    let store = try ResultsStore(path: path)
    let engine = ColourEngine()
    let outcome = try Runner(plan: experiment.plan(), store: store, engine: engine, threads: 1).run()
    #expect(outcome.computedRows == 0)
    #expect(try store.results(of: made).measurements == full.measurements)
    #expect(
      try store.results(of: made).pictures.perturbation(model: "vgg16", image: "red/a.png", attack: "fgsm")
        == signs)
    let again = ColourEngine()
    _ = try Runner(plan: experiment.plan(), store: store, engine: again, threads: 1).run()
    #expect(again.counts.withLock { $0 } == ColourEngine.Counts())
  }

  /// Runs of before the revision was written down find their rows; new runs do not take them for their own.
  @Test func rowsOfAnEarlierArithmeticAreNotTakenForNewOnes() throws {
    let experiment = ColourExperiment()
    let made = try run(experiment)
    let path = try path(experiment)
    try change(path, "UPDATE subjects SET ingredients = replace(ingredients, 'arithmetic=3\n', '')")
    let forecast = try Forecast(
      plan: experiment.plan(), store: ResultsStore(readingAt: path), engine: "colours 2", why: true)
    #expect(
      forecast.models.map(\.reasons) == [
        [
          Forecast.Reason(
            changes: [
              Forecast.Change(ingredient: "arithmetic", former: "1", value: "3"),
              Forecast.Change(ingredient: "engine", former: "colours 1", value: "colours 2"),
            ], measurements: 6, images: 3)
        ]
      ])
    var former = made
    former.arithmetic = nil
    #expect(throws: Problem.self) { try ResultsStore(readingAt: path).results(of: former) }
    #expect(made.arithmetic == 3)
    #expect(made.provenance.contains(ProvenanceEntry(section: "software", name: "arithmetic revision", value: "3")))
    #expect(former.provenance.contains(ProvenanceEntry(section: "software", name: "arithmetic revision", value: "1")))
  }

  @Test func cleaningRemovesWhatTheLatestRunDoesNotNeed() throws {
    var experiment = ColourExperiment()
    experiment.attack = "epsilons: [0.1, 0.2]"
    experiment.layers = "[maps, last]"
    _ = try run(experiment)
    experiment.attack = "epsilons: [0.2]"
    experiment.layers = "[last]"
    experiment.images.removeLast()
    let made = try run(experiment)
    let path = try path(experiment)
    let before = try ResultsStore(readingAt: path).results(of: made).measurements

    let trial = try ResultsStore(readingAt: path).removeUnused(isTrial: true)
    // Of 3 images x 2 layers x 3 levels, 2 x 1 x 2 are needed.
    #expect(trial.measurements == 14)
    #expect(trial.maps == 3 * 2 * 4 - 2 * 3)
    #expect(trial.photographs == 1)
    #expect(try ResultsStore(readingAt: path).check().measurements == 18)

    let store = try ResultsStore(path: path)
    let cleaning = try store.removeUnused(isTrial: false)
    #expect(
      (cleaning.measurements, cleaning.maps, cleaning.photographs)
        == (trial.measurements, trial.maps, trial.photographs))
    #expect(cleaning.bytesAfter < cleaning.bytesBefore)
    #expect(try store.check().faults == [])
    #expect(try store.check().measurements == 4)
    #expect(try store.results(of: made).measurements == before)
    #expect(try store.removeUnused(isTrial: false).measurements == 0)
  }

  @Test func nothingIsRemovedBeforeARunWasFinished() throws {
    let experiment = ColourExperiment()
    _ = try Runner(plan: experiment.plan(), store: experiment.store(), engine: ColourEngine(), threads: 1).run()
    let path = try path(experiment)
    #expect {
      try ResultsStore(path: path).removeUnused(isTrial: false)
    } throws: {
      "\($0)"
        == "\(path): no run was finished here, so that nothing says which rows are needed\n"
        + "  Let `heatdrift run` come to its end first, or remove the whole folder."
    }
  }

  @Test func exportsSayWhatEachRowDependsOn() throws {
    var experiment = ColourExperiment()
    experiment.images = [experiment.images[0]]
    let made = try run(experiment)
    let store = try ResultsStore(readingAt: path(experiment))
    let rows = try store.export(.csv).split(separator: "\n", omittingEmptySubsequences: false)
    try #require(rows.count > 3)
    #expect(
      rows[0]
        == "protocol,arithmetic,engine,architecture,width,weights,mean,std,variant,channels,range,state,size,fit,orientation,"
        + "image,alignment,label,attack,loss-label,quantise,explain,target,layer,epsilon,window,clean_prediction,adversarial_prediction,ssim,nissim,"
        + "clean_peak,adversarial_peak,clean_confidence,adversarial_confidence")
    let measurement = try store.results(of: made).measurements[1]
    let image = made.images[0].sha256
    let numbers = [
      measurement.parts[0], measurement.dissimilarity, Double(measurement.cleanPeak),
      Double(measurement.adversarialPeak), measurement.cleanConfidence, measurement.adversarialConfidence,
    ].map { "\($0)" }.joined(separator: ",")
    let expected =
      "1,3,colours 1,vgg16,1.0,c0,0.0 0.0 0.0,1.0 1.0 1.0,,,,,32,squash,,\(image),,0,fgsm,label,none,grad-cam,predicted,"
      + "again,0.2,uniform,0,1,\(numbers)"
    #expect(rows[2] == expected)
    // The control is no attack.
    #expect(rows[1].contains(",\(image),,0,,,,grad-cam,predicted,again,0.0,uniform,0,0,1.0,0.0,"))
    #expect(rows.count == 4 && rows[3] == "")

    let json = try JSONSerialization.jsonObject(with: Data(store.export(.json).utf8)) as? [[String: Any]]
    let objects = try #require(json)
    #expect(objects.count == 2)
    #expect(objects[1]["quantise"] as? String == "none")
    #expect(objects[0]["quantise"] == nil)
    #expect(objects[1]["epsilon"] as? Double == 0.2)
    #expect(objects[1]["nissim"] as? Double == measurement.dissimilarity)
    #expect(objects[1]["image"] as? String == image)
  }
}

@Suite struct ForecastTests {
  private func reasons(_ experiment: ColourExperiment, engine: String = "colours 1") throws -> [Forecast.Reason] {
    let path = try #require(experiment.folder).path + "/results.sqlite"
    let forecast = try Forecast(
      plan: experiment.plan(), store: ResultsStore(readingAt: path), engine: engine, why: true)
    return forecast.models[0].reasons
  }

  @Test func anEmptyStore() throws {
    let experiment = ColourExperiment()
    let forecast = try Forecast(plan: experiment.plan(), store: nil, engine: "colours 1", why: true)
    #expect(forecast.missingMeasurements == 6)
    try #require(forecast.models.count > 0)
    #expect(forecast.models[0].images == 3)
    #expect(forecast.models[0].reasons == [Forecast.Reason(changes: [], measurements: 6, images: 3)])
  }

  @Test func everyReasonIsNamed() throws {
    var experiment = ColourExperiment()
    _ = try experiment.run()
    #expect(try reasons(experiment).isEmpty)

    experiment.attack = "epsilons: [0.2, 0.1]"
    #expect(
      try reasons(experiment) == [
        Forecast.Reason(changes: [Forecast.Change(ingredient: "epsilon", value: "0.1")], measurements: 3, images: 3)
      ])
    experiment.attack = "epsilons: [0.2], quantise: 8bit"
    #expect(
      try reasons(experiment) == [
        Forecast.Reason(
          changes: [Forecast.Change(ingredient: "quantise", former: "none", value: "8bit")], measurements: 3,
          images: 3)
      ])
    experiment.attack = "epsilons: [0.2]"
    experiment.layers = "[maps, last]"
    #expect(
      try reasons(experiment) == [
        Forecast.Reason(changes: [Forecast.Change(ingredient: "layer", value: "maps")], measurements: 6, images: 3)
      ])
    experiment.layers = "[last]"
    experiment.window = "gaussian"
    #expect(
      try reasons(experiment) == [
        Forecast.Reason(
          changes: [Forecast.Change(ingredient: "window", former: "uniform", value: "gaussian")], measurements: 6,
          images: 3)
      ])
    experiment.window = "uniform"
    experiment.images.append(("red/d.png", 0, halves([255, 0, 0], [0, 0, 0])))
    #expect(
      try reasons(experiment) == [
        Forecast.Reason(changes: [Forecast.Change(ingredient: "image", value: "new")], measurements: 2, images: 1)
      ])
    #expect(
      try reasons(experiment, engine: "colours 2") == [
        Forecast.Reason(
          changes: [Forecast.Change(ingredient: "engine", former: "colours 1", value: "colours 2")], measurements: 6,
          images: 3),
        Forecast.Reason(
          changes: [
            Forecast.Change(ingredient: "engine", former: "colours 1", value: "colours 2"),
            Forecast.Change(ingredient: "image", value: "new"),
          ], measurements: 2, images: 1),
      ])
  }
}
