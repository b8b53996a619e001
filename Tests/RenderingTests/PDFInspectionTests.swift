import Foundation
import Images
import Support
import Testing
import Typesetting

@testable import Rendering

/// The structure of finished files, the same whatever the version of Cairo.
@Suite struct PDFInspectionTests {
  private func text(_ text: String, _ x: Double, _ y: Double) -> PlacedItem {
    .text(PlacedText(text, font: Font(size: 10), origin: Point(x, y)))
  }

  private func link(_ y: Double, _ target: LinkTarget) -> PlacedItem {
    .link(Rect(x: 10, y: y, width: 50, height: 10), target)
  }

  private func tagged(_ role: StructureRole, _ items: [PlacedItem]) -> PlacedItem {
    .tagged(items, role: role, alternative: "")
  }

  private let addresses = [
    "https://a.de/ü_(x", "https://a.de/[1]?q=\"a b\"&c='d'", "https://[::1]:80/a[0]", "https://a.de/100%/%20%zz",
    "https://a.de/a\\b)", "mailto:jörg@a.de", "https://日本.jp/<>{}|^`",
  ]
  private let names = ["sec-a", "ü (1", "b\\c)", "d'e[f", "g h%\"", "節"]

  private func document() throws -> Document {
    let pixels = [UInt8](repeating: 90, count: 8 * 8 * 3)
    let image = RGBImage(width: 8, height: 8, pixels: pixels)
    let picture: PlacedItem = .picture(
      PlacedPicture(
        EncodedPicture(format: .png, bytes: try ImageEncoder.png(image), pixelWidth: 8, pixelHeight: 8),
        frame: Rect(x: 10, y: 100, width: 40, height: 40)))
    let glass: PlacedItem = .path(
      .rectangle(Rect(x: 0, y: 0, width: 60, height: 60), fill: Colour(1, 0, 0, alpha: 0.3)))
    let rule: PlacedItem = .path(.line(from: Point(0, 0), to: Point(90, 0), Stroke(.black, width: 1)))
    let paragraph = StructureRole("P", element: 1)
    let first: [PlacedItem] = [
      .anchor("sec-a", Point(10, 20)), tagged("H1", [text("Head", 10, 20)]), rule, glass,
      .tagged(
        [picture, glass, rule, .group([glass], offset: Point(9, 9), clip: Rect(x: 1, y: 1, width: 5, height: 5))],
        role: "Figure", alternative: "Two “curves” (ä, 節) \\ [x"),
      tagged(
        paragraph,
        [text("See", 10, 160)]
          + addresses.enumerated().map { link(160 + 12 * Double($0.offset), .address($0.element)) }),
      tagged("Artifact", [text("1", 90, 10), link(2, .anchor("節"))]),
    ]
    let second: [PlacedItem] =
      [tagged(paragraph, [text("goes on", 10, 20)])]
      + names.dropFirst().enumerated().map { .anchor($0.element, Point(10, 40 + 20 * Double($0.offset))) }
      + names.enumerated().map { link(40 + 20 * Double($0.offset), .anchor($0.element)) } + [link(9, .anchor("none"))]
    return Document(
      title: "T", language: "en",
      pages: [first, second, []].map { Frame(size: Size(width: 200, height: 300), items: $0) },
      outline: [
        .init(title: "Head (1) ü", level: 0, page: 0, y: 20), .init(title: "Inner", level: 1, page: 1, y: 40),
      ])
  }

  @Test func theStructureIsTheSameWhateverDrewThePages() throws {
    let inspection = try PDFInspection(Renderer().pdf(document()), file: "report.pdf")
    #expect(inspection.faults == [])
    #expect(inspection.pages == [Size](repeating: Size(width: 200, height: 300), count: 3))
    #expect(
      inspection.structure == [
        "Document", "  H1 [1]", "  Figure “Two “curves” (ä, 節) \\ [x” [1]", "  P [1]",
        "    Link [1] → https://a.de/%C3%BC_(x", "    Link [1] → https://a.de/%5B1%5D?q=%22a%20b%22&c='d'",
        "    Link [1] → https://[::1]:80/a%5B0%5D", "    Link [1] → https://a.de/100%25/%20%25zz",
        "    Link [1] → https://a.de/a%5Cb)", "    Link [1] → mailto:j%C3%B6rg@a.de",
        "    Link [1] → https://%E6%97%A5%E6%9C%AC.jp/%3C%3E%7B%7D%7C%5E%60", "  Link [1] → page 1 at 10, 280",
        "  Link [1] → page 2 at 10, 260", "  Link [1] → page 2 at 10, 240", "  Link [1] → page 2 at 10, 220",
        "  Link [1] → page 2 at 10, 200", "  Link [1] → page 2 at 10, 180",
        "name b\\c): page 2 at 10, 240", "name d'e[f: page 2 at 10, 220", "name g h%\": page 2 at 10, 200",
        "name sec-a: page 1 at 10, 280", "name ü (1: page 2 at 10, 260", "name 節: page 2 at 10, 180",
        "outline Head (1) ü: page 1 at 0, 280", "  outline Inner: page 2 at 0, 260",
      ])
  }

  /// A file that somebody changed, or another program made.
  @Test func faultsAreFound() throws {
    let pdf = try Renderer().pdf(
      Document(
        title: "T", language: "en",
        pages: [
          Frame(
            size: Size(width: 200, height: 200),
            items: [tagged("P", [text("a", 10, 20)]), tagged("P", [text("b", 10, 40)])])
        ], outline: []))
    func changed(_ change: (String) -> String) throws -> [String] {
      let document = try QPDFDocument(pdf, file: "report.pdf")
      let page = try #require(document.pages.first)
      let stream = try #require(document.value(page, "/Contents"))
      let text = String(decoding: try document.bytes(of: stream), as: UTF8.self)
      document.replace(stream, by: Array(change(text).utf8))
      return try PDFInspection(document.write(), file: "report.pdf").faults
    }
    #expect(try changed { $0 } == [])
    #expect(try changed { $0 + "0 0 9 9 re f\n" } == ["page 1: 1 drawings lie outside of marked content"])
    #expect(try changed { $0 + "BI /W 1 /H 1 ID EMC\nQ EI\n" } == ["page 1: 1 drawings lie outside of marked content"])
    #expect(
      try changed { $0.replacing("/MCID 1", with: "/MCID 7") } == [
        "P has the content 1 of page 1, which is not there or taken", "page 1: no element has the content 7",
      ])
    #expect(
      try changed { $0.replacing("/MCID 1", with: "/MCID 0") }.first == "page 1: the content 0 stands there twice")
    #expect(
      try changed { $0 + "q /P <</MCID 2>> BDC\n" }.prefix(2) == [
        "page 1: 1 stretches of marked content do not end", "page 1: q and Q do not balance",
      ])
    #expect(
      try changed { $0 + "0.00390625 0.00390625 0.00390625 0.00390625 re\nf" }.last
        == "page 1: a mark was left in the content")
  }

  private func words(_ stream: String) -> [String] {
    ContentTokens(Array(stream.utf8)).map { String(decoding: Array(stream.utf8)[$0.range], as: UTF8.self) }
  }

  @Test func contentIsReadAsPDFHasIt() {
    #expect(
      words("1 0 0 -1 0 9 cm/P<</MCID 3>>BDC") == ["1", "0", "0", "-1", "0", "9", "cm", "/P", "<</MCID 3>>", "BDC"])
    #expect(
      words("(a\\)(b)\n re f) Tj % re f\r[(x]) -5 <41>]TJ") == ["(a\\)(b)\n re f)", "Tj", "[(x]) -5 <41>]", "TJ"])
    #expect(
      words("q BI /W 2 ID \u{1} EI \u{2}\u{3} re f\nEI Q") == ["q", "BI /W 2 ID \u{1} EI \u{2}\u{3} re f\nEI", "Q"])
    // What is cut off ends with the stream.
    for cut in ["(a", "<</A (b", "[1 2", "BI /W 1 ID x", "BI", "(\\", "<", "%", ")", ">", "/"] {
      #expect(words("q " + cut).first == "q", "\(cut)")
    }
  }

  @Test func marksAreFilledRectanglesOfTheirSizeOnly() {
    func numbers(_ stream: String) -> [Int] { StructureMark.all(in: Array(stream.utf8)).map(\.number) }
    let unit = "0.00390625"
    let mark = "\(unit) \(unit) 0.0078125 \(unit) re"
    #expect(numbers("q \(mark)\nf Q") == [1])
    #expect(numbers("0 0 0 rg 0.004 0.004 0.996 0.004 re f 0.004 0.004 0.004 0.008 re f") == [254, 255])
    for other in [
      "\(mark) f*", "\(mark) S", "\(mark) W n", "(\(mark) f) Tj", "BI ID \(mark) f EI", "<</A [\(mark) f]>> BDC",
      "1 \(mark) f", "\(mark) 1 f", "% \(mark) f", "\(mark) \(mark) n", "9 9 1 1 re f", "/a \(unit) 1 1 re f",
    ] {
      #expect(numbers(other) == [], "\(other)")
    }
  }

  @Test(arguments: [0, 1, 254, 255, 65024, 65025, 70000]) func everyNumberHasAMark(_ number: Int) {
    let rect = StructureMark.rect(number)
    #expect(StructureMark.number(rect.x, rect.y, rect.width, rect.height) == number % StructureMark.limit)
  }
}
