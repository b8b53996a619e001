/// A place on a page in points (1/72 inch), x to the right, y down from the top left corner.
public struct Point: Sendable, Hashable {
  public var x: Double
  public var y: Double
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// In points.
public struct Size: Sendable, Hashable {
  public var width: Double
  public var height: Double
  public init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }
}

/// In points, y down.
public struct Rect: Sendable, Hashable {
  public var x: Double
  public var y: Double
  public var width: Double
  public var height: Double
  public init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }
  public var maxX: Double { x + width }
  public var maxY: Double { y + height }
}

/// sRGB, each in [0, 1].
public struct Colour: Sendable, Hashable {
  public var red: Double
  public var green: Double
  public var blue: Double
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
  public static let black = Colour(0, 0, 0)
  public static let white = Colour(1, 1, 1)
  public static func grey(_ value: Double) -> Colour { Colour(value, value, value) }
}

/// A face at a size. The renderer maps the family to real font files.
public struct Font: Sendable, Hashable {
  public enum Family: String, Sendable, Hashable { case serif, sans, mono }
  public var family: Family
  /// In points.
  public var size: Double
  public var bold: Bool
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
  public var width: Double
  public var ascent: Double
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

/// A run of text in one font on one baseline. Horizontal anchors are resolved by layout: `origin` is the left
/// end of the baseline; `rotation` turns it counter-clockwise around the origin, in degrees.
public struct PlacedText: Sendable, Hashable {
  public var text: String
  public var font: Font
  public var colour: Colour
  public var origin: Point
  public var rotation: Double
  public init(_ text: String, font: Font, colour: Colour = .black, origin: Point, rotation: Double = 0) {
    self.text = text
    self.font = font
    self.colour = colour
    self.origin = origin
    self.rotation = rotation
  }
}

public enum PathElement: Sendable, Hashable {
  case move(Point)
  case line(Point)
  case curve(Point, Point, Point)
  case close
}

public struct Stroke: Sendable, Hashable {
  public var colour: Colour
  /// In points.
  public var width: Double
  /// Lengths of dashes and gaps in points; empty for a solid line.
  public var dash: [Double]
  public var roundCap: Bool
  public init(_ colour: Colour, width: Double, dash: [Double] = [], roundCap: Bool = false) {
    self.colour = colour
    self.width = width
    self.dash = dash
    self.roundCap = roundCap
  }
}

public struct PlacedPath: Sendable, Hashable {
  public var elements: [PathElement]
  public var fill: Colour?
  public var stroke: Stroke?
  public init(_ elements: [PathElement], fill: Colour? = nil, stroke: Stroke? = nil) {
    self.elements = elements
    self.fill = fill
    self.stroke = stroke
  }
  public static func line(from start: Point, to end: Point, _ stroke: Stroke) -> PlacedPath {
    PlacedPath([.move(start), .line(end)], stroke: stroke)
  }
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
  public enum Format: Sendable { case jpeg, png }
  public let format: Format
  public let bytes: [UInt8]
  public let pixelWidth: Int
  public let pixelHeight: Int
  public init(format: Format, bytes: [UInt8], pixelWidth: Int, pixelHeight: Int) {
    self.format = format
    self.bytes = bytes
    self.pixelWidth = pixelWidth
    self.pixelHeight = pixelHeight
  }
}

public struct PlacedPicture: Sendable {
  public var picture: EncodedPicture
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
  case address(String)
  case anchor(String)
}

/// What a page is made of. Layout makes these; renderers only consume them.
public indirect enum PlacedItem: Sendable {
  case text(PlacedText)
  case path(PlacedPath)
  case picture(PlacedPicture)
  /// Items moved by an offset, and clipped to a rectangle (in the group's own coordinates) when it has one.
  case group([PlacedItem], offset: Point, clip: Rect?)
  /// An element of the document's structure, its role one of `StructureRole`; figures and tables have a text for those
  /// who cannot see them.
  case tagged([PlacedItem], role: String, alternative: String)
  case link(Rect, LinkTarget)
  case anchor(String, Point)
}

/// A finished piece of layout: a box with things placed in it, its own top left corner at (0, 0).
public struct Frame: Sendable {
  public var size: Size
  public var items: [PlacedItem]
  public init(size: Size, items: [PlacedItem]) {
    self.size = size
    self.items = items
  }
}

/// A page or a whole document, ready to be drawn.
public struct Document: Sendable {
  public struct OutlineEntry: Sendable, Hashable {
    public var title: String
    public var level: Int
    /// 0-based.
    public var page: Int
    public var y: Double
    public init(title: String, level: Int, page: Int, y: Double) {
      self.title = title
      self.level = level
      self.page = page
      self.y = y
    }
  }
  public var title: String
  public var language: String
  public var pages: [Frame]
  public var outline: [OutlineEntry]
  public init(title: String, language: String, pages: [Frame], outline: [OutlineEntry]) {
    self.title = title
    self.language = language
    self.pages = pages
    self.outline = outline
  }
}
