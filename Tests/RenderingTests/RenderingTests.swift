import Foundation
import Images
import Rendering
import Support
import Testing
import Typesetting

@Suite struct RenderingTests {
  private func document() throws -> Document {
    let image = RGBImage(width: 4, height: 4, pixels: (0..<48).map { UInt8($0 * 5) })
    let picture = EncodedPicture(
      format: .jpeg, bytes: try ImageEncoder.jpeg(image), pixelWidth: 4, pixelHeight: 4)
    let items: [PlacedItem] = [
      .text(PlacedText("Drift −0.5 of ε", font: Font(size: 12), origin: Point(20, 40))),
      .text(PlacedText("bold", font: Font(size: 12, bold: true), origin: Point(20, 60))),
      .text(PlacedText("mono", font: Font(.mono, size: 9), origin: Point(20, 80), rotation: 90)),
      .path(.rectangle(Rect(x: 100, y: 10, width: 50, height: 50), fill: Colour(1, 0, 0))),
      .tagged(
        [.picture(PlacedPicture(picture, frame: Rect(x: 20, y: 100, width: 60, height: 60)))], role: "Figure",
        alternative: "four by four"),
      .link(Rect(x: 20, y: 30, width: 60, height: 14), .address("https://example.org/it's")),
      .link(Rect(x: 20, y: 50, width: 60, height: 14), .anchor("there")),
      .link(Rect(x: 20, y: 50, width: 60, height: 14), .anchor("nowhere")),
    ]
    let second = Frame(size: Size(width: 200, height: 200), items: [.anchor("there", Point(10, 10))])
    return Document(
      title: "A (title)", language: "en", pages: [Frame(size: Size(width: 200, height: 200), items: items), second],
      outline: [.init(title: "First", level: 1, page: 0, y: 10), .init(title: "Inner", level: 2, page: 1, y: 20)])
  }

  @Test func theSameDocumentGivesTheSameBytes() throws {
    let first = try Renderer().pdf(document())
    let second = try Renderer().pdf(document())
    #expect(first == second)
    #expect(first.starts(with: "%PDF-1.7".utf8))
    let text = String(decoding: first, as: UTF8.self)
    #expect(!text.contains("CreationDate"))
    let svg = try Renderer().svg(document().pages[0])
    #expect(try Renderer().svg(document().pages[0]) == svg)
  }

  @Test func svgIsWellFormedAndItsReferencesLead() throws {
    let svg = String(decoding: try Renderer().svg(document().pages[0]), as: UTF8.self)
    let parser = XMLScanner(svg)
    #expect(parser.isBalanced)
    #expect(!parser.references.isEmpty)
    #expect(parser.references.isSubset(of: parser.identifiers))
  }

  @Test func pixelsAreWhereTheyWerePut() throws {
    let image = try Renderer().image(document().pages[0], dotsPerInch: 72)
    #expect(image.width == 200 && image.height == 200)
    func pixel(_ x: Int, _ y: Int) -> [UInt8] { Array(image.pixels[(3 * (y * 200 + x))..<(3 * (y * 200 + x) + 3)]) }
    #expect(pixel(125, 35) == [255, 0, 0])
    #expect(pixel(180, 180) == [255, 255, 255])
    #expect(pixel(50, 130) != [255, 255, 255], "the picture")
    let ink = (20..<110).contains { x in (28..<44).contains { y in pixel(x, y)[0] < 128 } }
    #expect(ink, "the text")
  }

  @Test func measuredWidthsAddUp() throws {
    let measurer = try Renderer().measurer
    let font = Font(size: 10)
    func width(_ text: String) -> Double { measurer.extent(of: text, font: font).width }
    #expect(abs(width("1111") - width("0000")) < 1e-6, "figures are of equal width")
    #expect(abs(width("12") * 2 - width("1212")) < 1e-6)
    let double = measurer.extent(of: "heat", font: Font(size: 20)).width
    #expect(abs(double - 2 * width("heat")) < 0.02)
    #expect(measurer.extent(of: "x", font: font).ascent > measurer.extent(of: "x", font: font).descent)
  }

}

/// Enough of XML to check what Cairo writes: tags that close, identifiers and references.
private struct XMLScanner {
  var isBalanced = true
  var identifiers: Set<String> = []
  var references: Set<String> = []

  init(_ text: String) {
    var open: [Substring] = []
    for part in text.split(separator: "<").dropFirst() where !part.hasPrefix("?") && !part.hasPrefix("!") {
      guard let end = part.firstIndex(of: ">") else {
        isBalanced = false
        return
      }
      let tag = part[..<end]
      let name = tag.drop { $0 == "/" }.prefix { !$0.isWhitespace && $0 != "/" }
      if tag.hasPrefix("/") {
        if open.popLast() != name { isBalanced = false }
      } else if !tag.hasSuffix("/") {
        open.append(name)
      }
      collect(" id=\"", "\"", tag, &identifiers)
      collect("url(#", ")", tag, &references)
      collect("xlink:href=\"#", "\"", tag, &references)
    }
    if !open.isEmpty { isBalanced = false }
  }

  private func collect(_ start: String, _ end: Character, _ tag: Substring, _ into: inout Set<String>) {
    for part in String(tag).components(separatedBy: start).dropFirst() {
      into.insert(String(part.prefix { $0 != end }))
    }
  }
}
