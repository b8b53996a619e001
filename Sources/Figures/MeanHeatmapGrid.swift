import Typesetting

/// Mean heatmaps in rows and columns: rows series, columns the clean mean, that of each attack level, and last what changed; a bar
/// of colours under the grid for the means and one of its own for the change.
public struct MeanHeatmapGrid: Sendable {
  /// The mean heatmaps of a series.
  public struct Row: Sendable {
    /// Printed upwards before the row.
    public var label: String
    /// The clean mean, and that of each level.
    public var means: [EncodedPicture]
    /// What changed at the strongest of the levels.
    public var change: EncodedPicture
    /// What each of the means, and the change behind them, says to whoever points at it; fewer say nothing.
    public var words: [String] = []
    /// Where it grew and shrank most, in widths from the upper left corner: marked, since grey print has no signs; nil where it did
    /// not.
    public var extremes: (most: Point?, least: Point?)
    /// Drawn over each of the means; nil for none.
    public var contour: Contour?
    /// Drawn over the change, full around what grew and dashed around what shrank; nil for none.
    public var changed: (grown: Contour?, shrunk: Contour?)

    public init(
      label: String, means: [EncodedPicture], change: EncodedPicture, extremes: (most: Point?, least: Point?),
      contour: Contour? = nil, changed: (grown: Contour?, shrunk: Contour?) = (nil, nil)
    ) {
      self.contour = contour
      self.changed = changed
      self.label = label
      self.means = means
      self.change = change
      self.extremes = extremes
    }
  }

  /// A bar of colours, the lowest value at the left.
  public struct Bar: Sendable {
    /// Wide and flat.
    public var picture: EncodedPicture
    /// Printed over it.
    public var title: String
    /// At the left end, in the middle and at the right end.
    public var labels: [String]

    public init(picture: EncodedPicture, title: String, labels: [String]) {
      self.picture = picture
      self.title = title
      self.labels = labels
    }
  }

  /// From top to bottom.
  public var rows: [Row]
  /// Of all columns but the first and the last.
  public var epsilons: [Double]
  /// Of the means.
  public var meanBar: Bar
  /// Of what changed.
  public var changeBar: Bar
  /// Of the whole figure, in points.
  public var width: Double
  /// Pictures shrink until the rows fit into it.
  public var maximumHeight: Double

  public init(
    rows: [Row], epsilons: [Double], meanBar: Bar, changeBar: Bar, width: Double, maximumHeight: Double = 640
  ) {
    self.rows = rows
    self.epsilons = epsilons
    self.meanBar = meanBar
    self.changeBar = changeBar
    self.width = width
    self.maximumHeight = maximumHeight
  }

  private static let gap = 3.0
  /// Between the means and what changed.
  private static let apart = 9.0

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let columns = Double(epsilons.count + 2)
    let head = canvas.height(style.text) + 2
    let foot = 2 * canvas.height(style.small) + 14
    let count = Double(max(1, rows.count))
    /// With so many lines of labels before the rows; none stands for a line above each.
    func side(_ lines: Int) -> (labels: Double, side: Double) {
      let labels = rows.count > 1 && lines > 0 ? canvas.height(style.small) * Double(lines) + 2 : 0
      let widest = min(84, (width - labels - Self.apart - Self.gap * (columns - 2)) / columns)
      let gaps = Self.gap * (count - 1) + (lines == 0 && rows.count > 1 ? count * (canvas.height(style.small) + 2) : 0)
      return (labels, max(18, min(widest, (maximumHeight - head - foot - gaps) / count)))
    }
    // Names are whole: upright on as few lines as hold them, or above the rows where the pictures are too small for that.
    let names = rows.map(\.label)
    let upright = (1...3).map {
      (lines: $0, texts: canvas.wrapped(names, style.small, widths: [side($0).side], most: $0))
    }
    .first { way in zip(way.texts, names).allSatisfy { $0.joined(separator: " ") == $1 } }
    let (labels, side) = side(upright?.lines ?? 0)
    // Not fitted one by one: long names differ at their ends.
    let above = canvas.shortened(names, style.small, width: width - 4)
    let used = labels + columns * side + Self.apart + Self.gap * (columns - 2)
    let left = max(0, (width - used) / 2)
    func x(_ column: Int) -> Double {
      left + labels + Double(column) * (side + Self.gap)
        + (column == epsilons.count + 1 ? Self.apart - Self.gap : 0)
    }
    for column in 0..<epsilons.count + 2 {
      let at = Point(x(column) + side / 2, canvas.ascent(style.text))
      if column == 0 {
        canvas.draw("clean", at: at, .middle, font: style.text)
      } else if column <= epsilons.count {
        var font = style.text
        if canvas.width("ε = " + Numbers.epsilon(epsilons[column - 1], style.levels), font) > side + Self.gap {
          font.size = style.smallSize - 1
        }
        canvas.draw(canvas.epsilonRuns(epsilons[column - 1], font: font), at: at, .middle)
      } else {
        canvas.draw(canvas.fitted("change", style.text, width: side + 8), at: at, .middle, font: style.text)
      }
    }
    var y = head
    for (index, row) in rows.enumerated() {
      if rows.count > 1, let texts = upright?.texts[index] {
        canvas.draw(
          upright: texts, left: left + labels - 2 - canvas.height(style.small) * Double(texts.count),
          middle: y + side / 2, font: style.small)
      } else if rows.count > 1 {
        canvas.draw(above[index], at: Point(x(0), y + canvas.ascent(style.small)))
        y += canvas.height(style.small) + 2
      }
      for (column, picture) in row.means.enumerated() {
        let box = Rect(x: x(column), y: y, width: side, height: side)
        canvas.valued(row.words.indices.contains(column) ? row.words[column] : "") {
          $0.items.append(.picture(PlacedPicture(picture, frame: box)))
        }
        if let contour = row.contour { canvas.draw(contour, in: box) }
      }
      let box = Rect(x: x(epsilons.count + 1), y: y, width: side, height: side)
      canvas.valued(row.words.count > row.means.count ? row.words[row.means.count] : "") {
        $0.items.append(.picture(PlacedPicture(row.change, frame: box)))
      }
      if let grown = row.changed.grown { canvas.draw(grown, in: box) }
      if let shrunk = row.changed.shrunk { canvas.draw(shrunk, in: box, dash: [2, 1.8]) }
      canvas.add(.rectangle(box, stroke: Stroke(style.quiet, width: 0.4)))
      if let most = row.extremes.most { drawSign("+", at: most, in: box, on: &canvas) }
      if let least = row.extremes.least { drawSign("−", at: least, in: box, on: &canvas) }
      y += side + Self.gap
    }
    y += 3
    let end = x(epsilons.count + 1) + side
    let bar = min(190, (end - x(0) - 24) / 2)
    draw(meanBar, from: x(0), to: x(0) + bar, y: y, on: &canvas)
    draw(changeBar, from: end - bar, to: end, y: y, on: &canvas)
    return Frame(size: Size(width: width, height: y + foot - 3), items: canvas.items)
  }

  private func drawSign(_ sign: String, at place: Point, in box: Rect, on canvas: inout Canvas) {
    let font = Font(canvas.style.family, size: canvas.style.textSize, bold: true)
    let half = canvas.style.textSize * 0.36
    let centre = Point(
      min(max(box.x + place.x * box.width, box.x + half), box.maxX - half),
      min(max(box.y + place.y * box.height, box.y + half), box.maxY - half))
    canvas.draw(
      sign, at: Point(centre.x, canvas.baseline(centredAt: centre.y, font)), .middle, font: font,
      colour: canvas.style.ink)
  }

  private func draw(_ bar: Bar, from start: Double, to end: Double, y: Double, on canvas: inout Canvas) {
    let style = canvas.style
    let box = Rect(x: start, y: y + canvas.height(style.small) + 1, width: end - start, height: 6)
    canvas.draw(
      canvas.fitted(bar.title, style.small, width: box.width), at: Point(start, y + canvas.ascent(style.small)),
      colour: style.quiet)
    canvas.items.append(.picture(PlacedPicture(bar.picture, frame: box, smooth: false)))
    canvas.add(.rectangle(box, stroke: Stroke(style.quiet, width: 0.4)))
    let base = box.maxY + canvas.ascent(style.small) + 1
    for (index, label) in bar.labels.enumerated() {
      let share = bar.labels.count > 1 ? Double(index) / Double(bar.labels.count - 1) : 0
      let anchor: Anchor = index == 0 ? .start : index == bar.labels.count - 1 ? .end : .middle
      canvas.draw(label, at: Point(box.x + share * box.width, base), anchor, colour: style.quiet)
    }
  }
}
