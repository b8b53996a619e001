import Testing
import Typesetting

/// Nothing may stand below the bottom margin but the page number.
@Suite struct PageLimitTests {
  private let setup = PageSetup(size: Size(width: 300, height: 400), margin: 50)

  private func compose(_ blocks: [Block]) throws -> Document {
    try Composer(setup, theme: Theme(textSize: 10), measurer: FixedMeasurer())
      .compose(blocks, title: "t", language: "en")
  }

  private func figure(_ height: Double, _ name: String) -> Block {
    .figure(
      Frame(
        size: Size(width: 100, height: height),
        items: [.text(PlacedText(name, font: Font(size: 10), origin: Point(0, 10)))]),
      caption: [Inline("caption")], anchor: nil, alternative: name)
  }

  private func pages(_ document: Document) -> [String] {
    document.pages.map { texts($0.items).map(\.text).joined(separator: " ") }
  }

  private func isWithin(_ document: Document) -> Bool {
    !document.pages.contains { page in
      texts(page.items).contains { $0.y > 350 && $0.y != 375 }
    }
  }

  @Test func textBelowAFigureThatFillsThePageGoesOnToTheNext() throws {
    let words = String(repeating: "word ", count: 110)
    let document = try compose([figure(150, "first"), figure(270, "second"), .paragraph([Inline(words)])])
    #expect(isWithin(document))
    #expect(pages(document).joined(separator: " ").split(separator: " ").filter { $0 == "word" }.count == 110)
  }

  @Test func aHeadingGoesOnWithItsFigurePastAFigureThatWaits() throws {
    let document = try compose([
      figure(150, "first"), figure(270, "second"), .heading(level: 2, [Inline("Head")], anchor: nil),
      figure(60, "third"),
    ])
    #expect(isWithin(document))
    let found = pages(document)
    let head = found.firstIndex { $0.contains("Head") }
    #expect(head != nil && head == found.firstIndex { $0.contains("third") })
  }

  @Test func codeLongerThanAPageIsCut() throws {
    let document = try compose([.code((1...60).map { "line\($0)" }.joined(separator: "\n"))])
    #expect(isWithin(document))
    #expect(pages(document).joined(separator: " ").contains("line60"))
  }

  @Test func aWordWiderThanTheLineIsCut() throws {
    let document = try compose([.paragraph([Inline("sum " + String(repeating: "ab12", count: 16), mono: true)])])
    for text in texts(document.pages[0].items) {
      #expect(text.x + Double(text.text.count) * 4 <= 250.001, "\(text)")
    }
  }
}
