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
  /// By ascending attack level: the last is drawn with its ellipse, the others are places on the way there.
  public var arrows: [Arrow]
  /// Of the strongest level, how many images move into each of equally wide sectors, the first one's middle to the right, on
  /// clockwise.
  public var rose: [Int]
  /// Printed beside the rose.
  public var words: [String]

  public init(title: String, arrows: [Arrow], rose: [Int], words: [String]) {
    self.title = title
    self.arrows = arrows
    self.rose = rose
    self.words = words
  }
}

/// Panels with the arrow of a mean shift at the strongest level, its ellipse, the way there over the weaker levels, and below it a
/// rose of directions; all panels on one scale.
public struct ShiftPlot: Sendable {
  /// In reading order.
  public var panels: [ShiftPanel]
  /// Of the whole figure, in points.
  public var width: Double
  /// Panels beside each other; nil for rows that are full.
  public var columns: Int?

  public init(panels: [ShiftPanel], width: Double) {
    self.panels = panels
    self.width = width
  }

  /// The greatest distance from the middle of a panel, in widths of the image: a round number.
  var reach: Double {
    let far =
      panels.flatMap { panel in
        panel.arrows.enumerated().flatMap { index, arrow -> [Double] in
          guard index == panel.arrows.count - 1, let own = arrow.ellipse else {
            return [abs(arrow.mean.x), abs(arrow.mean.y)]
          }
          let (x, y) = (cos(own.angle), sin(own.angle))
          return [
            abs(arrow.mean.x) + hypot(own.major * x, own.minor * y),
            abs(arrow.mean.y) + hypot(own.major * y, own.minor * x),
          ]
        }
      }.filter(\.isFinite).max() ?? 0
    guard far > 0 else { return 0.01 }
    let power = pow(10, floor(log10(far)))
    return ([1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].first { $0 * power >= far } ?? 10) * power
  }

  private static let gap = 12.0

  /// How many of so many panels stand beside each other in a width, in points.
  public static func columns(of count: Int, width: Double) -> Int {
    PanelColumns.count(of: count, fitting: PanelColumns.fitting(width: width, least: 70, gap: gap))
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let line = canvas.height(style.text)
    let small = canvas.height(style.small)
    let columns = columns ?? Self.columns(of: panels.count, width: width)
    let gap = Self.gap
    let reach = reach
    // Of the numbers before the first panel.
    let scale = canvas.width("−" + Numbers.significant(reach, 2), style.small) + 3
    let side = min(120, (width - scale - gap * Double(columns - 1)) / Double(columns))
    let left = scale + (width - scale - Double(columns) * side - gap * Double(columns - 1)) / 2
    let radius = min(24, side * 0.22)
    let titles = canvas.wrapped(panels.map(\.title), style.text, widths: [side], most: 3)
    let head = line * Double(titles.map(\.count).max() ?? 1)
    var y = drawKey(on: &canvas)
    for row in 0..<max(1, (panels.count + columns - 1) / columns) {
      let own = (0..<columns).map { row * columns + $0 }.filter(panels.indices.contains)
      for (column, index) in own.enumerated() {
        let panel = panels[index]
        let x = left + Double(column) * (side + gap)
        canvas.draw(
          titles[index], endingAt: Point(x, y + head - line + canvas.ascent(style.text)), font: style.text)
        let box = Rect(x: x, y: y + head + 2, width: side, height: side)
        draw(panel, in: box, reach: reach, isFirst: column == 0, on: &canvas)
        let top = box.maxY + 2 * small + 6
        drawRose(panel.rose, around: Point(x + radius + 1, top + radius), radius: radius, on: &canvas)
        let start = x + 2 * radius + 6
        let first = top + max(0, 2 * radius - Double(panel.words.count) * small) / 2 + canvas.ascent(style.small)
        for (index, words) in panel.words.enumerated() {
          canvas.draw(
            canvas.fitted(words, style.small, width: x + side + gap - 4 - start),
            at: Point(start, first + Double(index) * small), colour: style.quiet)
        }
      }
      let base = y + head + 2 + side + small + 1 + canvas.ascent(style.small)
      canvas.draw(
        canvas.fitted("mean shift, in widths of the image", style.small, width: width - left),
        at: Point(left, base), colour: style.quiet)
      let words = own.map { Double(panels[$0].words.count) }.max() ?? 0
      y += head + 2 + side + 2 * small + 6 + max(2 * radius, words * small) + 10
    }
    return Frame(size: Size(width: width, height: y - 8), items: canvas.items)
  }

  /// The arrow with its level, and the weaker levels, on as many lines as it takes.
  /// - Returns: the lower end.
  private func drawKey(on canvas: inout Canvas) -> Double {
    let style = canvas.style
    let line = canvas.height(style.text)
    var known: [ShiftPanel.Arrow] = []
    for arrow in panels.flatMap(\.arrows) where !known.contains(where: { $0.epsilon == arrow.epsilon }) {
      known.append(arrow)
    }
    known.sort { $0.epsilon < $1.epsilon }
    guard let strongest = known.popLast() else { return line + 5 }
    func middle(_ y: Double) -> Double { y + canvas.ascent(style.text) - style.textSize * 0.32 }
    drawArrow(from: Point(0, middle(0)), to: Point(13, middle(0)), strongest.style.colour, on: &canvas)
    canvas.draw(
      canvas.epsilonRuns(strongest.epsilon, font: style.text), at: Point(17, canvas.ascent(style.text)))
    var (x, y) = (29 + canvas.width("ε = " + Numbers.epsilon(strongest.epsilon, style.levels), style.text), 0.0)
    for (index, arrow) in known.enumerated() {
      let text = Numbers.epsilon(arrow.epsilon, style.levels)
      let runs = index == 0 ? canvas.epsilonRuns(arrow.epsilon, font: style.text) : [Run(text: text, font: style.text)]
      let used = 8 + runs.reduce(0) { $0 + canvas.width($1.text, $1.font) }
      if x > 0, x + used > width { (x, y) = (0, y + line) }
      canvas.marker(.circle, at: Point(x + 2, middle(y)), radius: dot(arrow.epsilon), colour: arrow.style.colour)
      canvas.draw(runs, at: Point(x + 7, y + canvas.ascent(style.text)))
      x += used + 8
    }
    return y + line + 5
  }

  /// Radius of a weaker level's place, in points: the stronger the greater, since grey print does not tell the colours apart.
  private func dot(_ epsilon: Double) -> Double {
    let weaker = Set(panels.flatMap(\.arrows).map(\.epsilon)).sorted().dropLast()
    guard weaker.count > 1, let place = weaker.firstIndex(of: epsilon) else { return 1.55 }
    return 1 + 1.1 * Double(place) / Double(weaker.count - 1)
  }

  private func draw(_ panel: ShiftPanel, in box: Rect, reach: Double, isFirst: Bool, on canvas: inout Canvas) {
    let style = canvas.style
    let middle = Point(box.x + box.width / 2, box.y + box.height / 2)
    func place(_ point: Point) -> Point {
      Point(middle.x + point.x / reach * box.width / 2, middle.y + point.y / reach * box.height / 2)
    }
    canvas.line(Point(box.x, middle.y), Point(box.maxX, middle.y), style.grid)
    canvas.line(Point(middle.x, box.y), Point(middle.x, box.maxY), style.grid)
    canvas.add(.rectangle(box, stroke: Stroke(style.quiet, width: 0.5)))
    let arrows = panel.arrows.filter { $0.mean.x.isFinite && $0.mean.y.isFinite }
    let way = [middle] + arrows.map { place($0.mean) }
    canvas.add(
      PlacedPath(
        way.enumerated().map { $0.offset == 0 ? .move($0.element) : .line($0.element) },
        stroke: Stroke(style.quiet, width: 0.4)))
    for arrow in arrows where arrow.epsilon != panel.arrows.last?.epsilon {
      canvas.valued(Self.words(of: arrow, in: panel, style.levels)) {
        $0.marker(.circle, at: place(arrow.mean), radius: dot(arrow.epsilon), colour: arrow.style.colour)
      }
    }
    // Last: dots on the way would hide it.
    if let last = panel.arrows.last, let strongest = arrows.last, strongest.epsilon == last.epsilon {
      if let ellipse = strongest.ellipse { drawEllipse(ellipse, of: strongest, place, on: &canvas) }
      canvas.valued(Self.words(of: strongest, in: panel, style.levels)) {
        drawArrow(from: middle, to: place(strongest.mean), strongest.style.colour, on: &$0)
      }
    }
    if isFirst {
      let far = Numbers.significant(reach, 2)
      for (text, height) in [("+" + far, box.y), ("0", middle.y), ("−" + far, box.maxY)] {
        let base = canvas.baseline(centredAt: height, style.small)
        let own = min(max(base, box.y + canvas.ascent(style.small)), box.maxY)
        canvas.draw(text, at: Point(box.x - 3, own), .end, colour: style.quiet)
      }
    }
    let base = box.maxY + canvas.ascent(style.small) + 1
    canvas.draw("−" + Numbers.significant(reach, 2), at: Point(box.x, base), colour: style.quiet)
    canvas.draw("0", at: Point(middle.x, base), .middle, colour: style.quiet)
    canvas.draw("+" + Numbers.significant(reach, 2), at: Point(box.maxX, base), .end, colour: style.quiet)
  }

  private func drawEllipse(
    _ ellipse: (major: Double, minor: Double, angle: Double), of arrow: ShiftPanel.Arrow, _ place: (Point) -> Point,
    on canvas: inout Canvas
  ) {
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
