import ExperimentFile
import Foundation
import GRDB
import GoldenSupport
import Measuring
import Results
import Store
import Support
import Testing

@Suite struct StoreTests {
  private func message(_ path: String) -> String? {
    do {
      _ = try ResultsStore(path: path)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func someoneElsesDatabaseIsLeftAlone() throws {
    let folder = try TestFolder()
    let path = folder.path + "/results.sqlite"
    try DatabaseQueue(path: path).write { db in try db.execute(sql: "CREATE TABLE mine (x INTEGER)") }
    #expect(
      message(path)
        == "\(path): this SQLite file is no results store of Heatdrift\n"
        + "  Choose another output folder (--output), or move the file away.")
  }

  @Test func aDamagedFileIsNamed() throws {
    let folder = try TestFolder()
    let path = folder.path + "/results.sqlite"
    let expected =
      "\(path): the results store is damaged, or no SQLite file\n"
      + "  Move it away; the next run computes everything again."
    try folder.write(String(repeating: "no database ", count: 1000), to: "results.sqlite")
    #expect(message(path) == expected)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == String(repeating: "no database ", count: 1000))
  }

  @Test func aNewerStoreIsRefused() throws {
    let folder = try TestFolder()
    let path = folder.path + "/results.sqlite"
    try ResultsStore(path: path).close()
    try DatabaseQueue(path: path).write { db in try db.execute(sql: "PRAGMA user_version = 99") }
    #expect(
      message(path)
        == "\(path): the results store has version 99, and this Heatdrift knows versions up to 6\n"
        + "  Use the newer Heatdrift that wrote it, or choose another output folder (--output).")
  }

  @Test func aStoreThatIsNotThere() throws {
    let folder = try TestFolder()
    #expect { try ResultsStore(existingAt: folder.path + "/results.sqlite") } throws: {
      "\($0)"
        == "\(folder.path)/results.sqlite: there are no results here yet\n  `heatdrift run EXPERIMENT.yaml` computes them."
    }
    #expect(FileManager.default.fileExists(atPath: folder.path + "/results.sqlite") == false)
  }

  @Test func damagedMapsAreNoticed() throws {
    let experiment = ColourExperiment()
    let results = try #require(try experiment.run().results)
    let folder = try #require(experiment.folder)
    try DatabaseQueue(path: folder.path + "/results.sqlite").write { db in
      try db.execute(sql: "UPDATE raw_maps SET bytes = zeroblob(4096)")
    }
    #expect {
      try results.pictures.rawMap(of: series(.predicted, "again"), image: "red/a.png", epsilon: nil)
    } throws: {
      "\($0)"
        == "the results store is damaged: a raw map is not the one that was stored\n"
        + "  Move the store away; the next run computes everything again."
    }
  }

  @Test func theFolderIsLocked() throws {
    let folder = try TestFolder()
    do {
      let first = try OutputFolder(path: folder.path + "/new/folder")
      #expect { try OutputFolder(path: first.path) } throws: {
        let text = "\($0)"
        return text.hasPrefix("\(first.path): another heatdrift process works on this folder: process \(getpid()) on ")
          && text.hasSuffix("\n  Wait until it is done, or choose another folder (--output).")
      }
    }
    // The lock went with its owner, and so did the note of who that was.
    let second = try OutputFolder(path: folder.path + "/new/folder")
    #expect(try FileManager.default.contentsOfDirectory(atPath: second.path) == ["results.lock"])
    withExtendedLifetime(second) {}
  }

  @Test func outputsThatAreNoLongerMade() throws {
    let folder = try TestFolder()
    let store = try ResultsStore(path: folder.path + "/results.sqlite")
    #expect(try store.replaceOutputs(["report.pdf", "report-01.svg", "report-02.svg"]) == [])
    #expect(try store.replaceOutputs(["report.pdf", "report-01.svg"]) == ["report-02.svg"])
  }

  @Test func theLatestRunIsKept() throws {
    let experiment = ColourExperiment()
    let plan = try experiment.plan()
    let store = try experiment.store()
    #expect(try store.latestRun() == nil)
    let outcome = try Runner(plan: plan, store: store, engine: ColourEngine(), threads: 1).run()
    let run = StoredRun(
      file: try experiment.file(), plan: plan, engine: "colours 1", outcome: outcome, software: [], template: "# T")
    try store.save(run)
    let found = try #require(try store.latestRun())
    #expect(found.images == run.images)
    #expect(found.template == "# T")
    #expect(found.measures(try experiment.file().experiment))
    // Rendering needs nothing but the store.
    #expect(try store.results(of: found).measurements == store.results(of: run).measurements)

    let text = experiment.yaml()
    let renamed = try ExperimentFile(
      text: text.replacing("Colours", with: "Another") + "\nreport: {formats: [pdf]}", path: "x.yaml")
    #expect(found.measures(renamed.experiment))
    let other = try ExperimentFile(text: text.replacing("[0.2]", with: "[0.3]"), path: "x.yaml")
    #expect(!found.measures(other.experiment))
  }

  /// Keys come from meanings: another way to write the same experiment asks for the same rows.
  @Test func keysDoNotDependOnHowTheFileIsWritten() throws {
    let experiment = ColourExperiment()
    let plan = try experiment.plan()
    let store = try experiment.store()
    _ = try Runner(plan: plan, store: store, engine: ColourEngine(), threads: 1).run()
    let rewritten = """
      # The same, written by someone else.
      compare:
          window:   uniform
      attack:
        quantise: none
        loss-label: "label"
        epsilons:
          - 2e-1
      models:
        - layers: last
          name: Renamed
          weights: elsewhere/colours.safetensors
          architecture: vgg16
          input: {std: [1.0, 1, 1], mean: [0, 0.0, 0], size: 32, resize: 99}
      data: {root: /somewhere, source: folder, limit: 3}
      title: Other
      """
    let other = try ExperimentFile(text: rewritten, path: "other.yaml").experiment
    let model = plan.models[0]
    let same = Plan(
      experiment: other,
      models: [
        PlannedModel(
          record: model.record, options: other.models[0], network: try #require(model.network), layers: model.layers,
          preparation: model.preparation)
      ], images: plan.images, classNames: plan.classNames)
    let outcome = try Runner(plan: same, store: store, engine: ColourEngine(), threads: 1).run()
    #expect(outcome.computedRows == 0)
    #expect(outcome.storedRows == 6)
  }

  /// Every ingredient of a key makes new rows when it changes; `control` whether the control's change too.
  @Test(arguments: [
    ("attack: {epsilons: [0.2]}", "attack: {epsilons: [0.2], quantise: 8bit}", false),
    ("attack: {epsilons: [0.2]}", "attack: {epsilons: [0.2], loss-label: predicted}", false),
    ("window: uniform", "window: gaussian", true),
    ("targets: [predicted]", "targets: [label]", true),
    ("size: 32", "size: 32, fit: crop", true),
    ("size: 32", "size: 48", true),
    ("std: [1, 1, 1]", "std: [1, 1, 0.5]", true),
    ("size: 32", "size: 32, channels: bgr", true),
    ("size: 32", "size: 32, range: 255", true),
    ("vgg16", "xception", true),
    ("vgg16", "resnet50, variant: caffe, input: {mean: [0, 0, 0]}", true),
    ("weights: colours.safetensors", "weights: colours.safetensors, width: 0.5", true),
  ])
  func everyIngredientCounts(written: String, instead: String, control: Bool) throws {
    let experiment = ColourExperiment()
    let plan = try experiment.plan()
    let store = try experiment.store()
    _ = try Runner(plan: plan, store: store, engine: ColourEngine(), threads: 1).run()
    let other = try ExperimentFile(
      text: experiment.yaml().replacing(written, with: instead), path: "other.yaml"
    ).experiment
    let model = plan.models[0]
    let changed = Plan(
      experiment: other,
      models: [
        PlannedModel(
          record: model.record, options: other.models[0], network: try #require(model.network), layers: model.layers,
          preparation: model.preparation)
      ], images: plan.images, classNames: plan.classNames)
    let outcome = try Runner(plan: changed, store: store, engine: ColourEngine(), threads: 1).run()
    #expect(outcome.computedRows == (control ? 6 : 3))
  }
}

private func series(_ target: ExplanationTarget, _ layer: String) -> SeriesIdentity {
  SeriesIdentity(
    model: "vgg16", attack: "fgsm", explanation: "grad-cam", target: target, layer: layer, measure: "nissim")
}
