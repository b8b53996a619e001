import Foundation
import Testing

/// Several reports on one run, and reports that are written elsewhere than beside their results.
@Suite struct SeveralReportsTests {
  private static let own = "# Names\n\nOf {{ images.count }} images.\n"

  @Test func templatesStandSideBySide() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(Self.own, to: "names.md")
    let templates = "report.template=[paper, review, names.md]"
    let run = try workspace.call("run", "small.yaml", "--set", templates)
    #expect(run.code == 0)
    let lines = run.output.split(separator: "\n").suffix(3).map(String.init)
    #expect(lines == ["report.pdf", "report-review.pdf", "report-names.pdf"].map { "Reports/small/\($0)" })
    let files = try workspace.files(below: "Reports/small")
    for name in ["report-01.svg", "report-review-01.svg", "report-names-01.svg"] { #expect(files[name] != nil) }
    #expect(files.keys.contains { $0.hasPrefix("figures-review/") && $0.hasSuffix(".pdf") })
    #expect(files.keys.contains { $0.hasPrefix("tables-review/") && $0.hasSuffix(".tex") })
    #expect(files.keys.filter { $0.hasSuffix("provenance.json") || $0.hasSuffix("results.csv") }.count == 2)
    #expect(try workspace.call("verify", "Reports/small").code == 0)

    // Each is what it is alone.
    for (template, name) in [("paper", "report"), ("review", "report-review"), ("names.md", "report-names")] {
      let alone = try workspace.call(
        "run", "small.yaml", "--set", "report.template=\(template)", "--output", "alone-\(template)")
      #expect(alone.code == 0)
      let other = try workspace.files(below: "alone-\(template)")
      #expect(files["\(name)-01.svg"] == other["report-01.svg"])
    }

    // What is gone from the list is gone from the folder, and another's files stay.
    try workspace.write("mine", to: "Reports/small/figures-review/notes.txt")
    #expect(try workspace.call("run", "small.yaml", "--set", "report.template=[review, paper]").code == 0)
    let fewer = try workspace.files(below: "Reports/small")
    #expect(fewer["report-names.pdf"] == nil && fewer["report-review.pdf"] == nil && fewer["report-paper.pdf"] != nil)
    #expect(fewer["report-01.svg"] == files["report-review-01.svg"])
    #expect(fewer["report-paper-01.svg"] == files["report-01.svg"])
    #expect(fewer.keys.filter { $0.hasPrefix("figures-review/") } == ["figures-review/notes.txt"])
    #expect(try workspace.call("render", "Reports/small").code == 0)
    #expect(try workspace.files(below: "Reports/small") == fewer)
  }

  @Test func ownTemplatesHaveNoNameInAnonymousReports() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(Self.own, to: "zelda.md")
    let run = try workspace.call("run", "small.yaml", "--set", "report.template=[paper, zelda.md]", "--anonymous")
    #expect(run.code == 0)
    let names = try workspace.files(below: "Reports/small").keys.sorted()
    #expect(names.contains("report-template-2.pdf") && !names.contains { $0.contains("zelda") })
  }

  @Test func twoTemplatesOfOneNameAreAnError() throws {
    let workspace = try Workspace().prepared()
    let answer = try workspace.call("run", "small.yaml", "--set", "report.template=[a/paper.md, paper]")
    #expect(answer.code == 64)
    #expect(
      answer.errors.hasSuffix(
        "`report.template` has two templates called `paper`, whose reports would have one name\n"
          + "  Call one of the files otherwise.\n"))
  }

  @Test func aReportElsewhereLeavesTheFormerAlone() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml").code == 0)
    let before = try workspace.files(below: "Reports/small")
    let answer = try workspace.call("render", "Reports/small", "--output", "elsewhere", "--template", "review")
    #expect(answer.code == 0 && answer.output == "elsewhere/report.pdf\n")
    #expect(try workspace.files(below: "Reports/small") == before)
    let review = try workspace.files(below: "elsewhere")
    #expect(review["results.sqlite"] == nil && review["results.csv"] == before["results.csv"])
    #expect(review["report-01.svg"] != before["report-01.svg"])

    // The next one replaces it, and removes what it does not have; with the same template it has the same pages.
    #expect(try workspace.call("render", "Reports/small", "--output", "elsewhere").code == 0)
    let same = try workspace.files(below: "elsewhere")
    #expect(Set(same.keys) == Set(before.keys))
    for (name, bytes) in same where name != "provenance.json" { #expect(bytes == before[name], "\(name)") }

    for (output, words) in [
      ("Reports/small", "this is the folder of the results itself"),
      ("other", "this is the output folder of another run, whose report this one would replace"),
    ] {
      if output == "other" { #expect(try workspace.call("run", "small.yaml", "--output", "other").code == 0) }
      let refused = try workspace.call("render", "Reports/small", "--output", output)
      #expect(refused.code == 64 && refused.errors.hasPrefix("error: \(output): \(words)\n"))
    }
    let verify = try workspace.call("verify", "elsewhere")
    #expect(verify.code == 64)
  }
}
