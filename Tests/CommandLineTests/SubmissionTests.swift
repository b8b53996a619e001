import Foundation
import Images
import Rendering
import Support
import Testing
import Typesetting

@testable import heatdrift

/// `--submission`: a PDF that systems take, and an archive of what it does not carry.
@Suite struct SubmissionTests {
  private static let script = """
    import sys, zipfile
    z = zipfile.ZipFile(sys.argv[1])
    print(z.testzip(), [i.filename for i in z.infolist()])
    print(z.read("README.txt").decode())
    """

  @Test func itCarriesNothingThatSystemsRefuse() throws {
    let workspace = try Workspace().prepared()
    try workspace.write(Self.script, to: "list.py")
    let run = try workspace.call("run", "small.yaml", "--submission", "--output", "out")
    #expect(run.code == 0, "\(run.errors)")
    #expect(run.errors.contains("authors-only.csv says which name stands for which"))
    #expect(run.output.hasSuffix("out/report.pdf\n"))
    let pdf = [UInt8](try workspace.data("out/report.pdf"))
    #expect(pdf.starts(with: "%PDF-1.5\n".utf8))
    #expect(try Attachment.all(inPDF: pdf, file: "report.pdf") == [])
    let conformance = try PDFConformance(pdf, file: "report.pdf", standards: [.universalAccess])
    #expect(conformance.faults == [] && conformance.named == [.universalAccess])
    let unpacked = try workspace.shell("qpdf --qdf --object-streams=disable out/report.pdf -").output
    for key in ["/Annots", "/Outlines", "/EmbeddedFile", "/AF ", "/Dests", "/Type3", "anna", "small.yaml"] {
      #expect(!unpacked.contains(key), "\(key)")
    }
    let fonts = try workspace.shell("pdffonts out/report.pdf").output.split(separator: "\n").dropFirst(2)
    #expect(!fonts.isEmpty && fonts.allSatisfy { $0.contains("yes yes yes") })
    let figure = try workspace.data("out/figures/fig-curve.pdf")
    #expect(figure.starts(with: Data("%PDF-1.5\n".utf8)))

    let listed = try workspace.shell("python3 list.py out/report-supplement.zip").output
    #expect(
      listed
        == """
        None ['README.txt', 'experiment.yaml', 'provenance.json', 'results.csv', 'template.md', 'tables/tab-mod.csv']
        What the report was made of.

        experiment.yaml: The experiment, every option with the value that was used.
        provenance.json: What the report was made with.
        results.csv: A row per model, image, target, layer and epsilon.
        template.md: The template that the report was rendered by.
        tables: the report's tables, with all digits.


        """)
    _ = try workspace.shell("python3 -m zipfile -e out/report-supplement.zip archive")
    for (path, bytes) in try workspace.files(below: "archive") {
      for name in ["anna", "boris", "small.yaml", "short.md", "vgg16.safetensors"] {
        #expect(bytes.range(of: Data(name.utf8)) == nil, "\(name) in \(path)")
      }
    }
    #expect(try workspace.data("archive/results.csv") == workspace.data("out/results.csv"))

    // The folder is sound, the same bytes again, and by the experiment's own option.
    let verified = try workspace.call("verify", "out")
    #expect(verified.code == 0, "\(verified.output)")
    let files = try workspace.files(below: "out")
    #expect(try workspace.call("render", "out").code == 0)
    #expect(try workspace.files(below: "out") == files)
    try workspace.write(
      Workspace.experiment.replacing("{template: short.md}", with: "{template: short.md, submission: true}"),
      to: "own.yaml")
    #expect(try workspace.call("run", "own.yaml", "--output", "own", "--quiet").code == 0)
    #expect(try workspace.data("own/report.pdf") == workspace.data("out/report.pdf"))

    // Who holds the PDF alone is told.
    let alone = try workspace.call("verify", "out/report.pdf")
    #expect(alone.code == 64 && alone.errors.contains("not with --submission"))

    // A report that is none leaves no archive behind.
    #expect(try workspace.call("run", "small.yaml", "--output", "out", "--quiet").code == 0)
    #expect(!workspace.exists("out/report-supplement.zip"))
    #expect(try workspace.data("out/report.pdf").starts(with: Data("%PDF-1.7\n".utf8)))
    let whole = try workspace.call("verify", "out/report.pdf")
    #expect(whole.output.contains("ok  standards: PDF/UA-1 and PDF/A-3u, as far as they concern what reports have\n"))
  }

  @Test func severalReportsHaveArchivesOfTheirOwn() throws {
    let workspace = try Workspace().prepared()
    try workspace.write("# Names\n\nOf {{ images.count }} images.\n", to: "names.md")
    #expect(try workspace.call("run", "small.yaml", "--output", "out", "--quiet").code == 0)
    let run = try workspace.call(
      "run", "small.yaml", "--output", "out", "--submission", "--quiet", "--set", "report.template=[short.md, names.md]"
    )
    #expect(run.code == 0, "\(run.errors)")
    let archives = try workspace.files(below: "out").keys.filter { $0.hasSuffix(".zip") }.sorted()
    #expect(archives == ["report-supplement.zip", "report-template-2-supplement.zip"])
    #expect(try workspace.call("render", "out", "--submission", "--output", "other").code == 0)
    #expect(workspace.exists("other/report-supplement.zip") && workspace.exists("other/report-template-2.pdf"))
  }

  @Test(arguments: [
    ["run", "small.yaml", "--submission", "--set", "report.formats=[svg]"],
    ["preview", "small.yaml", "--submission", "--set", "report.formats=svg"],
    [
      "run", "small.yaml", "--submission", "--sweep", "compare.window=uniform,gaussian", "--set",
      "report.formats=[svg]",
    ],
  ])
  func thereMustBeAPDF(_ arguments: [String]) throws {
    let workspace = try Workspace().prepared()
    let answer = try workspace.call(arguments)
    #expect(answer.code == 64)
    #expect(answer.errors.contains("a submission is a PDF, and `report.formats` has none"))
    #expect(!workspace.exists("Reports"))
    try workspace.write(
      Workspace.experiment.replacing("{template: short.md}", with: "{submission: true, formats: [svg]}"), to: "own.yaml"
    )
    let own = try workspace.call("run", "own.yaml")
    #expect(own.code == 64, "\(own.errors)")
    #expect(own.errors.contains("own.yaml:9") && own.errors.contains("Add `pdf` to `formats`"), "\(own.errors)")
  }

  @Test func whatIsTooLargeIsExplained() throws {
    let pixels = (0..<1400 * 1000 * 3).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    let bytes = try ImageEncoder.jpeg(RGBImage(width: 1400, height: 1000, pixels: pixels), quality: 95)
    #expect(bytes.count > 2_000_000)
    let picture = PlacedPicture(
      EncodedPicture(format: .jpeg, bytes: bytes, pixelWidth: 1400, pixelHeight: 1000),
      frame: Rect(x: 0, y: 0, width: 80, height: 80))
    let page = Frame(
      size: Size(width: 200, height: 200),
      items: [.picture(picture), .text(PlacedText("a", font: Font(size: 9), origin: Point(9, 190)))])
    let pdf = try Renderer().pdf(Document(title: "T", language: "en-GB", pages: [page], outline: []), for: .submission)
    let sizes = try PDFSizes(pdf, file: "report.pdf")
    #expect(sizes.pictures == bytes.count && sizes.pictureCount == 1 && sizes.attachments == 0)
    #expect((500...20_000).contains(sizes.fonts) && sizes.rest > 0 && sizes.rest < 10_000)
    let warning = try #require(try Submission.warning(of: pdf, name: "report.pdf"))
    let megabytes = String(format: "%.1f MB", Double(pdf.count) / 1e6)
    #expect(
      warning.message.hasPrefix(
        "report.pdf has \(megabytes), more than the 2 MB that many systems take: 1 picture \(megabytes), "))
    #expect(warning.remedy?.hasPrefix("Show fewer heatmaps:") == true)
    #expect(try Submission.warning(of: Array(pdf.prefix(0)), name: "x") == nil)
  }
}
