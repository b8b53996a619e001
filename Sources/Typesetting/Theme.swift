/// Sizes, distances and colours of a report; everything follows from the text size. Lengths in points.
public struct Theme: Sendable, Hashable {
  public var textSize: Double
  public var ink = Colour.grey(0.08)
  public var quiet = Colour.grey(0.42)
  public var linkInk = Colour(hex: 0x1F4E79)
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
  /// Around figures and tables.
  var floatGap: Double { textSize * 1.3 }

  func headingSize(_ level: Int) -> Double { textSize * [1.45, 1.18, 1.05, 1][min(max(level, 1), 4) - 1] }

  func font(_ inline: Inline, size: Double) -> Font {
    let scale = (inline.script == .normal ? 1 : 0.7) * (inline.mono ? monoScale : 1)
    return Font(
      inline.mono ? .mono : inline.family ?? textFamily, size: size * scale, bold: inline.bold, italic: inline.italic)
  }
}

/// A page and what runs along its edges.
public struct PageSetup: Sendable, Hashable {
  public static let a4 = Size(width: 595.276, height: 841.89)
  public static let letter = Size(width: 612, height: 792)

  public var size: Size
  /// On all four sides, in points.
  public var margin: Double
  public var headLeft: String?
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

  public var textWidth: Double { size.width - 2 * margin }
  public var textHeight: Double { size.height - 2 * margin }
  public var columnWidth: Double { (textWidth - Double(columns - 1) * columnGap) / Double(columns) }
}
