import Typesetting

/// A curve whose points have their places on the figure; places that are not finite are left out.
struct PlacedCurve {
  struct Place {
    var x: Double
    var value: Double
    /// Of the interval's ends.
    var lower: Double
    var upper: Double
    /// What the point says to whoever points at it.
    var words = ""
  }
  /// Printed at the right end, on as many lines; none or empty for nothing.
  var name: [String]
  var style: SeriesStyle
  var places: [Place]
  /// Whether the first place lies beyond a break of the axis, which no line leads across.
  var isBrokenBehindFirst = false
}

extension Canvas {
  /// Intervals, curves with markers, and their names beyond the right end of the axes. Neighbouring curves stand a little beside
  /// each other, so that no interval hides another.
  /// - Parameters:
  ///   - room: between neighbouring places on the horizontal axis, in points, of which curves that stand beside each other take
  ///     at most half.
  ///   - leader: between the axes and the names, where thin lines tie moved names to their ends.
  mutating func draw(
    _ curves: [PlacedCurve], in plot: Rect, room: Double, leader: Double
  ) {
    let count = Double(curves.count)
    let step = Self.step(curves.count, room: room)
    let curves = curves.enumerated().map { index, curve in
      var curve = curve
      for place in curve.places.indices { curve.places[place].x += (Double(index) - (count - 1) / 2) * step }
      return curve
    }
    for curve in curves { drawIntervals(curve) }
    for curve in curves { drawCurve(curve) }
    drawNames(curves, in: plot, leader: leader)
  }

  /// How far neighbours of so many curves stand beside each other, in points.
  static func step(_ count: Int, room: Double) -> Double { count > 1 ? min(2.8, room / 2 / Double(count)) : 0 }

  /// A curve that another one is held against.
  /// - Parameter shape: that of the other curve, small: colours are not told apart in grey print.
  mutating func draw(companion points: [Point], _ colour: Colour, _ shape: SeriesStyle.Marker) {
    for point in points { marker(shape, at: point, radius: 1.3, colour: colour) }
    guard points.count > 1 else { return }
    add(
      PlacedPath(
        points.enumerated().map { $0.offset == 0 ? .move($0.element) : .line($0.element) },
        stroke: Stroke(colour, width: 1, dash: [0.9, 2.1])))
  }

  private mutating func drawIntervals(_ curve: PlacedCurve) {
    for place in curve.places where place.lower.isFinite && place.upper.isFinite {
      // Shorter than the marker is nothing to be seen.
      guard abs(place.lower - place.upper) > 0.2 else { continue }
      line(Point(place.x, place.lower), Point(place.x, place.upper), curve.style.colour, width: 0.7)
      for end in [place.lower, place.upper] {
        line(Point(place.x - 1.2, end), Point(place.x + 1.2, end), curve.style.colour, width: 0.7)
      }
    }
  }

  private mutating func drawCurve(_ curve: PlacedCurve) {
    let joined = curve.places.dropFirst(curve.isBrokenBehindFirst ? 1 : 0)
      .filter(\.value.isFinite).map { Point($0.x, $0.value) }
    if joined.count > 1 {
      add(
        PlacedPath(
          joined.enumerated().map { $0.offset == 0 ? .move($0.element) : .line($0.element) },
          stroke: Stroke(curve.style.colour, width: 1.2, dash: curve.style.dash)))
    }
    for place in curve.places where place.value.isFinite {
      valued(place.words) {
        $0.marker(curve.style.marker, at: Point(place.x, place.value), radius: 2.1, colour: curve.style.colour)
      }
    }
  }

  /// Between the lines of curves' names.
  var nameSpacing: Double { height(style.text) * 0.98 }

  private mutating func drawNames(_ curves: [PlacedCurve], in plot: Rect, leader: Double) {
    let ends = curves.compactMap { curve in
      curve.name.allSatisfy(\.isEmpty) ? nil : curve.places.last { $0.value.isFinite }.map { (curve: curve, place: $0) }
    }
    let spacing = nameSpacing
    let heights = ends.map { spacing * Double($0.curve.name.count) }
    let centres = LabelPlacement.separate(
      ends.map(\.place.value), heights: heights,
      within: (plot.y - spacing * 0.2)...(plot.maxY + spacing * 0.2))
    for (end, centre) in zip(ends, centres) {
      let look = end.curve.style
      let from = Point(end.place.x + 3.4, end.place.value)
      let to = Point(plot.maxX + leader - 3, centre)
      if to.x - from.x > 2 { line(from, to, look.colour, width: 0.5) }
      let first = centre - spacing * Double(end.curve.name.count - 1) / 2
      for (index, text) in end.curve.name.enumerated() {
        draw(
          text, at: Point(plot.maxX + leader, baseline(centredAt: first + spacing * Double(index), style.text)),
          font: style.text, colour: look.textColour)
      }
    }
  }
}
