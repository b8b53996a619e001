import Typesetting

/// A class's logit as a bar.
public struct LogitBar: Sendable, Hashable {
  /// The class's name, or its index.
  public var identity: String
  /// Whether it is the image's label.
  public var isTrue: Bool
  /// As the network gave it.
  public var logit: Double
  /// Softmax, in [0, 1].
  public var probability: Double
  /// Of the same class on the image that this one is compared with.
  public var other: Double?

  public init(identity: String, isTrue: Bool, logit: Double, probability: Double, other: Double? = nil) {
    self.identity = identity
    self.isTrue = isTrue
    self.logit = logit
    self.probability = probability
    self.other = other
  }
}

/// The bars of one image.
public struct LogitPanel: Sendable, Hashable {
  /// Which image it is: clean, or at a level.
  public var head: HeatmapColumn
  /// The highest logit first.
  public var bars: [LogitBar]

  public init(head: HeatmapColumn, bars: [LogitBar]) {
    self.head = head
    self.bars = bars
  }
}

/// The highest logits of some images, side by side on one scale: class, bar, logit and softmax probability.
public struct LogitBars: Sendable {
  /// From left to right, or one under the other where they would be too narrow.
  public var panels: [LogitPanel]
  /// Of the whole figure, in points.
  public var width: Double

  public init(panels: [LogitPanel], width: Double) {
    self.panels = panels
    self.width = width
  }

  private static let gap = 24.0
  /// Narrower than this, in points, nothing would be left for the bars beside names and numbers.
  private static let leastWidth = 140.0

  /// The columns of all panels: names, bars, logits, shares.
  private struct Columns {
    var names: Double
    var number: Double
    var share: Double
    var bars: Double
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let all = panels.flatMap(\.bars)
    let logits = (all.map(\.logit) + all.compactMap(\.other)).filter(\.isFinite)
    let ticks = Ticks(enclosing: Ticks.range(withZero: logits), count: 3)
    let count = max(1, panels.count)
    let beside = (width - Self.gap * Double(count - 1)) / Double(count) >= Self.leastWidth ? count : 1
    let each = (width - Self.gap * Double(beside - 1)) / Double(beside)
    let number = (all.map { Numbers.fixed($0.logit, 2) } + ["logit"]).map { canvas.width($0, style.small) }.max() ?? 0
    let share =
      (all.map { Numbers.percent($0.probability) } + ["softmax"]).map { canvas.width($0, style.small) }.max() ?? 0
    let names = min(each * 0.3, all.map { canvas.width($0.identity, style.small) }.max() ?? 0)
    let columns = Columns(
      names: names, number: number, share: share, bars: max(10, each - names - 9 - number - 6 - share - 8))
    var (y, height) = (0.0, 0.0)
    for (index, panel) in panels.enumerated() {
      if index > 0, index % beside == 0 {
        y += height + 6
        height = 0
      }
      let box = Rect(x: Double(index % beside) * (each + Self.gap), y: y, width: each, height: 0)
      height = max(height, draw(panel, in: box, columns, ticks, on: &canvas))
    }
    return Frame(size: Size(width: width, height: y + height), items: canvas.items)
  }

  /// - Returns: how high it became.
  private func draw(
    _ panel: LogitPanel, in box: Rect, _ columns: Columns, _ ticks: Ticks, on canvas: inout Canvas
  ) -> Double {
    let style = canvas.style
    let line = canvas.height(style.small) + 2.5
    let head = box.y + canvas.height(style.text) + 3
    let numberEnd = box.maxX - columns.share - 8
    let bars = Rect(
      x: box.x + columns.names + 9, y: head, width: columns.bars, height: Double(panel.bars.count) * line)
    func x(_ logit: Double) -> Double {
      bars.x + bars.width * (logit - ticks.lower) / (ticks.upper - ticks.lower)
    }
    let base = box.y + canvas.ascent(style.text)
    switch panel.head {
    case .words(let text): canvas.draw(text, at: Point(box.x, base), font: style.text)
    case .epsilon(let value): canvas.draw(canvas.epsilonRuns(value, font: style.text), at: Point(box.x, base))
    }
    canvas.draw("logit", at: Point(numberEnd, base), .end, colour: style.quiet)
    canvas.draw("softmax", at: Point(box.maxX, base), .end, colour: style.quiet)
    canvas.line(Point(box.x, head - 1), Point(box.maxX, head - 1), style.quiet, width: 0.4)
    let shown = LabelPlacement.visible(
      centres: ticks.values.map(x), widths: ticks.labels.map { canvas.width($0, style.small) }, gap: 3)
    for (index, value) in ticks.values.enumerated() {
      canvas.line(Point(x(value), bars.y), Point(x(value), bars.maxY + 2), style.grid, width: 0.4)
      if shown[index] {
        canvas.draw(
          ticks.labels[index], at: Point(x(value), bars.maxY + 3 + canvas.ascent(style.small)), .middle,
          colour: style.quiet)
      }
    }
    for (row, bar) in panel.bars.enumerated() {
      let top = head + Double(row) * line
      let middle = top + line / 2
      let text = canvas.baseline(centredAt: middle, style.small)
      let font = bar.isTrue ? Font(style.family, size: style.smallSize, bold: true) : style.small
      canvas.draw(
        canvas.fitted(bar.identity, font, width: columns.names + 3), at: Point(box.x, text), font: font)
      if bar.logit.isFinite {
        let (from, to) = (min(x(0), x(bar.logit)), max(x(0), x(bar.logit)))
        canvas.add(
          .rectangle(
            Rect(x: from, y: top + 1.8, width: to - from, height: line - 3.6),
            fill: bar.isTrue ? Palette.style(0).colour : .grey(0.68)))
      }
      if let other = bar.other, other.isFinite {
        // A ring is no letter and no digit, as an upright stroke beside numbers would be.
        canvas.marker(.ring, at: Point(x(other), middle), radius: 2.2, colour: style.ink)
      }
      canvas.draw(Numbers.fixed(bar.logit, 2), at: Point(numberEnd, text), .end)
      canvas.draw(Numbers.percent(bar.probability), at: Point(box.maxX, text), .end)
    }
    canvas.line(Point(x(0), head), Point(x(0), bars.maxY), style.quiet, width: 0.5)
    return bars.maxY + 3 + canvas.height(style.small) - box.y
  }
}

/// A picture with a name above and a remark below, and bars beside it.
public struct PicturedBars: Sendable {
  /// What an attack adds to a photograph.
  public struct Pattern: Sendable {
    /// A square.
    public var picture: EncodedPicture
    /// Printed above it.
    public var title: String
    /// Printed below it.
    public var note: String

    public init(picture: EncodedPicture, title: String, note: String) {
      self.picture = picture
      self.title = title
      self.note = note
    }
  }

  /// At the left; nil leaves all of the width to the bars.
  public var pattern: Pattern?
  /// As wide as there is room.
  public var bars: LogitBars
  /// Of the whole figure, in points.
  public var width: Double

  private static let side = 66.0
  private static let gap = 20.0

  public init(pattern: Pattern?, bars: LogitBars, width: Double) {
    self.pattern = pattern
    self.bars = bars
    self.width = width
  }

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var bars = bars
    guard let pattern else {
      bars.width = width
      return bars.frame(measurer: measurer, style: style)
    }
    var canvas = Canvas(measurer: measurer, style: style)
    let head = canvas.height(style.text) + 3
    let left = Self.side + Self.gap
    bars.width = width - left
    let beside = bars.frame(measurer: measurer, style: style)
    canvas.draw(
      canvas.fitted(pattern.title, style.text, width: left - 6), at: Point(0, canvas.ascent(style.text)),
      font: style.text)
    let box = Rect(x: 0, y: head, width: Self.side, height: Self.side)
    canvas.items.append(.picture(PlacedPicture(pattern.picture, frame: box)))
    canvas.draw(
      canvas.fitted(pattern.note, style.small, width: left - 6),
      at: Point(0, box.maxY + 1 + canvas.ascent(style.small)), colour: style.quiet)
    canvas.items.append(.group(beside.items, offset: Point(left, 0), clip: nil))
    let height = max(beside.size.height, box.maxY + 1 + canvas.height(style.small))
    return Frame(size: Size(width: width, height: height), items: canvas.items)
  }
}
