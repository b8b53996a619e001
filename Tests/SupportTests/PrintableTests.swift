import Support
import Testing

@Suite struct PrintableTests {
  @Test(arguments: [
    ("s1/10.pgm", "s1/10.pgm"), ("a\u{1B}[31mb\r\n\t\0", "a\\u{1B}[31mb\\r\\n\\t\\0"),
    ("\u{202E}olleh\u{2066}", "\\u{202E}olleh\\u{2066}"), ("\u{9B}2J\u{7F}", "\\u{9B}2J\\u{7F}"),
    ("\u{2028}\u{E000}\u{AD}", "\\u{2028}\\u{E000}\\u{AD}"), ("中文 हिन्दी שלום e\u{301}", "中文 हिन्दी שלום e\u{301}"),
    ("👨\u{200D}👩", "👨\u{200D}👩"), ("\u{FFFD}", "\u{FFFD}"), ("", ""),
  ])
  func whatActsIsWrittenOut(_ text: String, _ shown: String) {
    #expect(visible(text) == shown)
    #expect(printable(text) == shown)
    #expect(visible(shown) == shown)
  }

  @Test func linesKeepTheirEnds() {
    #expect(visibleLines("a\u{7}\n  b\r\n") == "a\\u{7}\n  b\\r\n")
    #expect(visibleLines("plain\n") == "plain\n")
  }

  @Test func longTextsAreCut() {
    #expect(printable(String(repeating: "x", count: 121)) == String(repeating: "x", count: 120) + "...")
    #expect(printable(String(repeating: "x", count: 120)).count == 120)
  }

  @Test func aProblemHasTwoLinesWhateverItNames() {
    let problem = Problem.usage(
      at: Place(file: "a\nb", tensor: "w\u{1B}"), "no \u{202E}x\ny", remedy: "Rename\nit.")
    #expect(problem.description == "a\\nb, tensor w\\u{1B}: no \\u{202E}x\\ny\n  Rename\\nit.")
    #expect(Warning("a\nb", remedy: "c\u{1B}").description == "a\\nb\n  c\\u{1B}")
  }

  @Test func columnsOfATerminal() {
    #expect(terminalColumns("abc") == 3 && terminalColumns("中文") == 4 && terminalColumns("한국어a") == 7)
    #expect(terminalColumns("e\u{301}") == 1 && terminalColumns("😀") == 2 && terminalColumns("👨\u{200D}👩") == 2)
    #expect(padded("中", to: 4) == "中  " && padded("x", to: 3, atEnd: false) == "  x" && padded("xyz", to: 2) == "xyz")
  }
}
