import Foundation
import Rendering
import Support
import Testing
import Typesetting

@testable import HTML

/// What a page for browsers says, and what may not get into it.
@Suite struct HTMLReportTests {
  private func page(
    _ blocks: [Block], attachments: [Rendering.Attachment] = [], mark: String? = nil, isLive: Bool = false
  ) throws -> String {
    var report = HTMLReport(
      title: "A <title> & more", language: "en-GB", blocks: blocks, theme: Theme(), width: 400, mark: mark)
    report.isLive = isLive
    return String(decoding: try report.bytes(renderer: Renderer(), attachments: attachments), as: UTF8.self)
  }

  private func body(_ blocks: [Block]) throws -> String {
    let page = try page(blocks)
    let start = try #require(page.range(of: "<main id=\"_content\" tabindex=\"-1\">\n"))
    let end = try #require(page.range(of: "</main>"))
    return String(page[start.upperBound..<end.lowerBound])
  }

  @Test func hostileTextIsText() throws {
    let hostile = "\"><script>alert('1')</script>&amp;\u{1}\u{7F}"
    let escaped =
      "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;\u{FFFD}\u{FFFD}"
    let frame = Frame(
      size: Size(width: 10, height: 10),
      items: [
        .text(PlacedText(hostile, font: Font(size: 8), origin: Point(0, 0))),
        .valued([.path(.rectangle(Rect(x: 0, y: 0, width: 1, height: 1), fill: .black))], words: hostile),
        .anchor(hostile, Point(0, 0)),
      ])
    let table = TextTable(
      columns: [.init(.left, group: hostile), .init(.right, group: hostile)],
      head: [[Inline(hostile)], [Inline("b")]],
      rows: [[.init([Inline(hostile)], note: [Inline(hostile)]), .init([Inline(hostile)])]])
    let page = try page(
      [
        .title(hostile, subtitle: hostile), .heading(level: 1, [Inline(hostile)], anchor: hostile),
        .paragraph([
          Inline(hostile, link: .anchor(hostile)), Inline(hostile, link: .address("https://a.org/" + hostile)),
          Inline(hostile, link: .address("javascript:alert(1)")), Inline(hostile, mono: true),
        ]), .code(hostile), .quote([.paragraph([Inline(hostile)])]),
        .list([[.paragraph([Inline(hostile)])]], start: nil),
        .notice([Inline(hostile)]),
        .figure(frame, caption: [Inline(hostile)], anchor: hostile, alternative: hostile),
        .table(table, caption: [Inline(hostile)], anchor: nil, alternative: hostile),
      ],
      attachments: [
        Rendering.Attachment(
          name: "a.txt", mediaType: "text/plain", relationship: .data, description: hostile, bytes: Array("abc".utf8))
      ], mark: hostile)
    #expect(!page.contains("<script>alert"))
    #expect(!page.contains("javascript:alert"))
    #expect(page.components(separatedBy: "<script>").count == 2)
    #expect(page.contains("<h1>\(escaped)</h1>\n<p class=\"subtitle\">\(escaped)</p>"))
    #expect(page.contains("<title>\(escaped)</title></g>") == false)
    #expect(page.contains("<g class=\"v\"><title>\(escaped)</title><path d=\"M0 0L1 0L1 1L0 1Z\""))
    #expect(page.contains("role=\"img\" aria-label=\"\(escaped)\""))
    #expect(page.contains("<a download=\"a.txt\" href=\"data:text/plain;base64,YWJj\">a.txt</a> \(escaped)</li>"))
    #expect(page.contains("href=\"https://a.org/\(escaped)\" rel=\"noopener noreferrer\""))
  }

  @Test func thePolicyAllowsThePagesOwnScriptAndStyleAlone() throws {
    for isLive in [false, true] {
      let page = try page([.title("T", subtitle: nil)], isLive: isLive)
      func digest(_ tag: String) throws -> String {
        let start = try #require(page.range(of: "<\(tag)>"))
        let end = try #require(page.range(of: "</\(tag)>"))
        let hex = Checksum.sha256(Array(page[start.upperBound..<end.lowerBound].utf8))
        let bytes = stride(from: 0, to: 64, by: 2).compactMap { place -> UInt8? in
          UInt8(hex.dropFirst(place).prefix(2), radix: 16)
        }
        return Data(bytes).base64EncodedString()
      }
      let (style, script) = (try digest("style"), try digest("script"))
      let policy =
        "default-src 'none'; img-src data:; style-src 'sha256-\(style)'; script-src 'sha256-\(script)'; base-uri 'none'; "
        + "form-action 'none'" + (isLive ? "; connect-src 'self'" : "")
      #expect(page.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"\(policy)\">"))
      #expect(page.contains("fetch('/events") == isLive)
      // An attribute of style would need a policy that lets any style in.
      #expect(!page.contains(" style=\""))
    }
  }

  @Test func headingsLeaveNoLevelOutAndLinksLeadSomewhere() throws {
    let blocks: [Block] = [
      .title("T", subtitle: nil), .heading(level: 1, [Inline("A "), Inline("b", italic: true)], anchor: "sec-a"),
      .heading(level: 4, [Inline("Deep")], anchor: "sec-a"), .heading(level: 2, [Inline("C")], anchor: "sec:c"),
      .paragraph([
        Inline("there", link: .anchor("sec:c")), Inline(" "), Inline("nowhere", link: .anchor("sec-x")),
      ]),
    ]
    #expect(
      try body(blocks) == """
        <h1>T</h1>
        <h2 id="sec-a">A <i>b</i></h2>
        <h3>Deep</h3>
        <h3 id="sec:c">C</h3>
        <p><a href="#sec:c">there</a> nowhere</p>

        """)
    #expect(
      try page(blocks).contains(
        "<ol><li><a href=\"#sec-a\">A b</a><ol><li><a href=\"#sec:c\">C</a></li></ol></li></ol></details></nav>"))
  }

  @Test func runsOfText() throws {
    let runs = [
      Inline("x", italic: true), Inline("i", script: .sub), Inline("2", script: .super), Inline("b", bold: true),
      Inline("c\u{2028}d", mono: true), Inline("e", colour: Colour(hex: 0x102030)),
    ]
    #expect(
      try body([.title("T", subtitle: nil), .paragraph(runs)])
        == "<h1>T</h1>\n<p><i>x</i><sub>i</sub><sup>2</sup><b>b</b><code>c<br>d</code><span class=\"c102030\">e</span></p>\n"
    )
  }

  @Test func notesHaveANumberEach() throws {
    func mark(_ text: String) -> Inline {
      var mark = Inline("", script: .super)
      mark.note = [Inline(text)]
      return mark
    }
    let body = try body([.title("T", subtitle: nil), .paragraph([mark("one"), mark("two"), mark("one")])])
    #expect(
      body.contains(
        "<p><sup id=\"_mark1\"><a href=\"#_note1\" role=\"doc-noteref\" aria-label=\"Note 1\">1</a></sup>"
          + "<sup id=\"_mark2\"><a href=\"#_note2\" role=\"doc-noteref\" aria-label=\"Note 2\">2</a></sup>"
          + "<sup><a href=\"#_note1\" role=\"doc-noteref\" aria-label=\"Note 1\">1</a></sup></p>"))
    #expect(body.contains("<li id=\"_note2\">two <a href=\"#_mark2\" role=\"doc-backlink\""))
  }

  @Test func wordsAreToldWithoutLooks() throws {
    let blocks: [Block] = [
      .title("T", subtitle: nil),
      .paragraph([Inline("a < b "), Inline("c", bold: true, colour: Colour(hex: 0x123456))]),
      .code("<style>"),
    ]
    let words = HTMLReport.words(of: Array(try page(blocks).utf8))
    #expect(words == ["A &lt;title&gt; &amp; more", "Skip to the text", "T", "a &lt; b c", "&lt;style&gt;"])
  }

  @Test func pagesAreTheSameBytesEveryTime() throws {
    let blocks: [Block] = [.title("T", subtitle: nil), .paragraph([Inline("a", colour: Colour(hex: 0x123456))])]
    #expect(try page(blocks) == page(blocks))
  }

  @Test func largeFilesArePackedAndTooLargeOnesNamed() throws {
    func file(_ name: String, _ bytes: [UInt8]) -> Rendering.Attachment {
      Rendering.Attachment(name: name, mediaType: "text/csv", relationship: .data, description: "Rows", bytes: bytes)
    }
    let packed = try page(
      [], attachments: [file("rows.csv", Array("1,2\n".utf8.flatMap { [UInt8](repeating: $0, count: 20_000) }))])
    #expect(packed.contains("<a download=\"rows.csv.gz\" href=\"data:application/gzip;base64,H4sIAAAAAAAA"))
    // What cannot be packed: numbers of a generator.
    var state: UInt64 = 1
    let noise = (0..<3_000_000).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 40)
    }
    let named = try page([], attachments: [file("rows.csv", noise), file("small.csv", [65])])
    #expect(named.utf8.count < 3_000_000)
    #expect(named.contains("SHA-256 <code>\(Checksum.sha256(noise))</code>"))
    #expect(named.contains("<a download=\"small.csv\" href=\"data:text/csv;base64,QQ==\">"))
  }

  @Test func gzipIsUnpackedByOthers() throws {
    let bytes = Array("one, two\n".utf8) + [0, 255]
    let file = Rendering.Attachment(name: "a", mediaType: "", relationship: .data, description: "", bytes: bytes)
    let path = FileManager.default.temporaryDirectory.appending(path: "gzip-\(UUID().uuidString).gz")
    defer { try? FileManager.default.removeItem(at: path) }
    try Data(try file.gzipped()).write(to: path)
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-dc", path.path]
    process.standardOutput = output
    try process.run()
    let unpacked = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(Array(unpacked) == bytes)
  }
}
