import Results
import Typesetting

/// What every figure has in common: the face of the text around it, sizes and greys. Lengths in points.
public struct FigureStyle: Sendable, Hashable {
  /// Of all text.
  public var family: Font.Family
  /// Panel titles and labels of curves.
  public var textSize: Double
  /// Tick labels and the lines under pictures.
  public var smallSize: Double
  /// Of text, curves and frames.
  public var ink: Colour
  /// Of what is read second: tick labels, lines under pictures.
  public var quiet: Colour
  /// Of lines behind the data.
  public var grid: Colour
  /// How attack levels are printed.
  public var levels: LevelNames

  public init(
    family: Font.Family = .serif, textSize: Double = 8.5, smallSize: Double = 7.5, ink: Colour = .grey(0.1),
    quiet: Colour = .grey(0.35), grid: Colour = .grey(0.88), levels: LevelNames = LevelNames()
  ) {
    self.family = family
    self.textSize = textSize
    self.smallSize = smallSize
    self.ink = ink
    self.quiet = quiet
    self.grid = grid
    self.levels = levels
  }

  /// Of `textSize`.
  public var text: Font { Font(family, size: textSize) }
  /// Of `smallSize`.
  public var small: Font { Font(family, size: smallSize) }
}

enum Anchor { case start, middle, end }

/// A run of text with a font of its own: the ε of "ε = 0.1" is italic, the rest is not.
struct Run {
  var text: String
  var font: Font
}

/// Collects placed items; resolves anchors, since placed text knows only its left end.
struct Canvas {
  let measurer: any TextMeasurer
  let style: FigureStyle
  var items: [PlacedItem] = []

  init(measurer: any TextMeasurer, style: FigureStyle) {
    self.measurer = measurer
    self.style = style
  }

  func width(_ text: String, _ font: Font) -> Double { measurer.extent(of: text, font: font).width }

  /// Ascent plus descent of a font.
  func height(_ font: Font) -> Double {
    let extent = measurer.extent(of: "x", font: font)
    return extent.ascent + extent.descent
  }

  func ascent(_ font: Font) -> Double { measurer.extent(of: "x", font: font).ascent }

  /// The baseline that puts the figures' x-height region around `y`.
  func baseline(centredAt y: Double, _ font: Font) -> Double { y + font.size * 0.32 }

  mutating func draw(
    _ text: String, at point: Point, _ anchor: Anchor = .start, font: Font? = nil, colour: Colour? = nil,
    rotation: Double = 0
  ) {
    draw([Run(text: text, font: font ?? style.small)], at: point, anchor, colour: colour, rotation: rotation)
  }

  mutating func draw(
    _ runs: [Run], at point: Point, _ anchor: Anchor = .start, colour: Colour? = nil, rotation: Double = 0
  ) {
    let widths = runs.map { width($0.text, $0.font) }
    let total = widths.reduce(0, +)
    let shift = anchor == .start ? 0 : anchor == .middle ? -total / 2 : -total
    var along = shift
    for (run, width) in zip(runs, widths) where !run.text.isEmpty {
      let origin = rotation == 90 ? Point(point.x, point.y - along) : Point(point.x + along, point.y)
      items.append(
        .text(PlacedText(run.text, font: run.font, colour: colour ?? style.ink, origin: origin, rotation: rotation)))
      along += width
    }
  }

  mutating func line(_ start: Point, _ end: Point, _ colour: Colour, width: Double = 0.5, dash: [Double] = []) {
    items.append(.path(.line(from: start, to: end, Stroke(colour, width: width, dash: dash))))
  }

  mutating func add(_ path: PlacedPath) { items.append(.path(path)) }

  /// What is drawn stands for a value, told on a screen to whoever points at it; nothing is told where the words are empty.
  mutating func valued(_ words: String, _ draw: (inout Canvas) -> Void) {
    let start = items.count
    draw(&self)
    guard !words.isEmpty, items.count > start else { return }
    let drawn = Array(items[start...])
    items.removeSubrange(start...)
    items.append(.valued(drawn, words: words))
  }

  /// The text, or as much of it as fits with an ellipsis.
  func fitted(_ text: String, _ font: Font, width limit: Double) -> String {
    measurer.fitted(text, font: font, width: limit)
  }

  /// The text, or as much of its start and end as fits around an ellipsis: what tells names apart is often their end.
  func shortened(_ text: String, _ font: Font, width limit: Double) -> String {
    if width(text, font) <= limit { return text }
    let characters = Array(text)
    var kept = characters.count - 1
    while kept > 1 {
      let candidate = String(characters.prefix((kept + 1) / 2)) + "…" + String(characters.suffix(kept / 2))
      if width(candidate, font) <= limit { return candidate }
      kept -= 1
    }
    return "…"
  }

  /// Several names, each shortened on its own; those that would look the same then, and are not, lose first what they begin and
  /// end with alike.
  func shortened(_ texts: [String], _ font: Font, width limit: Double) -> [String] {
    var found = texts.map { shortened($0, font, width: limit) }
    for (short, places) in Dictionary(grouping: texts.indices, by: { found[$0] }) {
      let own = places.map { texts[$0] }
      guard Set(own).count > 1 else { continue }
      let (head, tail) = (Self.common(own), Self.common(own.map { String($0.reversed()) }))
      for place in places {
        let middle = texts[place].dropFirst(head).dropLast(min(tail, texts[place].count - head))
        let candidate = (head > 0 ? "…" : "") + middle + (tail > 0 ? "…" : "")
        found[place] = candidate.isEmpty ? short : shortened(candidate, font, width: limit)
      }
    }
    return found
  }

  /// With how many characters all of them begin.
  private static func common(_ texts: [String]) -> Int {
    guard let first = texts.first else { return 0 }
    return texts.map { zip($0, first).prefix { $0 == $1 }.count }.min() ?? 0
  }

  /// "ε = 0.05" with an italic ε.
  func epsilonRuns(_ value: Double, font: Font) -> [Run] {
    [Run(text: "ε", font: italic(font)), Run(text: " = " + Numbers.epsilon(value, style.levels), font: font)]
  }

  func italic(_ font: Font) -> Font { Font(font.family, size: font.size, bold: font.bold, italic: true) }

  /// A marker centred at a point.
  mutating func marker(_ marker: SeriesStyle.Marker, at centre: Point, radius r: Double, colour: Colour) {
    let (x, y) = (centre.x, centre.y)
    func polygon(_ points: [Point]) -> [PathElement] {
      points.enumerated().map { $0.offset == 0 ? .move($0.element) : .line($0.element) } + [.close]
    }
    switch marker {
    case .circle: add(PlacedPath(circle(centre, r), fill: colour))
    case .ring:
      add(PlacedPath(circle(centre, r * 0.95), fill: .white, stroke: Stroke(colour, width: r * 0.45)))
    case .square:
      let half = r * 0.88
      add(.rectangle(Rect(x: x - half, y: y - half, width: 2 * half, height: 2 * half), fill: colour))
    case .triangle:
      add(
        PlacedPath(
          polygon([Point(x, y - 1.2 * r), Point(x + 1.15 * r, y + 0.85 * r), Point(x - 1.15 * r, y + 0.85 * r)]),
          fill: colour))
    case .downTriangle:
      add(
        PlacedPath(
          polygon([Point(x, y + 1.2 * r), Point(x - 1.15 * r, y - 0.85 * r), Point(x + 1.15 * r, y - 0.85 * r)]),
          fill: colour))
    case .diamond:
      let d = 1.3 * r
      add(PlacedPath(polygon([Point(x, y - d), Point(x + d, y), Point(x, y + d), Point(x - d, y)]), fill: colour))
    }
  }

  private func circle(_ c: Point, _ r: Double) -> [PathElement] {
    // The control distance of four cubic arcs that best follow a circle.
    let k = 0.5522847498 * r
    return [
      .move(Point(c.x + r, c.y)),
      .curve(Point(c.x + r, c.y + k), Point(c.x + k, c.y + r), Point(c.x, c.y + r)),
      .curve(Point(c.x - k, c.y + r), Point(c.x - r, c.y + k), Point(c.x - r, c.y)),
      .curve(Point(c.x - r, c.y - k), Point(c.x - k, c.y - r), Point(c.x, c.y - r)),
      .curve(Point(c.x + k, c.y - r), Point(c.x + r, c.y - k), Point(c.x + r, c.y)),
      .close,
    ]
  }
}
