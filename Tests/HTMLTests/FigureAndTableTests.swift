import Foundation
import Rendering
import Testing
import Typesetting

@testable import HTML

/// Every character half as wide as the font is high.
private struct FixedMeasurer: TextMeasurer {
  func extent(of text: String, font: Font) -> TextExtent {
    TextExtent(width: Double(text.count) * font.size / 2, ascent: font.size * 0.75, descent: font.size * 0.25)
  }
}

@Suite struct FigureMarkupTests {
  private func svg(_ items: [PlacedItem]) -> (String, FigureMarkup) {
    let markup = FigureMarkup(Frame(size: Size(width: 72, height: 36), items: items), measurer: FixedMeasurer())
    var defined: Set<String> = []
    return (markup.svg(alternative: "What it shows", defined: &defined), markup)
  }

  @Test func textKeepsItsPlaceAndWidth() {
    let (text, _) = svg([
      .text(PlacedText("ab", font: Font(size: 10), origin: Point(5, 20))),
      .text(PlacedText("c", font: Font(size: 10, italic: true), colour: .grey(0.5), origin: Point(17, 20))),
      .path(.line(from: Point(0, 1), to: Point(2.5, 1), Stroke(.black, width: 0.5, dash: [1, 2]))),
      .text(PlacedText("up", font: Font(size: 10), origin: Point(1, 30.126), rotation: 90)),
    ])
    #expect(
      text
        == "<svg class=\"drawing\" role=\"img\" aria-label=\"What it shows\" width=\"96\" height=\"48\" viewBox=\"0 0 72 36\">"
        + "<text><tspan x=\"5\" y=\"20\" class=\"tr10\" textLength=\"15\" lengthAdjust=\"spacingAndGlyphs\" fill=\"var(--c000000)\">ab </tspan>"
        + "<tspan x=\"17\" y=\"20\" class=\"tr10i\" fill=\"var(--c808080)\">c</tspan></text>"
        + "<path d=\"M0 1L2.5 1\" fill=\"none\" stroke=\"var(--c000000)\" stroke-width=\".5\" stroke-dasharray=\"1 2\"/>"
        + "<text transform=\"translate(1 30.13) rotate(-90)\" class=\"tr10\" textLength=\"10\" "
        + "lengthAdjust=\"spacingAndGlyphs\" fill=\"var(--c000000)\">up</text></svg>")
  }

  @Test func picturesStandOnceAndKeepThePaper() {
    let picture = EncodedPicture(format: .png, bytes: [1, 2, 3], pixelWidth: 4, pixelHeight: 2)
    let same = EncodedPicture(format: .png, bytes: [1, 2, 3], pixelWidth: 4, pixelHeight: 2)
    let (text, markup) = svg([
      .group(
        [.picture(PlacedPicture(picture, frame: Rect(x: 0, y: 0, width: 8, height: 8)))], offset: Point(1, -2),
        clip: Rect(x: 0, y: 0, width: 3, height: 3)),
      .picture(PlacedPicture(same, frame: Rect(x: 9, y: 0, width: 2, height: 1), smooth: false)),
      .anchor("fig-part", Point(0, 0)),
    ])
    #expect(
      text.hasSuffix(
        "<defs><clipPath id=\"_clip0_0_3_3\"><rect x=\"0\" y=\"0\" width=\"3\" height=\"3\"/></clipPath>"
          + "<image id=\"_picture039058c6f2c0cb49\" width=\"4\" height=\"2\" preserveAspectRatio=\"none\" href=\"data:image/png;base64,AQID\"/></defs>"
          + "<g transform=\"translate(1 -2)\" clip-path=\"url(#_clip0_0_3_3)\"><use href=\"#_picture039058c6f2c0cb49\" transform=\"translate(0 0) scale(2 4)\"/></g>"
          + "<use href=\"#_picture039058c6f2c0cb49\" transform=\"translate(9 0) scale(.5 .5)\" image-rendering=\"pixelated\"/></svg>"
      ))
    #expect(text.hasPrefix("<svg class=\"drawing paper\""))
    #expect(markup.hasPictures && !markup.hasValues && markup.anchors == ["fig-part"])
  }

  @Test func whatThePageHasIsNotDefinedAgain() {
    let picture = EncodedPicture(format: .png, bytes: [1, 2, 3], pixelWidth: 4, pixelHeight: 2)
    let item = PlacedItem.picture(PlacedPicture(picture, frame: Rect(x: 0, y: 0, width: 8, height: 8)))
    let frame = Frame(size: Size(width: 8, height: 8), items: [item])
    let markup = FigureMarkup(frame, measurer: FixedMeasurer())
    var defined: Set<String> = []
    let first = markup.svg(alternative: "A", defined: &defined)
    #expect(defined == ["_picture039058c6f2c0cb49"] && first.contains("<defs><image id=\"_picture039058c6f2c0cb49\""))
    let second = markup.svg(alternative: "A", defined: &defined)
    #expect(!second.contains("<defs>") && second.contains("<use href=\"#_picture039058c6f2c0cb49\""))
  }

  @Test func aFigureThatIsTheSameIsMadeOnce() {
    func frame(_ x: Double) -> Frame {
      Frame(
        size: Size(width: 9, height: 9),
        items: [.path(.line(from: Point(x, 1), to: Point(2, 1), Stroke(.black, width: 1)))])
    }
    let made = MadeFigures()
    var count = 0
    func svg(_ frame: Frame) -> String {
      let markup = made.markup(of: frame) {
        count += 1
        return FigureMarkup(frame, measurer: FixedMeasurer())
      }
      var defined: Set<String> = []
      return markup.svg(alternative: "", defined: &defined)
    }
    let kept = frame(0)
    made.beginPage()
    let first = svg(kept)
    #expect(svg(kept) == first && count == 1)
    // In the next page too; one that is alike only is made again, and so is what a page has not had.
    made.beginPage()
    let copy = kept
    #expect(svg(copy) == first && count == 1)
    #expect(svg(frame(0)) == first && count == 2)
    #expect(svg(frame(3)) != first && count == 3)
    made.beginPage()
    made.beginPage()
    #expect(svg(kept) == first && count == 4)
  }

  @Test func numbersHaveAPointAndNoMoreThanTheyNeed() {
    let cases: [(Double, String)] = [
      (0, "0"), (1, "1"), (-1, "-1"), (0.5, ".5"), (-0.5, "-.5"), (1.005, "1"), (12.345, "12.35"), (-3.1, "-3.1"),
      (.nan, "0"), (.infinity, "0"), (-0.001, "0"),
    ]
    for (value, text) in cases { #expect(Markup.number(value) == text) }
    #expect(Markup.number(0.123456, 6) == ".123456")
  }
}

@Suite struct TableMarkupTests {
  private func html(_ table: TextTable, caption: String? = "C") -> String {
    var markup = TableMarkup(inline: InlineMarkup(anchors: [], colours: ColourSheet()), shades: [:])
    return markup.html(table, caption: caption, label: "What it holds")
  }

  private func cell(_ text: String, note: String? = nil, shade: Colour? = nil) -> TextTable.Cell {
    TextTable.Cell([Inline(text)], note: note.map { [Inline($0)] }, shade: shade)
  }

  @Test func headsBelongToTheirRowsAndColumns() {
    let table = TextTable(
      columns: [.init(.left), .init(.right, group: "MOD"), .init(.right, group: "MOD"), .init(.left, wraps: true)],
      head: [[Inline("model")], [Inline("0.1")], [Inline("0.2")], []],
      rows: [
        [cell("A"), cell("1", note: "0–2"), cell("2", shade: .white), cell("x")],
        [cell("B"), cell("3"), cell("4", shade: .white), cell("y")],
      ])
    #expect(
      html(table)
        == "<table data-sorts><caption><div>C</div></caption><thead><tr><td colspan=\"1\"></td>"
        + "<th scope=\"colgroup\" colspan=\"2\" class=\"c\">MOD</th><td colspan=\"1\"></td></tr>"
        + "<tr><th scope=\"col\" class=\"l\">model</th><th scope=\"col\" class=\"r\">0.1</th><th scope=\"col\" class=\"r\">0.2</th><td></td></tr>"
        + "</thead><tbody><tr><th scope=\"row\" class=\"l\">A</th><td class=\"r\">1<small>0–2</small></td>"
        + "<td class=\"r shade bffffff\">2</td><td class=\"l w\">x</td></tr>\n"
        + "<tr><th scope=\"row\" class=\"l\">B</th><td class=\"r\">3</td><td class=\"r shade bffffff\">4</td><td class=\"l w\">y</td></tr>\n"
        + "</tbody></table>")
    #expect(html(table, caption: nil).hasPrefix("<table data-sorts aria-label=\"What it holds\"><thead>"))
  }

  @Test func linesThatBelongTogetherStayTogether() {
    func sorts(_ head: [String], _ rows: [[String]]) -> Bool {
      TableMarkup.isSortable(
        TextTable(
          columns: head.map { _ in .init(.left) }, head: head.map { [Inline($0)] },
          rows: rows.map { $0.map { cell($0) } }))
    }
    #expect(sorts(["a", "b"], [["x", "1"], ["y", "2"]]))
    // One line; a line that goes on with the one before; several things in a line; no heads.
    #expect(!sorts(["a", "b"], [["x", "1"]]))
    #expect(!sorts(["a", "b"], [["x", "1"], ["", "2"]]))
    #expect(!sorts(["a", "b", "a", "b"], [["x", "1", "y", "2"], ["z", "1", "w", "2"]]))
    #expect(!sorts(["", ""], [["x", "1"], ["y", "2"]]))
  }
}

@Suite struct ColourSheetTests {
  /// Of WCAG 2.2: (L1 + 0.05) / (L2 + 0.05).
  private func contrast(_ first: Colour, _ second: Colour) -> Double {
    func luminance(_ colour: Colour) -> Double {
      func linear(_ value: Double) -> Double { value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4) }
      return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue)
    }
    let both = [luminance(first), luminance(second)].sorted()
    return (both[1] + 0.05) / (both[0] + 0.05)
  }

  @Test func lightnessIsThatOfThePaper() {
    // B. Ottosson's own numbers for sRGB red and white.
    let red = OKLab(Colour(1, 0, 0))
    #expect(abs(red.lightness - 0.62796) < 1e-4 && abs(red.a - 0.22486) < 1e-4 && abs(red.b - 0.12585) < 1e-4)
    #expect(abs(OKLab(.white).lightness - 1) < 1e-4 && OKLab(.white).chroma < 1e-4)
    let back = OKLab(Colour(hex: 0x0072B2)).colour
    #expect(ColourSheet.hex(back) == "#0072b2")
  }

  @Test func whatIsReadOnWhiteIsReadOnTheDarkGround() {
    #expect(ColourSheet.hex(ColourSheet.onDark(.white)) == "#16191d")
    // Inks, and the hues of series and levels.
    let inks: [UInt32] = [
      0x000000, 0x141414, 0x595959, 0x6B6B6B, 0x005A96, 0xE69F00, 0xA63D00, 0x56B4E9, 0x00795A, 0xCC79A7, 0x3A2A66,
      0x8A8A8A, 0x7DB8DA, 0x10284A, 0xB00020, 0xA4262C, 0x1F4E79, 0xFF0000, 0x0000FF, 0x00FF00,
    ]
    for ink in inks {
      let colour = Colour(hex: ink)
      let found = contrast(ColourSheet.onDark(colour), ColourSheet.darkGround)
      // No worse than on white where that is little, and enough for letters else.
      #expect(found >= min(4.5, contrast(colour, .white)), "\(String(ink, radix: 16)): \(found)")
    }
    // The order of levels, light to dark, stays one.
    let levels = [UInt32(0x7DB8DA), 0x47709C, 0x10284A].map { OKLab(ColourSheet.onDark(Colour(hex: $0))).lightness }
    #expect(levels[0] > levels[1] && levels[1] > levels[2])
  }

  @Test func coloursStandInTheSheetOnce() {
    var sheet = ColourSheet()
    #expect(sheet.variable(Colour(1, 0, 0, alpha: 0.5)) == "var(--cff0000)")
    #expect(sheet.variable(.black) == "var(--c000000)")
    #expect(sheet.variable(Colour(1, 0, 0)) == "var(--cff0000)")
    // In an order of their own, whatever came first.
    #expect(sheet.light == "--c000000:#000000;--cff0000:#ff0000")
    #expect(sheet.dark.hasPrefix("--c000000:#f"))
  }
}
