import Support
import Testing
import Typesetting

@Suite struct ColumnTests {
  /// 218 x 300 points for text, two columns of 100; lines of text are 13.6 points high.
  private var setup: PageSetup {
    var setup = PageSetup(size: Size(width: 318, height: 400), margin: 50)
    setup.columns = 2
    return setup
  }

  private func compose(_ blocks: [Block], theme: Theme = Theme(textSize: 10)) throws -> Document {
    try Composer(setup, theme: theme, measurer: FixedMeasurer()).compose(blocks, title: "t", language: "en")
  }

  /// Lines of one word each.
  private func lines(_ count: Int, _ name: String = "w") -> Block {
    .paragraph([Inline((1...count).map { "\(name)\($0)" }.joined(separator: "\u{2028}"))])
  }

  private func figure(_ height: Double) -> Block {
    let text = PlacedText("figure", font: Font(size: 10), origin: Point(0, 10))
    return .figure(
      Frame(size: Size(width: 218, height: height), items: [.text(text)]), caption: [Inline("caption")], anchor: nil,
      alternative: "")
  }

  @Test func textThatEndsIsBalanced() throws {
    let document = try compose([lines(8)])
    let found = texts(document.pages[0].items).filter { $0.text.hasPrefix("w") }
    #expect(found.filter { $0.x == 50 }.map(\.text) == ["w1", "w2", "w3", "w4"])
    #expect(found.filter { $0.x == 168 }.map(\.text) == ["w5", "w6", "w7", "w8"])
    #expect(found[0].y == found[4].y)
  }

  @Test func fullColumnsGoOnOnTheNextPage() throws {
    // 22 lines of 13.6 points fit 300 points.
    let document = try compose([lines(60)])
    #expect(document.pages.count == 2)
    let first = texts(document.pages[0].items).filter { $0.text.hasPrefix("w") }
    #expect(first.count { $0.x == 50 } == 22)
    #expect(first.count { $0.x == 168 } == 22)
    let second = texts(document.pages[1].items).filter { $0.text.hasPrefix("w") }
    #expect(second.filter { $0.x == 50 }.map(\.text).first == "w45")
    #expect(second.count { $0.x == 50 } == 8)
    #expect(second.count { $0.x == 168 } == 8)
  }

  @Test func figuresGoOverAllColumnsWithTheHeadingBeforeThem() throws {
    let document = try compose([
      lines(4), .heading(level: 2, [Inline("Head")], anchor: nil), figure(50), lines(4, "v"),
    ])
    let found = texts(document.pages[0].items)
    let y = { (text: String) in found.first { $0.text == text }?.y ?? 0 }
    #expect(y("w1") == y("w3"))
    #expect(y("w4") < y("Head"))
    #expect(y("Head") < y("figure"))
    #expect(y("figure") < y("v1"))
    #expect(found.first { $0.text == "Head" }?.x == 50)
    #expect(y("v1") == y("v3"))
  }

  @Test func aHeadingDoesNotEndAColumn() throws {
    let document = try compose([
      lines(20), .heading(level: 2, [Inline("Head")], anchor: "head"), lines(24, "v"),
    ])
    let found = texts(document.pages[0].items)
    #expect(found.first { $0.text == "Head" }?.x == 168)
    #expect(found.first { $0.text == "v1" }?.x == 168)
    #expect(document.outline.map(\.title) == ["Head"])
  }

  @Test func themesChooseFonts() throws {
    var theme = Theme(textSize: 10)
    theme.textFamily = .sans
    let document = try compose([.heading(level: 1, [Inline("Head")], anchor: nil), lines(1)], theme: theme)
    func fonts(_ items: [PlacedItem]) -> [String: Font.Family] {
      items.reduce(into: [:]) { found, item in
        switch item {
        case .text(let text): found[text.text] = text.font.family
        case .group(let inner, _, _), .tagged(let inner, _, _): found.merge(fonts(inner)) { $1 }
        default: break
        }
      }
    }
    let found = fonts(document.pages[0].items)
    #expect(found["Head"] == .serif)
    #expect(found["w1"] == .sans)
  }

  @Test func tablesWiderThanThePageAreSetSmaller() throws {
    // 10 columns of 5 letters: 10 * 23 + 9 * 7 = 293 points at 9.2, more than 218.
    let table = TextTable(
      columns: (0..<10).map { _ in TextTable.Column(.right) }, head: (0..<10).map { _ in [Inline("abcde")] },
      rows: [(0..<10).map { _ in TextTable.Cell([Inline("12345")]) }])
    let document = try compose([.table(table, caption: nil, anchor: nil, alternative: "")])
    let cells = texts(document.pages[0].items).filter { $0.text != "1 of 1" }
    for cell in cells {
      #expect(cell.x >= 50 && cell.x + Double(cell.text.count) * 6.5 / 2 <= 268.5, "\(cell)")
    }
  }
}
