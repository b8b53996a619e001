import Foundation
import Images
import Support
import Testing
import Typesetting

@testable import Rendering

/// What PDF/UA-1 and PDF/A-3u ask: a document with everything that reports have keeps it, and each check finds the file that
/// was altered so that it does not.
@Suite struct PDFConformanceTests {
  static let attachments = [
    Attachment(
      name: "results.csv", mediaType: "text/csv", relationship: .data, description: "The rows", bytes: Array("a\n".utf8)
    ),
    Attachment(
      name: "experiment.yaml", mediaType: "application/yaml", relationship: .source, description: "ε", bytes: [97]),
  ]

  /// A picture under coloured glass.
  static func figure() throws -> Frame {
    let image = RGBImage(width: 8, height: 8, pixels: [UInt8](repeating: 90, count: 192))
    let picture = PlacedPicture(
      EncodedPicture(format: .png, bytes: try ImageEncoder.png(image), pixelWidth: 8, pixelHeight: 8),
      frame: Rect(x: 0, y: 0, width: 80, height: 80))
    let glass = PlacedPath.rectangle(Rect(x: 0, y: 0, width: 30, height: 30), fill: Colour(1, 0, 0, alpha: 0.4))
    return Frame(size: Size(width: 80, height: 80), items: [.picture(picture), .path(glass)])
  }

  /// A title, headings that skip a level, notes, lists, links, a figure with a picture, a table with groups, one over
  /// several pages.
  static func made() throws -> Document {
    let renderer = try Renderer()
    let figure = try figure()
    func cell(_ text: String) -> TextTable.Cell { TextTable.Cell([Inline(text)]) }
    let grouped = TextTable(
      columns: [.init(.left), .init(.right, group: "drift"), .init(.right, group: "drift"), .init(.right)],
      head: ["model", "mean", "rank", "dead"].map { [Inline($0)] },
      rows: [["A", "0.1", "1", "0"], ["B", "0.2", "2", "1"]].map { $0.map(cell) })
    let long = TextTable(
      columns: [.init(.left), .init(.left)], head: [[Inline("image")], [Inline("sum")]],
      rows: (0..<120).map { [cell("image \($0)"), cell("\($0 * 7919)")] })
    var marked = Inline("")
    marked.note = [Inline("A note.")]
    return try Composer(PageSetup(), theme: Theme(), measurer: renderer.measurer).compose(
      [
        .title("Drift of (ε) & <others>", subtitle: "Two models"), .contents,
        .heading(level: 1, [Inline("Results")], anchor: "sec-a"),
        .paragraph([
          Inline("See "), Inline("Figure\u{A0}1", link: .anchor("fig-a")), Inline(" and "),
          Inline("the page of it", link: .address("https://a.de/ü")), marked, Inline(" for code "),
          Inline("x = 1", mono: true), Inline(" and 中文."),
        ]),
        .heading(level: 3, [Inline("Within")], anchor: "sec-b"),
        .list([[.paragraph([Inline("one")])], [.paragraph([Inline("two")])]], start: 1),
        .list([[.paragraph([Inline("three")])]], start: nil),
        .figure(figure, caption: [Inline("Figure 1. A picture.")], anchor: "fig-a", alternative: "A red corner"),
        .table(grouped, caption: [Inline("Table 1. Two.")], anchor: "tab-a", alternative: "Two models"),
        .heading(level: 2, [Inline("Behind")], anchor: "sec-c"),
        .table(long, caption: [Inline("Table 2. Many.")], anchor: "tab-b", alternative: "120 images"),
        .code("let x = 1\n"), .quote([.paragraph([Inline("said")])]), .rule,
      ], title: "Drift of (ε) & <others>", language: "en-GB", contents: .always)
  }

  private static let pdf = Result {
    var document = try made()
    document.authors = ["A. One", "B. <Two>"]
    document.subject = "Two models"
    return try Renderer(fallback: FallbackFonts(for: ["中文"])).pdf(document, attachments: attachments)
  }

  private func faults(_ pdf: [UInt8], _ standards: Set<PDFConformance.Standard> = [.universalAccess, .archive]) throws
    -> [String]
  { try PDFConformance(pdf, file: "report.pdf", standards: standards).faults.map(\.description) }

  @Test func whatIsWrittenKeepsBothStandards() throws {
    let pdf = try Self.pdf.get()
    let found = try faults(pdf)
    #expect(found == [])
    #expect(pdf.starts(with: "%PDF-1.7\n".utf8))
    let inspection = try PDFInspection(pdf, file: "report.pdf")
    #expect(inspection.structure.prefix(4) == ["Document", "  Title [1]", "  P [1]", "  H2 [1]"])
    // The template skips a level, the structure does not.
    #expect(inspection.structure.filter { $0.hasPrefix("  H") } == ["  H2 [1]", "  H2 [1]", "  H3 [1]", "  H3 [1]"])
    #expect(inspection.structure.filter { $0.hasSuffix("H1 [1]") }.isEmpty)
    let figure = try #require(inspection.structure.firstIndex { $0.hasPrefix("  Figure “A red corner”") })
    #expect(inspection.structure[figure + 1] == "    Caption [1]")
    // One element, however many pages it goes over.
    #expect(
      inspection.structure.filter { $0.hasPrefix("  Table") } == ["  Table “Two models”", "  Table “120 images”"])
  }

  @Test func submissionsAndFiguresAreOfAnOlderVersion() throws {
    let document = try Self.made()
    let renderer = try Renderer()
    let submission = try renderer.pdf(document, for: .submission, attachments: Self.attachments)
    #expect(submission.starts(with: "%PDF-1.5\n".utf8))
    let found = try faults(submission, [.universalAccess])
    #expect(found == [])
    #expect(try Attachment.all(inPDF: submission, file: "s.pdf") == [])
    let read = try QPDFDocument(submission, file: "s.pdf")
    #expect(read.pages.allSatisfy { read.value($0, "/Annots") == nil })
    #expect(read.keys(read.root).allSatisfy { !["/Names", "/Outlines", "/AF", "/OutputIntents"].contains($0) })
    let figure = try renderer.pdf(Self.figure(), title: "fig", alternative: "A corner")
    #expect(figure.starts(with: "%PDF-1.5\n".utf8))
    let own = try QPDFDocument(figure, file: "f.pdf")
    #expect(own.value(own.root, "/Metadata") == nil && own.value(own.pages[0], "/Annots") == nil)
    // What is transparent is mixed within the figure: pdfLaTeX warns of pages that say how.
    let page = own.pages[0]
    #expect(own.value(page, "/Group") == nil)
    let form = try #require(
      own.value(page, "/Resources").flatMap { own.value($0, "/XObject") }.flatMap { own.value($0, "/figure") })
    #expect(own.value(form, "/Group").flatMap { own.value($0, "/CS") }.flatMap(own.name) == "/DeviceRGB")
    let content = String(decoding: try own.bytes(of: form), as: UTF8.self)
    #expect(content.contains(" Do") && !content.contains("EMC") && !content.contains("BDC"))
    #expect(try PDFInspection(figure, file: "f.pdf").structure == ["Document", "  Figure “A corner” [1]"])
    #expect(try PDFInspection(figure, file: "f.pdf").faults == [])
  }

  @Test func theBytesAreTheSameEachTime() throws {
    let again = try Renderer(fallback: FallbackFonts(for: ["中文"]))
    var document = try Self.made()
    document.authors = ["A. One", "B. <Two>"]
    document.subject = "Two models"
    #expect(try again.pdf(document, attachments: Self.attachments) == Self.pdf.get())
  }

  @Test func linksSayWhereTheyLead() throws {
    let document = try QPDFDocument(Self.pdf.get(), file: "report.pdf")
    let annotations = document.pages.flatMap { page in document.value(page, "/Annots").map(document.items) ?? [] }
    let words: [String] = annotations.compactMap { annotation in
      document.value(annotation, "/Contents").flatMap(document.text)
    }
    // The title in the contents is a link, and so is the rest of its line.
    #expect(
      words == [
        "Results, page 1", "Page 1", "Behind, page 1", "Page 1", "Figure 1, page 1", "https://a.de/ü",
        "Note 1, page 1",
      ])
  }

  /// A file that lacks one thing, and the clause that asks for it.
  @Test(arguments: PDFBreakage.all) func whatIsAlteredIsFound(_ breakage: PDFBreakage) throws {
    let broken = try breakage.applied(to: Self.pdf.get())
    let found = try PDFConformance(broken, file: "report.pdf").faults
    #expect(
      found.contains { $0.clause == breakage.clause && $0.text.contains(breakage.words) },
      "\(breakage): \(found.map(\.description))")
  }

  @Test func itsFirstAndLastBytesAreLookedAt() throws {
    var pdf = try Self.pdf.get()
    pdf.replaceSubrange(0..<8, with: "%PDF-2.0".utf8)
    var found = try faults(pdf)
    #expect(found == ["ISO 19005-3, 6.1.2: the first line is not %PDF-1. and a digit from 0 to 7"])
    pdf = try Self.pdf.get()
    pdf.replaceSubrange(10..<14, with: "abcd".utf8)
    found = try faults(pdf)
    #expect(found == ["ISO 19005-3, 6.1.2: the second line is no comment of four bytes above 127"])
    found = try faults(Self.pdf.get() + Array("more".utf8))
    #expect(found == ["ISO 19005-3, 6.1.3: the file goes on behind its end"])
  }

  @Test func encryptedFilesAreFound() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(Self.pdf.get()).write(to: folder.appending(path: "a.pdf"))
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["qpdf", "--encrypt", "", "o", "256", "--", "\(folder.path)/a.pdf", "\(folder.path)/b.pdf"]
    try process.run()
    process.waitUntilExit()
    let found = try faults([UInt8](Data(contentsOf: folder.appending(path: "b.pdf"))))
    #expect(found.contains("ISO 14289-1, 7.16: the file is encrypted"))
    #expect(found.contains("ISO 19005-3, 6.1.3: the file is encrypted"))
  }

  @Test func theProfileIsThatOfSRGB() {
    let bytes = SRGBProfile.bytes
    func word(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(word(0) == bytes.count && bytes.count < 600)
    #expect(word(128) == 10)
    // The primaries make D50 together, to the rounding of s15Fixed16.
    for axis in 0..<3 {
      let sum = SRGBProfile.red[axis] + SRGBProfile.green[axis] + SRGBProfile.blue[axis]
      #expect(abs(sum - SRGBProfile.whitePoint[axis]) < 2e-4)
    }
    // D65 becomes D50.
    let daylight = [0.95046, 1, 1.08906]
    for row in 0..<3 {
      let value = (0..<3).reduce(0) { $0 + SRGBProfile.adaptation[3 * row + $1] * daylight[$1] }
      #expect(abs(value - SRGBProfile.whitePoint[row]) < 2e-4)
    }
    // Tags lie within the file, on words, behind the table.
    for tag in 0..<10 {
      let (place, size) = (word(132 + 12 * tag + 4), word(132 + 12 * tag + 8))
      #expect(place % 4 == 0 && place >= 252 && place + size <= bytes.count)
    }
  }
}
