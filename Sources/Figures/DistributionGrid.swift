import Foundation
import Typesetting

/// Counts of values in equal bins.
public struct Histogram: Sendable, Hashable {
  /// Bin i holds [i x width, (i + 1) x width); the last one its upper end as well.
  public let binWidth: Double
  /// Of each bin, from 0 up.
  public let counts: [Int]

  /// The last bin's upper end.
  public var upper: Double { binWidth * Double(counts.count) }

  /// - Parameters:
  ///   - values: not negative; what is not finite is left out.
  ///   - binCount: how many bins, from 0.
  public init(_ values: [Double], binWidth: Double, binCount: Int) {
    var counts = [Int](repeating: 0, count: max(1, binCount))
    for value in values where value.isFinite {
      // 0.3 / 0.1 is a hair below 3: without the tolerance a value on an edge would fall into the bin below.
      // Held within the bins before it becomes an integer, which a damaged store's 1e300 has no room in.
      let bin = min(max(value / binWidth + 1e-9, 0), Double(counts.count - 1))
      counts[Int(bin.rounded(.down))] += 1
    }
    self.binWidth = binWidth
    self.counts = counts
  }

  /// A rounded bin width and the number of bins that cover 0 to the greatest of `values` in about `wanted` bins.
  public static func bins(for values: [[Double]], wanted: Int = 20) -> (width: Double, count: Int) {
    // There may be millions: they are neither joined nor copied.
    var top = 0.0
    for some in values {
      for value in some where value > top && value.isFinite { top = value }
    }
    guard top > 0 else { return (0.05, 2) }
    let ticks = Ticks(enclosing: 0...top, count: wanted)
    return (ticks.values[1] - ticks.values[0], ticks.values.count - 1)
  }
}

/// One panel of the small multiples: the measure of every image at one attack level.
public struct HistogramPanel: Sendable, Hashable {
  /// One for each image, in [0, ∞); what is not finite is drawn in no bar.
  public var values: [Double]
  /// The mean line, MOD.
  public var mean: Double
  /// Pairs with a dead map.
  public var deadCount: Int
  /// Those of `values` whose bars are filled, the others' standing hollow on top of them; nil fills all.
  public var filled: [Double]?

  public init(values: [Double], mean: Double, deadCount: Int, filled: [Double]? = nil) {
    self.filled = filled
    self.values = values
    self.mean = mean
    self.deadCount = deadCount
  }

  /// Of a level at which a series was not attacked.
  static let empty = HistogramPanel(values: [], mean: .nan, deadCount: 0)
}

/// One series of the small multiples.
public struct HistogramRow: Sendable, Hashable {
  /// Printed before the row.
  public var label: String
  /// Its colour.
  public var style: SeriesStyle
  /// One for each epsilon.
  public var panels: [HistogramPanel]

  public init(label: String, style: SeriesStyle, panels: [HistogramPanel]) {
    self.label = label
    self.style = style
    self.panels = panels
  }
}

/// Small multiples of a measure: rows series, columns attack levels, one bin width and one pair of axes for all.
public struct HistogramGrid: ResizableFigure {
  /// From above.
  public var rows: [HistogramRow]
  /// Of the columns, ascending.
  public var epsilons: [Double]
  /// Of all rows.
  public var measure: MeasureScale
  /// Of the whole figure, in points.
  public var width: Double
  /// Of one panel's axes.
  public var panelHeight: Double
  /// The values that set the bins and axes, when the figure is a part of a larger comparison; nil takes its own.
  public var shared: [[Double]]?
  /// The greatest count of the figures that this one stands beside; nil takes its own.
  public var sharedCount: Int?

  public init(
    rows: [HistogramRow], epsilons: [Double], measure: MeasureScale, width: Double, panelHeight: Double = 38,
    shared: [[Double]]? = nil
  ) {
    self.measure = measure
    self.rows = rows
    self.epsilons = epsilons
    self.width = width
    self.panelHeight = panelHeight
    self.shared = shared
  }

  /// Of the highest bar.
  public var highestCount: Int {
    let bins = Histogram.bins(for: shared ?? rows.flatMap { $0.panels.map(\.values) })
    return rows.flatMap { row in
      row.panels.flatMap { Histogram($0.values, binWidth: bins.width, binCount: bins.count).counts }
    }.max() ?? 0
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let bins = Histogram.bins(for: shared ?? rows.flatMap { $0.panels.map(\.values) })
    let histograms = rows.map { row in
      row.panels.map { Histogram($0.values, binWidth: bins.width, binCount: bins.count) }
    }
    let highest = max(sharedCount ?? 0, histograms.flatMap { $0.flatMap(\.counts) }.max() ?? 0)
    let counts = Ticks(enclosing: 0...Double(max(highest, 2)), count: 2)
    let xTicks = Ticks(enclosing: 0...(bins.width * Double(bins.count)), count: 3).within(measure.bounds)
    let tickWidth = counts.labels.map { canvas.width($0, style.small) }.max() ?? 0

    let line = canvas.height(style.small)
    let gap = 10.0
    let left = tickWidth + 5
    let columns = max(1, epsilons.count)
    // Half of the last tick's label stands beyond the last panel.
    let tail = (xTicks.labels.last.map { canvas.width($0, style.small) } ?? 0) / 2
    // A single level does not fill the width: a bar an inch wide says no more than a narrow one.
    let panelWidth = min((width - left - tail - gap * Double(columns - 1)) / Double(columns), 130)
    let rowHeader = canvas.height(style.text) + 1
    let numberHeight = line + 1

    var y = canvas.height(style.text) + 2
    for (column, epsilon) in epsilons.enumerated() {
      let centre = left + Double(column) * (panelWidth + gap) + panelWidth / 2
      canvas.draw(
        canvas.epsilonRuns(epsilon, font: style.text), at: Point(centre, canvas.ascent(style.text)), .middle)
    }
    for (row, series) in rows.enumerated() {
      let most = series.panels.map(\.values.count).max() ?? 0
      let base = y + canvas.ascent(style.text)
      let note = "  n = \(most)"
      let name = canvas.fitted(
        series.label, style.text, width: width - left - canvas.width(note, style.small))
      canvas.draw(
        [Run(text: name, font: style.text)], at: Point(left, base), colour: series.style.textColour)
      canvas.draw(note, at: Point(left + canvas.width(name, style.text), base), colour: style.quiet)
      y += rowHeader + numberHeight
      for (column, panel) in series.panels.enumerated() {
        let box = Rect(
          x: left + Double(column) * (panelWidth + gap), y: y, width: panelWidth, height: panelHeight)
        draw(
          panel, histograms[row][column], in: box, counts: counts, xTicks: xTicks, look: series.style,
          labelled: (left: column == 0, below: row == rows.count - 1, last: column == columns - 1), on: &canvas)
      }
      y += panelHeight + 7
    }
    y += line + 1
    canvas.draw(
      measure.title, at: Point(left + (Double(columns) * (panelWidth + gap) - gap) / 2, y + canvas.ascent(style.text)),
      .middle, font: style.text)
    y += canvas.height(style.text)
    return Frame(size: Size(width: width, height: y), items: canvas.items)
  }

  private func draw(
    _ panel: HistogramPanel, _ histogram: Histogram, in box: Rect, counts: Ticks, xTicks: Ticks, look: SeriesStyle,
    labelled: (left: Bool, below: Bool, last: Bool), on canvas: inout Canvas
  ) {
    let style = canvas.style
    func x(_ value: Double) -> Double { box.x + box.width * value / xTicks.upper }
    func y(_ count: Double) -> Double { box.maxY - box.height * count / counts.upper }

    for (value, label) in zip(counts.values, counts.labels) {
      if value > 0 { canvas.line(Point(box.x, y(value)), Point(box.maxX, y(value)), style.grid, width: 0.4) }
      if labelled.left {
        canvas.draw(
          label, at: Point(box.x - 4, canvas.baseline(centredAt: y(value), style.small)), .end, colour: style.quiet)
      }
    }
    let filled = panel.filled.map { Histogram($0, binWidth: histogram.binWidth, binCount: histogram.counts.count) }
    for (index, count) in histogram.counts.enumerated() where count > 0 {
      let from = x(Double(index) * histogram.binWidth)
      let to = min(x(Double(index + 1) * histogram.binWidth), box.maxX)
      func bar(_ lower: Int, _ upper: Int) -> Rect {
        Rect(
          x: from + 0.15, y: y(Double(upper)), width: to - from - 0.3, height: y(Double(lower)) - y(Double(upper)))
      }
      let lower = filled?.counts[index] ?? count
      if lower > 0 { canvas.add(.rectangle(bar(0, lower), fill: look.colour)) }
      if lower < count {
        canvas.add(.rectangle(bar(lower, count), fill: .white, stroke: Stroke(look.colour, width: 0.5)))
      }
    }
    canvas.line(Point(box.x, box.maxY), Point(box.maxX, box.maxY), style.quiet, width: 0.6)
    let shown = LabelPlacement.visible(
      centres: xTicks.values.map(x), widths: xTicks.labels.map { canvas.width($0, style.small) }, gap: 3)
    for (index, value) in xTicks.values.enumerated() {
      canvas.line(Point(x(value), box.maxY), Point(x(value), box.maxY + 2.5), style.quiet)
      // At its right end a panel's last label would run into the next panel's first.
      if labelled.below, shown[index], labelled.last || index < xTicks.values.count - 1 {
        canvas.draw(
          xTicks.labels[index], at: Point(x(value), box.maxY + 3.5 + canvas.ascent(style.small)), .middle,
          colour: style.quiet)
      }
    }
    if panel.mean.isFinite {
      let place = x(panel.mean)
      canvas.line(Point(place, box.y - 1.5), Point(place, box.maxY), .white, width: 2.2)
      canvas.line(Point(place, box.y - 1.5), Point(place, box.maxY), style.ink, width: 0.9)
      let number = Numbers.fixed(panel.mean, 3)
      let half = canvas.width(number, style.small) / 2
      let centre = min(max(place, box.x + half), box.maxX - half)
      canvas.draw(number, at: Point(centre, box.y - 3.5), .middle)
      if panel.deadCount > 0 {
        // On the side of the number where there is more room.
        let text = "\(panel.deadCount) dead"
        let atEnd = centre < box.x + box.width / 2
        let width = canvas.width(text, style.small)
        let free = atEnd ? box.maxX - (centre + half) : centre - half - box.x
        let y = free > width + 3 ? box.y - 3.5 : box.y + 5
        canvas.draw(
          text, at: Point(atEnd ? box.maxX : box.x, y), atEnd ? .end : .start, font: canvas.italic(style.small),
          colour: Palette.wrong)
      }
    }
  }
}
