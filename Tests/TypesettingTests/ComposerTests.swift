import Support
import Testing
import Typesetting

@Suite struct ComposerTests {
  /// 200 x 300 points for text.
  private let setup = PageSetup(size: Size(width: 300, height: 400), margin: 50, headLeft: "left", headRight: "right")

  private func compose(_ blocks: [Block]) throws -> Document {
    try Composer(setup, theme: Theme(textSize: 10), measurer: FixedMeasurer())
      .compose(blocks, title: "t", language: "en")
  }

  private func figure(_ height: Double, _ name: String) -> Block {
    let text = PlacedText(name, font: Font(size: 10), origin: Point(0, 10))
    return .figure(
      Frame(size: Size(width: 100, height: height), items: [.text(text)]), caption: [Inline("caption")], anchor: nil,
      alternative: name)
  }

  private func words(_ page: Frame) -> String { texts(page.items).map(\.text).joined(separator: " ") }

  @Test func justifiedLinesFillTheWidth() throws {
    // Words of 50 and 45 points, spaces of 5: three on a line leave 40 for two spaces.
    let document = try compose([.paragraph([Inline("aaaaaaaaaa bbbbbbbbb cccccccccc ddddddddd eeeeeeeee")])])
    let found = texts(document.pages[0].items).dropLast()
    let first = found.first { $0.text == "aaaaaaaaaa" }
    #expect(first?.x == 50)
    let lines = Dictionary(grouping: found, by: \.y).sorted { $0.key < $1.key }.map(\.value)
    #expect(lines.count == 2)
    let last = try #require(lines[0].max { $0.x < $1.x })
    #expect(abs(last.x + Double(last.text.count) * 5 - 250) < 1e-9, "the first line ends at the right margin")
    #expect(lines[1].map(\.x).min() == 50)
  }

  @Test func furnitureStandsOnEveryPage() throws {
    let document = try compose([.paragraph([Inline("one")]), .pageBreak(), .paragraph([Inline("two")])])
    #expect(document.pages.count == 2)
    #expect(words(document.pages[0]) == "one 1 of 2")
    #expect(words(document.pages[1]) == "two left right 2 of 2")
  }

  @Test func textFillsThePageThatAFigureDoesNotFit() throws {
    let document = try compose([figure(180, "first"), figure(180, "second"), .paragraph([Inline("after")])])
    #expect(document.pages.count == 2)
    #expect(words(document.pages[0]) == "first caption after 1 of 2")
    #expect(words(document.pages[1]) == "second caption left right 2 of 2")
  }

  @Test func headingsStayWithWhatFollows() throws {
    let filler = figure(250, "filler")
    let heading = Block.heading(level: 1, [Inline("Head")], anchor: "sec-head")
    let document = try compose([filler, heading, .paragraph([Inline("text")])])
    #expect(words(document.pages[0]) == "filler caption 1 of 2")
    #expect(words(document.pages[1]) == "Head text left right 2 of 2")
    #expect(document.outline.map(\.title) == ["Head"])
    #expect(document.outline.map(\.page) == [1])
  }

  @Test func longTablesRepeatTheirHead() throws {
    let column = TextTable.Column(.left)
    let table = TextTable(
      columns: [column, TextTable.Column(.right)], head: [[Inline("name")], [Inline("n")]],
      rows: (1...60).map { [TextTable.Cell([Inline("row\($0)")]), TextTable.Cell([Inline("\($0)")])] })
    let document = try compose([.table(table, caption: [Inline("Numbers")], anchor: nil, alternative: "")])
    #expect(document.pages.count > 2)
    for page in document.pages { #expect(words(page).contains("name n row")) }
    let all = document.pages.map(words).joined(separator: " ")
    for row in 1...60 { #expect(all.split(separator: " ").contains("row\(row)")) }
    let right = document.pages.flatMap { texts($0.items) }.filter { ["9", "10"].contains($0.text) }
    #expect(right.count == 2)
    #expect(abs(right[0].x - right[1].x - 9.2 / 2) < 1e-9, "figures of different length end at the same place")
  }

  @Test func longTablesAreCutWhereThePageEnds() throws {
    let table = TextTable(
      columns: [TextTable.Column(.left)], head: [[Inline("name")]],
      rows: (1...60).map { [TextTable.Cell([Inline("row\($0)")])] })
    let document = try compose([
      .paragraph([Inline("before")]), .table(table, caption: nil, anchor: "tab", alternative: "Sixty rows."),
    ])
    // Less head and foot 20 rows fit on a page, 19 below the paragraph; no row is left over alone.
    let counts = document.pages.map { page in texts(page.items).count { $0.text.hasPrefix("row") } }
    #expect(counts == [19, 20, 19, 2])
    for page in document.pages {
      let rows = texts(page.items).filter { $0.text.hasPrefix("row") }
      for (one, next) in zip(rows, rows.dropFirst()) { #expect(abs(next.y - one.y - (9.2 * 1.34 + 1)) < 1e-9) }
      #expect(tables(page.items).count == 1, "each part of the table is tagged")
    }
    #expect(tables(document.pages[0].items) == ["Sixty rows."])
    #expect(tables(document.pages[1].items) == ["Sixty rows."])
  }

  private func tables(_ items: [PlacedItem]) -> [String] {
    items.flatMap { item -> [String] in
      switch item {
      case .tagged(_, let role, let alternative): role.name == "Table" ? [alternative] : []
      case .group(let inner, _, _): tables(inner)
      default: []
      }
    }
  }

  private func roles(_ items: [PlacedItem]) -> [StructureRole] {
    items.flatMap { item -> [StructureRole] in
      switch item {
      case .tagged(let inner, let role, _): [role] + roles(inner)
      case .group(let inner, _, _): roles(inner)
      default: []
      }
    }
  }

  /// A column without a common head has its own in both rows; what stands first in a row is its head.
  @Test func headsSayWhatTheyAreTheHeadsOf() throws {
    func cell(_ text: String) -> TextTable.Cell { TextTable.Cell([Inline(text)]) }
    let table = TextTable(
      columns: [.init(.left), .init(.right, group: "both"), .init(.right, group: "both"), .init(.right)],
      head: ["a", "b", "c", "d"].map { [Inline($0)] }, rows: [["1", "2", "3", "4"].map(cell)])
    let document = try compose([.table(table, caption: nil, anchor: "t", alternative: "")])
    #expect(
      roles(document.pages[0].items).filter { ["TR", "TH", "TD"].contains($0.name) } == [
        "TR", .head(.column, rowSpan: 2), .head(.column, columnSpan: 2), .head(.column, rowSpan: 2),
        "TR", .head(.column), .head(.column), "TR", .head(.row), "TD", "TD", "TD",
      ])
    let heads = texts(document.pages[0].items).filter { ["a", "b", "c", "d"].contains($0.text) }
    #expect(Set(heads.map(\.y)).count == 1, "all stand on one line")
  }

  @Test func headingsSkipNoLevel() throws {
    func heading(_ level: Int) -> Block { .heading(level: level, [Inline("h")], anchor: nil) }
    let document = try compose([.title("T", subtitle: nil)] + [1, 3, 4, 2, 2, 1, 4].map(heading))
    let found = document.pages.flatMap { roles($0.items) }.map(\.name).filter { $0.hasPrefix("H") || $0 == "Title" }
    #expect(found == ["Title", "H2", "H3", "H4", "H3", "H3", "H2", "H3"])
    let untitled = try compose([2, 3].map(heading))
    #expect(roles(untitled.pages[0].items).map(\.name).filter { $0.hasPrefix("H") } == ["H1", "H2"])
  }

  @Test func nothingLiesOutsideTheMargins() throws {
    let long = String(repeating: "word ", count: 400) + String(repeating: "x", count: 90)
    let document = try compose([.paragraph([Inline(long)]), .list([[.paragraph([Inline(long)])]], start: 3)])
    for page in document.pages {
      for text in texts(page.items) where text.text == "word" { #expect(text.x >= 50 && text.x + 20 <= 250.001) }
      for text in texts(page.items) { #expect(text.y <= 400) }
    }
    #expect(document.pages.map(words).joined().contains("3."))
  }

  @Test func aPageWithoutRoomIsRefused() {
    let problem = #expect(throws: Problem.self) {
      try Composer(
        PageSetup(size: Size(width: 200, height: 200), margin: 90), theme: Theme(), measurer: FixedMeasurer()
      ).compose([], title: "", language: "en")
    }
    #expect(
      problem?.message == "a page of 200 x 200 points with margins of 90 leaves no room for text")
  }
}
