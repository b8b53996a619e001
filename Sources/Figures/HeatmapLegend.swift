import Typesetting

/// What stands under heatmaps: a short bar of their colours with its ends labelled, and what their line means.
struct HeatmapLegend {
  /// One row of colours, the lowest value at the left; nil for none.
  var bar: EncodedPicture?
  /// Before the bar.
  var title: String
  /// At the bar's ends.
  var least: String
  var greatest: String
  /// Behind a sample of the contour's line; nil for none.
  var line: String?

  private static let barWidth = 64.0
  private static let sampleWidth = 18.0
  private static let gap = 16.0

  /// What the bar takes with its labels, without the title.
  private func barWidth(_ canvas: Canvas) -> Double {
    canvas.width(least, canvas.style.small) + 3 + Self.barWidth + 3 + canvas.width(greatest, canvas.style.small)
  }

  /// The title as far as there is room.
  private func title(_ canvas: Canvas, width: Double) -> String {
    canvas.fitted(title, canvas.style.small, width: width - barWidth(canvas) - 6)
  }

  /// The pieces that stay together on a line, with the width of each.
  private func pieces(_ canvas: Canvas, width: Double) -> [(isBar: Bool, width: Double)] {
    var pieces: [(isBar: Bool, width: Double)] = []
    if bar != nil {
      pieces.append((true, canvas.width(title(canvas, width: width), canvas.style.small) + 6 + barWidth(canvas)))
    }
    if let line { pieces.append((false, Self.sampleWidth + 4 + canvas.width(line, canvas.style.small))) }
    return pieces
  }

  private func isOnTwoLines(_ pieces: [(isBar: Bool, width: Double)], width: Double) -> Bool {
    pieces.count == 2 && pieces[0].width + Self.gap + pieces[1].width > width
  }

  /// In points.
  func height(_ canvas: Canvas, width: Double) -> Double {
    let pieces = pieces(canvas, width: width)
    let lines = isOnTwoLines(pieces, width: width) ? 2 : min(1, pieces.count)
    return Double(lines) * (canvas.height(canvas.style.small) + 2)
  }

  /// - Parameters:
  ///   - left: where it begins if there is room.
  ///   - width: of the figure: two lines where one would be wider.
  func draw(at left: Double, top: Double, width: Double, on canvas: inout Canvas) {
    let style = canvas.style
    let pieces = pieces(canvas, width: width)
    let isOnTwo = isOnTwoLines(pieces, width: width)
    let leading = canvas.height(style.small) + 2
    let total =
      isOnTwo
      ? pieces.map(\.width).max() ?? 0 : pieces.reduce(-Self.gap) { $0 + Self.gap + $1.width }
    var (x, y) = (max(0, min(left, width - total)), top)
    for piece in pieces {
      let middle = y + leading / 2
      let base = canvas.baseline(centredAt: middle, style.small)
      if piece.isBar, let bar {
        let title = title(canvas, width: width)
        canvas.draw(title, at: Point(x, base), colour: style.quiet)
        var place = x + canvas.width(title, style.small) + 6
        canvas.draw(least, at: Point(place, base), colour: style.quiet)
        place += canvas.width(least, style.small) + 3
        let box = Rect(x: place, y: middle - 3, width: Self.barWidth, height: 6)
        canvas.items.append(.picture(PlacedPicture(bar, frame: box, smooth: false)))
        canvas.add(.rectangle(box, stroke: Stroke(style.quiet, width: 0.4)))
        canvas.draw(greatest, at: Point(box.maxX + 3, base), colour: style.quiet)
      } else if let line {
        // On grey, as over a photograph: the light edge of the line would not be seen on paper.
        let box = Rect(x: x, y: middle - 3.5, width: Self.sampleWidth, height: 7)
        canvas.add(.rectangle(box, fill: .grey(0.55)))
        canvas.draw(Contour(lines: [[Point(0, 0.5), Point(1, 0.5)]]), in: box, weight: 1)
        canvas.draw(
          canvas.fitted(line, style.small, width: width - Self.sampleWidth - 4),
          at: Point(box.maxX + 4, base), colour: style.quiet)
      }
      if isOnTwo { y += leading } else { x += piece.width + Self.gap }
    }
  }
}

extension Canvas {
  /// A thin dark line with a light edge, which is seen on dark and on light, in colour and in grey.
  /// - Parameters:
  ///   - weight: of the line; on small pictures it is thinner unless given.
  ///   - dash: of the dark line; its light edge is dashed with it, so that the gaps are gaps.
  mutating func draw(_ contour: Contour, in box: Rect, weight: Double? = nil, dash: [Double] = []) {
    let weight = weight ?? min(1, max(0.5, box.width / 60))
    let elements = contour.lines.flatMap { line -> [PathElement] in
      let isClosed = line.count > 2 && line.first == line.last
      let points = (isClosed ? Array(line.dropLast()) : line).map {
        Point(box.x + $0.x * box.width, box.y + $0.y * box.height)
      }
      return points.enumerated().map { $0.offset == 0 ? .move($0.element) : .line($0.element) }
        + (isClosed ? [.close] : [])
    }
    guard !elements.isEmpty else { return }
    let strokes = [(Colour.white, 1.5), (Colour.grey(0.05), 0.65)].map { colour, width in
      PlacedItem.path(
        PlacedPath(elements, stroke: Stroke(colour, width: width * weight, dash: dash, roundCap: dash.isEmpty)))
    }
    items.append(.group(strokes, offset: Point(0, 0), clip: box))
  }
}
