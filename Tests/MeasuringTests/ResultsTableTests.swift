import Foundation
import GRDB
import Measuring
import Results
import Store
import Support
import Testing

/// `results.csv` beside a report: a large one is not written again where it would come out the same.
@Suite struct ResultsTableTests {
  /// Makes the results with their table.
  private func make(
    _ run: StoredRun, _ store: ResultsStore, _ folder: String, mostKept: Int = 100, isWrittenAnew: Bool = false
  ) throws -> (table: ResultsTable, inode: UInt64?, results: ExperimentResults) {
    let table = ResultsTable(in: folder, mostKept: mostKept, isWrittenAnew: isWrittenAnew)
    let results = try store.results(of: run, table: table)
    try table.commit(to: store)
    let file = try FileManager.default.attributesOfItem(atPath: "\(folder)/results.csv")
    return (table, file[.systemFileNumber] as? UInt64, results)
  }

  @Test func aLargeTableIsWrittenOnceOnly() throws {
    var experiment = ColourExperiment()
    let folder = try #require(experiment.folder?.path)
    let store = try experiment.store()
    let first = try experiment.record(in: store)
    let text = try ResultsCSV.text(store.results(of: first))
    func isRight(_ made: (table: ResultsTable, inode: UInt64?, results: ExperimentResults), _ text: String) throws
      -> Bool
    {
      let written = try String(contentsOfFile: "\(folder)/results.csv", encoding: .utf8)
      return written == text && made.table.sha256 == Checksum.sha256(Array(text.utf8)) && made.table.bytes == nil
    }

    let written = try make(first, store, folder)
    #expect(try isRight(written, text))
    // The same rows: neither written nor lost.
    let kept = try make(first, store, folder)
    #expect(kept.inode == written.inode)
    #expect(try isRight(kept, text))
    #expect(kept.results.rowCount == written.results.rowCount)
    #expect(try kept.results.summarise() == written.results.summarise())
    // Noting which files the data are leaves what is known of the table alone, and the other way round.
    try store.save(FileHashes())
    #expect(FileHashes(storeAt: store.path) == FileHashes())
    #expect(try make(first, store, folder).inode == written.inode)
    #expect(try store.check().faults == [])

    #expect(try make(first, store, folder, isWrittenAnew: true).inode != written.inode)

    // A file that somebody changed, or took away, is written again.
    try Data("changed".utf8).write(to: URL(filePath: "\(folder)/results.csv"))
    #expect(try isRight(make(first, store, folder), text))
    try FileManager.default.removeItem(atPath: "\(folder)/results.csv")
    #expect(try isRight(make(first, store, folder), text))

    // So is one of other rows, of other names, or of another experiment.
    experiment.attack = "epsilons: [0.2, 0.3]"
    let second = try experiment.record(in: store)
    let more = try ResultsCSV.text(store.results(of: second))
    #expect(more != text)
    #expect(try isRight(make(second, store, folder), more))
    #expect(try isRight(make(first, store, folder), text))
    var renamed = first
    renamed.models[0].key = "another"
    let other = try ResultsCSV.text(store.results(of: renamed))
    #expect(other != text)
    #expect(try isRight(make(renamed, store, folder), other))
  }

  /// What a report carries is made of the rows each time.
  @Test func aSmallTableIsWrittenEachTime() throws {
    let experiment = ColourExperiment()
    let folder = try #require(experiment.folder?.path)
    let store = try experiment.store()
    let first = try experiment.record(in: store)
    let text = try ResultsCSV.text(store.results(of: first))
    let written = try make(first, store, folder, mostKept: 1 << 20)
    #expect(written.table.bytes == Array(text.utf8))
    let again = try make(first, store, folder, mostKept: 1 << 20)
    #expect(again.inode != written.inode)
    #expect(again.table.bytes == Array(text.utf8))
    // What was noted of a large one is forgotten with it.
    _ = try make(first, store, folder)
    let inode = try make(first, store, folder, mostKept: 1 << 20).inode
    #expect(try make(first, store, folder).inode != inode)
  }

  /// Numbers that were changed in the store are found, whatever stands beside it.
  @Test func aTableThatStandsHidesNoDamage() throws {
    let experiment = ColourExperiment()
    let folder = try #require(experiment.folder?.path)
    let store = try experiment.store()
    let first = try experiment.record(in: store)
    _ = try make(first, store, folder)
    try store.close()
    try DatabaseQueue(path: "\(folder)/results.sqlite").write { db in
      try db.execute(sql: "UPDATE passes SET numbers = zeroblob(length(numbers)) WHERE id = 2")
    }
    let damaged = try ResultsStore(path: "\(folder)/results.sqlite")
    #expect {
      _ = try make(first, damaged, folder)
    } throws: {
      ($0 as? Problem)?.message.contains("numbers are not those that were stored") == true
    }
  }
}
