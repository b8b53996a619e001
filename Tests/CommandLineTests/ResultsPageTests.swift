import Foundation
import Testing

@testable import heatdrift

/// `Documentation/Results.md` beside what a run and an export leave.
@Suite struct ResultsPageTests {
  /// A section of the page, with what stands in quotes in the first column of its tables.
  private func names(below heading: String) throws -> Set<String> {
    let page = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../Documentation/Results.md"),
      encoding: .utf8)
    let start = try #require(page.range(of: "\n\(heading)"))
    let section = page[start.upperBound...].split(separator: "\n#", maxSplits: 1).first ?? ""
    var found: Set<String> = []
    for line in section.split(separator: "\n") where line.hasPrefix("|") {
      let cell = line.dropFirst().prefix { $0 != "|" }
      found.formUnion(cell.matches(of: /`([^`]+)`/).map { String($0.1) })
    }
    return found
  }

  @Test func everyFileAndKeyIsThere() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--anonymous").code == 0)
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/Reports/small").map { name in
      name.hasPrefix("report-") ? "report-NN.svg" : ["figures", "tables"].contains(name) ? name + "/" : name
    }
    let documented = try names(below: "leaves everything in")
    #expect(Set(files).isSubset(of: documented), "\(files)")
    #expect(
      documented.subtracting(["results.lock", "report.html", "report-supplement.zip"]).isSubset(of: files),
      "\(documented)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: workspace.data("Reports/small/provenance.json")) as? [String: Any])
    #expect(try Set(json.keys).isSubset(of: names(below: "## `provenance.json`")), "\(json.keys)")
  }

  @Test func everyColumnOfTheIndexIsThere() throws {
    #expect(try names(below: "## Raw maps, heatmaps and attacked images") == Set(ExportFolder.columns))
  }
}
