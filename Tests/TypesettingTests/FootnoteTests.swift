import Support
import Testing
import Typesetting

@Suite struct FootnoteTests {
  /// 200 x 300 points for text; lines of text are 13.6 points high, of notes 11.44.
  private let setup = PageSetup(size: Size(width: 300, height: 400), margin: 50)

  private func compose(_ source: String) throws -> Document {
    let blocks = try Markdown.blocks(source, file: "t.md", firstLine: 1) { _ in nil }
    return try Composer(setup, theme: Theme(textSize: 10), measurer: FixedMeasurer())
      .compose(blocks, title: "t", language: "en")
  }

  private func words(_ page: Frame) -> String { texts(page.items).map(\.text).joined(separator: " ") }

  @Test func notesStandAtTheFootOfThePageInTheOrderOfTheirMarks() throws {
    let document = try compose("one[^z] two[^a] three[^z]\n\n[^a]: second note\n\n[^z]: first note\n")
    #expect(document.pages.count == 1)
    #expect(words(document.pages[0]) == "one 1 two 2 three 1 1 \u{2009} first note 2 \u{2009} second note 1 of 1")
    let found = texts(document.pages[0].items)
    let first = try #require(found.first { $0.text == "first" })
    let second = try #require(found.first { $0.text == "second" })
    // The last line ends at the bottom of the text, 350: half the leading that is left, and the descent, above it.
    #expect(abs(second.y - (350 - (11.44 - 8.8) / 2 - 1.76)) < 1e-9)
    #expect(abs(second.y - first.y - 11.44) < 1e-9)
  }

  @Test func aLineGoesToTheNextPageWithItsNote() throws {
    // 21 lines fill the page with 14.4 points to spare, too few for a note of one line and its rule.
    let lines = (1...21).map { "line\($0)" }.joined(separator: "\\\n")
    let plain = try compose(lines)
    #expect(plain.pages.count == 1)
    let document = try compose(lines + "[^a]\n\n[^a]: note\n")
    #expect(document.pages.count == 2)
    #expect(!words(document.pages[0]).contains("note"))
    #expect(words(document.pages[1]).hasPrefix("line20 line21 1 1 \u{2009} note"))
  }

  @Test func marksLeadToTheirNotes() throws {
    let document = try compose("one[^a]\n\n[^a]: note\n")
    func targets(_ items: [PlacedItem]) -> [String] {
      items.flatMap { item -> [String] in
        switch item {
        case .link(_, .anchor(let name)): ["link \(name)"]
        case .anchor(let name, _): ["anchor \(name)"]
        case .group(let inner, _, _), .tagged(let inner, _, _): targets(inner)
        default: []
        }
      }
    }
    #expect(targets(document.pages[0].items) == ["link footnote-1", "anchor footnote-1"])
  }
}

@Suite struct ContentsTests {
  private let setup = PageSetup(size: Size(width: 300, height: 400), margin: 50)

  private func compose(_ rule: ContentsRule, sections: Int) throws -> Document {
    let body = (1...sections).flatMap { number -> [Block] in
      [
        .heading(level: 1, [Inline("Part \(number)")], anchor: "part-\(number)"), .paragraph([Inline("text")]),
        .heading(level: 3, [Inline("Detail")], anchor: nil), .paragraph([Inline("text")]), .pageBreak(),
      ]
    }
    return try Composer(setup, theme: Theme(textSize: 10), measurer: FixedMeasurer())
      .compose([.title("Title", subtitle: nil), .contents] + body, title: "t", language: "en", contents: rule)
  }

  private func words(_ page: Frame) -> String { texts(page.items).map(\.text).joined(separator: " ") }

  @Test func pagesAreThoseOfTheReportWithItsContents() throws {
    let document = try compose(.always, sections: 2)
    // The report begins below its contents.
    #expect(document.pages.count == 2)
    let dots = String(repeating: " .", count: 14)
    #expect(
      words(document.pages[0])
        == "Title Contents Part 1 \(dots) 1 Part 2 \(dots) 2 Part 1 text Detail text 1 of 2")
    #expect(words(document.pages[1]).hasPrefix("Part 2 text"))
    #expect(document.outline.filter { $0.level == 1 }.map(\.page) == [0, 1])
    // Numbers end at the right margin, leaders end under each other.
    let found = texts(document.pages[0].items)
    #expect(found.filter { ["1", "2"].contains($0.text) && $0.x > 200 }.map { $0.x + 5 } == [250, 250])
    #expect(Set(found.filter { $0.text == dots }.map(\.x)).count == 1)
  }

  @Test func contentsOfSeveralPagesCountThemselves() throws {
    let document = try compose(.always, sections: 40)
    let first = try #require(document.outline.first)
    #expect(first.page > 0)
    #expect(document.pages.count == first.page + 40)
    let last = texts(document.pages[first.page].items).map(\.text)
    #expect(last.contains(String(document.pages.count)), "the last part stands on the last page")
  }

  @Test func shortReportsHaveNone() throws {
    #expect(try compose(.beyond(pages: 2), sections: 2).pages.first.map(words)?.contains("Contents") == false)
    #expect(try compose(.beyond(pages: 1), sections: 2).pages.first.map(words)?.contains("Contents") == true)
    #expect(try compose(.never, sections: 2).pages.first.map(words)?.contains("Contents") == false)
  }
}
