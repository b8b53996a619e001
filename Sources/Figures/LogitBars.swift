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
  /// From left to right.
  public var panels: [LogitPanel]
  /// Of the whole figure, in points.
  public var width: Double

  public init(panels: [LogitPanel], width: Double) {
    self.panels = panels
    self.width = width
  }

  private static let gap = 24.0

  /// Lays it out: a frame as wide as `width`, as high as it becomes. Lengths in points.
  public func frame(measurer: any TextMeasurer, style: FigureStyle = FigureStyle()) -> Frame {
    var canvas = Canvas(measurer: measurer, style: style)
    let all = panels.flatMap(\.bars)
    let logits = (all.map(\.logit) + all.compactMap(\.other)).filter(\.isFinite)
    let range = min(0, logits.min() ?? 0)...max(0, logits.max() ?? 0, 1e-9)
    let count = Double(max(1, panels.count))
    let each = (width - Self.gap * (count - 1)) / count
    let names = min(each * 0.3, all.map { canvas.width($0.identity, style.small) }.max() ?? 0)
    let number = (all.map { Numbers.fixed($0.logit, 2) } + ["logit"]).map { canvas.width($0, style.small) }.max() ?? 0
    let share = (all.map { Numbers.percent($0.probability) } + ["softmax"]).map { canvas.width($0, style.small) }.max()
    let line = canvas.height(style.small) + 2.5
    let head = canvas.height(style.text) + 3
    for (index, panel) in panels.enumerated() {
      let left = Double(index) * (each + Self.gap)
      let right = left + each
      let numberEnd = right - (share ?? 0) - 8
      let bars = Rect(
        x: left + names + 9, y: head, width: max(10, numberEnd - number - 6 - left - names - 9), height: 0)
      let base = canvas.ascent(style.text)
      switch panel.head {
      case .words(let text): canvas.draw(text, at: Point(left, base), font: style.text)
      case .epsilon(let value): canvas.draw(canvas.epsilonRuns(value, font: style.text), at: Point(left, base))
      }
      canvas.draw("logit", at: Point(numberEnd, base), .end, colour: style.quiet)
      canvas.draw("softmax", at: Point(right, base), .end, colour: style.quiet)
      canvas.line(Point(left, head - 1), Point(right, head - 1), style.quiet, width: 0.4)
      func x(_ logit: Double) -> Double {
        bars.x + bars.width * (logit - range.lowerBound) / (range.upperBound - range.lowerBound)
      }
      for (row, bar) in panel.bars.enumerated() {
        let top = head + Double(row) * line
        let middle = top + line / 2
        let text = canvas.baseline(centredAt: middle, style.small)
        let font = bar.isTrue ? Font(style.family, size: style.smallSize, bold: true) : style.small
        canvas.draw(
          canvas.fitted(bar.identity, font, width: names + 3), at: Point(left, text), font: font)
        let (from, to) = (min(x(0), x(bar.logit)), max(x(0), x(bar.logit)))
        canvas.add(
          .rectangle(
            Rect(x: from, y: top + 1.8, width: to - from, height: line - 3.6),
            fill: bar.isTrue ? Palette.style(0).colour : .grey(0.68)))
        if let other = bar.other, other.isFinite {
          canvas.line(Point(x(other), top + 0.6), Point(x(other), top + line - 0.6), style.ink, width: 1.1)
        }
        canvas.draw(Numbers.fixed(bar.logit, 2), at: Point(numberEnd, text), .end)
        canvas.draw(Numbers.percent(bar.probability), at: Point(right, text), .end)
      }
      let bottom = head + Double(panel.bars.count) * line
      canvas.line(Point(x(0), head), Point(x(0), bottom), style.quiet, width: 0.5)
    }
    let most = Double(panels.map(\.bars.count).max() ?? 0)
    return Frame(size: Size(width: width, height: head + most * line), items: canvas.items)
  }
}
