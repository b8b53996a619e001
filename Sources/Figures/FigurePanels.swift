import Typesetting

/// A figure that can be drawn at any width.
public protocol ResizableFigure: Sendable {
  /// In points.
  var width: Double { get set }
  /// As tall as it comes to be at that width.
  func frame(measurer: any TextMeasurer, style: FigureStyle) -> Frame
}

/// Figures beside each other, each in a column of its own: parts of one figure, or the same plot of several models.
public struct FigurePanels: Sendable {
  /// One of them.
  public struct Panel: Sendable {
    /// Laid out at a width in points.
    public var frame: @Sendable (_ width: Double) -> Frame
    /// Centred below it: "(a)"; empty for nothing.
    public var foot: String
    /// Names that links lead to.
    public var anchors: [String]

    public init(foot: String = "", anchors: [String] = [], frame: @escaping @Sendable (_ width: Double) -> Frame) {
      self.frame = frame
      self.foot = foot
      self.anchors = anchors
    }

    /// A figure as wide as its column.
    public init(_ figure: some ResizableFigure, measurer: any TextMeasurer, style: FigureStyle) {
      self.init { width in
        var figure = figure
        figure.width = width
        return figure.frame(measurer: measurer, style: style)
      }
    }
  }

  /// In reading order.
  public var panels: [Panel]
  /// At most so many beside each other.
  public var columns: Int
  /// How wide the columns are, in proportion to each other; missing ones are 1.
  public var weights: [Double]
  /// Of the whole figure, in points.
  public var width: Double
  /// No column is narrower, in points, but where there is one alone.
  public var leastWidth: Double

  private static let gap = 14.0

  public init(panels: [Panel], columns: Int, weights: [Double] = [], width: Double, leastWidth: Double = 105) {
    self.panels = panels
    self.columns = columns
    self.weights = weights
    self.width = width
    self.leastWidth = leastWidth
  }

  /// How many columns so many panels stand in, in a width in points.
  /// - Parameter chosen: at most so many; nil for rows that are full.
  public static func columns(of count: Int, chosen: Int? = nil, width: Double, leastWidth: Double) -> Int {
    PanelColumns.count(
      of: count, fitting: PanelColumns.fitting(width: width, least: leastWidth, gap: gap), chosen: chosen)
  }

  /// Where the columns of a width begin, and how wide they are.
  private var places: [(x: Double, width: Double)] {
    var count = max(1, min(columns, panels.count))
    while true {
      let own = (0..<count).map { weights.indices.contains($0) ? weights[$0] : 1 }
      let free = width - Self.gap * Double(count - 1)
      let total = own.reduce(0, +)
      let widths = own.map { free * $0 / total }
      guard count > 1, (widths.min() ?? 0) < leastWidth else {
        var x = 0.0
        return widths.map { width in
          defer { x += width + Self.gap }
          return (x, width)
        }
      }
      count -= 1
    }
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let places = places
    var y = 0.0
    for start in stride(from: 0, to: panels.count, by: places.count) {
      let row = panels[start..<min(start + places.count, panels.count)]
      let frames = zip(row, places).map { $0.frame($1.width) }
      let height = frames.map(\.size.height).max() ?? 0
      if start > 0 { y += Self.gap }
      for (frame, place) in zip(frames, places) {
        // Narrower than its column, as a small picture is.
        let inset = max(0, (place.width - frame.size.width) / 2)
        // What is lower stands in the middle of its row.
        let top = y + (height - frame.size.height) / 2
        canvas.items.append(.group(frame.items, offset: Point(place.x + inset, top), clip: nil))
      }
      for (panel, place) in zip(row, places) {
        canvas.items += panel.anchors.map { .anchor($0, Point(place.x, y)) }
        guard !panel.foot.isEmpty else { continue }
        let foot = canvas.fitted(panel.foot, style.text, width: place.width)
        canvas.draw(
          foot, at: Point(place.x + place.width / 2, y + height + 4 + canvas.ascent(style.text)), .middle,
          font: style.text)
      }
      y += height + (row.contains { !$0.foot.isEmpty } ? 4 + canvas.height(style.text) : 0)
    }
    return Frame(size: Size(width: width, height: y), items: canvas.items)
  }
}
