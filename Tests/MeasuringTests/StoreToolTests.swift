import Foundation
import GRDB
import Measuring
import Results
import Store
import Support
import Testing

/// Looking into a store, cleaning it, taking it elsewhere.
@Suite struct StoreToolTests {
  private func run(_ experiment: ColourExperiment) throws -> StoredRun {
    let store = try experiment.store()
    let run = try experiment.record(in: store)
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
    // Reading leaves no file behind.
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("results") }
        == ["results.sqlite"])
  }

  /// Numbers that lead beyond all numbers lead to no map; what is removed takes nobody else's maps along.
  @Test(arguments: ["9223372036854775807", "-9223372036854775808", "9223372036854775806", "1"])
  func whereMapsBeginMayBeAnything(_ first: String) throws {
    let experiment = ColourExperiment()
    let run = try run(experiment)
    let path = try path(experiment)
    try change(path, "UPDATE passes SET first_map = \(first) WHERE id = 3")
    #expect(try !ResultsStore(readingAt: path).check().faults.isEmpty)
    #expect {
      try ResultsStore(readingAt: path).recomputeDrift(of: run)
    } throws: {
      let message = ($0 as? Problem)?.message ?? ""
      return message.contains("the raw map of") || message.contains("a raw map is not the one that was stored")
    }
    var other = run
    other.images.removeLast()
    let store = try ResultsStore(path: path)
    #expect(try store.results(of: run).measurements.count == 6)
    try store.save(other)
    // With a map that is not its own nothing may be removed: then it says so.
    do {
      _ = try store.removeUnused(isTrial: false)
    } catch {
      #expect(error.message.contains("a raw map is not the one that was stored"))
    }
    #expect(try store.recomputeDrift(of: other).identical == 4)
  }

  @Test func identifiersMayBeAnything() throws {
    let experiment = ColourExperiment()
    let run = try run(experiment)
    let path = try path(experiment)
    let rows = try ResultsStore(readingAt: path).results(of: run).measurements
    try change(path, "UPDATE passes SET id = -9223372036854775808 WHERE id = 1")
    try change(path, "UPDATE passes SET id = 9223372036854775807 WHERE id = 3")
    let store = try ResultsStore(readingAt: path)
    #expect(try store.results(of: run).measurements == rows)
    #expect(try store.recomputeDrift(of: run).identical == 6)
  }

  @Test(arguments: [
    ("UPDATE passes SET numbers = substr(numbers, 1, 8) || x'00' || substr(numbers, 10)", 3, "numbers are not those"),
    ("UPDATE passes SET numbers = substr(numbers, 1, 100)", 3, "numbers are not those that were stored"),
    ("UPDATE passes SET sha256 = zeroblob(32)", 3, "numbers are not those that were stored"),
    ("UPDATE passes SET environment = layout", 3, "numbers are not those that were stored"),
    ("UPDATE passes SET layout = layout + 1", 4, "what the numbers of a pass stand for cannot be read"),
    ("UPDATE layouts SET text = replace(text, '0.2', '0.3')", 4, "numbers are not those that were stored"),
    ("UPDATE layouts SET text = replace(text, ' kept', '')", 3, "numbers are not those that were stored"),
    ("UPDATE layouts SET text = text || 'x'", 4, "what the numbers of a pass stand for cannot be read"),
    ("UPDATE texts SET text = replace(text, 'uniform', 'gaussian')", 4, "numbers are not those that were stored"),
    ("UPDATE texts SET text = replace(text, 'engine', 'motor')", 7, "not"),
    ("UPDATE model_images SET label = label + 1", 7, "not"),
    ("UPDATE images SET ingredients = ingredients || 'x=1'", 10, "not"),
    ("DELETE FROM model_images", 7, "missing"),
    ("DELETE FROM texts", 10, "missing"),
    ("UPDATE raw_maps SET bytes = zeroblob(4096)", 6, "the values of a raw map are not those that were stored"),
    ("UPDATE raw_maps SET width = 16, height = 64", 6, "the values of a raw map are not those that were stored"),
    ("DELETE FROM raw_maps", 6, "a raw map is missing"),
    ("INSERT INTO raw_maps (height, width, bytes) SELECT height, width, bytes FROM raw_maps", 1, "belong to no pass"),
    ("UPDATE pictures SET png = zeroblob(100)", 3, "a photograph is not the one that was stored"),
    ("UPDATE directions SET bytes = zeroblob(384)", 3, "the direction of an attack is not what was stored"),
    ("UPDATE directions SET width = 1000000000", 3, "the direction of an attack is not what was stored"),
    ("DELETE FROM passes WHERE id = 2", 2, "2 raw maps belong to no pass"),
    ("DELETE FROM directions", 3, "the direction of its attack is missing"),
    ("DELETE FROM pictures", 3, "its photograph is missing"),
    ("INSERT INTO conflicts SELECT NULL, 1, 1, 'here', '1', '2'", 1, "two values of one row: here: 1 is stored, and 2"),
  ])
  func faultsAreFound(sql: String, count: Int, text: String) throws {
    let experiment = ColourExperiment()
    _ = try run(experiment)
    try change(try path(experiment), sql)
    let check = try ResultsStore(readingAt: path(experiment)).check()
    #expect(check.faultCount == count, "\(check.faults)")
    #expect(check.faults.contains { $0.contains(text) }, "\(check.faults)")
    #expect(check.faults.allSatisfy { $0.contains(text) || $0.hasPrefix("the latest run: ") }, "\(check.faults)")
  }

  private struct Numbers: Decodable {
    let nissim: Double
  }

  /// Runs of before the revision was written down find their rows; new runs do not take them for their own.
  @Test func rowsOfAnEarlierArithmeticAreNotTakenForNewOnes() throws {
    let experiment = ColourExperiment()
    let made = try run(experiment)
    let path = try path(experiment)
    try change(path, "UPDATE texts SET text = replace(text, 'arithmetic=7\n', '') WHERE text LIKE '%architecture%'")
    let forecast = try Forecast(
      plan: experiment.plan(), store: ResultsStore(readingAt: path), engine: "colours 2", why: true)
    #expect(
      forecast.models.map(\.reasons) == [
        [
          Forecast.Reason(
            changes: [
              Forecast.Change(ingredient: "arithmetic", former: "1", value: "7"),
              Forecast.Change(ingredient: "engine", former: "colours 1", value: "colours 2"),
            ], measurements: 6, images: 3)
        ]
      ])
    var former = made
    former.arithmetic = nil
    #expect(throws: Problem.self) { try ResultsStore(readingAt: path).results(of: former) }
    #expect(made.arithmetic == 7)
    #expect(made.provenance.contains(ProvenanceEntry(section: "software", name: "arithmetic revision", value: "7")))
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
    let lines = try store.export(.csv).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 4 && lines[3] == "")
    let rows = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
    // Other tests bring members of their own, which have columns.
    let columns = [
      "protocol", "arithmetic", "engine", "architecture", "width", "weights", "mean", "std", "variant", "channels",
      "range", "state", "size", "fit", "orientation", "decoders", "image", "alignment", "label", "attack", "loss-label",
      "quantise", "explain", "target", "layer", "epsilon", "window", "clean_prediction", "adversarial_prediction",
      "ssim", "nissim", "clean_peak", "adversarial_peak", "clean_confidence", "adversarial_confidence", "program",
      "instruction_set",
    ]
    #expect(rows[0].filter(columns.contains) == columns)
    let measurement = try store.results(of: made).measurements[1]
    let image = made.images[0].sha256
    let measured = [
      measurement.parts[0], measurement.dissimilarity, Double(measurement.cleanPeak),
      Double(measurement.adversarialPeak), measurement.cleanConfidence, measurement.adversarialConfidence,
    ].map { "\($0)" }
    func values(_ row: Int) -> [String] {
      columns.map { column in rows[0].firstIndex(of: column).map { rows[row][$0] } ?? "no column" }
    }
    let subject = [
      "1", "7", "colours 1", "vgg16", "1.0", "c0", "0.0 0.0 0.0", "1.0 1.0 1.0", "", "", "", "", "32", "squash", "",
      "", image, "", "0",
    ]
    let row = ["fgsm", "label", "none", "grad-cam", "predicted", "again", "0.2", "uniform", "0", "1"]
    #expect(values(2) == subject + row + measured + ["0.1.0", ""])
    // The control is no attack.
    let control = ["", "", "", "grad-cam", "predicted", "again", "0.0", "uniform", "0", "0", "1.0", "0.0"]
    #expect(Array(values(1).prefix(31)) == subject + control)

    let json = try JSONSerialization.jsonObject(with: Data(store.export(.json).utf8)) as? [[String: Any]]
    let objects = try #require(json)
    #expect(objects.count == 2)
    #expect(objects[1]["quantise"] as? String == "none")
    #expect(objects[0]["quantise"] == nil)
    #expect(objects[1]["epsilon"] as? Double == 0.2)
    // Foundation's other reader rounds some numbers to a neighbour.
    let numbers = try JSONDecoder().decode([Numbers].self, from: Data(store.export(.json).utf8))
    #expect(numbers[1].nissim == measurement.dissimilarity)
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
