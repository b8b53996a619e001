import Foundation
import GRDB
import Measuring
import Results
import Store
import Support
import Testing

/// One store of each version that ever landed, of the same run: three images, two targets, control and two levels.
@Suite struct FormerStoreTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/stores")

  /// The run that the stores are of, in a folder with one of them.
  private func experiment(_ version: Int) throws -> (experiment: ColourExperiment, path: String) {
    var experiment = ColourExperiment()
    experiment.images = [
      ("red/a.ppm", 0, halves([200, 100, 0], [100, 100, 0])),
      ("green/b.ppm", 1, halves([10, 120, 30], [10, 240, 60])),
      ("blue/c.ppm", 2, halves([90, 0, 60], [20, 10, 250])),
    ]
    let folder = try #require(experiment.folder)
    // Bytes that no library has a part in: their hashes are in the stores.
    for (path, _, image) in experiment.images {
      try folder.write(Array("P6 32 32 255\n".utf8) + image.pixels, to: path)
    }
    experiment.targets = "[predicted, label]"
    experiment.attack = "epsilons: [0.1, 0.2]"
    let path = folder.path + "/results.sqlite"
    let store = FormerStoreTests.folder.appending(path: "version-\(version).sqlite")
    try FileManager.default.copyItem(at: store, to: URL(filePath: path))
    return (experiment, path)
  }

  /// With the arithmetic that the stores were filled with: under a later one all rows are computed again.
  private func plan(_ experiment: ColourExperiment) throws -> Plan {
    var plan = try experiment.plan()
    plan.arithmetic = 3
    return plan
  }

  /// `results.csv` of the run as version 3 wrote it, with the columns that later ones added; of older ones nothing stands in
  /// the last of version 3, which they did not store.
  private func table(_ version: Int) throws -> String {
    let text = try String(contentsOf: FormerStoreTests.folder.appending(path: "results.csv"), encoding: .utf8)
    return text.split(separator: "\n").enumerated().map { index, line in
      guard index > 0 else {
        return line + ",attack,explanation,model_name,label_name,clean_prediction_name,adversarial_prediction_name\n"
      }
      let own = version < 3 ? line[...(line.lastIndex(of: ",") ?? line.startIndex)] : line
      // Classes in the order of the indices.
      let fields = line.split(separator: ",")
      let names = [2, 6, 7].map { ["red", "green", "blue"][Int(fields[$0]) ?? 0] }
      return own + ",fgsm,grad-cam,VGG16,\(names.joined(separator: ","))\n"
    }.joined()
  }

  @Test(arguments: 1...6) func isReadAsItIs(version: Int) throws {
    let (experiment, path) = try experiment(version)
    defer { withExtendedLifetime(experiment) {} }
    let bytes = try Data(contentsOf: URL(filePath: path))
    let store = try ResultsStore(readingAt: path)
    let run = try #require(try store.latestRun())
    let results = try store.results(of: run)
    #expect(try ResultsCSV.text(results) == table(version))
    let check = try store.check()
    #expect(check.faults == [])
    #expect((check.measurements, check.maps, check.photographs) == (18, 24, 3))
    #expect(try store.export(.csv).split(separator: "\n").count == 19)
    // Since revision 6 of the arithmetic sums of a window have another order.
    let again = try store.recomputeDrift(of: run)
    #expect(again.measurements == 18 && again.isRounding && again.greatestDrift <= 1e-15, "\(again)")
    #expect(try results.pictures.photograph(model: "vgg16", image: "red/a.ppm") == experiment.images[0].image)
    let signs = try results.pictures.perturbation(model: "vgg16", image: "red/a.ppm", attack: "fgsm")
    #expect((signs != nil) == (version >= 3))
    #expect(results.measurements.allSatisfy { $0.gradientIsZero == (version >= 3 ? false : nil) })
    // Which processor it was nobody wrote down.
    #expect(results.warnings.allSatisfy { !$0.message.contains("processors") })
    #expect(
      results.provenance.contains(
        ProvenanceEntry(
          section: "software", name: "Heatdrift", value: version < 4 ? "an earlier version" : "0.1.0")))
    let forecast = try Forecast(plan: plan(experiment), store: store, engine: "colours 1", why: true)
    #expect(forecast.missingMeasurements == 0)
    #expect(forecast.models.map(\.images) == [version >= 3 ? 0 : 3])
    let present = try Forecast(plan: experiment.plan(), store: store, engine: "colours 1", why: true)
    #expect(present.missingMeasurements == 18)
    let change = Forecast.Change(ingredient: "arithmetic", former: "3", value: "\(KeyMaker.arithmeticRevision)")
    #expect(present.models.flatMap(\.reasons).flatMap(\.changes).contains(change))
    // Nothing of it was changed, and nothing left beside it.
    #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: (path as NSString).deletingLastPathComponent)
        .filter { $0.hasPrefix("results") } == ["results.sqlite"])
  }

  @Test(arguments: 1...6) func isBroughtUpToDateAndGoneOnWith(version: Int) throws {
    var (experiment, path) = try experiment(version)
    let store = try ResultsStore(path: path)
    let run = try #require(try store.latestRun())
    #expect(try ResultsCSV.text(store.results(of: run)) == table(version))
    #expect(try store.check().faults == [])
    let engine = ColourEngine()
    let outcome = try Runner(plan: plan(experiment), store: store, engine: engine, threads: 1).run()
    // The rows are there; what they lacked is added to them.
    #expect((outcome.computedRows, outcome.storedRows) == (0, 18))
    // What is computed once more, though its arithmetic was another, differs by as much as that does, and is told.
    for conflict in outcome.conflicts {
      let (kept, found) = try (#require(Double(conflict.kept)), #require(Double(conflict.found)))
      #expect(conflict.place.hasSuffix(": the measure") && abs(kept - found) <= 1e-15)
    }
    #expect(outcome.conflicts.isEmpty == (version >= 3))
    #expect(engine.counts.withLock { $0.logits } == (version >= 3 ? 0 : 12))
    #expect(try ResultsCSV.text(store.results(of: run)) == table(3))
    #expect(try store.check().faults.count == outcome.conflicts.count)
    #expect(
      try store.results(of: run).pictures.perturbation(model: "vgg16", image: "red/a.ppm", attack: "fgsm") != nil)

    experiment.attack = "epsilons: [0.1, 0.2, 0.3]"
    let more = try Runner(
      plan: plan(experiment), store: store, engine: ColourEngine(), threads: 1, instructionSet: "wide"
    ).run()
    #expect((more.computedRows, more.storedRows) == (6, 18))
    #expect(try store.removeUnused(isTrial: false).measurements == 6)
    #expect(try ResultsCSV.text(store.results(of: run)) == table(3))
    #expect(try store.check().faults.count == outcome.conflicts.count)
    try store.close()
    let tables = try DatabaseQueue(path: path).read { db in
      try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    }
    #expect(
      tables == [
        "conflicts", "directions", "files", "findings", "images", "layouts", "leftovers", "model_images",
        "origin_passes", "origins", "outputs", "passes", "pictures", "raw_maps", "runs", "sweep_runs", "texts",
      ])
  }

  /// What is not what its hash says is neither used nor lost.
  @Test(arguments: [
    ("UPDATE measurements SET layer = 'maps' WHERE epsilon > 0.15", 6, 6),
    ("UPDATE measurements SET target = 'nobody' WHERE epsilon = 0", 6, 6),
    ("UPDATE measurements SET clean_peak = 1e300 WHERE epsilon = 0", 6, 6),
    ("UPDATE subjects SET ingredients = replace(ingredients, 'engine', 'motor')", 18, 18),
    ("UPDATE settings SET ingredients = replace(ingredients, 'uniform', 'gaussian')", 18, 18),
    ("UPDATE scores SET classes = replace(classes, '0 ', '3 ')", 0, 0),
    ("UPDATE perturbations SET bytes = zeroblob(384)", 0, 0),
    ("UPDATE maps SET key = randomblob(32)", 0, 0),
  ])
  func damagedRowsAreKeptAside(sql: String, lost: Int, missing: Int) throws {
    let (experiment, path) = try experiment(3)
    defer { withExtendedLifetime(experiment) {} }
    try DatabaseQueue(path: path).write { db in try db.execute(sql: sql) }
    let store = try ResultsStore(path: path)
    let left = try store.check().faults.filter { $0.hasPrefix("a row of an earlier version") }
    #expect(left.count >= max(1, lost))
    let forecast = try Forecast(plan: plan(experiment), store: store, engine: "colours 1", why: false)
    #expect(forecast.missingMeasurements == missing)
    // It is computed again, and stands beside what was kept aside.
    _ = try Runner(plan: plan(experiment), store: store, engine: ColourEngine(), threads: 1).run()
    let run = try #require(try store.latestRun())
    #expect(try store.results(of: run).measurements.count == 18)
  }
}
