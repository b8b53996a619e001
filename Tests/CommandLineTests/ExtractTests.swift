import Foundation
import FuzzSupport
import Testing

/// Files that come out of reports, and reports from strangers.
@Suite struct ExtractTests {
  private static let csv = Array("a,b\n1,2\n".utf8)
  private static let json = Array("{}\n".utf8)

  /// With `report.pdf`, which carries two files.
  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.write(
      PDFMaker.report([("results.csv", nil, Self.csv), ("provenance.json", nil, Self.json)]), to: "report.pdf")
    return workspace
  }

  private func names(_ workspace: Workspace, _ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(workspace.path)/\(folder)").sorted()
  }

  @Test func aReportGivesBackWhatItWasMadeOf() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet").code == 0)
    let answer = try workspace.call("extract", "Reports/small/report.pdf", "--output", "taken/out")
    #expect(answer.code == 0, "\(answer.errors)")
    let names = ["experiment.yaml", "provenance.json", "results.csv", "short.md"]
    #expect(answer.output == names.map { "taken/out/\($0)\n" }.joined())
    for name in ["provenance.json", "results.csv"] {
      #expect(try workspace.data("taken/out/\(name)") == workspace.data("Reports/small/\(name)"))
    }
    // Once more: they are there, and the same.
    let again = try workspace.call("extract", "Reports/small/report.pdf", "--output", "taken/out")
    #expect(again.code == 0)
    #expect(again.output == answer.output)
  }

  @Test func whatIsThereIsNeverOverwritten() throws {
    let workspace = try workspace()
    try workspace.write("mine\n", to: "out/results.csv")
    let answer = try workspace.call("extract", "report.pdf", "--output", "out")
    #expect(answer.code == 1)
    #expect(
      answer.errors
        == "error: out/results.csv: another file of this name is there already; nothing was written\n"
        + "  Choose another folder (--output), or move the file away.\n")
    #expect(try names(workspace, "out") == ["results.csv"])
    #expect(try workspace.text("out/results.csv") == "mine\n")
  }

  /// A link to a file of the same content too: what it leads to may change.
  @Test(arguments: ["elsewhere.txt", "same.csv", "nowhere"])
  func aLinkInTheWayIsNotFollowed(_ target: String) throws {
    let workspace = try workspace()
    try workspace.write("precious\n", to: "elsewhere.txt")
    try workspace.write(Self.csv, to: "same.csv")
    try workspace.write("", to: "out/.keep")
    try FileManager.default.createSymbolicLink(
      atPath: "\(workspace.path)/out/results.csv", withDestinationPath: "../\(target)")
    let answer = try workspace.call("extract", "report.pdf", "--output", "out")
    #expect(answer.code == 1)
    #expect(
      answer.errors
        == "error: out/results.csv: a link or folder of this name is there already; nothing was written\n"
        + "  Choose another folder (--output), or move it away.\n")
    #expect(try workspace.text("elsewhere.txt") == "precious\n")
    #expect(!workspace.exists("nowhere"))
    #expect(try names(workspace, "out") == [".keep", "results.csv"])
  }

  /// The folder is the caller's own choice: a link to one is one. A link that leads nowhere is none.
  @Test func theFolderMayBeALink() throws {
    let workspace = try workspace()
    try workspace.write("", to: "disk/.keep")
    for (link, target) in [("linked", "disk"), ("broken", "nowhere")] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(workspace.path)/\(link)", withDestinationPath: target)
    }
    #expect(try workspace.call("extract", "report.pdf", "--output", "linked").code == 0)
    #expect(try workspace.data("disk/results.csv") == Data(Self.csv))
    let broken = try workspace.call("extract", "report.pdf", "--output", "broken")
    #expect(broken.code == 1)
    #expect(
      broken.errors
        == "error: broken: the folder cannot be made\n"
        + "  Check its permissions, or choose another folder (--output).\n")
    #expect(!workspace.exists("nowhere"))
  }

  @Test(arguments: [
    ("../evil.csv", "\"../evil.csv\""), ("/tmp/heatdrift-evil.csv", "\"/tmp/heatdrift-evil.csv\""),
    ("a/../../evil.csv", "\"a/../../evil.csv\""), (".bashrc", "\".bashrc\""), ("..", "\"..\""),
    ("results.csv\\000/x", "\"results.csv\\0/x\""), ("c:\\\\evil.csv", "\"c:\\\\evil.csv\""),
  ])
  func namesThatLeadElsewhereAreRefused(name: String, shown: String) throws {
    let workspace = try workspace()
    try workspace.write(
      PDFMaker.report([("results.csv", nil, Self.csv), (name, nil, Self.csv)]), to: "evil.pdf")
    let answer = try workspace.call("extract", "evil.pdf", "--output", "out")
    #expect(answer.code == 1)
    #expect(
      answer.errors
        == "error: evil.pdf: the attachments are not taken out: \(shown) is no plain file name\n"
        + "  Heatdrift did not make this file, or somebody changed it; `qpdf --list-attachments` shows what it has.\n")
    // Not the good one either.
    #expect(!workspace.exists("out"))
    #expect(!workspace.exists("evil.csv"))
    #expect(!FileManager.default.fileExists(atPath: "/tmp/heatdrift-evil.csv"))
  }

  @Test func whatUnpacksWithoutMeasureIsRefused() throws {
    let workspace = try workspace()
    let (stream, count) = PDFMaker.zeros(count: 100 << 20)
    #expect(count > 100 << 20 - 2064 && stream.count < 1 << 20)
    try workspace.write(PDFMaker.report([("zeros.bin", "/FlateDecode", stream)]), to: "bomb.pdf")
    let answer = try workspace.call("extract", "bomb.pdf", "--output", "out")
    #expect(answer.code == 1)
    #expect(
      answer.errors
        == "error: bomb.pdf: the attachments unpack to more than a report's would\n"
        + "  `qpdf --list-attachments` shows what the file has, `qpdf --show-attachment` takes one out.\n")
    #expect(!workspace.exists("out"))
    // The same stream, shorter, is sound.
    let (small, length) = PDFMaker.zeros(count: 1 << 20)
    try workspace.write(PDFMaker.report([("zeros.bin", "/FlateDecode", small)]), to: "small.pdf")
    #expect(try workspace.call("extract", "small.pdf", "--output", "out").code == 0)
    #expect(try workspace.data("out/zeros.bin") == Data(count: length))
  }

  /// Found by fuzzing: a predictor whose rows are two thousand million bytes long.
  @Test func aPredictorWithoutMeasureIsRefused() throws {
    let workspace = try workspace()
    let filter = "/FlateDecode /DecodeParms <</Predictor 12 /Columns 2147483647>>"
    let stream = PDFMaker.zeros(count: 10_000).stream
    try workspace.write(PDFMaker.report([("zeros.bin", filter, stream)]), to: "bomb.pdf")
    let answer = try workspace.call("extract", "bomb.pdf", "--output", "out")
    #expect(answer.code == 1)
    #expect(
      answer.errors.hasPrefix(
        "error: bomb.pdf: an attachment cannot be unpacked, or not in the memory that a report's takes: "),
      "\(answer.errors)")
    #expect(!workspace.exists("out"))
  }

  @Test func whatIsNoReportIsRefused() throws {
    let workspace = try workspace()
    try workspace.write("no PDF", to: "text.pdf")
    let text = try workspace.call("extract", "text.pdf")
    #expect(text.code == 1)
    #expect(text.errors.hasPrefix("error: text.pdf: cannot be read as PDF: "))
    let missing = try workspace.call("extract", "missing.pdf")
    #expect(missing.code == 64)
    #expect(
      missing.errors == "error: missing.pdf: the report cannot be read\n  Check the path and its permissions.\n")
    // A device has no end.
    let device = try workspace.call("extract", "/dev/zero")
    #expect(device.code == 64)
    #expect(device.errors == "error: /dev/zero: this is no file\n  Check the path and its permissions.\n")
    try workspace.write(PDFMaker.report([]), to: "empty.pdf")
    let empty = try workspace.call("extract", "empty.pdf")
    #expect(empty.code == 1)
    #expect(empty.errors.hasPrefix("error: empty.pdf: the report carries no files\n"))
  }
}
