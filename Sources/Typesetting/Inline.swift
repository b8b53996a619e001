/// A run of text in one style.
public struct Inline: Sendable, Hashable {
  /// On the baseline, below it or above it; the two latter at 0.7 of the size.
  public enum Script: Sendable, Hashable { case normal, sub, `super` }

  /// U+2028 breaks the line; lines are broken at spaces anyway.
  public var text: String
  /// As `Font.bold`.
  public var bold: Bool
  /// As `Font.italic`.
  public var italic: Bool
  /// Set as code, a little smaller than the text around it; goes before `family`.
  public var mono: Bool
  /// For exponents, indices and the marks of footnotes.
  public var script: Script
  /// Where a click on it leads; nil for nowhere. In the theme's `linkInk` where it has no colour of its own.
  public var link: LinkTarget?
  /// Nil for the theme's ink.
  public var colour: Colour?
  /// Nil for the theme's text.
  public var family: Font.Family?
  /// A footnote whose mark stands here; `text` is empty.
  public var note: [Inline]?

  public init(
    _ text: String, bold: Bool = false, italic: Bool = false, mono: Bool = false, script: Script = .normal,
    link: LinkTarget? = nil, colour: Colour? = nil
  ) {
    self.text = text
    self.bold = bold
    self.italic = italic
    self.mono = mono
    self.script = script
    self.link = link
    self.colour = colour
  }
}

/// What a report is made of before it has pages.
public indirect enum Block: Sendable {
  /// The report's head.
  case title(String, subtitle: String?)
  /// Level 1 to 4.
  case heading(level: Int, [Inline], anchor: String?)
  case paragraph([Inline])
  /// Bullets when `start` is nil.
  case list([[Block]], start: Int?)
  /// What a text cites, counted from 1 in brackets that hang before them; in the size of captions.
  case works([[Inline]])
  case code(String)
  case quote([Block])
  case rule
  /// Framed: something that went wrong; what leads to the place where it would have been leads here.
  case notice([Inline], anchor: String? = nil)
  /// Caption below. One that can be laid out less high gives place where the rest of a page does not hold all of it.
  case figure(Frame, caption: [Inline], anchor: String?, alternative: String, fitted: FittedFrame? = nil)
  /// A picture of the template's own, as large as 150 dots per inch make it, or as fits; caption below.
  case picture(EncodedPicture, caption: [Inline], anchor: String?, alternative: String)
  /// Where the contents go, if there is to be one.
  case contents
  /// Caption above; goes on over pages with its head repeated.
  case table(TextTable, caption: [Inline]?, anchor: String?, alternative: String)
  case pageBreak(PageBreak = .always)
}

/// The same figure laid out no higher than so many points.
public typealias FittedFrame = @Sendable (_ height: Double) -> Frame

/// When a page ends where the template says so.
public enum PageBreak: Sendable, Hashable {
  /// Whatever stands on it.
  case always
  /// Where it is two thirds full; what is less goes on.
  case whenFull
}

/// A table of text in the style of good books: rules above, below and under the head, none between columns.
public struct TextTable: Sendable, Hashable {
  /// To which side of its column a cell's text is pushed.
  public enum Alignment: Sendable, Hashable { case left, right, centre }

  /// What the cells of a column have in common.
  public struct Column: Sendable, Hashable {
    /// Of the column's own head and its cells; a group's common head is centred.
    public var alignment: Alignment
    /// Neighbouring columns of the same group stand under one common head.
    public var group: String?
    /// Takes the width that is left, its text broken into lines.
    public var wraps: Bool

    public init(_ alignment: Alignment, group: String? = nil, wraps: Bool = false) {
      self.alignment = alignment
      self.group = group
      self.wraps = wraps
    }
  }

  /// A text, and a second one under it.
  public struct Cell: Sendable, Hashable {
    /// Broken into lines where the column is narrower.
    public var text: [Inline]
    /// Smaller, under the text.
    public var note: [Inline]?
    /// Behind both; light enough to read them on. Nil for none.
    public var shade: Colour?

    public init(_ text: [Inline], note: [Inline]? = nil, shade: Colour? = nil) {
      self.text = text
      self.note = note
      self.shade = shade
    }
  }

  /// From the left.
  public var columns: [Column]
  /// One per column.
  public var head: [[Inline]]
  /// From the top; each with as many cells as there are columns.
  public var rows: [[Cell]]
  /// A list to be looked up in, not read: as small as print allows, and cut where a page ends.
  public var isDense: Bool
  /// Whether columns are equally wide, where that leaves each its text: they stand over those of a grid of pictures then.
  public var isEven: Bool

  public init(columns: [Column], head: [[Inline]], rows: [[Cell]], isDense: Bool = false, isEven: Bool = false) {
    self.isDense = isDense
    self.isEven = isEven
    self.columns = columns
    self.head = head
    self.rows = rows
  }
}
