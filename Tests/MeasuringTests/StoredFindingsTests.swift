import Foundation
import GRDB
import Measuring
import Results
import Store
import Support
import Testing

/// What is found of all rows of a run, in its store.
@Suite struct StoredFindingsTests {
  private func keeper(_ run: StoredRun, _ store: ResultsStore) throws -> any FindingsKeeper {
    try #require(try store.results(of: run).findings)
  }

  @Test func countAsLongAsTheRowsAreTheSame() throws {
    var experiment = ColourExperiment()
    let store = try experiment.store()
    let first = try experiment.record(in: store)
    let (bytes, more) = (Data([1, 2, 3]), Data((0..<9000).map { UInt8($0 % 251) }))
    let own = try keeper(first, store)
    #expect(own.finding("a") == nil)
    own.keep(bytes, as: "a")
    own.keep(more, as: "b\nc")
    #expect(own.finding("a") == bytes)
    #expect(own.finding("b\nc") == more)
    #expect(own.finding("b") == nil)
    // Another report on the same rows takes it up, whatever it is called.
    var titled = first
    titled.experiment.title = "Another title"
    #expect(try keeper(titled, store).finding("a") == bytes)
    // An experiment of other rows, or of other seed, has other findings, and those before go.
    experiment.attack = "epsilons: [0.2, 0.3]"
    var seeded = first
    seeded.experiment.seed += 1
    #expect(try keeper(seeded, store).finding("a") == nil)
    #expect(try keeper(first, store).finding("a") == bytes)
    let second = try experiment.record(in: store)
    #expect(try keeper(second, store).finding("a") == nil)
    try keeper(second, store).keep(more, as: "a")
    #expect(try keeper(second, store).finding("a") == more)
    #expect(try keeper(first, store).finding("a") == nil)
    #expect(try store.check().faults == [])

    // Who wants everything anew gets it.
    let table = ResultsTable(in: nil, mostKept: 100, isWrittenAnew: true)
    _ = try store.results(of: second, table: table)
    #expect(try keeper(second, store).finding("a") == nil)
  }

  /// `verify` reads only, so that it cannot remove what it must not believe.
  @Test func whoWantsEverythingAnewGetsOnlyItsOwn() throws {
    let experiment = ColourExperiment()
    let store = try experiment.store()
    let first = try experiment.record(in: store)
    func anew(_ store: ResultsStore) throws -> any FindingsKeeper {
      let table = ResultsTable(in: nil, mostKept: 100, isWrittenAnew: true)
      return try #require(try store.results(of: first, table: table).findings)
    }
    let own = try anew(store)
    own.keep(Data([1]), as: "a")
    #expect(own.finding("a") == Data([1]))
    try keeper(first, store).keep(Data([2]), as: "b")
    #expect(own.finding("b") == nil)
    try store.close()
    let read = try ResultsStore(readingAt: store.path)
    #expect(try keeper(first, read).finding("a") == Data([1]))
    let checker = try anew(read)
    #expect(checker.finding("a") == nil)
    checker.keep(Data([3]), as: "a")
    #expect(checker.finding("a") == nil)
    #expect(try keeper(first, read).finding("a") == Data([1]))
  }

  @Test(arguments: [
    "UPDATE findings SET bytes = x'010203'", "UPDATE findings SET bytes = 7", "UPDATE findings SET sha256 = 'words'",
    "UPDATE findings SET bytes = zeroblob(0)", "UPDATE findings SET sha256 = zeroblob(32)",
  ])
  func damagedOnesAreFoundAgain(sql: String) throws {
    let experiment = ColourExperiment()
    let store = try experiment.store()
    let first = try experiment.record(in: store)
    try store.save(first)
    try keeper(first, store).keep(Data([1, 2, 3, 4]), as: "series maps 1\n0 0")
    try store.close()
    try DatabaseQueue(path: store.path).write { db in try db.execute(sql: sql) }
    let damaged = try ResultsStore(path: store.path)
    #expect(try keeper(first, damaged).finding("series maps 1\n0 0") == nil)
    let check = try damaged.check()
    #expect(check.faults == ["a finding, `series maps 1 0 0`, is not the one that was stored; it is not used"])
    #expect(!check.concernsMeasurements)
    _ = try damaged.removeUnused(isTrial: false)
    #expect(try damaged.check().faults == [])
  }

  @Test func aStoreThatIsOnlyReadKeepsNothing() throws {
    let experiment = ColourExperiment()
    let store = try experiment.store()
    let first = try experiment.record(in: store)
    try store.save(first)
    try keeper(first, store).keep(Data([5]), as: "a")
    try store.close()
    let bytes = try Data(contentsOf: URL(filePath: store.path))
    let read = try ResultsStore(readingAt: store.path)
    let own = try keeper(first, read)
    own.keep(Data([6]), as: "b")
    #expect(own.finding("a") == Data([5]))
    #expect(own.finding("b") == nil)
    #expect(try Data(contentsOf: URL(filePath: store.path)) == bytes)
  }
}
