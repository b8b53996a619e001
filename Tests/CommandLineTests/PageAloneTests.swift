import Foundation
import Testing

/// A page for browsers that stands alone: `extract`, `verify` and `rerun` of `report.html`.
@Suite struct PageAloneTests {
  /// With a page alone in a folder of its own.
  private func workspace() throws -> Workspace {
    let workspace = try Workspace().prepared()
    try workspace.write(
      Workspace.template + "\n```{heatmap-grid}\nlabel: fig-grid\nsamples: 1\n```\n", to: "short.md")
    let run = try workspace.call("run", "small.yaml", "--quiet", "--formats", "html")
    #expect(run.code == 0, "\(run.errors)")
    try workspace.write(workspace.data("Reports/small/report.html"), to: "alone/report.html")
    return workspace
  }

  @Test func itGivesBackWhatItWasMadeOf() throws {
    let workspace = try workspace()
    let answer = try workspace.call("extract", "alone/report.html", "--output", "out")
    #expect(answer.code == 0, "\(answer.errors)")
    let names = ["experiment.yaml", "provenance.json", "results.csv", "short.md"]
    #expect(answer.output == names.map { "out/\($0)\n" }.joined())
    for name in ["provenance.json", "results.csv"] {
      #expect(try workspace.data("out/\(name)") == workspace.data("Reports/small/\(name)"))
    }
    #expect(try workspace.data("out/short.md") == workspace.data("short.md"))
    // Under another name too: what it is says its content.
    try workspace.write(workspace.data("alone/report.html"), to: "page")
    #expect(try workspace.call("extract", "page", "--output", "out").output == answer.output)
  }

  @Test func whatItSaysIsMadeAgainOfWhatItCarries() throws {
    let workspace = try workspace()
    try FileManager.default.removeItem(atPath: "\(workspace.path)/Reports")
    let answer = try workspace.call("verify", "alone/report.html")
    #expect(answer.code == 0, "\(answer.errors)\(answer.output)")
    let lines = answer.output.split(separator: "\n")
    try #require(lines.count == 5)
    #expect(
      lines[0]
        == "ok  files: experiment.yaml, provenance.json, results.csv and short.md, with the sums that provenance.json has"
    )
    #expect(lines[1] == "ok  results.csv: 36 rows, written again the same bytes")
    #expect(
      lines[2].hasPrefix("ok  report: ")
        && lines[2].hasSuffix(
          " of the page (headings, paragraphs, table cells, figures) say what its rows give")
    )
    #expect(lines[3].hasPrefix("--  report: ") && lines[3].contains("of raw maps or photographs: "))
    #expect(lines[4].hasPrefix("--  raw maps, photographs and weights: not checked"))

    // A number that its rows do not give, and a file that is another.
    let page = try workspace.text("alone/report.html")
    try workspace.write(page.replacing("There are 6 images", with: "There are 7 images"), to: "changed.html")
    let changed = try workspace.call("verify", "changed.html")
    #expect(changed.code == 1 && changed.errors.isEmpty, "\(changed.errors)")
    #expect(changed.output.contains("FAILED  report: “"), "\(changed.output)")
    #expect(changed.output.contains("7images"), "\(changed.output)")
  }

  @Test func aPageOfTablesIsTheSameBytes() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--formats", "html").code == 0)
    let answer = try workspace.call("verify", "Reports/small/report.html")
    #expect(answer.output.contains("ok  report: made again of what it carries, the same bytes\n"), "\(answer.output)")
    #expect(answer.code == 0)
  }

  @Test func threadsDoNotChangeIt() throws {
    let workspace = try workspace()
    let page = try workspace.data("alone/report.html")
    for threads in ["1", "3"] {
      let output = "by-\(threads)"
      let call = ["render", "Reports/small", "--formats", "html", "--output", output, "--threads", threads]
      #expect(try workspace.call(call).code == 0)
      #expect(try workspace.data("\(output)/report.html") == page)
    }
  }

  @Test func itIsMeasuredAgain() throws {
    let workspace = try workspace()
    let answer = try workspace.call(
      "rerun", "alone/report.html", "--data", "faces", "--weights", ".", "--output", "again")
    #expect(answer.code == 0, "\(answer.errors)\(answer.output)")
    #expect(answer.output.hasSuffix("again/report.html\nok  the same bytes as alone/report.html\n"), "\(answer.output)")
  }

  private static func page(_ items: String) -> String {
    "<!DOCTYPE html>\n<html lang=\"en\"><body><main><section class=\"files\"><ul>\n\(items)</ul>\n</section></main></body></html>"
  }

  @Test(arguments: [
    (
      "<li><a download=\"../evil.csv\" href=\"data:text/csv;base64,QQ==\">x</a> y</li>",
      "the files of the page are not taken out: \"../evil.csv\" is no plain file name"
    ),
    (
      "<li><a download=\"a.csv\" href=\"data:text/csv;base64,QQ==\">x</a> y</li><li><a download=\"A.csv\" "
        + "href=\"data:text/csv;base64,QQ==\">x</a> y</li>",
      "the files of the page are not taken out: two are called A.csv"
    ),
    (
      "<li><a download=\"a.csv\" href=\"data:text/csv;base64,Q\">x</a> y</li>",
      "the files of the page cannot be read: one has no name or no content"
    ),
    (
      "<li><a download=\"a.csv.gz\" href=\"data:application/gzip;base64,H4sIAAAA\">x</a> y</li>",
      "the files of the page cannot be unpacked: a.csv is damaged, or unpacks to more than a report's would"
    ),
    (
      "<li><code>results.csv</code> Rows. It stands beside</li>",
      "the page is too large to carry results.csv, which stands beside it"
    ),
    ("", "the report carries no files"),
  ])
  func whatCannotBeTakenOutIsSaid(items: String, message: String) throws {
    let workspace = try Workspace()
    try workspace.write(Self.page(items), to: "page.html")
    let answer = try workspace.call("extract", "page.html", "--output", "out")
    #expect(answer.code != 0 && answer.errors.hasPrefix("error: page.html: \(message)\n  "), "\(answer.errors)")
    #expect(!workspace.exists("out") && !workspace.exists("evil.csv"))
    #expect(try workspace.call("verify", "page.html").code != 0)
  }

  @Test func aMergeMakesAPage() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--formats", "html").code == 0)
    let whole = try workspace.data("Reports/small/report.html")
    for shard in ["1/2", "2/2"] {
      #expect(
        try workspace.call("run", "small.yaml", "--quiet", "--shard", shard, "--output", "parts/\(shard.first ?? "0")")
          .code == 0)
    }
    let merge = try workspace.call(
      "merge", "small.yaml", "parts/1", "parts/2", "--output", "merged", "--formats", "html", "--quiet")
    #expect(merge.code == 0, "\(merge.errors)")
    #expect(merge.output.hasSuffix("merged/report.html\n") && !workspace.exists("merged/report.pdf"))
    #expect(try workspace.data("merged/report.html") == whole)
    #expect(try workspace.call("verify", "merged").code == 0)
  }
}
