import Foundation
import GRDB
import GoldenSupport
import Measuring
import Results
import Store
import Support
import Testing

/// Stores of several processes put into one.
@Suite struct MergeTests {
  /// Nine images, of which the third is the first once more under another name.
  private static func experiment() -> ColourExperiment {
    var experiment = ColourExperiment()
    experiment.attack = "epsilons: [0.1, 0.2]"
    experiment.images = (0..<9).map { index in
      let shade = UInt8(index == 2 ? 10 : 10 + 20 * index)
      return ("red/\(index).png", 0, halves([200, shade, 0], [100, 100, shade]))
    }
    return experiment
  }

  private let experiment = MergeTests.experiment()
  private let folder: TestFolder

  init() throws { folder = try TestFolder() }

  private func path(_ name: String) -> String { "\(folder.path)/\(name).sqlite" }

  /// Measures a shard into a store of its own.
  private func measure(
    _ shard: Shard?, into name: String, engine: ColourEngine = ColourEngine(), instructionSet: String = "narrow",
    of other: ColourExperiment? = nil
  ) throws {
    let plan = try (other ?? experiment).plan()
    let store = try ResultsStore(path: path(name))
    var origin = StoreOrigin(shard: shard?.description, host: "node-\(name)")
    origin.environment = instructionSet
    try store.save(origin)
    _ = try Runner(
      plan: plan, store: store, engine: engine, threads: 1, instructionSet: instructionSet, shard: shard
    ).run()
    try store.close()
  }

  private func merge(_ names: [String], into store: ResultsStore) throws -> [TakenRows] {
    try names.map { name in
      let other = try OtherStore(path: path(name))
      return try store.takeUp(other.check(), origin: other.origin(folder: "shards/\(name)")) { subject in
        "colours, \(subject.label)"
      }
    }
  }

  private func measurements(_ store: ResultsStore) throws -> [Results.Measurement] {
    let plan = try experiment.plan()
    let outcome = try Runner(plan: plan, store: store, engine: ColourEngine(), threads: 1).run()
    #expect(outcome.computedRows == 0)
    let run = StoredRun(
      file: try experiment.file(), plan: plan, engine: "colours 1", outcome: outcome, software: [], template: nil)
    return try store.results(of: run).measurements
  }

  private func change(_ name: String, _ sql: String) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    try DatabaseQueue(path: path(name), configuration: configuration).write { db in try db.execute(sql: sql) }
  }

  private func count(_ store: ResultsStore, _ sql: String) throws -> Int {
    try store.close()
    return try DatabaseQueue(path: store.path).read { db in try Int.fetchOne(db, sql: sql) ?? -1 }
  }

  @Test(arguments: [1, 2, 3, 7])
  func shardsHaveTheRowsOfOneRun(count: Int) throws {
    try measure(nil, into: "whole")
    let whole = try measurements(ResultsStore(path: path("whole")))
    #expect(whole.count == 27)
    for number in 1...count { try measure(Shard(number: number, count: count), into: "\(number)") }
    let store = try ResultsStore(path: path("merged"))
    let taken = try merge((1...count).map { "\($0)" }, into: store)
    // The same image twice is one subject: the run stores its rows once.
    #expect(taken.reduce(0) { $0 + $1.rows } == 24)
    #expect(taken.allSatisfy { $0.conflicts.isEmpty && $0.damage == nil && $0.knownPasses == 0 })
    #expect(try measurements(store) == whole)
    let check = try store.check()
    #expect(check.faults == [] && check.measurements == 24)
    // Every pass has an origin, and one.
    #expect(
      try self.count(
        store,
        """
        SELECT COUNT(*) FROM passes WHERE
          (SELECT COUNT(*) FROM origin_passes WHERE passes.id BETWEEN first AND last) <> 1
        """) == 0)
  }

  @Test func mergingAgainTakesNothing() throws {
    for number in 1...3 { try measure(Shard(number: number, count: 3), into: "\(number)") }
    let store = try ResultsStore(path: path("merged"))
    let first = try merge(["1", "2"], into: store)
    let again = try merge(["1", "2", "3"], into: store)
    #expect(again[0].rows == 0 && again[1].rows == 0)
    #expect(again[0].knownPasses + again[1].knownPasses == (first[0].rows + first[1].rows) / 3)
    #expect(first[0].rows + first[1].rows + again[2].rows == 24)
    let rows = try measurements(store)
    #expect(try merge(["3", "1"], into: store).allSatisfy { $0.rows == 0 && $0.conflicts.isEmpty })
    #expect(try measurements(store) == rows)
    #expect(try store.check().faults == [])
    #expect(try store.origins().map(\.words) == (1...3).map { "shard \($0)/3 in shards/\($0) (node-\($0), narrow)" })
  }

  /// The second of two stores has other layouts, and some of the rows of the first.
  @Test func whatIsNewIsTakenOfOverlappingStores() throws {
    var fewer = experiment
    fewer.attack = "epsilons: [0.1]"
    try measure(nil, into: "few", of: fewer)
    try measure(nil, into: "all", engine: ColourEngine(), instructionSet: "wide")
    let store = try ResultsStore(path: path("merged"))
    let taken = try merge(["few", "all"], into: store)
    #expect(taken.map(\.rows) == [16, 8])
    #expect(taken[1].conflicts == [])
    #expect(try measurements(store).count == 27)
    #expect(try store.check().faults == [])
    // Rows of the first are of the first's processor.
    let plan = try experiment.plan()
    let run = StoredRun(
      file: try experiment.file(), plan: plan, engine: "colours 1", outcome: RunOutcome(),
      software: [ProvenanceEntry(section: "software", name: "instruction set", value: "narrow")], template: nil)
    let results = try store.results(of: run)
    #expect(
      results.provenance.first { $0.name == "instruction set" }?.value == "narrow (18 rows), wide (9 rows)")
    #expect(results.warnings.count == 1)
  }

  @Test func twoValuesOfOneKeyAreAConflict() throws {
    try measure(Shard(number: 1, count: 1), into: "right")
    try measure(
      Shard(number: 1, count: 1), into: "wrong", engine: ColourEngine(brightness: 0.5), instructionSet: "wide")
    try measure(nil, into: "whole")
    let store = try ResultsStore(path: path("merged"))
    let taken = try merge(["right", "wrong"], into: store)
    #expect(taken[0].conflicts == [])
    #expect(taken[1].rows == 0)
    let conflict = try #require(taken[1].conflicts.first { $0.place.hasSuffix("the clean map's maximum") })
    #expect(conflict.place == "colours, 0, again, predicted, grad-cam, control: the clean map's maximum")
    #expect(conflict.kept.hasSuffix(" (shard 1/1 in shards/right (Heatdrift \(Heatdrift.version), colours 1, narrow))"))
    #expect(conflict.found.hasSuffix(" (shard 1/1 in shards/wrong (Heatdrift \(Heatdrift.version), colours 1, wide))"))
    // The first stays, and merging once more notes nothing twice.
    #expect(try store.conflicts() == taken[1].conflicts)
    let again = try merge(["wrong"], into: store)
    #expect(again[0].conflicts == taken[1].conflicts)
    #expect(try measurements(store) == (try measurements(ResultsStore(path: path("whole")))))
    #expect(try count(store, "SELECT COUNT(*) FROM conflicts") == taken[1].conflicts.count)
  }

  @Test(arguments: [
    "UPDATE passes SET numbers = substr(numbers, 1, 40) || x'ff' || substr(numbers, 42) WHERE id = 2",
    "UPDATE raw_maps SET bytes = zeroblob(length(bytes)) WHERE id = (SELECT first_map FROM passes WHERE id = 2)",
    "DELETE FROM raw_maps WHERE id = (SELECT first_map FROM passes WHERE id = 2)",
    "UPDATE passes SET first_map = 9223372036854775807 WHERE id = 2",
    "UPDATE passes SET subject = 77 WHERE id = 2", "UPDATE passes SET layout = 77 WHERE id = 2",
    "UPDATE passes SET sha256 = x'00' WHERE id = 2",
  ])
  func whatIsDamagedIsLeftOut(sql: String) throws {
    try measure(nil, into: "one")
    try change("one", sql)
    let store = try ResultsStore(path: path("merged"))
    let taken = try merge(["one"], into: store)[0]
    #expect(taken.damagedPasses == 1)
    #expect(taken.damage == "1 pass is not what was stored, and was left out")
    #expect(taken.rows == 21)
    #expect(try store.check().faults.filter { !$0.contains("belong to no pass") } == [])
    let missing = try MissingImages(of: experiment.plan(), in: store, engine: "colours 1", skipped: [])
    #expect(missing.rows.missing == 3 || missing.rows.missing == 6)
    // What is missing is measured.
    let outcome = try Runner(plan: experiment.plan(), store: store, engine: ColourEngine(), threads: 1).run()
    #expect(outcome.computedRows == 3)
  }

  @Test func aDamagedPictureIsLeftOut() throws {
    try measure(nil, into: "one")
    try change("one", "UPDATE pictures SET png = x'00' WHERE id = 1; UPDATE directions SET bytes = x'00' WHERE id = 1")
    let store = try ResultsStore(path: path("merged"))
    let taken = try merge(["one"], into: store)[0]
    #expect(taken.damage == "2 pictures are not what was stored, and were left out")
    #expect(taken.rows == 24)
  }

  /// Where a store's numbers cannot be moved behind others, its passes are taken one by one.
  @Test func numbersAtTheEndOfTheirRange() throws {
    try measure(nil, into: "one")
    try measure(nil, into: "whole")
    try change("one", "UPDATE passes SET id = id + 9223372036854775000; UPDATE origin_passes SET first = first")
    let store = try ResultsStore(path: path("merged"))
    #expect(try merge(["one"], into: store)[0].rows == 24)
    #expect(try measurements(store) == (try measurements(ResultsStore(path: path("whole")))))
  }

  /// A process that was killed leaves a write-ahead log, and its folder is not touched.
  @Test func aStoreThatWasNotClosed() throws {
    let store = try ResultsStore(path: path("open"))
    _ = try Runner(plan: experiment.plan(), store: store, engine: ColourEngine(), threads: 1).run()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(names.contains("open.sqlite-wal"))
    let merged = try TestFolder()
    let other = try ResultsStore(path: merged.path + "/results.sqlite")
    let open = try OtherStore(path: path("open"))
    #expect(try other.takeUp(open.check(), origin: open.origin(folder: "open")) { _ in "" }.rows == 24)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == names)
    try store.close()
  }

  @Test func otherFilesAreNoStores() throws {
    func message(_ name: String) -> String? {
      do throws(Problem) {
        _ = try OtherStore(path: path(name))
        return nil
      } catch {
        return error.message
      }
    }
    #expect(message("none") == "there are no results here yet")
    try folder.write(
      "not SQLite, but long enough to be looked at as if it were a database of a hundred bytes and more .....",
      to: "text.sqlite")
    #expect(message("text") == "the results store is damaged, or no SQLite file")
    try folder.write("", to: "empty.sqlite")
    #expect(message("empty") == nil)
    #expect(try OtherStore(path: path("empty")).isEmpty)
    try measure(nil, into: "newer")
    try change("newer", "PRAGMA user_version = 99")
    #expect(message("newer")?.hasPrefix("the results store has version 99") == true)
    try measure(nil, into: "cut")
    let bytes = try Data(contentsOf: URL(filePath: path("cut")))
    try folder.write(bytes.prefix(bytes.count / 2), to: "cut.sqlite")
    let failed = Result { () throws(Problem) in
      let other = try OtherStore(path: path("cut"))
      return try other.check()
    }
    #expect(throws: Problem.self) { try failed.get() }
  }
}
