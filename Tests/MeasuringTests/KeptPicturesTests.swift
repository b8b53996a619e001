import ExperimentFile
import Foundation
import GoldenSupport
import Images
import Measuring
import Results
import Store
import Support
import Testing

/// Photographs and directions of attacks: kept of small runs, of large ones only where a report shows them.
@Suite struct KeptPicturesTests {
  /// - Parameter most: of so many images all are kept.
  private func run(_ experiment: ColourExperiment, most: Int = Plan.mostPictures) throws -> (
    Plan, ResultsStore, StoredRun
  ) {
    let whole = try experiment.plan()
    let plan = Plan(
      experiment: whole.experiment, models: whole.models, images: whole.images, classNames: whole.classNames,
      mostPictures: most)
    let store = try experiment.store()
    let outcome = try Runner(plan: plan, store: store, engine: ColourEngine(), threads: 1).run()
    let run = StoredRun(
      file: try experiment.file(), plan: plan, engine: "colours 1", outcome: outcome, software: [], template: nil)
    try store.save(run)
    return (plan, store, run)
  }

  private func photograph(_ results: ExperimentResults) throws -> RGBImage? {
    try results.pictures.photograph(model: "vgg16", image: "red/a.png")
  }

  private func signs(_ results: ExperimentResults) throws -> PerturbationSigns? {
    try results.pictures.perturbation(model: "vgg16", image: "red/a.png", attack: "fgsm")
  }

  @Test func ofLargeRunsThoseThatAReportShows() throws {
    let (_, small, smallRun) = try run(ColourExperiment())
    let kept = try small.results(of: smallRun)

    let experiment = ColourExperiment()
    let (plan, store, made) = try run(experiment, most: 2)
    let check = try store.check()
    #expect(check.faults == [])
    #expect((check.measurements, check.photographs) == (6, 0))
    // The numbers are the same, also whether a gradient is 0 everywhere.
    #expect(try store.results(of: made).measurements == kept.measurements)
    // Without the data there is a gap.
    #expect(try photograph(store.results(of: made)) == nil)
    #expect(try signs(store.results(of: made)) == nil)
    // Nothing is computed for the sake of pictures.
    let engine = ColourEngine()
    #expect(try Runner(plan: plan, store: store, engine: engine, threads: 1).run().computedRows == 0)
    #expect(engine.counts.withLock { $0 } == ColourEngine.Counts())

    let maker = PlanPictures(plan, engine: ColourEngine())
    let shown = try store.results(of: made, pictures: maker)
    #expect(try photograph(shown) == photograph(kept))
    #expect(try signs(shown) == signs(kept))
    #expect(try photograph(shown) != nil)
    #expect(try signs(shown) != nil)
    // Whoever makes the report again has them.
    #expect(try photograph(store.results(of: made)) == photograph(kept))
    #expect(try signs(store.results(of: made)) == signs(kept))
    #expect(try store.check().photographs == 1)
    #expect(try store.check().faults == [])
  }

  @Test func aChangedImageIsNotShown() throws {
    let experiment = ColourExperiment()
    let (plan, store, made) = try run(experiment, most: 0)
    try experiment.folder?.write(try ImageEncoder.png(halves([1, 1, 1], [2, 2, 2])), to: "red/a.png")
    let results = try store.results(of: made, pictures: PlanPictures(plan, engine: ColourEngine()))
    #expect(try photograph(results) == nil)
    #expect(try signs(results) == nil)
  }

  @Test(arguments: [("always", 3, 3), ("never", 0, 0)])
  func anExperimentMaySayIt(word: String, kept: Int, shown: Int) throws {
    var experiment = ColourExperiment()
    experiment.keepPictures = word
    let (plan, store, made) = try run(experiment, most: 2)
    #expect(try store.check().photographs == kept)
    let results = try store.results(of: made, pictures: PlanPictures(plan, engine: ColourEngine()))
    #expect(try photograph(results) == experiment.images[0].image)
    #expect(try store.check().photographs == shown)
    #expect(try store.check().faults == [])
  }
}

/// Hashes of images that are kept from run to run.
@Suite struct FileHashesTests {
  private func plan(_ folder: TestFolder, _ hashes: FileHashes) throws -> Plan {
    try folder.write(
      """
      title: Hashes
      data: {source: folder, root: faces}
      models: [{architecture: vgg16, weights: \(FileHashesTests.weights), width: 0.25, name: VGG16}]
      attack: {epsilons: [0.1]}
      """, to: "hashes.yaml")
    return try Plan(ExperimentFile(path: folder.path + "/hashes.yaml"), hashes: hashes)
  }

  private static let weights = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Models/vgg16.safetensors").standardized.path

  @Test func aFileOfTheSameTimesIsNotReadAgain() throws {
    let folder = try TestFolder()
    for label in 0..<40 { try folder.write("P5 2 2 255\nabcd", to: "faces/s\(label + 10)/a.pgm") }
    let changed = folder.path + "/faces/s10/a.pgm"
    // Of files that were just written nothing is kept.
    Thread.sleep(forTimeInterval: 2.1)
    let first = try plan(folder, FileHashes())
    #expect(first.hashes != FileHashes())
    let path = folder.path + "/results.sqlite"
    let store = try ResultsStore(path: path)
    try store.save(first.hashes)
    try store.save(first.hashes)
    try store.close()
    let known = FileHashes(storeAt: path)
    #expect(known == first.hashes)
    #expect(try plan(folder, known).images.map(\.record) == first.images.map(\.record))

    try Data("P5 2 2 255\nabce".utf8).write(to: URL(filePath: changed))
    let second = try plan(folder, known)
    #expect(second.images.map(\.record.sha256) != first.images.map(\.record.sha256))
    #expect(second.images.dropFirst().map(\.record) == first.images.dropFirst().map(\.record))
    #expect(FileHashes(storeAt: folder.path + "/nothing.sqlite") == FileHashes())
  }
}
