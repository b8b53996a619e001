import Typesetting

/// One measured value at a layer, with its 95% interval.
public struct DepthPoint: Sendable, Hashable {
  /// Into the plot's layers.
  public var layer: Int
  /// In the units of the vertical axis.
  public var value: Double
  /// The interval's lower end.
  public var lower: Double
  /// And its upper end.
  public var upper: Double

  public init(layer: Int, value: Double, lower: Double, upper: Double) {
    self.layer = layer
    self.value = value
    self.lower = lower
    self.upper = upper
  }
}

/// A curve over the layers at one attack level.
public struct DepthCurve: Sendable, Hashable {
  /// The attack level.
  public var epsilon: Double
  /// Its colour, dash and marker.
  public var style: SeriesStyle
  /// By layer, ascending.
  public var points: [DepthPoint]

  public init(epsilon: Double, style: SeriesStyle, points: [DepthPoint]) {
    self.epsilon = epsilon
    self.style = style
    self.points = points
  }
}

/// Curves over the layers of a network, from its input on the left to its output, a curve for each attack level.
public struct DepthPlot: ResizableFigure {
  /// In network order.
  public var layers: [String]
  /// By ascending attack level.
  public var curves: [DepthCurve]
  /// Of the vertical axis.
  public var title: String
  /// Of the whole figure, in points.
  public var width: Double
  /// Of the axes, without titles and labels; taller when the labels need it.
  public var plotHeight: Double
  /// The greatest value on the vertical axis at least; figures that are to be compared share it.
  public var least: Double
  /// Beyond which there are no values, so that the axis ends there.
  public var bounds: ClosedRange<Double>?

  public init(
    layers: [String], curves: [DepthCurve], title: String = "MOD", width: Double, plotHeight: Double = 150,
    least: Double = 0, bounds: ClosedRange<Double>? = nil
  ) {
    self.title = title
    self.bounds = bounds
    self.layers = layers
    self.curves = curves
    self.width = width
    self.plotHeight = plotHeight
    self.least = least
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let values = curves.flatMap { $0.points.flatMap { [$0.value, $0.upper] } }.filter(\.isFinite)
    let ticks = Ticks(enclosing: Ticks.range(withZero: [least] + values)).within(bounds)
    let spacing = canvas.nameSpacing
    let height = max(plotHeight, spacing * Double(curves.count))
    let labels = curves.map { "ε = " + Numbers.epsilon($0.epsilon, style.levels) }
    let labelWidth = labels.map { canvas.width($0, style.text) }.max() ?? 0
    let tickWidth = ticks.labels.map { canvas.width($0, style.small) }.max() ?? 0
    let leader = 14.0
    let top = canvas.height(style.text) + 7
    let left = tickWidth + 5
    let plot = Rect(x: left, y: top, width: width - left - labelWidth - leader, height: height)
    let inset = 8.0
    let step = layers.count > 1 ? (plot.width - 2 * inset) / Double(layers.count - 1) : 0
    func x(_ layer: Int) -> Double {
      layers.count > 1 ? plot.x + inset + step * Double(layer) : plot.x + plot.width / 2
    }
    func y(_ value: Double) -> Double { plot.maxY - plot.height * (value - ticks.lower) / (ticks.upper - ticks.lower) }

    canvas.draw(
      canvas.fitted(title, style.text, width: width), at: Point(0, canvas.ascent(style.text)), font: style.text)
    for (value, label) in zip(ticks.values, ticks.labels) {
      canvas.line(Point(plot.x, y(value)), Point(plot.maxX, y(value)), style.grid)
      canvas.draw(
        label, at: Point(plot.x - 4, canvas.baseline(centredAt: y(value), style.small)), .end, colour: style.quiet)
    }
    canvas.line(Point(plot.x, plot.maxY), Point(plot.maxX, plot.maxY), style.quiet, width: 0.6)
    let under = drawLayers(under: plot, step: step, x: x, on: &canvas)
    canvas.draw(
      curves.map { curve in
        PlacedCurve(
          name: ["ε = " + Numbers.epsilon(curve.epsilon, style.levels)], style: curve.style,
          places: curve.points.map {
            PlacedCurve.Place(
              x: x($0.layer), value: y($0.value), lower: y($0.lower), upper: y($0.upper),
              words: (layers.indices.contains($0.layer) ? layers[$0.layer] + ", " : "") + "ε = "
                + Numbers.epsilon(curve.epsilon, style.levels) + ": " + Numbers.told($0.value, $0.lower, $0.upper))
          })
      }, in: plot, room: layers.count > 1 ? step : plot.width, leader: leader)
    let base = under + canvas.ascent(style.text) + 3
    let words = "layer, from the input to the output"
    canvas.draw(
      canvas.width(words, style.text) <= plot.width ? words : "layer", at: Point(plot.x + plot.width / 2, base),
      .middle,
      font: style.text)
    let bottom = base + canvas.height(style.text) - canvas.ascent(style.text)
    return Frame(size: Size(width: width, height: bottom), items: canvas.items)
  }

  /// Names under the axis: beside each other where they fit, otherwise upright, and where there are too many for that
  /// every second, third ... counted from the last.
  /// - Returns: the lower end of the names.
  private func drawLayers(under plot: Rect, step: Double, x: (Int) -> Double, on canvas: inout Canvas) -> Double {
    let style = canvas.style
    let widest = layers.map { canvas.width($0, style.small) }.max() ?? 0
    let top = plot.maxY + 5
    for layer in layers.indices {
      canvas.line(Point(x(layer), plot.maxY), Point(x(layer), plot.maxY + 3), style.quiet)
    }
    let outermost = x(0) - plot.x + 5
    if layers.count == 1 || (widest + 5 <= step && widest / 2 <= outermost + 4) {
      let base = top + canvas.ascent(style.small)
      for (layer, name) in layers.enumerated() {
        canvas.draw(name, at: Point(x(layer), base), .middle, colour: style.quiet)
      }
      return top + canvas.height(style.small)
    }
    let line = canvas.height(style.small)
    let stride = max(1, Int((line / max(step, 0.1)).rounded(.up)))
    let limit = 90.0
    var lowest = 0.0
    for (layer, name) in layers.enumerated() where (layers.count - 1 - layer) % stride == 0 {
      let text = canvas.shortened(name, style.small, width: limit)
      lowest = max(lowest, canvas.width(text, style.small))
      canvas.draw(
        text, at: Point(x(layer) + style.smallSize * 0.32, top), .end, font: style.small, colour: style.quiet,
        rotation: 90)
    }
    return top + lowest
  }
}
