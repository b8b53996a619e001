import Figures
import Support
import Testing
import Typesetting

@Suite struct LogitBarsTests {
  @Test func barsStandOnOneScaleFromZero() {
    let clean = LogitPanel(
      head: .words("clean"),
      bars: [
        LogitBar(identity: "s1", isTrue: true, logit: 8, probability: 0.875, other: -2),
        LogitBar(identity: "s2", isTrue: false, logit: -1, probability: 0.001),
      ])
    let attacked = LogitPanel(
      head: .epsilon(0.1), bars: [LogitBar(identity: "s2", isTrue: false, logit: 4, probability: 0.5, other: -1)])
    let frame = LogitBars(panels: [clean, attacked], width: 470).frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    let bars = frame.paths.filter { $0.fill != nil }.compactMap { path -> (x: Double, width: Double)? in
      guard case .move(let a)? = path.elements.first, case .line(let b)? = path.elements.dropFirst().first else {
        return nil
      }
      return (a.x, b.x - a.x)
    }
    #expect(bars.count == 3)
    let unit = bars[0].width / 8
    #expect(abs(bars[1].width - unit) < 1e-9)
    #expect(abs(bars[2].width - 4 * unit) < 1e-9)
    // The negative bar ends where the positive one begins.
    #expect(abs(bars[1].x + bars[1].width - bars[0].x) < 1e-9)
    let texts = frame.texts.map(\.text)
    for text in ["clean", "logit", "softmax", "8.00", "−1.00", "87.5%", "0.1%"] { #expect(texts.contains(text)) }
    // Where the other image has the class's logit: -2 on the left, -1 on the right.
    let marks = frame.paths.compactMap { path -> Double? in
      guard path.stroke?.width == 1.1, case .move(let point)? = path.elements.first else { return nil }
      return point.x
    }
    #expect(marks.count == 2)
    #expect(abs(marks[0] - (bars[0].x - 2 * unit)) < 1e-9)
  }
}
