import Typesetting

/// One measured value at an attack level, with its 95% interval.
public struct CurvePoint: Sendable, Hashable {
  /// The attack level.
  public var epsilon: Double
  /// In the units of the vertical axis.
  public var value: Double
  /// The interval's lower end.
  public var lower: Double
  /// And its upper end.
  public var upper: Double

  public init(epsilon: Double, value: Double, lower: Double, upper: Double) {
    self.epsilon = epsilon
    self.value = value
    self.lower = lower
    self.upper = upper
  }
}

/// A curve: points by ascending epsilon, the name that is printed at its end, and its look.
public struct CurveSeries: Sendable, Hashable {
  /// Printed at the curve's end.
  public var label: String
  /// Its colour, dash and marker.
  public var style: SeriesStyle
  /// By ascending epsilon.
  public var points: [CurvePoint]

  public init(label: String, style: SeriesStyle, points: [CurvePoint]) {
    self.label = label
    self.style = style
    self.points = points
  }
}

/// One pair of axes of a curve figure.
public struct CurvePanel: Sendable, Hashable {
  /// Printed above the axes.
  public var title: String
  /// In the order in which they are drawn: the last lies on top.
  public var series: [CurveSeries]
  /// The vertical axis; nil takes rounded limits around 0 and every interval.
  public var range: ClosedRange<Double>?
  /// Beyond which there are no values, so that the axis ends there.
  public var bounds: ClosedRange<Double>?

  /// What the curves are held against: dotted, without intervals and names.
  public var companions: [CurveSeries] = []
  /// Values on the vertical axis, drawn across it; a band from the least to the greatest where lines would lie too close.
  public var lines: [Line] = []

  /// A value that does not depend on the attack level.
  public struct Line: Sendable, Hashable {
    /// On the vertical axis.
    public var value: Double
    /// Its colour, and its marker at the left end.
    public var style: SeriesStyle

    public init(value: Double, style: SeriesStyle) {
      self.value = value
      self.style = style
    }
  }

  public init(
    title: String, series: [CurveSeries], range: ClosedRange<Double>? = nil, bounds: ClosedRange<Double>? = nil
  ) {
    self.bounds = bounds
    self.title = title
    self.series = series
    self.range = range
  }
}

extension CurvePanel {
  /// Everything that the vertical axis has to hold.
  var values: [Double] {
    (series.flatMap { $0.points.flatMap { [$0.value, $0.lower, $0.upper] } }
      + companions.flatMap { $0.points.map(\.value) } + lines.map(\.value)).filter(\.isFinite)
  }

  /// Of the vertical axis.
  var ticks: Ticks {
    Ticks(enclosing: range ?? Ticks.range(withZero: values)).within(bounds)
  }

  /// Of the lines, where they are too many to be told apart, or on average less than a fortieth of the axis apart.
  var band: ClosedRange<Double>? {
    guard let least = lines.map(\.value).min(), let greatest = lines.map(\.value).max(), lines.count > 2 else {
      return nil
    }
    let ticks = ticks
    let isClose = greatest - least < Double(lines.count - 1) * (ticks.upper - ticks.lower) / 40
    return isClose || lines.count > 6 ? least...greatest : nil
  }
}

/// Curves against the attack level, panels side by side on one horizontal axis, each curve named at its end.
public struct CurvePlot: Sendable {
  /// From left to right.
  public var panels: [CurvePanel]
  /// The horizontal one, of all panels.
  public var axis: EpsilonAxis
  /// Of the whole figure, in points.
  public var width: Double
  /// Of the axes, without titles and labels; taller when the labels need it.
  public var plotHeight: Double
  /// What the key calls the panels' companions; nil where there are none.
  public var companionTitle: String?
  /// What it calls their lines.
  public var lineTitle: String?
  /// Panels beside each other at most; nil for as many as are wide enough.
  public var mostColumns: Int?

  public init(panels: [CurvePanel], axis: EpsilonAxis, width: Double, plotHeight: Double = 132) {
    self.panels = panels
    self.axis = axis
    self.width = width
    self.plotHeight = plotHeight
  }

  private static let gap = 16.0

  /// Panels beside each other: too narrow for axis, curves and labels they stand one under the other.
  public var columns: Int { Self.columns(of: min(panels.count, mostColumns ?? .max), width: width) }

  /// How many of so many panels stand beside each other in a width, in points.
  public static func columns(of panels: Int, width: Double) -> Int {
    max(1, min(panels, Int((width + gap) / (140 + gap))))
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let gap = Self.gap
    let columns = columns
    let each = (width - gap * Double(columns - 1)) / Double(columns)
    let spacing = canvas.height(style.text) * 0.98
    let most = panels.map(\.series.count).max() ?? 0
    let height = max(plotHeight, spacing * Double(most))
    let top = canvas.height(style.text) + 7
    let below = 6 + canvas.height(style.small) + canvas.height(style.text) + 1
    for (index, panel) in panels.enumerated() {
      let left = Double(index % columns) * (each + gap)
      let y = Double(index / columns) * (top + height + below + 8) + top
      draw(panel, in: Rect(x: left, y: y, width: each, height: height), spacing: spacing, on: &canvas)
    }
    let rows = Double((max(1, panels.count) + columns - 1) / columns)
    var bottom = rows * (top + height + below + 8) - 8
    if companionTitle != nil || lineTitle != nil { bottom = drawKey(from: bottom + 4, on: &canvas) }
    return Frame(size: Size(width: width, height: bottom), items: canvas.items)
  }

  private func draw(_ panel: CurvePanel, in box: Rect, spacing: Double, on canvas: inout Canvas) {
    let style = canvas.style
    let values = panel.values
    let ticks = panel.ticks
    let tickWidth = ticks.labels.map { canvas.width($0, style.small) }.max() ?? 0
    let labelLimit = box.width * 0.32
    let labels = canvas.shortened(panel.series.map(\.label), style.text, width: labelLimit)
    let labelWidth = labels.map { canvas.width($0, style.text) }.max() ?? 0
    let leader = 14.0
    let plot = Rect(
      x: box.x + tickWidth + 5, y: box.y, width: box.width - tickWidth - 5 - labelWidth - leader, height: box.height)
    let stops = ((axis.showsZero ? [0] : []) + axis.epsilons).map(axis.position)
    let room = (zip(stops, stops.dropFirst()).map { $1 - $0 }.min() ?? 1) * plot.width
    // Room for markers of curves that stand beside each other.
    let inset = 6 + Canvas.step(panel.series.count, room: room) * Double(max(0, panel.series.count - 1)) / 2
    func x(_ epsilon: Double) -> Double { plot.x + inset + (plot.width - 2 * inset) * axis.position(epsilon) }
    func y(_ value: Double) -> Double {
      plot.maxY - plot.height * (value - ticks.lower) / (ticks.upper - ticks.lower)
    }

    canvas.draw(
      canvas.fitted(panel.title, style.text, width: box.width),
      at: Point(box.x, box.y - canvas.height(style.text) - 7 + canvas.ascent(style.text)),
      font: style.text)
    for (value, label) in zip(ticks.values, ticks.labels) {
      canvas.line(Point(plot.x, y(value)), Point(plot.maxX, y(value)), style.grid)
      canvas.draw(
        label, at: Point(plot.x - 4, canvas.baseline(centredAt: y(value), style.small)), .end, colour: style.quiet)
    }
    drawEpsilons(under: plot, x: x, on: &canvas)
    guard !values.isEmpty else {
      canvas.draw(
        "no measurements", at: Point(plot.x + plot.width / 2, plot.y + plot.height / 2), .middle, colour: style.quiet)
      return
    }

    let curves = zip(panel.series, labels).map { series, label in
      PlacedCurve(
        label: label, style: series.style,
        places: series.points.map {
          PlacedCurve.Place(
            x: x($0.epsilon), value: y($0.value), lower: y($0.lower), upper: y($0.upper),
            words: series.label + ", ε = " + Numbers.epsilon($0.epsilon, style.levels) + ": "
              + Numbers.told($0.value, $0.lower, $0.upper))
        }, isBrokenBehindFirst: axis.isBroken && series.points.first?.epsilon == 0)
    }
    // Nothing leads across a break of the axis.
    let start = axis.isBroken ? axis.epsilons.first.map { (x(0) + x($0)) / 2 + 4 } ?? plot.x : plot.x
    if let band = panel.band {
      canvas.draw(
        band: y(band.upperBound)...y(band.lowerBound),
        in: Rect(x: start, y: plot.y, width: plot.maxX - start, height: plot.height))
    } else {
      for line in panel.lines {
        canvas.line(Point(start, y(line.value)), Point(plot.maxX, y(line.value)), line.style.colour, width: 0.5)
        canvas.marker(line.style.marker, at: Point(start, y(line.value)), radius: 1.8, colour: line.style.colour)
      }
    }
    for companion in panel.companions {
      let points = companion.points.filter { $0.value.isFinite && !(axis.isBroken && $0.epsilon == 0) }
      canvas.draw(companion: points.map { Point(x($0.epsilon), y($0.value)) }, companion.style.colour)
    }
    canvas.draw(curves, in: plot, room: room, leader: leader, spacing: spacing)
  }

  /// Samples of what has no name at its end, beside each other or, where they do not fit, one under the other.
  /// - Returns: where it ends.
  private func drawKey(from top: Double, on canvas: inout Canvas) -> Double {
    let style = canvas.style
    let isBand = panels.contains { $0.band != nil }
    let line = canvas.height(style.small) + 2
    var (x, y) = (0.0, top)
    for (title, isLine) in [(companionTitle, false), (lineTitle, true)] {
      guard let title else { continue }
      let text = canvas.fitted(title, style.small, width: max(0, width - 24))
      let needed = 24 + canvas.width(text, style.small)
      if x > 0, x + needed > width { (x, y) = (0, y + line) }
      let middle = y + line / 2
      if !isLine {
        canvas.draw(companion: [Point(x, middle), Point(x + 19, middle)], style.ink)
      } else if isBand {
        canvas.draw(band: middle - 3...middle + 3, in: Rect(x: x, y: y, width: 19, height: line))
      } else {
        canvas.line(Point(x, middle), Point(x + 19, middle), style.ink, width: 0.5)
      }
      canvas.draw(text, at: Point(x + 24, canvas.baseline(centredAt: middle, style.small)), colour: style.quiet)
      x += needed + 16
    }
    return y + line
  }

  private func drawEpsilons(under plot: Rect, x: (Double) -> Double, on canvas: inout Canvas) {
    let style = canvas.style
    let levels = (axis.showsZero ? [0] : []) + axis.epsilons
    let axisColour = style.quiet
    if axis.isBroken, let first = axis.epsilons.first {
      // Two slanted strokes say that the axis is not to scale between the control and the first level.
      let middle = (x(0) + x(first)) / 2
      canvas.line(Point(plot.x, plot.maxY), Point(middle - 1.5, plot.maxY), axisColour, width: 0.6)
      canvas.line(Point(middle + 1.5, plot.maxY), Point(plot.maxX, plot.maxY), axisColour, width: 0.6)
      for shift in [-1.5, 1.5] {
        canvas.line(
          Point(middle + shift - 1.5, plot.maxY + 3), Point(middle + shift + 1.5, plot.maxY - 3), axisColour, width: 0.6
        )
      }
    } else {
      canvas.line(Point(plot.x, plot.maxY), Point(plot.maxX, plot.maxY), axisColour, width: 0.6)
    }
    let texts = levels.map { $0 == 0 ? "0" : Numbers.epsilon($0, style.levels) }
    let shown = LabelPlacement.visible(
      centres: levels.map(x), widths: texts.map { canvas.width($0, style.small) }, gap: 4)
    let base = plot.maxY + 5 + canvas.ascent(style.small)
    for (index, level) in levels.enumerated() {
      canvas.line(Point(x(level), plot.maxY), Point(x(level), plot.maxY + 3), axisColour)
      if shown[index] { canvas.draw(texts[index], at: Point(x(level), base), .middle, colour: style.quiet) }
    }
    let titles = [("attack level ", axis.spacingWords), ("", axis.spacingWords), ("", "")].map { head, tail in
      [head, "ε", tail].enumerated().map { index, text in
        Run(text: text, font: index == 1 ? canvas.italic(style.text) : style.text)
      }
    }
    // Somewhat beyond the axis there is nothing else.
    let fitting = titles.first { runs in
      runs.reduce(0) { $0 + canvas.width($1.text, $1.font) } <= plot.width + 20
    }
    canvas.draw(
      fitting ?? titles[2], at: Point(plot.x + plot.width / 2, base + canvas.height(style.text) + 1), .middle,
      colour: style.ink)
  }
}
