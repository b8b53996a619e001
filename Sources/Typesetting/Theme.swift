/// Sizes, distances and colours of a report; everything follows from the text size. Lengths in points.
public struct Theme: Sendable, Hashable {
  /// Of running text; headings, captions, tables and notes are parts or multiples of it.
  public var textSize: Double
  /// Of text.
  public var ink = Colour.grey(0.08)
  /// Of what stands back: running heads, subtitles, notes under numbers, thin rules and leaders.
  public var quiet = Colour.grey(0.34)
  /// Of links within text.
  public var linkInk = Colour(hex: 0x1F4E79)
  /// Of what went wrong: the frame and the first words of notices.
  public var alarm = Colour(hex: 0xA4262C)
  /// Of text, captions and tables.
  public var textFamily = Font.Family.serif
  /// Of the title and the headings.
  public var headingFamily = Font.Family.serif

  public init(textSize: Double = 10) { self.textSize = textSize }

  /// From baseline to baseline.
  var leading: Double { textSize * 1.36 }
  var paragraphGap: Double { textSize * 0.55 }
  var captionSize: Double { textSize * 0.88 }
  var tableSize: Double { textSize * 0.92 }
  var noteSize: Double { textSize * 0.7 }
  var headSize: Double { textSize * 0.85 }
  var monoScale: Double { 0.82 }
  /// Of letters and numbers, in points: below it print is hard to read.
  static let leastSize = 6.5
  /// Around figures and tables.
  var floatGap: Double { textSize * 1.3 }

  func headingSize(_ level: Int) -> Double { textSize * [1.45, 1.18, 1.05, 1][min(max(level, 1), 4) - 1] }

  func font(_ inline: Inline, size: Double) -> Font {
    // Code is never smaller than print can be read, where the text around it is not.
    let own = inline.mono ? max(size * monoScale, min(size, Self.leastSize)) : size
    return Font(
      inline.mono ? .mono : inline.family ?? textFamily, size: own * (inline.script == .normal ? 1 : 0.7),
      bold: inline.bold, italic: inline.italic)
  }
}

/// A page and what runs along its edges.
public struct PageSetup: Sendable, Hashable {
  /// ISO 216, 210 x 297 mm, upright.
  public static let a4 = Size(width: 595.276, height: 841.89)
  /// 8.5 x 11 inches, upright.
  public static let letter = Size(width: 612, height: 792)

  /// Of the whole page, in points.
  public var size: Size
  /// On all four sides, in points.
  public var margin: Double
  /// Along the top of every page but the first; nil for nothing.
  public var headLeft: String?
  /// Along the top of every page but the first, pushed to the right margin; nil for nothing.
  public var headRight: String?
  /// Of text, 1 or 2; titles, figures and tables go over all.
  public var columns = 1
  /// In points.
  public var columnGap = 18.0

  public init(size: Size = PageSetup.a4, margin: Double = 62, headLeft: String? = nil, headRight: String? = nil) {
    self.size = size
    self.margin = margin
    self.headLeft = headLeft
    self.headRight = headRight
  }

  /// Between the margins, in points, over all columns.
  public var textWidth: Double { size.width - 2 * margin }
  /// Between the margins, in points.
  public var textHeight: Double { size.height - 2 * margin }
  /// Of one column, in points.
  public var columnWidth: Double { (textWidth - Double(columns - 1) * columnGap) / Double(columns) }
}
