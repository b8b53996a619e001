import Foundation
import FoundationXML
import Images
import Rendering
import Support
import Testing
import Typesetting

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
        "<text><tspan x=\"20\" y=\"40\" class=\"f1\" textLength=\"\(drift)\" lengthAdjust=\"spacingAndGlyphs\">Drift </tspan>"
          + "<tspan x=\"60\" y=\"40\" class=\"f2\">ε</tspan></text>\n"))
    #expect(svg.contains("fill=\"#0102ff\">&lt;&amp;&quot;\u{FFFD}&gt;</tspan></text>\n"))
    #expect(svg.contains("<text transform=\"translate(10 80) rotate(-90)\"><tspan x=\"0\" y=\"0\" class=\"f1\""))
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

  @Test(arguments: Renderer.SVGText.allCases)
  func itIsValidXML(_ text: Renderer.SVGText) throws {
    let svg = try Renderer().svg(frame(), text: text)
    let parser = XMLParser(data: Data(svg))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(try Renderer().svg(frame(), text: text) == svg)
  }
}
