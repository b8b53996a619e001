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
  /// Printed at the right end.
  var label: String
  var style: SeriesStyle
  var places: [Place]
}

extension Canvas {
  /// Bands of the intervals, curves with markers, and their names beyond the right end of the axes.
  /// - Parameters:
  ///   - leader: between the axes and the names, where thin lines tie moved names to their ends.
  ///   - spacing: between the names' centres.
  mutating func draw(_ curves: [PlacedCurve], in plot: Rect, leader: Double, spacing: Double) {
    for curve in curves { drawBand(curve) }
    for curve in curves { drawCurve(curve) }
    drawNames(curves, in: plot, leader: leader, spacing: spacing)
  }

  /// A curve that another one is held against.
  mutating func draw(companion points: [Point], _ colour: Colour) {
    guard points.count > 1 else {
      for point in points { marker(.ring, at: point, radius: 1.3, colour: colour) }
      return
    }
    add(
      PlacedPath(
        points.enumerated().map { $0.offset == 0 ? .move($0.element) : .line($0.element) },
        stroke: Stroke(colour, width: 1, dash: [0.9, 2.1])))
  }

  /// From one height to another, across the axes.
  mutating func draw(band: ClosedRange<Double>, in plot: Rect) {
    // A band of equal values is still to be seen.
    let (upper, lower) = (min(band.lowerBound, band.upperBound - 0.8), band.upperBound)
    var colour = style.quiet
    colour.alpha = 0.22
    add(
      PlacedPath(
        [
          .move(Point(plot.x, upper)), .line(Point(plot.maxX, upper)), .line(Point(plot.maxX, lower)),
          .line(Point(plot.x, lower)), .close,
        ], fill: colour))
  }

  private mutating func drawBand(_ curve: PlacedCurve) {
    let places = curve.places.filter { $0.lower.isFinite && $0.upper.isFinite }
    guard let only = places.first else { return }
    var colour = curve.style.colour
    if places.count == 1 {
      line(Point(only.x, only.lower), Point(only.x, only.upper), colour, width: 0.8)
      return
    }
    colour.alpha = 0.13
    let outline = places.map { Point($0.x, $0.upper) } + places.reversed().map { Point($0.x, $0.lower) }
    add(
      PlacedPath(
        outline.enumerated().map { $0.offset == 0 ? .move($0.element) : .line($0.element) } + [.close],
        fill: colour))
  }

  private mutating func drawCurve(_ curve: PlacedCurve) {
    let places = curve.places.filter(\.value.isFinite)
    let points = places.map { Point($0.x, $0.value) }
    if points.count > 1 {
      add(
        PlacedPath(
          points.enumerated().map { $0.offset == 0 ? .move($0.element) : .line($0.element) },
          stroke: Stroke(curve.style.colour, width: 1.2, dash: curve.style.dash)))
    }
    for (place, point) in zip(places, points) {
      valued(place.words) {
        $0.marker(curve.style.marker, at: point, radius: 2.1, colour: curve.style.colour)
      }
    }
  }

  private mutating func drawNames(_ curves: [PlacedCurve], in plot: Rect, leader: Double, spacing: Double) {
    let ends = curves.compactMap { curve in
      curve.places.last { $0.value.isFinite }.map { (curve: curve, place: $0) }
    }
    let half = spacing / 2
    let centres = LabelPlacement.separate(
      ends.map(\.place.value), spacing: spacing, within: (plot.y + half * 0.6)...(plot.maxY - half * 0.6))
    for (end, centre) in zip(ends, centres) {
      let look = end.curve.style
      let from = Point(end.place.x + 3.4, end.place.value)
      let to = Point(plot.maxX + leader - 3, centre)
      if to.x - from.x > 2 { line(from, to, look.colour, width: 0.5) }
      draw(
        end.curve.label, at: Point(plot.maxX + leader, baseline(centredAt: centre, style.text)),
        font: style.text, colour: look.textColour)
    }
  }
}
