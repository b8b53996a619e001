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
    let bars = frame.paths.filter { $0.fill != nil && $0.fill != .white }.compactMap {
      path -> (x: Double, width: Double)? in
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
    // Where the other image has the class's logit: rings, centred at -2 on the left and -1 on the right.
    let rings = frame.paths.filter { $0.fill == .white }.compactMap { path -> Double? in
      guard case .move(let point)? = path.elements.first else { return nil }
      return point.x - 2.2 * 0.95
    }
    #expect(rings.count == 2)
    #expect(abs(rings[0] - (bars[0].x - 2 * unit)) < 1e-9)
    // The scale under each of them, from -2.5 to 10.
    for label in ["−2.5", "10.0"] { #expect(texts.count { $0 == label } == 2, "\(label)") }
  }

  @Test func narrowPanelsStandBelowEachOther() {
    let bar = LogitBar(identity: "a class with a long name", isTrue: true, logit: 8, probability: 0.875, other: .nan)
    let panel = LogitPanel(head: .words("clean"), bars: [bar, bar])
    let beside = LogitBars(panels: [panel, panel], width: 400).frame(measurer: FixedMeasurer())
    let below = LogitBars(panels: [panel, panel], width: 240).frame(measurer: FixedMeasurer())
    #expect(beside.collisions == [] && below.collisions == [])
    #expect(below.size.height == 2 * beside.size.height + 6)
  }

  @Test func thePerturbationStandsBesideTheBars() throws {
    let picture = EncodedPicture(format: .jpeg, bytes: [0xFF, 0xD8], pixelWidth: 4, pixelHeight: 4)
    let panel = LogitPanel(
      head: .epsilon(0.1), bars: [LogitBar(identity: "s2", isTrue: false, logit: 4, probability: 0.5)])
    let bars = LogitBars(panels: [panel], width: 300)
    let frame = PicturedBars(
      pattern: PicturedBars.Pattern(picture: picture, title: "perturbation", note: "ε = 0.1, × 10"), bars: bars,
      width: 300
    ).frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    #expect(frame.pictures.map(\.frame.width) == [66])
    #expect(frame.texts.map(\.text).contains("ε = 0.1, × 10"))
    #expect(try #require(frame.texts.first { $0.text == "4.00" }).origin.x > 86)
    let alone = PicturedBars(pattern: nil, bars: bars, width: 300).frame(measurer: FixedMeasurer())
    #expect(alone.pictures.isEmpty && alone.collisions == [])
  }
}
