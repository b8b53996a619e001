import Typesetting

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
  /// What the key calls the panels' marks; nil where there are none.
  public var markTitle: String?
  /// Panels beside each other at most, fewer where they would be too narrow; nil for rows that are full.
  public var mostColumns: Int?
  /// So many panels belong together and begin a row; nil for all of them.
  public var perBlock: Int?

  public init(panels: [CurvePanel], axis: EpsilonAxis, width: Double, plotHeight: Double = 132) {
    self.panels = panels
    self.axis = axis
    self.width = width
    self.plotHeight = plotHeight
  }

  private static let gap = 16.0
  /// Between the axes and the curves' names, where thin lines tie moved names to their ends.
  private static let leader = 14.0

  /// Panels beside each other: too narrow for axis, curves and labels they stand one under the other.
  public var columns: Int {
    let names = panels.contains { $0.series.contains { !$0.label.isEmpty } }
    let fitting = PanelColumns.fitting(width: width, least: names ? 140 : 100, gap: Self.gap)
    let count = min(perBlock ?? panels.count, panels.count)
    return PanelColumns.count(of: count, fitting: fitting, chosen: mostColumns)
  }

  /// Of panels, one under the other.
  public var rows: Int {
    let (columns, block) = (columns, block)
    return max(1, (panels.count + block - 1) / block) * ((block + columns - 1) / columns)
  }

  private var block: Int { max(1, min(perBlock ?? panels.count, panels.count)) }

  /// Whether two named panels stand beside each other in a width, in points.
  public static func isBeside(width: Double) -> Bool { PanelColumns.fitting(width: width, least: 140, gap: gap) > 1 }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let gap = Self.gap
    let (columns, block) = (columns, block)
    let each = (width - gap * Double(columns - 1)) / Double(columns)
    let names = panels.map {
      canvas.wrapped($0.series.map(\.label), style.text, widths: Self.nameShares.map { $0 * each })
    }
    let spacing = canvas.nameSpacing
    let height = max(plotHeight, names.map { $0.reduce(0) { $0 + spacing * Double($1.count) } }.max() ?? 0)
    let titles = canvas.wrapped(panels.map(\.title), style.text, widths: [each], most: 3)
    let top = canvas.height(style.text) * Double(titles.map(\.count).max() ?? 1) + 7
    let below = 6 + canvas.height(style.small) + canvas.height(style.text) + 1
    for (index, panel) in panels.enumerated() {
      let place = index % block
      let row = index / block * ((block + columns - 1) / columns) + place / columns
      let left = Double(place % columns) * (each + gap)
      let y = Double(row) * (top + height + below + 8) + top
      canvas.draw(
        titles[index], endingAt: Point(left, y - canvas.height(style.text) - 7 + canvas.ascent(style.text)),
        font: style.text)
      draw(panel, named: names[index], in: Rect(x: left, y: y, width: each, height: height), on: &canvas)
    }
    var bottom = Double(rows) * (top + height + below + 8) - 8
    if companionTitle != nil || markTitle != nil { bottom = drawKey(from: bottom + 4, on: &canvas) }
    return Frame(size: Size(width: width, height: bottom), items: canvas.items)
  }

  /// Of a panel's width, that names at the curves' ends may take: as little as holds all of them whole, on two lines at most.
  private static let nameShares = [0.32, 0.37, 0.42, 0.47]

  private func draw(_ panel: CurvePanel, named names: [[String]], in box: Rect, on canvas: inout Canvas) {
    let style = canvas.style
    let values = panel.values
    let ticks = panel.ticks
    let tickLabels = panel.tickLabels
    let tickWidth = tickLabels.map { canvas.width($0, style.small) }.max() ?? 0
    let nameWidth = names.joined().map { canvas.width($0, style.text) }.max() ?? 0
    // Without names there is nothing to lead to.
    let leader = nameWidth > 0 ? Self.leader : 3
    let plot = Rect(
      x: box.x + tickWidth + 5, y: box.y, width: box.width - tickWidth - 5 - nameWidth - leader, height: box.height)
    let stops = ((axis.showsZero ? [0] : []) + axis.epsilons).map(axis.position)
    let room = (zip(stops, stops.dropFirst()).map { $1 - $0 }.min() ?? 1) * plot.width
    // Room for markers of curves that stand beside each other.
    let inset =
      (panel.marks.isEmpty ? 6 : 6 + Self.markLength / 2) + Canvas.step(panel.series.count, room: room)
      * Double(max(0, panel.series.count - 1)) / 2
    func x(_ epsilon: Double) -> Double { plot.x + inset + (plot.width - 2 * inset) * axis.position(epsilon) }
    func y(_ value: Double) -> Double {
      plot.maxY - plot.height * (value - ticks.lower) / (ticks.upper - ticks.lower)
    }

    for (value, label) in zip(ticks.values, tickLabels) {
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

    let curves = zip(panel.series, names).map { series, name in
      PlacedCurve(
        name: name, style: series.style,
        places: series.points.map {
          PlacedCurve.Place(
            x: x($0.epsilon), value: y($0.value), lower: y($0.lower), upper: y($0.upper),
            words: series.label + ", ε = " + Numbers.epsilon($0.epsilon, style.levels) + ": " + panel.told($0))
        }, isBrokenBehindFirst: axis.isBroken && series.points.first?.epsilon == 0)
    }
    for companion in panel.companions {
      let points = companion.points.filter { $0.value.isFinite && !(axis.isBroken && $0.epsilon == 0) }
      canvas.draw(
        companion: points.map { Point(x($0.epsilon), y($0.value)) }, companion.style.colour, companion.style.marker)
    }
    canvas.draw(curves, in: plot, room: room, leader: leader)
    // Over the thin lines to the curves' names, and cased in white, so that none looks like a part of one.
    for mark in panel.marks where mark.value.isFinite {
      canvas.valued("\(mark.label): \(Numbers.fixed(mark.value, 4))") {
        // In grey print its shape tells whose it is.
        Self.draw(mark.style.marker, mark.style.colour, at: Point(plot.maxX + 0.5, y(mark.value)), on: &$0)
      }
    }
  }

  /// Of a tick for a value that does not depend on the attack level: the last curve's end keeps clear of it.
  private static let markLength = 4.5

  /// A short tick with its marker at the right end.
  private static func draw(_ marker: SeriesStyle.Marker, _ colour: Colour, at end: Point, on canvas: inout Canvas) {
    let start = Point(end.x - markLength - 0.5, end.y)
    canvas.line(Point(start.x - 0.8, start.y), end, .white, width: 3)
    canvas.marker(marker, at: end, radius: 2.8, colour: .white)
    canvas.line(start, end, colour, width: 1.4)
    canvas.marker(marker, at: end, radius: 1.7, colour: colour)
  }

  /// Samples of what has no name at its end, on one line where there is room.
  /// - Returns: where they end.
  private func drawKey(from top: Double, on canvas: inout Canvas) -> Double {
    let style = canvas.style
    let line = canvas.height(style.small) + 2
    var (x, y) = (0.0, top)
    for (title, isMark) in [(companionTitle, false), (markTitle, true)] {
      guard let title else { continue }
      let sample = isMark ? 12.0 : 24.0
      let used = sample + canvas.width(title, style.small)
      if x > 0, x + used > width { (x, y) = (0, y + line) }
      if isMark {
        Self.draw(.circle, style.ink, at: Point(x + Self.markLength + 1, y + line / 2), on: &canvas)
      } else {
        canvas.draw(companion: [Point(x, y + line / 2), Point(x + 19, y + line / 2)], style.ink, .circle)
      }
      canvas.draw(
        canvas.fitted(title, style.small, width: max(0, width - x - sample)),
        at: Point(x + sample, canvas.baseline(centredAt: y + line / 2, style.small)), colour: style.quiet)
      x += used + 14
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
