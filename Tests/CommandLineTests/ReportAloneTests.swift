import Foundation
import FuzzSupport
import Rendering
import Support
import Testing

@testable import heatdrift

/// A PDF that stands alone: `verify report.pdf` and `rerun report.pdf`.
@Suite struct ReportAloneTests {
  private static let template =
    Workspace.template
    + "\n```{heatmap-grid}\nlabel: fig-grid\nsamples: 1\n```\n\n```{provenance}\nlabel: tab-provenance\n```\n"

  /// With a report alone in a folder of its own.
  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.write(Self.template, to: "short.md")
    let run = try workspace.call("run", "small.yaml", "--quiet", "--set", "report.authors=[A. One]")
    #expect(run.code == 0, "\(run.errors)")
    try workspace.write(workspace.data("Reports/small/report.pdf"), to: "alone/report.pdf")
    return workspace
  }

  private func files(_ workspace: Workspace) throws -> [(name: String, bytes: [UInt8])] {
    try Attachment.all(inPDF: [UInt8](workspace.data("alone/report.pdf")), file: "report.pdf").map {
      ($0.name, $0.bytes)
    }
  }

  @Test func whatItSaysIsMadeAgainOfWhatItCarries() throws {
    let workspace = try workspace()
    try FileManager.default.removeItem(atPath: "\(workspace.path)/Reports")
    let answer = try workspace.call("verify", "alone/report.pdf")
    #expect(answer.code == 0, "\(answer.errors)\(answer.output)")
    let lines = answer.output.split(separator: "\n")
    try #require(lines.count == 6)
    #expect(
      lines[0]
        == "ok  files: experiment.yaml, provenance.json, results.csv and short.md, with the sums that provenance.json has"
    )
    #expect(lines[1] == "ok  standards: PDF/UA-1 and PDF/A-3u, as far as they concern what reports have")
    #expect(lines[2] == "ok  results.csv: 36 rows, written again the same bytes")
    #expect(lines[3].hasPrefix("ok  report: ") && lines[3].hasSuffix(" say what its rows give"))
    // Two models, a grid of heatmaps each.
    #expect(
      lines[4].hasPrefix("--  report: ")
        && lines[4].contains(" cannot be made again, since they are of raw maps or photographs: "))
    #expect(lines[5].hasPrefix("--  raw maps, photographs and weights: not checked"))
    let wrong = try workspace.call("verify", "alone/report.pdf", "--recompute", "1")
    #expect(wrong.code == 64 && wrong.errors.contains("go with an output folder, not with a report"))
  }

  /// Without anything of maps it is the same bytes.
  @Test func aReportOfTablesIsTheSameBytes() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet").code == 0)
    let answer = try workspace.call("verify", "Reports/small/report.pdf")
    #expect(answer.output.contains("ok  report: made again of what it carries, the same bytes\n"), "\(answer.output)")
    #expect(answer.code == 0)
  }

  @Test func whatWasChangedIsFound() throws {
    let workspace = try workspace()
    var files = try files(workspace)
    let place = try #require(files.firstIndex { $0.name == "results.csv" })
    let text = String(decoding: files[place].bytes, as: UTF8.self)
    var lines = text.split(separator: "\n").map(String.init)
    var fields = lines[2].components(separatedBy: ",")
    fields[9] = "0.5"
    lines[2] = fields.joined(separator: ",")
    files[place].bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    try workspace.write(PDFMaker.report(files.map { ($0.name, nil, $0.bytes) }), to: "changed.pdf")
    let answer = try workspace.call("verify", "changed.pdf")
    #expect(answer.code == 1, "\(answer.output)\(answer.errors)")
    #expect(answer.output.contains("FAILED  files: results.csv is not what provenance.json says\n"), "\(answer.output)")
    #expect(answer.output.contains("FAILED  report: "))
    // A table that is none.
    for (bad, message) in [
      ("vgg16,anna/1.png", "is not in provenance.json"), ("label,", "there is no column label"),
      ("0.02", "is no number"),
    ] {
      let other = text.replacing(bad, with: bad == "0.02" ? "many" : "x,")
      files[place].bytes = Array(other.utf8)
      try workspace.write(PDFMaker.report(files.map { ($0.name, nil, $0.bytes) }), to: "bad.pdf")
      let answer = try workspace.call("verify", "bad.pdf")
      #expect(answer.code == 1 && answer.errors.contains(message), "\(answer.errors)")
    }
  }

  @Test(arguments: [
    ([("results.csv", "a,b\n1,2\n")], "it carries no provenance.json"),
    ([("provenance.json", "{")], "its provenance.json is not Heatdrift's"),
    ([("provenance.json", "[" + String(repeating: "[", count: 100_000))], "its provenance.json is not Heatdrift's"),
  ])
  func whatIsNoReportIsRefused(files: [(String, String)], message: String) throws {
    let workspace = try Workspace()
    try workspace.write(PDFMaker.report(files.map { ($0.0, nil, Array($0.1.utf8)) }), to: "other.pdf")
    for call in [["verify", "other.pdf"], ["rerun", "other.pdf", "--data", "faces", "--weights", "."]] {
      let answer = try workspace.call(call)
      #expect(answer.code == 64)
      #expect(answer.errors.contains("other.pdf: this is no report that stands alone: \(message)"), "\(answer.errors)")
      #expect(!workspace.exists("rerun"))
    }
  }

  @Test func itIsMeasuredAgainFromFilesUnderOtherNames() throws {
    let workspace = try workspace()
    for (index, name) in ["anna/1", "anna/2", "boris/1", "boris/2", "clara/1", "clara/2"].enumerated() {
      try workspace.write(workspace.data("faces/\(name).png"), to: "moved/deep/\(6 - index).bin")
    }
    try workspace.write(workspace.data("vgg16.safetensors"), to: "nets/a")
    try workspace.write(workspace.data("resnet50.safetensors"), to: "nets/resnet50.safetensors")
    for name in ["faces", "vgg16.safetensors", "resnet50.safetensors", "small.yaml", "short.md"] {
      try FileManager.default.removeItem(atPath: "\(workspace.path)/\(name)")
    }
    let call = ["rerun", "alone/report.pdf", "--data", "moved", "--weights", "nets", "--output", "again"]
    let answer = try workspace.call(call)
    #expect(answer.code == 0, "\(answer.errors)\(answer.output)")
    #expect(answer.output == "again/report.pdf\nok  the same bytes as alone/report.pdf\n")
    #expect(answer.errors.contains("note: anna/1.png is moved/deep/6.bin\n"))
    #expect(answer.errors.contains("note: vgg16.safetensors is nets/a\n"))
    #expect(!answer.errors.contains("note: resnet50.safetensors"))
    #expect(try workspace.files(below: "again") == workspace.files(below: "Reports/small"))
    // The folder is one of a run as any other.
    #expect(try workspace.call("verify", "again").code == 0)

    try FileManager.default.removeItem(atPath: "\(workspace.path)/moved/deep/6.bin")
    try workspace.write("other", to: "nets/a")
    let missing = try workspace.call(call)
    #expect(missing.code == 64)
    #expect(
      missing.errors.hasPrefix(
        "error: 2 files of the run are not below moved and nets, by content\n"
          + "  Put them there, under any name, or name other folders (--data, --weights):\n    anna/1.png, SHA-256 "),
      "\(missing.errors)")
    #expect(missing.errors.contains("    vgg16.safetensors of VGG16, SHA-256 "))
    let none = try workspace.call("rerun", "alone/report.pdf", "--data", "nowhere", "--weights", "nets")
    #expect(none.code == 64 && none.errors.contains("nowhere: expected a folder to look for files in, found none"))
  }

  /// Parts beside parts, without a report.
  @Test func textsAreHeldToEachOther() {
    func part(_ text: String, _ role: String = "P", pictures: Bool = false) -> PDFText.Element {
      PDFText.Element(role: role, text: text, hasPictures: pictures, page: 1)
    }
    let found = [part("Head", "H1"), part("0.25", "TD"), part("0.5of0.9", "TD"), part("map", "Figure", pictures: true)]
    var texts = ReportTexts(
      found: found, made: [part("Head", "H1"), part("0.25", "TD"), part("–of0.9", "TD"), part("none", "Figure")],
      problems: [])
    #expect(texts.differences == [] && texts.same == 2 && texts.unmade == 2 && texts.unmadeWords == "1 Figure, 1 TD")
    texts = ReportTexts(
      found: found, made: [part("Head", "H1"), part("0.26", "TD"), part("–of0.8", "TD"), part("none", "Figure")],
      problems: [])
    #expect(
      texts.differences == [
        "page 1: “0.25” stands where its rows give “0.26”", "page 1: “0.5of0.9” stands where its rows give “–of0.8”",
      ])
    // Where a figure cannot be made again, those behind it stand on other pages.
    let contents = [part("Contents", "H2"), part("1Summary", "TOCI"), part("6", "TOCI"), part("a")]
    texts = ReportTexts(found: contents, made: [part("a")], problems: [Problem.failure("no maps")])
    #expect(texts.differences == [] && texts.same == 1 && texts.unmadeWords == "1 H2, 2 TOCI")
    #expect(ReportTexts(found: contents, made: [part("a")], problems: []).differences.count == 3)
    texts = ReportTexts(found: [part("a")], made: [part("a"), part("b")], problems: [])
    #expect(texts.differences == ["“b” is not there, which its rows give"])
  }
}
