import Testing
import Typesetting

/// Pages are filled: figures shrink, and give place to what follows them.
@Suite struct PageFillTests {
  /// 200 x 300 points for text.
  private let setup = PageSetup(size: Size(width: 300, height: 400), margin: 50)

  private func compose(_ blocks: [Block]) throws -> [String] {
    try Composer(setup, theme: Theme(textSize: 10), measurer: FixedMeasurer())
      .compose(blocks, title: "t", language: "en").pages.map { texts($0.items).map(\.text).joined(separator: " ") }
  }

  private func frame(_ height: Double, _ name: String) -> Frame {
    Frame(
      size: Size(width: 100, height: height),
      items: [.text(PlacedText("\(name)\(Int(height))", font: Font(size: 10), origin: Point(0, 10)))])
  }

  private func figure(_ height: Double, _ name: String, shrinks: Bool = false) -> Block {
    let make: FittedFrame = { room in
      Frame(
        size: Size(width: 100, height: room),
        items: [.text(PlacedText("\(name)<\(Int(height))", font: Font(size: 10), origin: Point(0, 10)))])
    }
    return .figure(
      frame(height, name), caption: [Inline("c")], anchor: name, alternative: name, fitted: shrinks ? make : nil)
  }

  private let table = Block.table(
    TextTable(columns: [TextTable.Column(.left)], head: [[Inline("head")]], rows: [[TextTable.Cell([Inline("cell")])]]),
    caption: nil, anchor: "tab", alternative: "")

  @Test func aGridShrinksToTheRoomThatIsLeft() throws {
    #expect(try compose([figure(100, "a"), figure(180, "b", shrinks: true)]) == ["a100 c b<180 c 1 of 1"])
    // To 70% of its height and no further.
    let far = try compose([figure(160, "a"), figure(180, "b", shrinks: true)])
    #expect(far == ["a160 c 1 of 2", "b180 c 2 of 2"])
  }

  @Test func aTablePassesAFigureThatWaits() throws {
    #expect(try compose([figure(180, "a"), figure(180, "b"), table]) == ["a180 c head cell 1 of 2", "b180 c 2 of 2"])
    // Figures keep their order.
    #expect(
      try compose([figure(180, "a"), figure(180, "b"), figure(40, "d")]) == ["a180 c 1 of 2", "b180 c d40 c 2 of 2"])
  }

  @Test func aHeadingStaysWithTheTextBelowAFigureThatDoesNotFit() throws {
    let head = Block.heading(level: 2, [Inline("Head")], anchor: nil)
    #expect(
      try compose([figure(150, "a"), head, figure(180, "b"), .paragraph([Inline("text")])]) == [
        "a150 c Head text 1 of 2", "b180 c 2 of 2",
      ])
    // Alone with its figure it goes on with it.
    #expect(try compose([figure(150, "a"), head, figure(180, "b")]) == ["a150 c 1 of 2", "Head b180 c 2 of 2"])
  }

  /// A heading with a sentence and a figure goes to the next page as one, where the page before is full enough to end there.
  @Test func aHeadingStandsWithTheFigureThatItHeads() throws {
    let section: [Block] = [
      .heading(level: 2, [Inline("Head")], anchor: nil), .paragraph([Inline("text")]), figure(180, "b"),
    ]
    #expect(try compose([figure(190, "a")] + section) == ["a190 c 1 of 2", "Head text b180 c 2 of 2"])
    #expect(try compose([figure(120, "a")] + section) == ["a120 c Head text 1 of 2", "b180 c 2 of 2"], "half empty")
  }

  @Test func tablesEndAtTheRightMargin() throws {
    let page = try Composer(setup, theme: Theme(textSize: 10), measurer: FixedMeasurer())
      .compose(
        [
          .table(
            TextTable(
              columns: [TextTable.Column(.left), TextTable.Column(.right)], head: [[Inline("a")], [Inline("b")]],
              rows: [[TextTable.Cell([Inline("1")]), TextTable.Cell([Inline("2")], note: [Inline("note")])]]),
            caption: nil, anchor: "tab", alternative: "")
        ], title: "t", language: "en"
      ).pages[0]
    let end = try #require(texts(page.items).first { $0.text == "2" })
    let width = FixedMeasurer().extent(of: "2", font: Font(size: Theme(textSize: 10).textSize * 0.92)).width
    #expect(abs(end.x + width - 250) < 0.01, "\(end.x + width)")
  }

  @Test func sectionsGoOnWhereAPageWouldEndHalfEmpty() throws {
    func section(_ height: Double) throws -> [String] {
      try compose([
        figure(height, "a"), figure(250, "b"), .heading(level: 1, [Inline("Next")], anchor: nil),
        .paragraph([Inline("text")]),
      ])
    }
    #expect(try section(100)[0] == "a100 c Next text 1 of 2")
    #expect(try section(190)[0] == "a190 c 1 of 3")
  }

  @Test func aBreakWhenFullKeepsWhatIsNot() throws {
    let text = Block.paragraph([Inline("text")])
    #expect(try compose([figure(100, "a"), .pageBreak(.whenFull), text]).count == 1)
    #expect(try compose([figure(200, "a"), .pageBreak(.whenFull), text]).count == 2)
    #expect(try compose([figure(100, "a"), .pageBreak(), text]).count == 2)
    // A page that what waited begins is no full one.
    #expect(try compose([figure(200, "a"), figure(120, "b"), .pageBreak(.whenFull), text])[1] == "b120 c text 2 of 2")
  }
}
