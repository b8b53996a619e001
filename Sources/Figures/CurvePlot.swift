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

  public init(
    title: String, series: [CurveSeries], range: ClosedRange<Double>? = nil, bounds: ClosedRange<Double>? = nil
  ) {
    self.bounds = bounds
    self.title = title
    self.series = series
    self.range = range
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

  public init(panels: [CurvePanel], axis: EpsilonAxis, width: Double, plotHeight: Double = 132) {
    self.panels = panels
    self.axis = axis
    self.width = width
    self.plotHeight = plotHeight
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let gap = 16.0
    // Panels too narrow for axis, curves and labels stand one under the other.
    let columns = max(1, min(panels.count, Int((width + gap) / (140 + gap))))
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
    let bottom = rows * (top + height + below + 8) - 8
    return Frame(size: Size(width: width, height: bottom), items: canvas.items)
  }

  private func draw(_ panel: CurvePanel, in box: Rect, spacing: Double, on canvas: inout Canvas) {
    let style = canvas.style
    let values = panel.series.flatMap { $0.points.flatMap { [$0.value, $0.lower, $0.upper] } }.filter(\.isFinite)
    let range = panel.range ?? min(0, values.min() ?? 0)...max(values.max() ?? 0, 1e-9)
    let ticks = Ticks(enclosing: range).within(panel.bounds)
    let tickWidth = ticks.labels.map { canvas.width($0, style.small) }.max() ?? 0
    let labelLimit = box.width * 0.32
    let labels = canvas.shortened(panel.series.map(\.label), style.text, width: labelLimit)
    let labelWidth = labels.map { canvas.width($0, style.text) }.max() ?? 0
    let leader = 14.0
    let inset = 6.0
    let plot = Rect(
      x: box.x + tickWidth + 5, y: box.y, width: box.width - tickWidth - 5 - labelWidth - leader, height: box.height)
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
          PlacedCurve.Place(x: x($0.epsilon), value: y($0.value), lower: y($0.lower), upper: y($0.upper))
        })
    }
    canvas.draw(curves, in: plot, leader: leader, spacing: spacing)
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
    canvas.draw(
      [
        Run(text: "attack level ", font: style.text), Run(text: "ε", font: canvas.italic(style.text)),
      ], at: Point(plot.x + plot.width / 2, base + canvas.height(style.text) + 1), .middle, colour: style.ink)
  }
}
