/// A run of text in one style.
public struct Inline: Sendable, Hashable {
  public enum Script: Sendable, Hashable { case normal, sub, `super` }

  public var text: String
  public var bold: Bool
  public var italic: Bool
  public var mono: Bool
  public var script: Script
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
  case code(String)
  case quote([Block])
  case rule
  /// Framed: something that went wrong.
  case notice([Inline])
  /// Caption below.
  case figure(Frame, caption: [Inline], anchor: String?, alternative: String)
  /// A picture of the template's own, as large as 150 dots per inch make it, or as fits; caption below.
  case picture(EncodedPicture, caption: [Inline], alternative: String)
  /// Where the page of contents goes, if there is to be one.
  case contents
  /// Caption above; goes on over pages with its head repeated.
  case table(TextTable, caption: [Inline]?, anchor: String?, alternative: String)
  case pageBreak
}

/// A table of text in the style of good books: rules above, below and under the head, none between columns.
public struct TextTable: Sendable, Hashable {
  public enum Alignment: Sendable, Hashable { case left, right, centre }

  public struct Column: Sendable, Hashable {
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

  public struct Cell: Sendable, Hashable {
    public var text: [Inline]
    /// Smaller, under the text.
    public var note: [Inline]?

    public init(_ text: [Inline], note: [Inline]? = nil) {
      self.text = text
      self.note = note
    }
  }

  public var columns: [Column]
  /// One per column.
  public var head: [[Inline]]
  public var rows: [[Cell]]

  public init(columns: [Column], head: [[Inline]], rows: [[Cell]]) {
    self.columns = columns
    self.head = head
    self.rows = rows
  }
}
