import Explanations
import Foundation
import Measures
import Support
import Synchronization
import Testing

@testable import Results

/// Keeps findings in memory.
private final class HeldFindings: FindingsKeeper {
  let held = Mutex<[String: Data]>([:])
  var count: Int { held.withLock { $0.count } }

  func finding(_ name: String) -> Data? { held.withLock { $0[name] } }
  func keep(_ finding: Data, as name: String) { held.withLock { $0[name] = finding } }
}

/// Rows that nobody may ask for.
private struct NoRows: MeasurementSource {
  func forEachPart<Output: Sendable>(
    of model: String?, _ transform: @Sendable ([Results.Measurement]) throws(Problem) -> Output,
    consume: (Output) throws(Problem) -> Void
  ) throws(Problem) {
    throw .failure("the rows were read again")
  }

  func rows(model: String, image: String) throws(Problem) -> [Results.Measurement] {
    throw .failure("the rows were read again")
  }
}

/// What is found of very many rows and maps is kept, and means the same when it is taken up again.
@Suite struct FindingsTests {
  private static let size = 12
  private static let maps = HeldMaps { image, epsilon in
    if image % 97 == 3, epsilon == 0.1 || image % 2 == 1 { return HeldMaps.dead }
    let values = (0..<9).map { Float((image * 7 + $0 * $0 * 5 + Int((epsilon ?? 0) * 30)) % 11) }
    return RawMap(height: 3, width: 3, values: values)
  }

  private func results(_ images: Int) -> ExperimentResults {
    mappedResults(labels: (0..<images).map { $0 % 40 }, levels: [0.05, 0.1], size: Self.size, maps: Self.maps)
  }

  /// All that is kept, as it is read.
  private struct Read: Equatable {
    var summaries: [SeriesSummary]
    var counts: [Int]
    var unrelated: [UnrelatedMaps]
    var means: [[Double]]
    var shifts: [[Shift?]]
    var statistics: [ShiftStatistics]
    var dead: [[Int]]
    var images: [[Int]]
  }

  private func read(_ results: ExperimentResults) throws -> Read {
    let series = try results.summarise()
    let maps = try results.maps(of: series)
    return Read(
      summaries: series,
      counts: [results.rowCount, results.scoredRowCount(), results.measuredImageCount, results.measuredLabelCount],
      unrelated: try series.map { try results.unrelatedMaps(of: $0) },
      means: maps.flatMap { [$0.clean] + $0.levels.map(\.mean) },
      shifts: try series.flatMap { one in try one.levels.map { Array(try results.shifts(of: one, epsilon: $0.epsilon)) }
      },
      statistics: maps.flatMap { $0.levels.map(\.statistics) },
      dead: maps.map { [$0.deadCount] + $0.levels.map(\.deadCount) }, images: maps.map(\.images))
  }

  @Test func whatIsTakenUpIsWhatWasFound() throws {
    let plain = try read(results(1001))
    #expect(plain.dead[0].allSatisfy { $0 > 0 })
    #expect(try #require(plain.unrelated[0].differentLabels).pairCount > 900)
    let keeper = HeldFindings()
    var first = results(1001)
    first.findings = keeper
    #expect(try read(first) == plain)
    // Tables, and of both layers their three levels, unrelated maps, maps and their two levels.
    #expect(keeper.count == 1 + 2 * (3 + 1 + 1 + 2))

    var second = results(1001)
    second.rows = NoRows()
    second.pictures = HeldMaps { _, _ in HeldMaps.dead }
    second.findings = keeper
    #expect(try read(second) == plain)
    // What is shown under other names is the same.
    let shown = second.renamed(
      ShownNames(
        models: NameTable(["m"]) { _ in "model" }, images: NameTable(second.images.map(\.path)) { "image " + $0 },
        layers: NameTable(["early", "last"]) { $0 == "early" ? "last" : "early" })
    ) { _ in }
    let other = try read(shown)
    #expect(other.means == plain.means)
    #expect(other.shifts == plain.shifts)
    #expect(other.unrelated == plain.unrelated)
    #expect(other.counts == plain.counts)
  }

  /// Comparing a thousand pairs takes seconds however few images there are; all else is soon found again.
  @Test func ofFewImagesUnrelatedMapsAloneAreKept() throws {
    let plain = try read(results(1000))
    let keeper = HeldFindings()
    var first = results(1000)
    first.findings = keeper
    #expect(try read(first) == plain)
    let kinds = keeper.held.withLock { $0.keys.map { $0.prefix { $0 != "\n" } } }
    #expect(kinds == ["unrelated maps 2", "unrelated maps 2"])
    var second = results(1000)
    second.pictures = HeldMaps { _, _ in HeldMaps.dead }
    second.findings = keeper
    #expect(try second.summarise().map { try second.unrelatedMaps(of: $0) } == plain.unrelated)
  }

  /// What counts as right is in the tables.
  @Test func whatLabelsMeanHasTablesOfItsOwn() throws {
    let keeper = HeldFindings()
    func accuracies(_ labels: LabelMeaning, rows: Bool) throws -> [Int] {
      var results = results(1001)
      results.labels = labels
      results.findings = keeper
      if !rows { results.rows = NoRows() }
      return try results.summarise().map(\.cleanAccuracy.count)
    }
    let found = try [LabelMeaning.classes, .unrelated].map { try accuracies($0, rows: true) }
    #expect(found[0] != found[1] && found[1].allSatisfy { $0 == 1001 })
    #expect(try [LabelMeaning.classes, .unrelated].map { try accuracies($0, rows: false) } == found)
  }

  @Test func bytesThatAreNoneOfItAreFoundAgain() throws {
    let plain = try read(results(1001))
    let keeper = HeldFindings()
    var first = results(1001)
    first.findings = keeper
    _ = try read(first)
    let kept = keeper.held.withLock { $0 }
    let hostile: [(Data) -> Data] = [
      { _ in Data() }, { $0.prefix(7) }, { $0.prefix($0.count / 2) }, { $0.dropLast() }, { $0 + Data([0]) },
      { Data(repeating: 255, count: $0.count) },
    ]
    for change in hostile {
      keeper.held.withLock { $0 = kept.mapValues { Data(change($0)) } }
      var again = results(1001)
      again.findings = keeper
      #expect(try read(again) == plain)
      let mended = keeper.held.withLock { $0 }
      #expect(mended == kept)
    }
  }

  /// Reports add counts up.
  @Test func countsThatNothingHasAreNone() {
    for (bytes, count) in [
      ([1, 0, 0, 0, 0, 0, 0, 0], 1), ([0, 0, 0, 0, 0, 0, 1, 0], nil), ([255, 255, 255, 255, 255, 255, 255, 127], nil),
    ]
      as [([UInt8], Int?)]
    {
      var reader = ByteReader(Data(bytes))
      #expect(reader.count() == count)
    }
  }
}
