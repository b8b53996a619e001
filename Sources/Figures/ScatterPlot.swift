import Typesetting

/// The points of one attack level.
public struct ScatterLevel: Sendable, Hashable {
  /// The attack level.
  public var epsilon: Double
  /// Its colour and marker.
  public var style: SeriesStyle
  /// x to the right, y upwards, in data units.
  public var points: [Point]

  public init(epsilon: Double, style: SeriesStyle, points: [Point]) {
    self.epsilon = epsilon
    self.style = style
    self.points = points
  }
}

/// One pair of axes of a scatter figure.
public struct ScatterPanel: Sendable, Hashable {
  /// Printed above the axes.
  public var title: String
  /// The last lies on top.
  public var levels: [ScatterLevel]
  /// The correlation of its points, printed beside or below the title, NaN as a dash; nil where there is none to be told.
  public var correlation: Double?
  /// "0.12–0.63", its interval: printed behind it, or on a line of its own; nil for none.
  public var interval: String?

  public init(title: String, levels: [ScatterLevel], correlation: Double? = nil, interval: String? = nil) {
    self.title = title
    self.levels = levels
    self.correlation = correlation
    self.interval = interval
  }
}

/// A marker with its meaning, for the key.
public struct ScatterMarker: Sendable, Hashable {
  /// Its shape.
  public var marker: SeriesStyle.Marker
  /// "held"
  public var name: String

  public init(_ marker: SeriesStyle.Marker, _ name: String) {
    self.marker = marker
    self.name = name
  }
}

/// Points of several attack levels, panels in rows on the same axes, one key above them.
public struct ScatterPlot: Sendable {
  /// In reading order.
  public var panels: [ScatterPanel]
  /// Of the horizontal axes.
  public var xTitle: String
  /// Of the vertical axes.
  public var yTitle: String
  /// Of the whole figure, in points.
  public var width: Double
  /// Of one panel's axes.
  public var plotHeight: Double
  /// What markers mean where they do not tell levels apart; the levels' colours then stand alone in the key.
  public var markers: [ScatterMarker]
  /// Panels beside each other at most, fewer where they would be too narrow; nil for rows that are full.
  public var mostColumns: Int?
  /// Values that the axes have to hold as well, of figures that this one is to be compared with.
  public var shared: (x: [Double], y: [Double]) = ([], [])

  public init(
    panels: [ScatterPanel], xTitle: String, yTitle: String, width: Double, plotHeight: Double = 112,
    markers: [ScatterMarker] = []
  ) {
    self.markers = markers
    self.panels = panels
    self.xTitle = xTitle
    self.yTitle = yTitle
    self.width = width
    self.plotHeight = plotHeight
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let points = panels.flatMap { $0.levels.flatMap(\.points) }.filter { $0.x.isFinite && $0.y.isFinite }
    let xTicks = Self.ticks(points.map(\.x) + shared.x.filter(\.isFinite), count: 4)
    let yTicks = Self.ticks(points.map(\.y) + shared.y.filter(\.isFinite), count: 4)
    let tickWidth = yTicks.labels.map { canvas.width($0, style.small) }.max() ?? 0
    let line = canvas.height(style.text)
    let (columns, rows) = (columnCount, rowCount)
    // A panel's last label and the next one's first stand beside each other.
    let ends = [xTicks.labels.first, xTicks.labels.last].compactMap { $0 }.map { canvas.width($0, style.small) / 2 }
    let gap = max(Self.gap, ends.reduce(0, +) + 6)
    let left = line + tickWidth + 6
    // Half of the last tick's label stands beyond the last panel.
    let tail = (xTicks.labels.last.map { canvas.width($0, style.small) } ?? 0) / 2
    let each = (width - left - tail - gap * Double(columns - 1)) / Double(columns)
    // Of narrow panels no towers.
    let height = min(plotHeight, max(60, each * 1.2))
    // Where one correlation has no room beside its title all stand below the titles.
    let titles = canvas.wrapped(panels.map(\.title), style.text, widths: [each], most: 3)
    let isBelow = panels.contains { panel in
      guard panel.correlation != nil else { return false }
      return canvas.width(panel.title, style.text) + 6 + Self.width(of: panel, canvas) > each
    }
    // An interval that has no room behind its correlation either.
    let isApart = isBelow && panels.contains { $0.interval != nil && Self.width(of: $0, canvas) > each }

    var y = drawKey(on: &canvas)
    let first = y
    for row in 0..<rows {
      y += line * Double((titles.map(\.count).max() ?? 1) + (isBelow ? 1 : 0) + (isApart ? 1 : 0)) + 4
      for column in 0..<columns where panels.indices.contains(row * columns + column) {
        let index = row * columns + column
        let box = Rect(x: left + Double(column) * (each + gap), y: y, width: each, height: height)
        // The horizontal axis is named under the lowest panel of each column.
        drawHead(titles[index], panels[index], over: box, isBelow: isBelow, isApart: isApart, on: &canvas)
        draw(
          panels[index], in: box, xTicks, yTicks,
          labelled: (left: column == 0, below: index + columns >= panels.count), on: &canvas)
      }
      y += height + 7
    }
    y += canvas.height(style.small) + 1
    let middle = left + (Double(columns) * (each + gap) - gap) / 2
    canvas.draw(xTitle, at: Point(middle, y + canvas.ascent(style.text)), .middle, font: style.text)
    canvas.draw(
      yTitle, at: Point(canvas.ascent(style.text), (first + line + y - canvas.height(style.small)) / 2), .middle,
      font: style.text, rotation: 90)
    return Frame(size: Size(width: width, height: y + line), items: canvas.items)
  }

  /// The same, with lower axes where it would be higher than `maximumHeight`; never lower than 60 points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle, maximumHeight: Double) -> Frame {
    let frame = frame(measurer: measurer, style: style)
    guard frame.size.height > maximumHeight else { return frame }
    var lower = self
    lower.plotHeight = max(60, plotHeight - (frame.size.height - maximumHeight) / Double(rowCount))
    return lower.frame(measurer: measurer, style: style)
  }

  private static let gap = 11.0

  /// How many of so many panels stand beside each other in a width, in points.
  /// - Parameter chosen: at most so many; nil for rows that are full.
  public static func columns(of count: Int, chosen: Int? = nil, width: Double) -> Int {
    // Beside the panels stand the vertical axis and half a label.
    let fitting = PanelColumns.fitting(width: width - 40, least: chosen == nil ? 74 : 60, gap: gap)
    return PanelColumns.count(of: count, fitting: fitting, chosen: chosen)
  }

  private var columnCount: Int { Self.columns(of: panels.count, chosen: mostColumns, width: width) }

  private var rowCount: Int { max(1, (panels.count + columnCount - 1) / columnCount) }

  private static func ticks(_ values: [Double], count: Int) -> Ticks {
    Ticks(enclosing: Ticks.range(withZero: values), count: count)
  }

  /// Markers with their levels, on as many lines as it takes.
  /// - Returns: the lower end.
  private func drawKey(on canvas: inout Canvas) -> Double {
    let style = canvas.style
    var known: [(epsilon: Double, style: SeriesStyle)] = []
    for level in panels.flatMap(\.levels) where !known.contains(where: { $0.epsilon == level.epsilon }) {
      known.append((level.epsilon, level.style))
    }
    let line = canvas.height(style.text)
    var (x, y) = (0.0, 0.0)
    for level in known {
      let text = "ε = " + Numbers.epsilon(level.epsilon, style.levels)
      let used = 9 + canvas.width(text, style.text)
      if x > 0, x + used > width { (x, y) = (0, y + line) }
      let base = y + canvas.ascent(style.text)
      canvas.marker(
        markers.isEmpty ? level.style.marker : .square, at: Point(x + 3, base - style.textSize * 0.32), radius: 2.1,
        colour: level.style.colour)
      canvas.draw(canvas.epsilonRuns(level.epsilon, font: style.text), at: Point(x + 9, base))
      x += used + 12
    }
    for marker in markers {
      let used = 9 + canvas.width(marker.name, style.text)
      if x > 0, x + used > width { (x, y) = (0, y + line) }
      let base = y + canvas.ascent(style.text)
      canvas.marker(marker.marker, at: Point(x + 3, base - style.textSize * 0.32), radius: 2.1, colour: style.ink)
      canvas.draw(marker.name, at: Point(x + 9, base), font: style.text)
      x += used + 12
    }
    return y + line + 2
  }

  private func draw(
    _ panel: ScatterPanel, in box: Rect, _ xTicks: Ticks, _ yTicks: Ticks,
    labelled: (left: Bool, below: Bool), on canvas: inout Canvas
  ) {
    let style = canvas.style
    func x(_ value: Double) -> Double { box.x + box.width * (value - xTicks.lower) / (xTicks.upper - xTicks.lower) }
    func y(_ value: Double) -> Double { box.maxY - box.height * (value - yTicks.lower) / (yTicks.upper - yTicks.lower) }
    for (value, label) in zip(yTicks.values, yTicks.labels) {
      canvas.line(Point(box.x, y(value)), Point(box.maxX, y(value)), style.grid)
      if labelled.left {
        canvas.draw(
          label, at: Point(box.x - 4, canvas.baseline(centredAt: y(value), style.small)), .end, colour: style.quiet)
      }
    }
    let shown = LabelPlacement.visible(
      centres: xTicks.values.map(x), widths: xTicks.labels.map { canvas.width($0, style.small) }, gap: 4)
    for (index, value) in xTicks.values.enumerated() {
      canvas.line(Point(x(value), box.y), Point(x(value), box.maxY), style.grid)
      canvas.line(Point(x(value), box.maxY), Point(x(value), box.maxY + 3), style.quiet)
      if labelled.below, shown[index] {
        canvas.draw(
          xTicks.labels[index], at: Point(x(value), box.maxY + 4 + canvas.ascent(style.small)), .middle,
          colour: style.quiet)
      }
    }
    canvas.line(Point(box.x, box.maxY), Point(box.maxX, box.maxY), style.quiet, width: 0.6)
    var isEmpty = true
    for level in panel.levels {
      var colour = level.style.colour
      colour.alpha = 0.8
      for point in level.points where point.x.isFinite && point.y.isFinite {
        isEmpty = false
        let words =
          "ε = \(Numbers.epsilon(level.epsilon, style.levels)): \(xTitle) \(Numbers.fixed(point.x, 4)), \(yTitle) "
          + Numbers.fixed(point.y, 4)
        canvas.valued(words) {
          $0.marker(level.style.marker, at: Point(x(point.x), y(point.y)), radius: 1.5, colour: colour)
        }
      }
    }
    if isEmpty {
      canvas.draw(
        "no measurements", at: Point(box.x + box.width / 2, box.y + box.height / 2), .middle, colour: style.quiet)
    }
  }

  /// "r = 0.72"
  private static func words(_ correlation: Double) -> String { "r = " + Numbers.fixed(correlation, 2) }

  /// Of the correlation and its interval on one line.
  private static func width(of panel: ScatterPanel, _ canvas: Canvas) -> Double {
    guard let correlation = panel.correlation else { return 0 }
    return canvas.width(words(correlation), canvas.style.text)
      + (panel.interval.map { canvas.width(" (\($0))", canvas.style.small) } ?? 0)
  }

  private func drawHead(
    _ title: [String], _ panel: ScatterPanel, over box: Rect, isBelow: Bool, isApart: Bool, on canvas: inout Canvas
  ) {
    let style = canvas.style
    let line = canvas.height(style.text)
    let last = box.y - 5
    let base = isApart ? last - line : last
    canvas.draw(title, endingAt: Point(box.x, isBelow ? base - line : base), font: style.text)
    guard let correlation = panel.correlation else { return }
    var runs = [
      Run(text: "r", font: canvas.italic(style.text)),
      Run(text: String(Self.words(correlation).dropFirst()), font: style.text),
    ]
    if let interval = panel.interval {
      if isApart {
        canvas.draw("(\(interval))", at: Point(box.x, last), colour: style.quiet)
      } else {
        runs.append(Run(text: " (\(interval))", font: style.small))
      }
    }
    canvas.draw(runs, at: Point(isBelow ? box.x : box.maxX, base), isBelow ? .start : .end)
  }
}
