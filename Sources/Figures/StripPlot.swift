import Results
import Typesetting

/// The values of one group of images: dots where they are few, a box where they are many.
public struct Strip: Sendable, Hashable {
  /// Finite.
  public var values: [Double]
  /// Drawn as a line; not finite where there is none.
  public var mean: Double

  public init(values: [Double], mean: Double) {
    self.values = values
    self.mean = mean
  }
}

/// Two groups at one attack level.
public struct StripPair: Sendable, Hashable {
  /// The upper strip, hollow.
  public var held: Strip
  /// The lower strip, filled.
  public var flipped: Strip

  public init(held: Strip, flipped: Strip) {
    self.held = held
    self.flipped = flipped
  }
}

/// One series with its pairs of strips.
public struct StripRow: Sendable, Hashable {
  /// Printed above the row.
  public var label: String
  /// Its colour; the groups differ by shape and filling.
  public var style: SeriesStyle
  /// One for each epsilon; nil where the series was not attacked.
  public var panels: [StripPair?]

  public init(label: String, style: SeriesStyle, panels: [StripPair?]) {
    self.label = label
    self.style = style
    self.panels = panels
  }
}

/// Pairs that held and pairs that flipped beside each other: rows series, columns attack levels, one axis for all.
public struct StripPlot: Sendable {
  /// A strip of more values is a box: dots would lie on each other.
  public static let mostDots = 60

  /// From above.
  public var rows: [StripRow]
  /// Of the columns, ascending.
  public var epsilons: [Double]
  /// Of all rows.
  public var measure: MeasureScale
  /// Of the whole figure, in points.
  public var width: Double
  /// The greatest value of a larger comparison that the axis is shared with; nil takes the plot's own.
  public var sharedMaximum: Double?

  /// Of a row, in points: name, counts, two strips, space.
  static let stripHeight = 13.0

  public init(
    rows: [StripRow], epsilons: [Double], measure: MeasureScale, width: Double, sharedMaximum: Double? = nil
  ) {
    self.rows = rows
    self.epsilons = epsilons
    self.measure = measure
    self.width = width
    self.sharedMaximum = sharedMaximum
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let pairs = rows.flatMap { $0.panels.compactMap { $0 } }
    let greatest = sharedMaximum ?? pairs.flatMap { $0.held.values + $0.flipped.values }.max() ?? 0
    let ticks = Ticks(enclosing: Ticks.range(withZero: [greatest]), count: 3).within(measure.bounds)
    let line = canvas.height(style.small)
    let gap = 12.0
    let left = ["held", "flipped"].map { canvas.width($0, style.small) }.max().map { $0 + 6 } ?? 0
    let tail = (ticks.labels.last.map { canvas.width($0, style.small) } ?? 0) / 2
    let columns = Double(max(1, epsilons.count))
    let panelWidth = min((width - left - tail - gap * (columns - 1)) / columns, 200)
    func x(_ column: Int) -> Double { left + Double(column) * (panelWidth + gap) }

    var y = canvas.height(style.text) + 2
    for (column, epsilon) in epsilons.enumerated() {
      canvas.draw(
        canvas.epsilonRuns(epsilon, font: style.text), at: Point(x(column) + panelWidth / 2, canvas.ascent(style.text)),
        .middle)
    }
    for row in rows {
      canvas.draw(
        [Run(text: canvas.fitted(row.label, style.text, width: width - left), font: style.text)],
        at: Point(left, y + canvas.ascent(style.text)), colour: row.style.textColour)
      y += canvas.height(style.text) + line + 2
      for (strip, name) in ["held", "flipped"].enumerated() {
        let centre = y + (Double(strip) + 0.5) * Self.stripHeight
        canvas.draw(
          name, at: Point(left - 6, canvas.baseline(centredAt: centre, style.small)), .end, colour: style.quiet)
      }
      for (column, panel) in row.panels.enumerated() {
        let box = Rect(x: x(column), y: y, width: panelWidth, height: 2 * Self.stripHeight)
        draw(panel, row.style, in: box, ticks, on: &canvas)
      }
      y += 2 * Self.stripHeight + 5
    }
    let below = y - 2 + canvas.ascent(style.small)
    for column in epsilons.indices {
      for (index, value) in ticks.values.enumerated()
      where index == 0 || index == ticks.values.count - 1 || ticks.values.count < 4 {
        // At its right end a panel's last label would run into the next panel's first.
        if index == ticks.values.count - 1, column < epsilons.count - 1 { continue }
        canvas.draw(
          ticks.labels[index], at: Point(x(column) + panelWidth * value / ticks.upper, below), .middle,
          colour: style.quiet)
      }
    }
    y += line + 1
    let middle = left + (columns * (panelWidth + gap) - gap) / 2
    canvas.draw(measure.title, at: Point(middle, y + canvas.ascent(style.text)), .middle, font: style.text)
    return Frame(size: Size(width: width, height: y + canvas.height(style.text)), items: canvas.items)
  }

  private func draw(_ pair: StripPair?, _ look: SeriesStyle, in box: Rect, _ ticks: Ticks, on canvas: inout Canvas) {
    let style = canvas.style
    for value in ticks.values {
      let place = box.x + box.width * value / ticks.upper
      canvas.line(Point(place, box.y), Point(place, box.maxY), style.grid)
    }
    canvas.line(Point(box.x, box.maxY), Point(box.maxX, box.maxY), style.quiet, width: 0.6)
    let centre = Point(box.x + box.width / 2, box.y - 3.5)
    guard let pair else {
      canvas.draw("not attacked", at: centre, .middle, colour: style.quiet)
      return
    }
    let (held, flipped) = (pair.held.values.count, pair.flipped.values.count)
    let words = "\(Numbers.grouped(held)) held, \(Numbers.grouped(flipped)) flipped"
    let fits = canvas.width(words, style.small) <= box.width
    canvas.draw(
      fits ? words : "\(Numbers.grouped(held)), \(Numbers.grouped(flipped))", at: centre, .middle, colour: style.quiet)
    for (index, strip) in [pair.held, pair.flipped].enumerated() {
      let place = Rect(
        x: box.x, y: box.y + Double(index) * Self.stripHeight, width: box.width, height: Self.stripHeight)
      draw(strip, look, isFilled: index == 1, in: place, ticks, on: &canvas)
    }
  }

  private func draw(
    _ strip: Strip, _ look: SeriesStyle, isFilled: Bool, in place: Rect, _ ticks: Ticks, on canvas: inout Canvas
  ) {
    func x(_ value: Double) -> Double { place.x + place.width * min(value, ticks.upper) / ticks.upper }
    let middle = place.y + place.height / 2
    if strip.values.count > Self.mostDots, let five = FiveNumbers(strip.values) {
      let half = place.height * 0.3
      canvas.line(Point(x(five.low), middle), Point(x(five.high), middle), look.colour, width: 0.8)
      let box = Rect(
        x: x(five.firstQuartile), y: middle - half, width: max(0.6, x(five.thirdQuartile) - x(five.firstQuartile)),
        height: 2 * half)
      canvas.add(.rectangle(box, fill: isFilled ? look.colour : .white, stroke: Stroke(look.colour, width: 0.8)))
      canvas.line(
        Point(x(five.median), middle - half), Point(x(five.median), middle + half), isFilled ? .white : look.colour,
        width: 0.9)
    } else {
      for (index, value) in strip.values.sorted().enumerated() {
        // Spread over the height of the strip, neighbours far apart.
        let offset = [0.0, 0.3, -0.3, 0.15, -0.15][index % 5] * place.height
        canvas.valued("\(isFilled ? "flipped" : "held"): \(Numbers.fixed(value, 4))") {
          $0.marker(
            isFilled ? .triangle : .ring, at: Point(x(value), middle + offset), radius: 1.7, colour: look.colour)
        }
      }
    }
    guard strip.mean.isFinite else { return }
    let mean = x(strip.mean)
    canvas.line(Point(mean, place.y + 0.5), Point(mean, place.maxY - 0.5), .white, width: 2.4)
    canvas.line(Point(mean, place.y + 0.5), Point(mean, place.maxY - 0.5), canvas.style.ink, width: 1.1)
  }
}
