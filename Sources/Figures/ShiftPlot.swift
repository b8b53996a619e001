import Foundation
import Results
import Typesetting

/// How the centre of a series' heatmaps moves at each attack level, and in which directions those of single images do.
public struct ShiftPanel: Sendable {
  /// At one attack level; x to the right, y down, in widths of the image.
  public struct Arrow: Sendable {
    /// The attack level.
    public var epsilon: Double
    /// Its colour.
    public var style: SeriesStyle
    /// Of the shifts.
    public var mean: Point
    /// Half axes, and the angle of the longer one from x towards y; nil for none.
    public var ellipse: (major: Double, minor: Double, angle: Double)?

    public init(
      epsilon: Double, style: SeriesStyle, mean: Point, ellipse: (major: Double, minor: Double, angle: Double)?
    ) {
      self.epsilon = epsilon
      self.style = style
      self.mean = mean
      self.ellipse = ellipse
    }
  }

  /// Printed above it.
  public var title: String
  /// The last lies on top.
  public var arrows: [Arrow]
  /// Of the strongest level, how many images move into each of equally wide sectors, the first one's middle to the right, on
  /// clockwise.
  public var rose: [Int]
  /// Printed under the rose.
  public var words: [String]

  public init(title: String, arrows: [Arrow], rose: [Int], words: [String]) {
    self.title = title
    self.arrows = arrows
    self.rose = rose
    self.words = words
  }
}

/// Panels with arrows of mean shifts, their ellipses and a rose of directions; all arrows on one scale.
public struct ShiftPlot: Sendable {
  /// In reading order.
  public var panels: [ShiftPanel]
  /// Of the whole figure, in points.
  public var width: Double

  public init(panels: [ShiftPanel], width: Double) {
    self.panels = panels
    self.width = width
  }

  /// The greatest distance from the middle of a panel, in widths of the image: a round number.
  var reach: Double {
    let far =
      panels.flatMap(\.arrows).flatMap { arrow -> [Double] in
        let major = arrow.ellipse?.major ?? 0
        return [abs(arrow.mean.x) + major, abs(arrow.mean.y) + major]
      }.filter(\.isFinite).max() ?? 0
    guard far > 0 else { return 0.01 }
    let power = pow(10, floor(log10(far)))
    return ([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].first { $0 * power >= far } ?? 10) * power
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let line = canvas.height(style.text)
    let small = canvas.height(style.small)
    let columns = min(width > 330 ? 3 : 1, max(1, panels.count))
    let gap = 14.0
    let each = min(170, (width - gap * Double(columns - 1)) / Double(columns))
    let side = each * 0.6
    let left = (width - Double(columns) * each - gap * Double(columns - 1)) / 2
    let reach = reach
    var y = drawKey(on: &canvas)
    for row in 0..<max(1, (panels.count + columns - 1) / columns) {
      for column in 0..<columns where panels.indices.contains(row * columns + column) {
        let panel = panels[row * columns + column]
        let x = left + Double(column) * (each + gap)
        canvas.draw(
          canvas.fitted(panel.title, style.text, width: each), at: Point(x, y + canvas.ascent(style.text)),
          font: style.text)
        let box = Rect(x: x, y: y + line + 2, width: side, height: side)
        draw(panel, in: box, reach: reach, on: &canvas)
        let radius = (each - side - 10) / 2
        let centre = Point(x + side + 10 + radius, box.y + radius + 1)
        drawRose(panel.rose, around: centre, radius: radius, on: &canvas)
        for (index, words) in panel.words.enumerated() {
          canvas.draw(
            canvas.fitted(words, style.small, width: 2 * radius + 8),
            at: Point(centre.x, centre.y + radius + 4 + Double(index) * small + canvas.ascent(style.small)), .middle,
            colour: style.quiet)
        }
      }
      y += line + 2 + max(side + small + 2, (each - side - 10) + 5 + 3 * small) + 8
    }
    return Frame(size: Size(width: width, height: y - 6), items: canvas.items)
  }

  /// Arrows with their levels, on as many lines as it takes.
  /// - Returns: the lower end.
  private func drawKey(on canvas: inout Canvas) -> Double {
    let style = canvas.style
    let line = canvas.height(style.text)
    var known: [ShiftPanel.Arrow] = []
    for arrow in panels.flatMap(\.arrows) where !known.contains(where: { $0.epsilon == arrow.epsilon }) {
      known.append(arrow)
    }
    var (x, y) = (0.0, 0.0)
    for arrow in known {
      let used = 17 + canvas.width("ε = " + Numbers.epsilon(arrow.epsilon, style.levels), style.text)
      if x > 0, x + used > width { (x, y) = (0, y + line) }
      let base = y + canvas.ascent(style.text)
      drawArrow(
        from: Point(x, base - style.textSize * 0.32), to: Point(x + 13, base - style.textSize * 0.32),
        arrow.style.colour, on: &canvas)
      canvas.draw(canvas.epsilonRuns(arrow.epsilon, font: style.text), at: Point(x + 17, base))
      x += used + 12
    }
    return y + line + 5
  }

  private func draw(_ panel: ShiftPanel, in box: Rect, reach: Double, on canvas: inout Canvas) {
    let style = canvas.style
    let middle = Point(box.x + box.width / 2, box.y + box.height / 2)
    func place(_ point: Point) -> Point {
      Point(middle.x + point.x / reach * box.width / 2, middle.y + point.y / reach * box.height / 2)
    }
    canvas.line(Point(box.x, middle.y), Point(box.maxX, middle.y), style.grid)
    canvas.line(Point(middle.x, box.y), Point(middle.x, box.maxY), style.grid)
    canvas.add(.rectangle(box, stroke: Stroke(style.quiet, width: 0.5)))
    for arrow in panel.arrows where arrow.mean.x.isFinite && arrow.mean.y.isFinite {
      if let ellipse = arrow.ellipse {
        let points = (0...48).map { step -> Point in
          let t = Double(step) / 48 * 2 * Double.pi
          let (u, v) = (ellipse.major * cos(t), ellipse.minor * sin(t))
          return place(
            Point(
              arrow.mean.x + u * cos(ellipse.angle) - v * sin(ellipse.angle),
              arrow.mean.y + u * sin(ellipse.angle) + v * cos(ellipse.angle)))
        }
        canvas.add(
          PlacedPath(
            points.enumerated().map { $0.offset == 0 ? .move($0.element) : .line($0.element) } + [.close],
            stroke: Stroke(arrow.style.colour, width: 0.6)))
      }
      canvas.valued(Self.words(of: arrow, in: panel, style.levels)) {
        drawArrow(from: middle, to: place(arrow.mean), arrow.style.colour, on: &$0)
      }
    }
    let base = box.maxY + canvas.ascent(style.small) + 1
    canvas.draw("−" + Numbers.significant(reach, 2), at: Point(box.x, base), colour: style.quiet)
    canvas.draw("0", at: Point(middle.x, base), .middle, colour: style.quiet)
    canvas.draw("+" + Numbers.significant(reach, 2), at: Point(box.maxX, base), .end, colour: style.quiet)
  }

  /// Where an arrow ends, in widths of the image, to the right and down.
  private static func words(of arrow: ShiftPanel.Arrow, in panel: ShiftPanel, _ levels: LevelNames) -> String {
    let (x, y) = (arrow.mean.x, arrow.mean.y)
    return "\(panel.title), ε = \(Numbers.epsilon(arrow.epsilon, levels)): \(Numbers.fixed(abs(x), 4)) "
      + "\(x < 0 ? "left" : "right"), \(Numbers.fixed(abs(y), 4)) \(y < 0 ? "up" : "down")"
  }

  private func drawArrow(from start: Point, to end: Point, _ colour: Colour, on canvas: inout Canvas) {
    let (x, y) = (end.x - start.x, end.y - start.y)
    let length = (x * x + y * y).squareRoot()
    canvas.line(start, end, colour, width: 1.1)
    guard length > 0.5 else { return }
    let size = min(4.2, length)
    let (ux, uy) = (x / length, y / length)
    canvas.add(
      PlacedPath(
        [
          .move(end), .line(Point(end.x - size * ux - size * 0.42 * uy, end.y - size * uy + size * 0.42 * ux)),
          .line(Point(end.x - size * ux + size * 0.42 * uy, end.y - size * uy - size * 0.42 * ux)), .close,
        ], fill: colour))
  }

  /// Sectors whose areas go by the counts.
  private func drawRose(_ counts: [Int], around centre: Point, radius: Double, on canvas: inout Canvas) {
    let style = canvas.style
    func ring(_ radius: Double) -> [PathElement] {
      (0...36).map { step in
        let t = Double(step) / 36 * 2 * Double.pi
        let point = Point(centre.x + radius * cos(t), centre.y + radius * sin(t))
        return step == 0 ? .move(point) : .line(point)
      } + [.close]
    }
    canvas.add(PlacedPath(ring(radius), stroke: Stroke(style.grid, width: 0.5)))
    guard let most = counts.max(), most > 0 else { return }
    let step = 2 * Double.pi / Double(counts.count)
    for (index, count) in counts.enumerated() where count > 0 {
      let own = radius * (Double(count) / Double(most)).squareRoot()
      let points = (0...4).map { part -> PathElement in
        let t = (Double(index) - 0.5 + Double(part) / 4) * step
        return .line(Point(centre.x + own * cos(t), centre.y + own * sin(t)))
      }
      canvas.add(
        PlacedPath(
          [.move(centre)] + points + [.close], fill: Colour(hex: 0x7DB8DA), stroke: Stroke(style.ink, width: 0.3)))
    }
  }
}
