import Typesetting

/// One picture of a heatmap grid and what is printed under it.
public struct HeatmapTile: Sendable {
  /// What stands in a tile's square.
  public enum Content: Sendable {
    /// A photograph, a heatmap over one, or a perturbation.
    case picture(EncodedPicture)
    /// A map without any positive value: hatched over the photograph where there is one, never a plain colour.
    case dead(EncodedPicture?)
    /// The map was not kept, or the row was not measured.
    case missing
    /// Nothing belongs here.
    case empty
  }
  /// What is drawn.
  public var content: Content
  /// The predicted identity; for a photograph the true one; empty where another row of the column says it.
  public var identity: String
  /// Whether `identity` is another than the true one: red, italic and crossed.
  public var isWrong: Bool
  /// Nil for the photograph and for the clean map.
  public var dissimilarity: Double?
  /// The raw map's greatest value, which is printed in place of the dissimilarity where maps are on a scale of raw values.
  public var strength: Double?
  /// Drawn over a picture; nil for none.
  public var contour: Contour?

  public init(
    content: Content, identity: String, isWrong: Bool = false, dissimilarity: Double? = nil, strength: Double? = nil,
    contour: Contour? = nil
  ) {
    self.content = content
    self.identity = identity
    self.isWrong = isWrong
    self.dissimilarity = dissimilarity
    self.strength = strength
    self.contour = contour
  }

  /// What stands behind the identity.
  var number: String? {
    // "0.28" beside "0.10"; what is as small as 0.00001 is long enough.
    strength.map { Numbers.significant($0, 2, keepsZeros: $0 >= 1e-4) } ?? dissimilarity.map { Numbers.fixed($0, 3) }
  }
}

/// The head of a column: words, or an attack level.
public enum HeatmapColumn: Sendable, Hashable {
  /// "clean", "photograph".
  case words(String)
  case epsilon(Double)
}

/// What the colours of a grid mean.
public enum HeatmapScale: Sendable, Hashable {
  /// Each map from 0 to its own maximum.
  case image
  /// All maps from 0 to this value of the raw maps.
  case raw(Double)
  /// The maps of each row from 0 to a value of the row's own; nil where a row has no scale.
  case rawByRow([Double?])
}

/// Pictures in rows and columns: rows samples, layers, models or kinds of picture; columns the photograph, its clean
/// heatmap, and each attack level; under them one colour bar, and what the contours are.
public struct HeatmapGrid: Sendable {
  /// From left to right.
  public var columns: [HeatmapColumn]
  /// As many tiles in each row as there are columns.
  public var rows: [[HeatmapTile]]
  /// Of the colours, the lowest value at the left; nil leaves the bar out.
  public var colourBar: EncodedPicture?
  /// Of the whole figure, in points.
  public var width: Double
  /// Pictures shrink until the rows fit into it.
  public var maximumHeight: Double
  /// Of a picture, in points.
  public var maximumSide: Double
  /// Printed upwards before the rows; none leaves the column out.
  public var rowLabels: [String]
  /// Neighbouring rows that belong together, a thin rule between them; as many rows in all as there are, or none.
  public var groups: [Group]

  /// Some rows under one label.
  public struct Group: Sendable, Hashable {
    /// Printed upwards before the labels of its rows.
    public var label: String
    /// How many rows.
    public var count: Int

    public init(label: String, count: Int) {
      self.label = label
      self.count = count
    }
  }

  /// What the colour bar's ends are.
  public var scale: HeatmapScale
  /// Of the colour bar where the scale is one of raw maps, with what their values are.
  public var rawTitle: String
  /// What the tiles' contours are, for the line under them; nil where it is not to be said.
  public var contourTitle: String?

  public init(
    columns: [HeatmapColumn], rows: [[HeatmapTile]], colourBar: EncodedPicture?, width: Double,
    maximumHeight: Double = 640, maximumSide: Double = 84, rowLabels: [String] = [], groups: [Group] = [],
    scale: HeatmapScale = .image, rawTitle: String = "raw map", contourTitle: String? = nil
  ) {
    self.contourTitle = contourTitle
    self.groups = groups
    self.rawTitle = rawTitle
    self.columns = columns
    self.rows = rows
    self.colourBar = colourBar
    self.width = width
    self.maximumHeight = maximumHeight
    self.maximumSide = maximumSide
    self.rowLabels = rowLabels
    self.scale = scale
  }

  private static let gap = 3.0
  private static let groupGap = 9.0

  /// The widest that pictures can be, in points, whatever the rows: what their pixels are to be counted for.
  public static func widestSide(columns: Int, width: Double, maximumSide: Double = 84) -> Double {
    let count = Double(max(1, columns))
    return max(24, min(maximumSide, (width - gap * (count - 1)) / count))
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let line = canvas.height(style.small)
    // Beside rows that have scales of their own stands how far each goes.
    let ends = isScaledByRow ? line + 2 : 0
    let groupLabels = groups.isEmpty ? 0 : canvas.height(style.text) + 5
    let count = Double(max(1, columns.count))
    let head = canvas.height(style.text) + 1
    let legend = legend
    let foot = legend.height(canvas, width: width) + 2

    let rowCount = Double(max(1, rows.count))
    // Whole names take more lines where the pictures are small.
    let least = min(
      maximumSide, (width - ends - groupLabels - 3 * line - 2 - Self.gap * (count - 1)) / count,
      (maximumHeight - head - foot) / rowCount - line - 4)
    let lines = canvas.wrapped(rowLabels, style.small, widths: [max(24, least)], most: 3).map(\.count).max() ?? 0
    let labels = groupLabels + (lines == 0 ? 0 : canvas.height(style.small) * Double(lines) + 2)
    let widest = min(maximumSide, (width - ends - labels - Self.gap * (count - 1)) / count)
    let gaps = self.gaps
    // Rows without any text under their pictures stand closer.
    func captionHeights(isStacked: Bool) -> [Double] {
      rows.map { tiles in
        if tiles.allSatisfy({ $0.identity.isEmpty && $0.number == nil }) { return Self.gap }
        return line + 4 + (isStacked && tiles.contains { !$0.identity.isEmpty && $0.number != nil } ? line : 0)
      }
    }
    func fittingSide(_ captions: [Double]) -> Double {
      max(24, min(widest, (maximumHeight - head - foot - gaps.reduce(0, +) - captions.reduce(0, +)) / rowCount))
    }
    var captions = captionHeights(isStacked: false)
    var side = fittingSide(captions)
    let isStacked = rows.joined().contains { captionWidth($0, canvas) > side }
    if isStacked {
      captions = captionHeights(isStacked: true)
      side = fittingSide(captions)
    }
    let tops = captions.indices.map { row in
      head + Double(row) * side + captions[..<row].reduce(0, +) + gaps[...row].reduce(0, +)
    }
    let used = labels + side * count + Self.gap * (count - 1) + ends
    let start = max(0, (width - used) / 2)
    let left = start + labels

    for (index, column) in columns.enumerated() {
      let centre = Point(left + Double(index) * (side + Self.gap) + side / 2, canvas.ascent(style.text))
      switch column {
      case .words(let text):
        canvas.draw(canvas.fitted(text, style.text, width: side), at: centre, .middle, font: style.text)
      case .epsilon(let value):
        var font = style.text
        if canvas.width("ε = " + Numbers.epsilon(value, style.levels), font) > side + Self.gap {
          font.size = style.smallSize - 1
        }
        canvas.draw(canvas.epsilonRuns(value, font: font), at: centre, .middle)
      }
    }
    let names = canvas.wrapped(rowLabels, style.small, widths: [side], most: max(1, lines))
    for (row, tiles) in rows.enumerated() {
      let y = tops[row]
      if names.indices.contains(row) {
        canvas.draw(
          upright: names[row], left: left - 2 - canvas.height(style.small) * Double(names[row].count),
          middle: y + side / 2, font: style.small)
      }
      for (column, tile) in tiles.enumerated() {
        let box = Rect(x: left + Double(column) * (side + Self.gap), y: y, width: side, height: side)
        canvas.valued(words(of: tile, row: row, column: column, canvas)) { draw(tile, in: box, on: &$0) }
        drawCaption(tile, under: box, isStacked: isStacked, on: &canvas)
      }
    }
    drawGroups(
      tops: tops, side: side, left: start, right: left + side * count + Self.gap * (count - 1), on: &canvas)
    if case .rawByRow(let greatest) = scale, isScaledByRow {
      for (top, greatest) in zip(tops, greatest) {
        guard let greatest, greatest > 0 else { continue }
        let text = canvas.fitted("0 to " + Numbers.significant(greatest, 2), style.small, width: side + 4)
        canvas.draw(
          text, at: Point(start + used - line + canvas.ascent(style.small), top + side / 2), .middle,
          colour: style.quiet, rotation: 90)
      }
    }
    var bottom = (tops.last ?? head) + side + (captions.last ?? 0) - 2
    if !rows.isEmpty, foot > 2 {
      legend.draw(at: left, top: bottom + 2, width: width, on: &canvas)
      bottom += foot
    }
    return Frame(size: Size(width: width, height: bottom), items: canvas.items)
  }

  /// What is told of a tile on a screen; nothing of one that has no words.
  private func words(of tile: HeatmapTile, row: Int, column: Int, _ canvas: Canvas) -> String {
    let state =
      switch tile.content {
      case .empty: ""
      case .picture: tile.identity
      case .dead: "dead"
      case .missing: "not kept"
      }
    if case .empty = tile.content { return "" }
    let head =
      switch columns.indices.contains(column) ? columns[column] : .words("") {
      case .words(let text): text
      case .epsilon(let value): "ε = " + Numbers.epsilon(value, canvas.style.levels)
      }
    let place = [rowLabels.indices.contains(row) ? rowLabels[row] : "", head].filter { !$0.isEmpty }
    let told = [
      state + (tile.isWrong && !state.isEmpty ? " (wrong)" : ""), tile.dissimilarity.map { Numbers.fixed($0, 4) } ?? "",
      tile.strength.map { "at most " + Numbers.significant($0, 4) } ?? "",
    ].filter { !$0.isEmpty }
    return place.joined(separator: ", ") + (place.isEmpty || told.isEmpty ? "" : ": ") + told.joined(separator: ", ")
  }

  /// Before each row, where a group of rows begins.
  private var gaps: [Double] {
    var gaps = [Double](repeating: 0, count: rows.count)
    var row = 0
    for group in groups {
      if row > 0, row < gaps.count { gaps[row] = Self.groupGap }
      row += group.count
    }
    return gaps
  }

  private func drawGroups(tops: [Double], side: Double, left: Double, right: Double, on canvas: inout Canvas) {
    let style = canvas.style
    var row = 0
    for group in groups {
      defer { row += group.count }
      guard group.count > 0, tops.indices.contains(row), tops.indices.contains(row + group.count - 1) else { continue }
      let (top, bottom) = (tops[row], tops[row + group.count - 1] + side)
      if row > 0 { canvas.line(Point(left, top - 6), Point(right, top - 6), style.quiet, width: 0.4) }
      canvas.draw(
        canvas.shortened(group.label, style.text, width: bottom - top),
        at: Point(left + canvas.ascent(style.text), (top + bottom) / 2), .middle, font: style.text, rotation: 90)
    }
  }

  private func captionWidth(_ tile: HeatmapTile, _ canvas: Canvas) -> Double {
    let font = tile.isWrong ? canvas.italic(canvas.style.small) : canvas.style.small
    let mark = tile.isWrong ? Self.markWidth(canvas.style) : 0
    let number =
      tile.number.map { canvas.width(separator(tile) + $0, canvas.style.small) } ?? 0
    return mark + canvas.width(tile.identity, font) + number
  }

  private func draw(_ tile: HeatmapTile, in box: Rect, on canvas: inout Canvas) {
    let style = canvas.style
    switch tile.content {
    case .picture(let picture):
      canvas.items.append(.picture(PlacedPicture(picture, frame: box)))
      if let contour = tile.contour { canvas.draw(contour, in: box) }
    case .dead(let photograph):
      if let photograph { canvas.items.append(.picture(PlacedPicture(photograph, frame: box))) }
      canvas.items.append(.group(hatching(box, colour: .white, width: 2), offset: Point(0, 0), clip: box))
      canvas.items.append(.group(hatching(box, colour: style.ink, width: 0.7), offset: Point(0, 0), clip: box))
      canvas.add(.rectangle(box, stroke: Stroke(style.ink, width: 0.5)))
      drawPlate("dead", in: box, colour: style.ink, on: &canvas)
    case .missing:
      canvas.add(.rectangle(box, stroke: Stroke(.grey(0.6), width: 0.5, dash: [2, 2])))
      drawPlate("not kept", in: box, colour: style.quiet, on: &canvas)
    case .empty: break
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

  /// Identity and drift, centred; a wrong identity is red, and italic behind a cross for grey print.
  private func drawCaption(_ tile: HeatmapTile, under box: Rect, isStacked: Bool, on canvas: inout Canvas) {
    let style = canvas.style
    let base = box.maxY + canvas.ascent(style.small) + 0.5
    let colour = tile.isWrong ? Palette.wrong : style.ink
    let font = tile.isWrong ? canvas.italic(style.small) : style.small
    let number = tile.number
    let mark = tile.isWrong ? Self.markWidth(style) : 0
    let isStacked = isStacked && !tile.identity.isEmpty
    let separator = isStacked ? "" : number.map { self.separator(tile) + $0 } ?? ""
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

  /// Between identity and drift.
  private func separator(_ tile: HeatmapTile) -> String { tile.identity.isEmpty ? "" : " · " }

  /// The cross before a wrong identity, and the space after it.
  private static func markWidth(_ style: FigureStyle) -> Double { style.smallSize * 0.5 + 2.5 }

  // MARK: - What stands under the grid

  private var isScaledByRow: Bool {
    if case .rawByRow = scale { colourBar != nil } else { false }
  }

  private var legend: HeatmapLegend {
    let hasLine = rows.joined().contains { $0.contour?.lines.isEmpty == false }
    let greatest =
      switch scale {
      case .image: "1"
      case .raw(let greatest): greatest.isFinite ? Numbers.significant(greatest, 2) : "–"
      case .rawByRow: "each row’s greatest"
      }
    return HeatmapLegend(
      bar: colourBar, title: scale == .image ? "heatmap value" : rawTitle, least: "0", greatest: greatest,
      line: hasLine ? contourTitle : nil)
  }
}
