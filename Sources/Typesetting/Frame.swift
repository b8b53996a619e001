/// A place on a page in points (1/72 inch), x to the right, y down from the top left corner.
public struct Point: Sendable, Hashable {
  /// From the left edge.
  public var x: Double
  /// From the top edge, downwards.
  public var y: Double
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// In points.
public struct Size: Sendable, Hashable {
  /// In points.
  public var width: Double
  /// In points.
  public var height: Double
  public init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }
}

/// In points, y down.
public struct Rect: Sendable, Hashable {
  /// Of the left edge.
  public var x: Double
  /// Of the top edge.
  public var y: Double
  /// In points, to the right of `x`.
  public var width: Double
  /// In points, downwards from `y`.
  public var height: Double
  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }
  /// Of the right edge.
  public var maxX: Double { x + width }
  /// Of the bottom edge.
  public var maxY: Double { y + height }
}

/// sRGB, each in [0, 1].
public struct Colour: Sendable, Hashable {
  /// In [0, 1], not multiplied by `alpha`.
  public var red: Double
  /// In [0, 1], not multiplied by `alpha`.
  public var green: Double
  /// In [0, 1], not multiplied by `alpha`.
  public var blue: Double
  /// 0 for nothing to be seen, 1 for opaque.
  public var alpha: Double
  public init(_ red: Double, _ green: Double, _ blue: Double, alpha: Double = 1) {
    self.red = red
    self.green = green
    self.blue = blue
    self.alpha = alpha
  }
  /// Of a 24-bit value such as 0x0072B2.
  public init(hex: UInt32, alpha: Double = 1) {
    self.init(
      Double(hex >> 16 & 255) / 255, Double(hex >> 8 & 255) / 255, Double(hex & 255) / 255, alpha: alpha)
  }
  /// Opaque.
  public static let black = Colour(0, 0, 0)
  /// Opaque.
  public static let white = Colour(1, 1, 1)
  /// - Parameter value: of red, green and blue alike: 0 is black, 1 is white.
  public static func grey(_ value: Double) -> Colour { Colour(value, value, value) }
}

/// A face at a size. The renderer maps the family to real font files.
public struct Font: Sendable, Hashable {
  /// What a report's text, its headings or labels, and its code are set in; `FontBook` has the faces.
  public enum Family: String, Sendable, Hashable { case serif, sans, mono }
  /// Decides, with `bold` and `italic`, the face.
  public var family: Family
  /// In points.
  public var size: Double
  /// Takes the bold face, or with `italic` the bold italic one.
  public var bold: Bool
  /// Takes the italic face, or with `bold` the bold italic one.
  public var italic: Bool
  public init(_ family: Family = .serif, size: Double, bold: Bool = false, italic: Bool = false) {
    self.family = family
    self.size = size
    self.bold = bold
    self.italic = italic
  }
}

/// The extent of a run of text, in points; height above and below the baseline.
public struct TextExtent: Sendable, Hashable {
  /// The advance, to where the next run begins.
  public var width: Double
  /// Above the baseline.
  public var ascent: Double
  /// Below the baseline, positive.
  public var descent: Double
  public init(width: Double, ascent: Double, descent: Double) {
    self.width = width
    self.ascent = ascent
    self.descent = descent
  }
}

/// Measures text as the renderer will draw it, so that layout needs to know no drawing library.
public protocol TextMeasurer: Sendable {
  /// Ascent and descent are the font's, the same for every text; width is the advance of the shaped run.
  func extent(of text: String, font: Font) -> TextExtent
}

extension TextMeasurer {
  /// The text, or as much of its start as fits with an ellipsis into so many points; at least the ellipsis.
  public func fitted(_ text: String, font: Font, width limit: Double) -> String {
    if extent(of: text, font: font).width <= limit { return text }
    var kept = Array(text)
    while kept.count > 1 {
      kept.removeLast()
      let candidate = String(kept) + "…"
      if extent(of: candidate, font: font).width <= limit { return candidate }
    }
    return "…"
  }
}

/// A run of text in one font on one baseline. Horizontal anchors are resolved by layout: `origin` is the left
/// end of the baseline; `rotation` turns it counter-clockwise around the origin, in degrees.
public struct PlacedText: Sendable, Hashable {
  /// One line: nothing in it breaks.
  public var text: String
  /// Measured by a `TextMeasurer` before it is placed.
  public var font: Font
  /// Of the letters; there is no ground.
  public var colour: Colour
  /// The left end of the baseline.
  public var origin: Point
  /// In degrees, counter-clockwise around the origin; 90 reads upwards.
  public var rotation: Double
  public init(_ text: String, font: Font, colour: Colour = .black, origin: Point, rotation: Double = 0) {
    self.text = text
    self.font = font
    self.colour = colour
    self.origin = origin
    self.rotation = rotation
  }
}

/// A step of an outline, from where the step before it ended.
public enum PathElement: Sendable, Hashable {
  /// Begins a part of the outline here; nothing is drawn.
  case move(Point)
  /// A straight line to here.
  case line(Point)
  /// A cubic Bézier curve: two control points and its end.
  case curve(Point, Point, Point)
  /// A straight line back to where the part began, joined to its start.
  case close
}

/// How a line along an outline is drawn.
public struct Stroke: Sendable, Hashable {
  /// Of the line alone; a fill has its own.
  public var colour: Colour
  /// In points.
  public var width: Double
  /// Lengths of dashes and gaps in points; empty for a solid line.
  public var dash: [Double]
  /// Whether ends and corners are round; else lines end flat at their last point and corners are sharp.
  public var roundCap: Bool
  public init(_ colour: Colour, width: Double, dash: [Double] = [], roundCap: Bool = false) {
    self.colour = colour
    self.width = width
    self.dash = dash
    self.roundCap = roundCap
  }
}

/// An outline that is filled, stroked, or both.
public struct PlacedPath: Sendable, Hashable {
  /// Coordinates in points, in the frame's own system; the first is a `move`.
  public var elements: [PathElement]
  /// Nil for none; parts that are not closed are filled as if they were, by the non-zero winding rule.
  public var fill: Colour?
  /// Nil for none; drawn over the fill.
  public var stroke: Stroke?
  public init(_ elements: [PathElement], fill: Colour? = nil, stroke: Stroke? = nil) {
    self.elements = elements
    self.fill = fill
    self.stroke = stroke
  }
  /// One straight line.
  public static func line(from start: Point, to end: Point, _ stroke: Stroke) -> PlacedPath {
    PlacedPath([.move(start), .line(end)], stroke: stroke)
  }
  /// Closed, clockwise from the top left corner. Without fill and stroke nothing is drawn.
  public static func rectangle(_ r: Rect, fill: Colour? = nil, stroke: Stroke? = nil) -> PlacedPath {
    PlacedPath(
      [
        .move(Point(r.x, r.y)), .line(Point(r.maxX, r.y)), .line(Point(r.maxX, r.maxY)), .line(Point(r.x, r.maxY)),
        .close,
      ], fill: fill, stroke: stroke)
  }
}

/// An encoded picture, embedded once however often it is placed.
public final class EncodedPicture: Sendable {
  /// What the bytes are.
  public enum Format: Sendable { case jpeg, png }
  /// Of `bytes`; whoever encoded them says so, they are not looked at.
  public let format: Format
  /// The whole file: a JPEG is embedded as it is.
  public let bytes: [UInt8]
  /// As the file's header has it.
  public let pixelWidth: Int
  /// As the file's header has it.
  public let pixelHeight: Int
  public init(format: Format, bytes: [UInt8], pixelWidth: Int, pixelHeight: Int) {
    self.format = format
    self.bytes = bytes
    self.pixelWidth = pixelWidth
    self.pixelHeight = pixelHeight
  }
}

/// A picture stretched over a rectangle.
public struct PlacedPicture: Sendable {
  /// The same object for the same picture, so that its bytes are held once.
  public var picture: EncodedPicture
  /// In points; each side has its own scale.
  public var frame: Rect
  /// Let viewers smooth between pixels; off for colour bars and other exact steps.
  public var smooth: Bool
  public init(_ picture: EncodedPicture, frame: Rect, smooth: Bool = true) {
    self.picture = picture
    self.frame = frame
    self.smooth = smooth
  }
}

/// Where a link leads.
public enum LinkTarget: Sendable, Hashable {
  /// "https://...", outside of the document.
  case address(String)
  /// The name of a place in the document: `PlacedItem.anchor`.
  case anchor(String)

  /// With which the names of footnotes begin; their numbers follow.
  public static let notePrefix = "footnote-"
}

/// What a page is made of. Layout makes these; renderers only consume them.
public indirect enum PlacedItem: Sendable {
  /// In the frame's coordinates; later items lie over earlier ones.
  case text(PlacedText)
  case path(PlacedPath)
  case picture(PlacedPicture)
  /// Items moved by an offset, and clipped to a rectangle (in the group's own coordinates) when it has one.
  case group([PlacedItem], offset: Point, clip: Rect?)
  /// An element of the document's structure, or a part of one; figures and tables have a text for those who cannot see
  /// them.
  case tagged([PlacedItem], role: StructureRole, alternative: String)
  /// A point or bar, with what it stands for in words: told on a screen to whoever points at it; on paper its items alone.
  case valued([PlacedItem], words: String)
  /// A rectangle that leads somewhere, beside what is drawn in it.
  case link(Rect, LinkTarget)
  /// A place that links lead to by this name.
  case anchor(String, Point)
}

/// A finished piece of layout: a box with things placed in it, its own top left corner at (0, 0).
public struct Frame: Sendable {
  /// Of the box; items may stand out of it.
  public var size: Size
  /// In the order in which they are drawn.
  public var items: [PlacedItem]
  public init(size: Size, items: [PlacedItem]) {
    self.size = size
    self.items = items
  }
}

/// A page or a whole document, ready to be drawn.
public struct Document: Sendable {
  /// A line of the list of contents that viewers show beside the pages.
  public struct OutlineEntry: Sendable, Hashable {
    /// The heading's words, without styles.
    public var title: String
    /// From 1; an entry belongs to the last one before it of a lower level.
    public var level: Int
    /// 0-based.
    public var page: Int
    /// Of the heading's top on its page, in points.
    public var y: Double
    public init(title: String, level: Int, page: Int, y: Double) {
      self.title = title
      self.level = level
      self.page = page
      self.y = y
    }
  }
  /// For the file's metadata and the window of a viewer; not drawn.
  public var title: String
  /// A tag of BCP 47, "en-GB": for who reads it aloud.
  public var language: String
  /// For the file's metadata; not drawn.
  public var authors: [String] = []
  /// The subtitle, for the file's metadata; not drawn.
  public var subject: String?
  /// Each with a size of its own.
  public var pages: [Frame]
  /// In the order of the pages.
  public var outline: [OutlineEntry]
  public init(title: String, language: String, pages: [Frame], outline: [OutlineEntry]) {
    self.title = title
    self.language = language
    self.pages = pages
    self.outline = outline
  }
}
