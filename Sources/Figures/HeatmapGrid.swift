import Typesetting

/// One picture of a heatmap grid and what is printed under it.
public struct HeatmapTile: Sendable {
  public enum Content: Sendable {
    case picture(EncodedPicture)
    /// A map without any positive value: hatched over the photograph where there is one, never a plain colour.
    case dead(EncodedPicture?)
    /// The map was not kept, or the row was not measured.
    case missing
  }
  public var content: Content
  /// The predicted identity; for a photograph the true one.
  public var identity: String
  public var isWrong: Bool
  /// Nil for the photograph and for the clean map.
  public var nissim: Double?

  public init(content: Content, identity: String, isWrong: Bool = false, nissim: Double? = nil) {
    self.content = content
    self.identity = identity
    self.isWrong = isWrong
    self.nissim = nissim
  }
}

/// The head of a column: words, or an attack level.
public enum HeatmapColumn: Sendable, Hashable {
  case words(String)
  case epsilon(Double)
}

/// Rows samples; columns the photograph, its clean heatmap, and each attack level; one colour bar for all.
public struct HeatmapGrid: Sendable {
  public var columns: [HeatmapColumn]
  /// As many tiles in each row as there are columns.
  public var rows: [[HeatmapTile]]
  /// Of the colours, lowest value first, one pixel wide or more, values along the height, greatest on top; nil
  /// leaves the bar out.
  public var colourBar: EncodedPicture?
  public var width: Double
  /// Pictures shrink until the rows fit into it.
  public var maximumHeight: Double
  /// Of a picture, in points.
  public var maximumSide: Double

  public init(
    columns: [HeatmapColumn], rows: [[HeatmapTile]], colourBar: EncodedPicture?, width: Double,
    maximumHeight: Double = 640, maximumSide: Double = 84
  ) {
    self.columns = columns
    self.rows = rows
    self.colourBar = colourBar
    self.width = width
    self.maximumHeight = maximumHeight
    self.maximumSide = maximumSide
  }

  private static let gap = 3.0

  /// The widest that pictures can be, in points, whatever the rows: what their pixels are to be counted for.
  public static func widestSide(columns: Int, width: Double, maximumSide: Double = 84) -> Double {
    let count = Double(max(1, columns))
    // What a colour bar with its labels takes at least.
    let bar = 30.0
    return max(24, min(maximumSide, (width - bar - gap * (count - 1)) / count))
  }

  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let bar = colourBar == nil ? 0 : 12 + 7 + 4 + canvas.width("0.5", style.small)
    let count = Double(max(1, columns.count))
    let head = canvas.height(style.text) + 1
    let line = canvas.height(style.small)

    let widest = min(maximumSide, (width - bar - Self.gap * (count - 1)) / count)
    let rowCount = Double(max(1, rows.count))
    func fittingSide(_ captionHeight: Double) -> Double {
      max(24, min(widest, (maximumHeight - head) / rowCount - captionHeight))
    }
    var captionHeight = line + 4
    var side = fittingSide(captionHeight)
    let isStacked = rows.joined().contains { captionWidth($0, canvas) > side }
    if isStacked {
      captionHeight += line
      side = fittingSide(captionHeight)
    }
    let used = side * count + Self.gap * (count - 1) + bar
    let left = max(0, (width - used) / 2)

    for (index, column) in columns.enumerated() {
      let centre = Point(left + Double(index) * (side + Self.gap) + side / 2, canvas.ascent(style.text))
      switch column {
      case .words(let text):
        canvas.draw(canvas.fitted(text, style.text, width: side), at: centre, .middle, font: style.text)
      case .epsilon(let value):
        var font = style.text
        if canvas.width("ε = " + Numbers.epsilon(value), font) > side + Self.gap { font.size = style.smallSize - 1 }
        canvas.draw(canvas.epsilonRuns(value, font: font), at: centre, .middle)
      }
    }
    for (row, tiles) in rows.enumerated() {
      let y = head + Double(row) * (side + captionHeight)
      for (column, tile) in tiles.enumerated() {
        let box = Rect(x: left + Double(column) * (side + Self.gap), y: y, width: side, height: side)
        draw(tile, in: box, on: &canvas)
        drawCaption(tile, under: box, isStacked: isStacked, on: &canvas)
      }
    }
    let bottom = head + rowCount * (side + captionHeight) - 2
    if let colourBar, !rows.isEmpty {
      let height = min(rowCount * (side + captionHeight) - captionHeight, 150)
      drawBar(colourBar, in: Rect(x: left + used - bar + 12, y: head, width: 7, height: height), on: &canvas)
    }
    return Frame(size: Size(width: width, height: bottom), items: canvas.items)
  }

  private func captionWidth(_ tile: HeatmapTile, _ canvas: Canvas) -> Double {
    let font = tile.isWrong ? canvas.italic(canvas.style.small) : canvas.style.small
    let mark = tile.isWrong ? Self.markWidth(canvas.style) : 0
    let number = tile.nissim.map { canvas.width(Self.separator + Numbers.fixed($0, 3), canvas.style.small) } ?? 0
    return mark + canvas.width(tile.identity, font) + number
  }

  private func draw(_ tile: HeatmapTile, in box: Rect, on canvas: inout Canvas) {
    let style = canvas.style
    switch tile.content {
    case .picture(let picture):
      canvas.items.append(.picture(PlacedPicture(picture, frame: box)))
    case .dead(let photograph):
      if let photograph { canvas.items.append(.picture(PlacedPicture(photograph, frame: box))) }
      canvas.items.append(.group(hatching(box, colour: .white, width: 2), offset: Point(0, 0), clip: box))
      canvas.items.append(.group(hatching(box, colour: style.ink, width: 0.7), offset: Point(0, 0), clip: box))
      canvas.add(.rectangle(box, stroke: Stroke(style.ink, width: 0.5)))
      drawPlate("dead", in: box, colour: style.ink, on: &canvas)
    case .missing:
      canvas.add(.rectangle(box, stroke: Stroke(.grey(0.6), width: 0.5, dash: [2, 2])))
      drawPlate("not kept", in: box, colour: style.quiet, on: &canvas)
    }
  }

  private func drawPlate(_ text: String, in box: Rect, colour: Colour, on canvas: inout Canvas) {
    let font = canvas.italic(canvas.style.text)
    let width = canvas.width(text, font) + 6
    let height = canvas.height(font) + 1
    let centre = Point(box.x + box.width / 2, box.y + box.height / 2)
    canvas.add(
      .rectangle(Rect(x: centre.x - width / 2, y: centre.y - height / 2, width: width, height: height), fill: .white))
    canvas.draw(
      text, at: Point(centre.x, canvas.baseline(centredAt: centre.y, font)), .middle, font: font, colour: colour)
  }

  private func hatching(_ box: Rect, colour: Colour, width: Double) -> [PlacedItem] {
    stride(from: -box.height, to: box.width, by: 6).map { start in
      .path(
        .line(
          from: Point(box.x + start, box.maxY), to: Point(box.x + start + box.height, box.y),
          Stroke(colour, width: width)))
    }
  }

  /// Identity and NISSIM, centred; a wrong identity is red, and italic behind a cross for grey print.
  private func drawCaption(_ tile: HeatmapTile, under box: Rect, isStacked: Bool, on canvas: inout Canvas) {
    let style = canvas.style
    let base = box.maxY + canvas.ascent(style.small) + 0.5
    let colour = tile.isWrong ? Palette.wrong : style.ink
    let font = tile.isWrong ? canvas.italic(style.small) : style.small
    let number = tile.nissim.map { Numbers.fixed($0, 3) }
    let mark = tile.isWrong ? Self.markWidth(style) : 0
    let separator = isStacked ? "" : number.map { Self.separator + $0 } ?? ""
    let room = box.width - mark - canvas.width(separator, style.small)
    let identity = canvas.fitted(tile.identity, font, width: room)
    let used = mark + canvas.width(identity, font) + canvas.width(separator, style.small)
    let left = box.x + (box.width - used) / 2
    if tile.isWrong {
      let arm = style.smallSize * 0.25
      let centre = Point(left + arm + 0.5, base - style.smallSize * 0.3)
      for direction in [-1.0, 1.0] {
        canvas.add(
          .line(
            from: Point(centre.x - arm, centre.y - direction * arm),
            to: Point(centre.x + arm, centre.y + direction * arm), Stroke(colour, width: 0.9)))
      }
    }
    canvas.draw(
      [Run(text: identity, font: font), Run(text: separator, font: style.small)], at: Point(left + mark, base),
      colour: colour)
    if isStacked, let number {
      let below = Point(box.x + box.width / 2, base + canvas.height(style.small))
      canvas.draw(number, at: below, .middle, colour: colour)
    }
  }

  /// Between identity and NISSIM.
  private static let separator = " · "

  /// The cross before a wrong identity, and the space after it.
  private static func markWidth(_ style: FigureStyle) -> Double { style.smallSize * 0.5 + 2.5 }

  private func drawBar(_ picture: EncodedPicture, in box: Rect, on canvas: inout Canvas) {
    let style = canvas.style
    canvas.items.append(.picture(PlacedPicture(picture, frame: box, smooth: false)))
    canvas.add(.rectangle(box, stroke: Stroke(style.quiet, width: 0.4)))
    for (value, label) in [(0.0, "0"), (0.5, "0.5"), (1.0, "1")] {
      let y = box.maxY - value * box.height
      canvas.line(Point(box.maxX, y), Point(box.maxX + 2.5, y), style.quiet, width: 0.4)
      let centre = min(max(y, box.y + 3), box.maxY - 3)
      canvas.draw(
        label, at: Point(box.maxX + 4, canvas.baseline(centredAt: centre, style.small)), colour: style.quiet)
    }
    let title = canvas.fitted("heatmap value", style.small, width: box.height)
    canvas.draw(
      title,
      at: Point(box.x - 3, box.y + box.height / 2 + canvas.width(title, style.small) / 2), font: style.small,
      colour: style.quiet, rotation: 90)
  }
}
