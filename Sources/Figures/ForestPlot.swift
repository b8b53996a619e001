import Typesetting

/// One difference with its interval.
public struct ForestRow: Sendable, Hashable {
  /// Printed before it.
  public var label: String
  /// In the units of the axis.
  public var value: Double
  /// The interval's lower end; not finite where there is none.
  public var lower: Double
  /// And its upper end.
  public var upper: Double
  /// Printed behind it: "p = 0.012".
  public var note: String
  /// Whether it is more than chance: a full marker, in colour.
  public var isClear: Bool

  public init(label: String, value: Double, lower: Double, upper: Double, note: String, isClear: Bool) {
    self.label = label
    self.value = value
    self.lower = lower
    self.upper = upper
    self.note = note
    self.isClear = isClear
  }

  /// The label in two, the second from the minus on; or as it is.
  var names: [String] {
    guard let minus = label.firstRange(of: " −") else { return [label] }
    return [String(label[..<minus.lowerBound]), String(label[label.index(after: minus.lowerBound)...])]
  }
}

/// Differences below each other on one axis, with a line at 0.
public struct ForestPlot: Sendable {
  /// From above.
  public var rows: [ForestRow]
  /// Of the axis.
  public var title: String
  /// Of the whole figure, in points.
  public var width: Double
  /// What the axis holds at least, so that figures share it.
  public var shared: ClosedRange<Double>?
  /// Labels that are wider than there is room take two lines while the figure is not higher than this, in points.
  public var maximumHeight: Double

  public init(
    rows: [ForestRow], title: String, width: Double, shared: ClosedRange<Double>? = nil,
    maximumHeight: Double = .infinity
  ) {
    self.maximumHeight = maximumHeight
    self.rows = rows
    self.title = title
    self.width = width
    self.shared = shared
  }

  /// From the least to the greatest end of some rows, 0 among them.
  public static func range(of rows: [ForestRow]) -> ClosedRange<Double> {
    Ticks.range(withZero: rows.flatMap { [$0.value, $0.lower, $0.upper] }.filter(\.isFinite))
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let ticks = Ticks(enclosing: shared ?? Self.range(of: rows), count: 5)
    let height = canvas.height(style.text) + 3
    let foot = 5 + canvas.height(style.small) + canvas.height(style.text)
    let room = width * 0.4
    var labels = zip(rows, canvas.wrapped(rows.map(\.label), style.text, widths: [room], most: 4)).map { row, lines in
      // Where both names of a difference fit, each has a line of its own.
      let names = row.names
      return lines.count > 1 && names.allSatisfy { canvas.width($0, style.text) <= room } ? names : lines
    }
    func heights() -> [Double] { labels.map { height + canvas.height(style.text) * Double($0.count - 1) } }
    if heights().reduce(2 + foot, +) > maximumHeight {
      labels = rows.map { row in
        canvas.width(row.label, style.text) <= room
          ? [row.label] : row.names.map { canvas.shortened($0, style.text, width: room) }
      }
    }
    if heights().reduce(2 + foot, +) > maximumHeight {
      labels = canvas.shortened(rows.map(\.label), style.text, width: room).map { [$0] }
    }
    let heightsOfRows = heights()
    let left = (labels.joined().map { canvas.width($0, style.text) }.max() ?? 0) + 8
    let notes = (rows.map { canvas.width($0.note, style.small) }.max() ?? 0) + 8
    let half = (ticks.labels.map { canvas.width($0, style.small) }.max() ?? 0) / 2
    let plot = Rect(
      x: left + half, y: 2, width: max(20, width - left - notes - 2 * half),
      height: rows.isEmpty ? height : heightsOfRows.reduce(0, +))
    func x(_ value: Double) -> Double {
      plot.x + plot.width * (value - ticks.lower) / (ticks.upper - ticks.lower)
    }
    for value in ticks.values { canvas.line(Point(x(value), plot.y), Point(x(value), plot.maxY), style.grid) }
    canvas.line(Point(x(0), plot.y), Point(x(0), plot.maxY), style.ink, width: 0.7)
    for (index, row) in rows.enumerated() {
      let centre = plot.y + heightsOfRows[..<index].reduce(0, +) + heightsOfRows[index] / 2
      let down = canvas.height(style.text) * Double(labels[index].count - 1) / 2
      canvas.draw(
        labels[index], endingAt: Point(0, canvas.baseline(centredAt: centre + down, style.text)), font: style.text)
      guard row.value.isFinite else { continue }
      let colour = row.isClear ? Palette.style(0).colour : style.quiet
      if row.lower.isFinite, row.upper.isFinite {
        canvas.line(Point(x(row.lower), centre), Point(x(row.upper), centre), colour, width: 1.1)
      }
      canvas.valued("\(row.label): \(Numbers.told(row.value, row.lower, row.upper)), \(row.note)") {
        $0.marker(row.isClear ? .circle : .ring, at: Point(x(row.value), centre), radius: 2.4, colour: colour)
      }
      canvas.draw(
        row.note, at: Point(width, canvas.baseline(centredAt: centre, style.small)), .end,
        colour: row.isClear ? style.ink : style.quiet)
    }
    canvas.line(Point(plot.x, plot.maxY), Point(plot.maxX, plot.maxY), style.quiet, width: 0.6)
    let below = plot.maxY + 3 + canvas.ascent(style.small)
    for (value, label) in zip(ticks.values, ticks.labels) {
      canvas.draw(label, at: Point(x(value), below), .middle, colour: style.quiet)
    }
    let titleBase = plot.maxY + 5 + canvas.height(style.small) + canvas.ascent(style.text)
    canvas.draw(title, at: Point(plot.x + plot.width / 2, titleBase), .middle, font: style.text)
    return Frame(
      size: Size(width: width, height: plot.maxY + foot), items: canvas.items)
  }
}
