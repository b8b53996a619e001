import Support
import Testing
import Typesetting

@Suite struct MarkdownTests {
  private func blocks(_ text: String) throws(Problem) -> [Block] {
    try Markdown.blocks(text, file: "t.md", firstLine: 10) { label in
      label == "fig-a" ? Reference(text: "Figure 3", anchor: "fig-a") : nil
    }
  }

  private func message(_ text: String) -> String {
    do {
      _ = try blocks(text)
      return "nothing was wrong"
    } catch {
      return error.description
    }
  }

  @Test func stylesAndReferences() throws {
    let found = try blocks("A *b* **c** `d` (@fig-a), see e@f.org.")
    guard case .paragraph(let runs) = try #require(found.first) else {
      Issue.record("no paragraph")
      return
    }
    #expect(runs.map(\.text).joined() == "A b c d (Figure\u{A0}3), see e@f.org.")
    #expect(runs.first { $0.italic }?.text == "b")
    #expect(runs.first { $0.bold }?.text == "c")
    #expect(runs.first { $0.mono }?.text == "d")
    #expect(runs.first { $0.link != nil }?.link == .anchor("fig-a"))
  }

  /// In a process of its own, where nothing has read a text yet: cmark-gfm aborts where two threads register its extensions.
  @Test func theFirstTextsOfAProcessMayBeReadAtOnce() async {
    await #expect(processExitsWith: .success) {
      let texts = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<64 {
          group.addTask { try Markdown.blocks("| a |\n|---|\n| b |", file: "t.md", firstLine: 1) { _ in nil }.count }
        }
        return try await group.reduce(0, +)
      }
      try #require(texts == 64)
    }
  }

  @Test func headingsHaveAnchors() throws {
    guard case .heading(let level, let runs, let anchor) = try blocks("## Two *words*!")[0] else { return }
    #expect(level == 2 && anchor == "sec-two-words" && runs.map(\.text).joined() == "Two words!")
    guard case .heading(_, let own, let explicit) = try blocks("# Head {#sec-own}")[0] else { return }
    #expect(explicit == "sec-own" && own.map(\.text) == ["Head"])
  }

  @Test func tablesKeepTheirAlignment() throws {
    guard case .table(let table, _, _, _) = try blocks("| a | b |\n|---|--:|\n| 1 | 2 |\n")[0] else {
      Issue.record("no table")
      return
    }
    #expect(table.columns.map(\.alignment) == [.left, .right])
    #expect(table.head.map { $0.map(\.text).joined() } == ["a", "b"])
    #expect(table.rows.map { $0.map { $0.text.map(\.text).joined() } } == [["1", "2"]])
  }

  /// What is wrong is marked alone: not the words beside it, and with a table its caption.
  @Test func whatIsWrongTakesNothingElseAlong() throws {
    func marked(_ text: String) throws -> [String] {
      try Markdown.blocks(text, file: "t.md", firstLine: 1, marking: { _ in Inline("!") }, reference: nil).map {
        block in
        switch block {
        case .paragraph(let runs), .notice(let runs, _): runs.map(\.text).joined()
        default: "another block"
        }
      }
    }
    #expect(try marked("before[^a] between[^b] \\[^c] after") == ["before! between! [^c] after"])
    #expect(try marked("real[^a] \\[^a] `[^b]` \\[^b]\n\n[^a]: note") == ["real [^a] [^b] [^b]"])
    #expect(try marked("a ~~b~~ c") == ["a ! c"])
    let table = "| A | B |\n|---|---|\n| 1 | 2 | 3 |\n"
    #expect(try marked(table + "\n: A caption.\n\ntext") == ["!", "text"])
    #expect(try marked("text\n\n: A caption.\n\n" + table) == ["text", "!"])
    #expect(try marked("<b>\n\n: no caption") == ["!", ": no caption"])
  }

  @Test func whatCannotStandInAReportIsRefusedWithItsLine() {
    #expect(
      message("one\n\n<script>x</script>\n")
        == "t.md:12: raw HTML cannot stand in a report\n  Write Markdown: paragraphs, headings, lists, tables, code, "
        + "quotes and cells.")
    #expect(
      message("see ![x](file:///etc/passwd)")
        == "t.md:10: a picture cannot stand within text\n  Put it into a paragraph of its own.")
    #expect(
      message("![x](file:///etc/passwd)")
        == "t.md:10: a picture cannot stand here\n  Write Markdown; pictures come from cells.")
    #expect(
      message("# Head[^a]\n\n[^a]: note")
        == "t.md:10: a footnote cannot stand in a heading\n  Put its mark into a paragraph.")
    #expect(
      message("[x](javascript:alert)")
        == "t.md:10: a link to `javascript:alert` cannot stand in a report\n  Links lead to https:, http: or mailto: "
        + "addresses.")
    #expect(
      message("\nsee @fig-b")
        == "t.md:11: nothing has the label `fig-b`\n  Give a cell or heading this label, or correct "
        + "the name.")
    #expect(
      message(String(repeating: "> ", count: 100) + "x")
        == "t.md:10: lists and quotes are nested more than 10 deep\n  Lift the innermost out, or write them as paragraphs."
    )
    #expect(
      message("one\ntwo[^a] `[^b]`\n\n[^c]: note")
        == "t.md:11: nothing has the footnote `[^a]`\n  Write `[^a]: ...` as a paragraph of its own, or `\\[^a]` for "
        + "what is no footnote.")
    #expect(message("two\\[^a]") == "nothing was wrong")
    #expect(
      message("> text\n>\n> ```{mod-table}\n> ```\n")
        == "t.md:12: a cell cannot stand within a list or a quotation\n  Begin its line at the margin, with an empty line "
        + "before it.")
    #expect(
      message("one ~~two~~")
        == "t.md:10: text that is struck through cannot stand in a report\n  Leave it out, or emphasise with `*` or `**`; a "
        + "`~` alone is written `\\~`.")
    #expect(
      message("| A | B |\n|---|---|\n| 1 | 2 |\n| p(x|y) | 0.5 |\n")
        == "t.md:13: a row of a table has 3 cells, and its head 2\n  Write `\\|` for a bar that is part of a cell, in code "
        + "too, or give the head as many columns.")
    #expect(message("| A | B |\n|---|---|\n| p(x\\|y) | `a\\|b` |\n1 | 2\n") == "nothing was wrong")
    let row = String(repeating: "| a ", count: 25) + "|\n"
    #expect(
      message("\n" + row + String(repeating: "|---", count: 25) + "|\n" + row)
        == "t.md:11: a table has 25 columns, and a page holds 24 at most\n  Split it, or turn its rows into columns.")
  }
}
