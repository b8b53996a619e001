import Typesetting

/// One panel of the small multiples: the measure of every image at one attack level.
public struct DistributionPanel: Sendable, Hashable {
  /// One for each image, in [0, ∞); what is not finite is not drawn.
  public var values: [Double]
  /// The tick above the panel, MOD.
  public var mean: Double
  /// Pairs with a dead map.
  public var deadCount: Int
  /// Those of `values` that are filled, the others hollow; of curves the full one, the others' being dashed; nil fills all.
  public var filled: [Double]?

  public init(values: [Double], mean: Double, deadCount: Int, filled: [Double]? = nil) {
    self.filled = filled
    self.values = values
    self.mean = mean
    self.deadCount = deadCount
  }

  /// Of a level at which a series was not attacked.
  static let empty = DistributionPanel(values: [], mean: .nan, deadCount: 0)

  /// Those of `values` that are not among `filled`.
  var hollow: [Double] {
    guard let filled else { return [] }
    var counts = Dictionary(filled.map { ($0, 1) }, uniquingKeysWith: +)
    return values.filter { value in
      guard let count = counts[value], count > 0 else { return true }
      counts[value] = count - 1
      return false
    }
  }
}

/// One series of the small multiples.
public struct DistributionRow: Sendable, Hashable {
  /// Printed before the row.
  public var label: String
  /// Its colour.
  public var style: SeriesStyle
  /// One for each epsilon.
  public var panels: [DistributionPanel]

  public init(label: String, style: SeriesStyle, panels: [DistributionPanel]) {
    self.label = label
    self.style = style
    self.panels = panels
  }
}

/// How the values of a panel are drawn.
public enum DistributionForm: Sendable, Hashable {
  /// A dot for each image, stacked where they lie on each other: no axis of counts, which one full stack would set for all.
  case dots
  /// The share of the images whose value is at most that of the axis.
  case cumulative
  /// Counts in equal bins.
  case histogram

  /// Up to this many images dots are told from each other.
  public static let mostDots = 100
}

/// Small multiples of a measure: rows series, columns attack levels, one pair of axes for all.
public struct DistributionGrid: ResizableFigure {
  /// From above.
  public var rows: [DistributionRow]
  /// Of the columns, ascending.
  public var epsilons: [Double]
  /// Of all rows.
  public var measure: MeasureScale
  /// How values are drawn.
  public var form: DistributionForm
  /// Of the whole figure, in points.
  public var width: Double
  /// Of one panel's axes; of dots at most: a row is as high as its highest stack.
  public var panelHeight: Double
  /// The values that set the bins and axes, when the figure is a part of a larger comparison; nil takes its own.
  public var shared: [[Double]]?
  /// Whether all rows of dots are as high as the highest, of those too that share the scale: figures beside each other.
  public var hasEvenRows = false

  public init(
    rows: [DistributionRow], epsilons: [Double], measure: MeasureScale, form: DistributionForm, width: Double,
    panelHeight: Double = DistributionGrid.panelHeight, shared: [[Double]]? = nil
  ) {
    self.measure = measure
    self.rows = rows
    self.epsilons = epsilons
    self.form = form
    self.width = width
    self.panelHeight = panelHeight
    self.shared = shared
  }

  /// Between the top of a panel and the number of its mean, where the mean's tick stands.
  static let tickHeight = 4.0

  /// Of a panel, where there is room.
  public static let panelHeight = 44.0
  /// Of a panel of dots.
  static let leastHeight = 14.0
  /// Between a row's axes and the name of the next one.
  public static let rowGap = 13.0
  /// Of dots: as large as the highest stack allows.
  static let diameters = 2.4...4.0

  /// Both axes and the bins, of all panels.
  struct Scales {
    var x: Ticks
    var bins: (width: Double, count: Int)
    /// Nil for dots.
    var y: Ticks?
    /// Of the vertical axis.
    var title: String
    /// Of dots, in points.
    var diameter = DistributionGrid.diameters.upperBound
    /// Between dots that stand on each other, in points: one for all panels, so that a stack as high is as many images.
    var step = DistributionGrid.diameters.upperBound
  }

  private var scales: Scales {
    let values = shared ?? rows.flatMap { $0.panels.map(\.values) }
    let bins = Histogram.bins(for: values)
    let x = Ticks(enclosing: 0...(bins.width * Double(bins.count)), count: 3).within(measure.bounds)
    switch form {
    case .dots: return Scales(x: x, bins: bins, y: nil, title: "")
    case .cumulative: return Scales(x: x, bins: bins, y: Ticks(enclosing: 0...1, count: 2), title: "share of images")
    case .histogram:
      let highest = values.flatMap { Histogram($0, binWidth: bins.width, binCount: bins.count).counts }.max() ?? 0
      return Scales(x: x, bins: bins, y: Ticks(enclosing: 0...Double(max(highest, 2)), count: 2), title: "images")
    }
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    var scales = scales
    let line = canvas.height(style.small)
    func half(_ label: String?) -> Double { label.map { canvas.width($0, style.small) / 2 } ?? 0 }
    // A panel's last label and the next one's first stand beside each other.
    let gap = max(10, half(scales.x.labels.last) + half(scales.x.labels.first) + 9)
    let tickWidth = scales.y.map { $0.labels.map { canvas.width($0, style.small) }.max() ?? 0 }
    let left = max(half(scales.x.labels.first), tickWidth.map { line + $0 + 6 } ?? 0)
    let columns = max(1, epsilons.count)
    // Half of the last tick's label stands beyond the last panel.
    let tail = half(scales.x.labels.last)
    // A single level does not fill the width: a panel that is much wider says no more.
    let panelWidth = min((width - left - tail - gap * Double(columns - 1)) / Double(columns), 200)
    if form == .dots {
      var highest = 0
      for diameter in stride(from: Self.diameters.upperBound, through: Self.diameters.lowerBound - 1e-9, by: -0.2) {
        scales.diameter = diameter
        highest = highestStack(scales, panelWidth: panelWidth)
        if Double(highest) * diameter + 2 <= panelHeight { break }
      }
      let height = min(panelHeight, Double(highest) * scales.diameter + 2)
      scales.step = min(scales.diameter, (height - scales.diameter - 1) / Double(max(1, highest - 1)))
    }
    let rowHeader = canvas.height(style.text) + 1
    let numberHeight = line + Self.tickHeight + 1

    var y = canvas.height(style.text) + 2
    for (column, epsilon) in epsilons.enumerated() {
      let centre = left + Double(column) * (panelWidth + gap) + panelWidth / 2
      canvas.draw(
        canvas.epsilonRuns(epsilon, font: style.text), at: Point(centre, canvas.ascent(style.text)), .middle)
    }
    for (row, series) in rows.enumerated() {
      let most = series.panels.map(\.values.count).max() ?? 0
      let base = y + canvas.ascent(style.text)
      let note = "  n = \(Numbers.grouped(most))"
      let name = canvas.fitted(
        series.label, style.text, width: width - left - canvas.width(note, style.small))
      canvas.draw(
        [Run(text: name, font: style.text)], at: Point(left, base), colour: series.style.textColour)
      canvas.draw(note, at: Point(left + canvas.width(name, style.text), base), colour: style.quiet)
      y += rowHeader + numberHeight
      let panelHeight = rowHeight(series, scales, panelWidth: panelWidth)
      if !scales.title.isEmpty {
        let text = canvas.fitted(scales.title, style.small, width: panelHeight + rowHeader + numberHeight)
        canvas.draw(
          text, at: Point(canvas.ascent(style.small), y + panelHeight / 2), .middle, font: style.small,
          colour: style.quiet, rotation: 90)
      }
      for (column, panel) in series.panels.enumerated() {
        let box = Rect(
          x: left + Double(column) * (panelWidth + gap), y: y, width: panelWidth, height: panelHeight)
        draw(
          panel, in: box, scales, look: series.style,
          labelled: (left: column == 0, below: row == rows.count - 1), on: &canvas)
      }
      y += panelHeight + Self.rowGap
    }
    y += line + 8 - Self.rowGap
    canvas.draw(
      measure.title, at: Point(left + (Double(columns) * (panelWidth + gap) - gap) / 2, y + canvas.ascent(style.text)),
      .middle, font: style.text)
    y += canvas.height(style.text)
    return Frame(size: Size(width: width, height: y), items: canvas.items)
  }

  /// Of the dots of all panels; of those too that share the scale and stand in another figure.
  private func highestStack(_ scales: Scales, panelWidth: Double) -> Int {
    highestStack(of: rows.flatMap { $0.panels.map(\.values) } + (shared ?? []), scales, panelWidth: panelWidth)
  }

  private func highestStack(of panels: [[Double]], _ scales: Scales, panelWidth: Double) -> Int {
    panels.compactMap { values in
      DistributionMarks.stacks(values, width: panelWidth, upper: scales.x.upper, diameter: scales.diameter).max()
    }.max() ?? 0
  }

  /// Dots have no vertical axis: a row of low stacks leaves no room above them.
  private func rowHeight(_ row: DistributionRow, _ scales: Scales, panelWidth: Double) -> Double {
    guard form == .dots else { return panelHeight }
    let own = hasEvenRows ? rows.flatMap(\.panels) : row.panels
    let highest = highestStack(
      of: own.map(\.values) + (hasEvenRows ? shared ?? [] : []), scales, panelWidth: panelWidth)
    return min(panelHeight, max(Self.leastHeight, Double(max(0, highest - 1)) * scales.step + scales.diameter + 2))
  }

  private func draw(
    _ panel: DistributionPanel, in box: Rect, _ scales: Scales, look: SeriesStyle,
    labelled: (left: Bool, below: Bool), on canvas: inout Canvas
  ) {
    let style = canvas.style
    let xTicks = scales.x
    func x(_ value: Double) -> Double { box.x + box.width * value / xTicks.upper }
    if let y = scales.y {
      for (value, label) in zip(y.values, y.labels) {
        let height = box.maxY - box.height * value / y.upper
        if value > 0 { canvas.line(Point(box.x, height), Point(box.maxX, height), style.grid, width: 0.4) }
        if labelled.left {
          canvas.draw(
            label, at: Point(box.x - 4, canvas.baseline(centredAt: height, style.small)), .end, colour: style.quiet)
        }
      }
    }
    let marks = DistributionMarks(panel: panel, box: box, scales: scales, colour: look.colour)
    switch form {
    case .dots: marks.drawDots(on: &canvas)
    case .cumulative: marks.drawCurves(on: &canvas)
    case .histogram: marks.drawBars(on: &canvas)
    }
    canvas.line(Point(box.x, box.maxY), Point(box.maxX, box.maxY), style.quiet, width: 0.6)
    let shown = LabelPlacement.visible(
      centres: xTicks.values.map(x), widths: xTicks.labels.map { canvas.width($0, style.small) }, gap: 3)
    for (index, value) in xTicks.values.enumerated() {
      canvas.line(Point(x(value), box.maxY), Point(x(value), box.maxY + 2.5), style.quiet)
      if labelled.below, shown[index] {
        canvas.draw(
          xTicks.labels[index], at: Point(x(value), box.maxY + 3.5 + canvas.ascent(style.small)), .middle,
          colour: style.quiet)
      }
    }
    drawMean(of: panel, at: x(panel.mean), in: box, on: &canvas)
  }

  /// Above the panel, where nothing is drawn: over the values it would hide some.
  private func drawMean(of panel: DistributionPanel, at place: Double, in box: Rect, on canvas: inout Canvas) {
    guard panel.mean.isFinite else { return }
    let style = canvas.style
    let top = box.y - Self.tickHeight
    canvas.add(
      PlacedPath(
        [.move(Point(place, box.y)), .line(Point(place - 2, top)), .line(Point(place + 2, top)), .close],
        fill: style.ink))
    let number = Numbers.fixed(panel.mean, 3)
    let half = canvas.width(number, style.small) / 2
    let centre = min(max(place, box.x + half), box.maxX - half)
    canvas.draw(number, at: Point(centre, top - 1.5), .middle)
    if panel.deadCount > 0 {
      // On the side of the number where there is more room.
      let text = "\(panel.deadCount) dead"
      let atEnd = centre < box.x + box.width / 2
      let width = canvas.width(text, style.small)
      let free = atEnd ? box.maxX - (centre + half) : centre - half - box.x
      let y = free > width + 3 ? top - 1.5 : box.y + 5
      canvas.draw(
        text, at: Point(atEnd ? box.maxX : box.x, y), atEnd ? .end : .start, font: canvas.italic(style.small),
        colour: Palette.wrong)
    }
  }
}
