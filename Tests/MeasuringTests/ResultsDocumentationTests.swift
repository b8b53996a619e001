import Foundation
import GRDB
import Measures
import Results
import Store
import Support
import Testing

/// `Documentation/Results.md` says what there is: every column of every table, and no other.
@Suite struct ResultsDocumentationTests {
  private static let page = Result {
    try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Documentation/Results.md"),
      encoding: .utf8)
  }

  /// By the heading above, what stands in quotes in the first column of its first table.
  private func tables() throws -> [String: [String]] {
    var found: [String: [String]] = [:]
    var heading = ""
    var isDone = false
    for line in try Self.page.get().split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("#") {
        heading = String(line.drop { $0 == "#" || $0 == " " }).replacing("`", with: "")
        isDone = false
      } else if line.hasPrefix("|"), !isDone {
        let cell = line.dropFirst().prefix { $0 != "|" }
        found[heading, default: []] += cell.matches(of: /`([^`]+)`/).map { String($0.1) }
      } else if found[heading] != nil {
        isDone = true
      }
    }
    return found
  }

  @Test func everyColumnOfTheTableIsThere() throws {
    let columns = try #require(try tables()["results.csv"])
    let all = ResultsCSV.columns(of: Measures.measures.all.map { $0.init() }, hasRuns: true)
    #expect(Set(columns) == Set(all) && columns.count == all.count, "\(Set(columns).symmetricDifference(all))")
    // In the order of a table with these measures.
    let main = ResultsCSV.columns(of: [standardMeasure.init()], hasRuns: true)
    #expect(columns.filter(main.contains) == main)
  }

  @Test func everyColumnOfMeansIsThere() throws {
    let experiment = ColourExperiment()
    let results = try #require(try experiment.run().results)
    let head = try ResultsCSV.means(results).prefix { $0 != "\n" }.split(separator: ",").map(String.init)
    #expect(Set(try #require(try tables()["means.csv"])) == Set(head))
  }

  @Test func everyTableOfTheStoreIsThere() throws {
    let experiment = ColourExperiment()
    let folder = try #require(experiment.folder?.path)
    _ = try experiment.store()
    let queue = try DatabaseQueue(path: "\(folder)/results.sqlite")
    let documented = try tables()
    let names = try queue.read { db in
      try String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    }
    #expect(names.count > 15)
    for name in names {
      let columns = try queue.read { db in try db.columns(in: name).map(\.name) }
      #expect(documented[name] == columns, "\(name)")
    }
    let version = try queue.read { db in try Int.fetchOne(db, sql: "PRAGMA user_version") }
    let application = try queue.read { db in try Int.fetchOne(db, sql: "PRAGMA application_id") }
    let page = try Self.page.get()
    #expect(
      page.contains("`user_version` \(version ?? 0)") && page.contains("`PRAGMA application_id` \(application ?? 0)"))
    // No table is described that is not there.
    let headings = page.matches(of: /\n### `(\w+)`\n/).map { String($0.1) }
    #expect(Set(headings).isSubset(of: Set(names)))
  }
}
