import Foundation
import FoundationXML
import Images
import Support
import Testing
import Typesetting

@testable import Rendering

/// SVG with text as text.
@Suite struct SVGTests {
  private func frame() throws -> Frame {
    let image = RGBImage(width: 4, height: 4, pixels: (0..<48).map { UInt8($0 * 5) })
    let bytes = try ImageEncoder.jpeg(image)
    // Two objects of the same bytes: the same picture.
    func picture() -> EncodedPicture { EncodedPicture(format: .jpeg, bytes: bytes, pixelWidth: 4, pixelHeight: 4) }
    return Frame(
      size: Size(width: 200.5, height: 100),
      items: [
        .text(PlacedText("Drift", font: Font(size: 12), origin: Point(20, 40))),
        .text(PlacedText("ε", font: Font(size: 12, italic: true), origin: Point(60, 40))),
        .text(
          PlacedText("<&\"\u{1}>", font: Font(.mono, size: 9), colour: Colour(hex: 0x0102FF), origin: Point(20, 60))),
        .text(PlacedText("up", font: Font(size: 12), origin: Point(10, 80), rotation: 90)),
        .group(
          [.path(.rectangle(Rect(x: 0, y: 0, width: 5, height: 5), fill: Colour(1, 0, 0, alpha: 0.5)))],
          offset: Point(1.25, -2), clip: Rect(x: 0, y: 0, width: 3, height: 3)),
        .tagged(
          [
            .picture(PlacedPicture(picture(), frame: Rect(x: 20, y: 70, width: 8, height: 8))),
            .picture(PlacedPicture(picture(), frame: Rect(x: 40, y: 70, width: 16, height: 8), smooth: false)),
          ], role: "Figure", alternative: "two & two"),
        .link(Rect(x: 20, y: 30, width: 60, height: 14), .address("https://example.org/?a&b")),
        .link(Rect(x: 20, y: 30, width: 60, height: 14), .address("javascript:alert(1)")),
      ])
  }

  @Test func everyRunKeepsItsPlaceAndWidth() throws {
    let renderer = try Renderer()
    let svg = String(decoding: try renderer.svg(frame(), text: .text), as: UTF8.self)
    func width(_ text: String, _ font: Font) -> String {
      let width = renderer.measurer.extent(of: text, font: font).width
      return "\((width * 1000).rounded() / 1000)"
    }
    let drift = width("Drift ", Font(size: 12))
    #expect(
      svg.contains(
        "<text xml:space=\"preserve\"><tspan x=\"20\" y=\"40\" class=\"f1\" textLength=\"\(drift)\" lengthAdjust=\"spacingAndGlyphs\">Drift </tspan>"
          + "<tspan x=\"60\" y=\"40\" class=\"f2\">ε</tspan></text>\n"))
    #expect(svg.contains("fill=\"#0102ff\">&lt;&amp;&quot;\u{FFFD}&gt;</tspan></text>\n"))
    #expect(
      svg.contains(
        "<text xml:space=\"preserve\" transform=\"translate(10 80) rotate(-90)\"><tspan x=\"0\" y=\"0\" class=\"f1\""))
    #expect(svg.contains(".f2{font-family:\"Linux Libertine O\",\"Linux Libertine\",\"Libertinus Serif\","))
    #expect(
      svg.contains(
        "<g transform=\"translate(1.25 -2)\" clip-path=\"url(#c1)\">\n<path d=\"M0 0L5 0L5 5L0 5Z\" fill=\"#ff0000\" fill-opacity=\"0.5\"/>\n</g>\n"
      ))
    #expect(svg.contains("<g role=\"img\" aria-label=\"two &amp; two\">\n"))
    #expect(svg.components(separatedBy: "<image ").count == 2)
    #expect(
      svg.contains("<use xlink:href=\"#p1\" transform=\"translate(40 70) scale(4 2)\" image-rendering=\"pixelated\"/>"))
    #expect(svg.contains("<a xlink:href=\"https://example.org/?a&amp;b\">"))
    #expect(!svg.contains("javascript"))
    #expect(svg.contains("width=\"200.5pt\" height=\"100pt\" viewBox=\"0 0 200.5 100\""))
  }

  /// Words a space apart go on where the one before ends, in viewers without the fonts too.
  @Test func wordsOfALineAreOneText() throws {
    let renderer = try Renderer()
    let font = Font(size: 10)
    func width(_ text: String) -> Double { renderer.measurer.extent(of: text, font: font).width }
    func run(_ text: String, _ x: Double, _ y: Double = 12) -> PlacedItem {
      .text(PlacedText(text, font: font, origin: Point(x, y)))
    }
    let (first, second) = (5 + width("one") + 4, 5 + width("one") + 4 + width("two"))
    let frame = Frame(
      size: Size(width: 200, height: 20),
      items: [run("one", 5), run("two", first), run("n", second, 9), run("far", 120)])
    let svg = String(decoding: try renderer.svg(frame, text: .text), as: UTF8.self)
    let spacing = SVGWriter.number(4 - width(" "))
    let length = SVGWriter.number(second + width("n") - 5 + width(" ") + 4 - width(" "))
    #expect(
      svg.contains(
        "<text xml:space=\"preserve\"><tspan x=\"5\" y=\"12\" textLength=\"\(length)\" lengthAdjust=\"spacingAndGlyphs\" style=\"word-spacing:\(spacing)px\">"
          + "<tspan class=\"f1\">one </tspan><tspan class=\"f1\">two</tspan><tspan class=\"f1\" dy=\"-3\">n </tspan></tspan>"
          + "<tspan x=\"120\" y=\"12\" class=\"f1\""), "\(svg)")
  }

  /// Every glyph stands there once, in whole units, where Pango puts it.
  /// Points of one look are a shape in many places; what lies between them keeps its place.
  @Test func marksAreWrittenOnce() throws {
    func square(_ x: Double, _ colour: Colour) -> PlacedItem {
      .valued(
        [.path(.rectangle(Rect(x: x, y: 2 * x, width: 3, height: 3), fill: colour))], words: "\(x)")
    }
    let (red, blue) = (Colour(1, 0, 0, alpha: 0.5), Colour(0, 0, 1))
    let many = (0..<9).map { square(1.5 * Double($0), red) }
    let items = many + [square(20, blue), square(21, blue)] + many
    let svg = String(
      decoding: try Renderer().svg(Frame(size: Size(width: 50, height: 50), items: items), text: .paths), as: UTF8.self)
    let uses = (0..<9).map { place in
      "<use xlink:href=\"#s1\" x=\"\(["0", "1.5", "3", "4.5", "6", "7.5", "9", "10.5", "12"][place])\" y=\"\(3 * place)\"/>\n"
    }
    let group = "<g fill=\"#ff0000\" fill-opacity=\"0.5\">\n" + uses.joined() + "</g>\n"
    let lone = [20, 21].map {
      "<path d=\"M\($0) \(2 * $0)L\($0 + 3) \(2 * $0)L\($0 + 3) \(2 * $0 + 3)L\($0) \(2 * $0 + 3)Z\" fill=\"#0000ff\"/>\n"
    }
    #expect(svg.contains(group + lone.joined() + group), "\(svg)")
    #expect(svg.components(separatedBy: "<path id=\"s1\" d=\"M0 0L3 0L3 3L0 3Z\"/>").count == 2)
  }

  @Test func outlinesAreWrittenOnce() throws {
    let renderer = try Renderer()
    let text = "noon –"
    let frame = Frame(
      size: Size(width: 100, height: 20),
      items: [
        .text(PlacedText(text, font: Font(size: 10), origin: Point(5, 12))),
        .text(PlacedText("no", font: Font(size: 20), colour: Colour(1, 0, 0), origin: Point(50, 12), rotation: 90)),
      ])
    let svg = String(decoding: try renderer.svg(frame), as: UTF8.self)
    // n, o and the dash; a space has no outline.
    #expect(svg.components(separatedBy: "<path id=").count == 4)
    #expect(svg.components(separatedBy: "<use ").count == 8)
    #expect(svg.contains("<g transform=\"translate(5 12)scale(0.01)\"><use xlink:href=\"#g1\"/>"))
    let second = renderer.measurer.extent(of: "n", font: Font(size: 10)).width * 100
    #expect(svg.contains("<use xlink:href=\"#g2\" x=\"\(Int(second.rounded()))\"/>"))
    #expect(
      svg.contains("<g transform=\"translate(50 12)rotate(-90)scale(0.02)\" fill=\"#ff0000\"><use xlink:href=\"#g1\"/>")
    )
    #expect(svg.firstMatch(of: /d="m[-0-9 a-z]+"/) != nil && svg.firstMatch(of: /\ d="[^"]*\./) == nil)
  }

  @Test(arguments: Renderer.SVGText.allCases)
  func theySayWhatTheyShow(_ text: Renderer.SVGText) throws {
    let svg = String(
      decoding: try Renderer().svg(frame(), text: text, title: "A & <B>", description: "Two \"tiles\""),
      as: UTF8.self)
    #expect(
      svg.contains(
        "version=\"1.1\" role=\"img\" aria-labelledby=\"title desc\">\n<title id=\"title\">A &amp; &lt;B&gt;</title>\n"
          + "<desc id=\"desc\">Two &quot;tiles&quot;</desc>\n"))
  }

  /// A page of outlines says its text; one of text is no single picture, in which nobody would hear it.
  @Test func pagesSayTheirText() throws {
    func text(_ text: String, _ x: Double) -> PlacedItem {
      .text(PlacedText(text, font: Font(size: 10), origin: Point(x, 20)))
    }
    let page = Frame(
      size: Size(width: 100, height: 100),
      items: [
        .tagged([text("Head", 5)], role: "H2", alternative: ""),
        .tagged([text("1 of 2", 5)], role: "Artifact", alternative: ""),
        .tagged(
          [
            .group([text("axis", 5)], offset: Point(0, 0), clip: nil),
            .tagged([text("Below.", 5)], role: "Caption", alternative: ""),
          ],
          role: .figure(Rect(x: 0, y: 0, width: 9, height: 9)), alternative: "Two curves."),
      ])
    let paths = String(decoding: try Renderer().svg(page, title: "T"), as: UTF8.self)
    #expect(paths.contains("role=\"img\"") && paths.contains("<desc id=\"desc\">Head Two curves. Below.</desc>"))
    let own = String(decoding: try Renderer().svg(page, text: .text, title: "T"), as: UTF8.self)
    #expect(own.contains("role=\"graphics-document document\" aria-labelledby=\"title\""))
    let figure = try #require(own.range(of: "<g role=\"img\" aria-label=\"Two curves.\">"))
    #expect(own[figure.upperBound...].contains("axis") && own.range(of: "</g>\n<text xml:space=\"preserve\">") != nil)
  }

  @Test func picturesGiveWayToALimit() throws {
    let pixels = (0..<300 * 300 * 3).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    let bytes = try ImageEncoder.jpeg(RGBImage(width: 300, height: 300, pixels: pixels))
    let picture = EncodedPicture(format: .jpeg, bytes: bytes, pixelWidth: 300, pixelHeight: 300)
    let frame = Frame(
      size: Size(width: 80, height: 80),
      items: [.picture(PlacedPicture(picture, frame: Rect(x: 0, y: 0, width: 80, height: 80)))])
    let renderer = try Renderer()
    let whole = try renderer.svg(frame)
    #expect(whole.count > bytes.count * 4 / 3 && bytes.count > 100_000)
    let small = try renderer.svg(frame, mostBytes: 50_000)
    #expect(small.count <= 50_000 && small.count > 5000)
    // No limit can be kept that is below all use; the smallest is given.
    #expect(try renderer.svg(frame, mostBytes: 10).count < 50_000)
    #expect(try renderer.svg(frame, mostBytes: whole.count) == whole)
    // One that tells its value on a screen is drawn the same, and gives way as well.
    let told = Frame(size: frame.size, items: [.valued(frame.items, words: "a tile")])
    #expect(try renderer.svg(told, mostBytes: 50_000) == small)
    let text = String(decoding: small, as: UTF8.self)
    // It covers the same place.
    let sizes = try #require(text.firstMatch(of: /<image id="p1" width="(\d+)" height="(\d+)"/))
    let scale = 80 / (Double(String(sizes.1)) ?? 0)
    #expect(text.contains("scale(\((scale * 1e6).rounded() / 1e6) "))
  }

  @Test(arguments: Renderer.SVGText.allCases)
  func itIsValidXML(_ text: Renderer.SVGText) throws {
    let svg = try Renderer().svg(frame(), text: text)
    let parser = XMLParser(data: Data(svg))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(try Renderer().svg(frame(), text: text) == svg)
  }
}
