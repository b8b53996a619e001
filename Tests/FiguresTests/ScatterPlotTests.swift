import Figures
import Support
import Testing
import Typesetting

@Suite struct ScatterPlotTests {
  private func panel(_ name: String, _ points: [Point]) -> ScatterPanel {
    ScatterPanel(
      title: name,
      levels: [0.01, 0.1].enumerated().map {
        ScatterLevel(epsilon: $1, style: Palette.level($0, of: 2), points: points)
      })
  }

  @Test func fivePanelsShareTheirAxes() {
    let panels = (0..<5).map { panel("Model \($0)", [Point(0.1 * Double($0), 0.2), Point(-0.1, 0.4)]) }
    let frame = ScatterPlot(panels: panels, xTitle: "drop", yTitle: "NISSIM", width: 470)
      .frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    let texts = frame.texts
    for index in 0..<5 { #expect(texts.contains { $0.text == "Model \(index)" }) }
    // The key stands once, the vertical axis beside each of two rows, the horizontal one under three columns.
    #expect(texts.filter { $0.text == "ε" }.count == 2)
    #expect(texts.filter { $0.text == "0.4" && $0.origin.x < 40 }.count == 2)
    #expect(texts.filter { $0.text == "−0.1" }.count == 3)
    #expect(texts.contains { $0.text == "NISSIM" && $0.rotation == 90 })
  }

  @Test func markersStandAtTheirValues() {
    let plot = ScatterPlot(
      panels: [panel("A", [Point(0, 0), Point(1, 0.5)])], xTitle: "x", yTitle: "y", width: 470, plotHeight: 100)
    let frame = plot.frame(measurer: FixedMeasurer())
    let colour = Palette.level(0, of: 2).colour
    let starts = frame.paths.filter { $0.fill.map { $0.red == colour.red && $0.alpha < 1 } ?? false }
      .compactMap { path -> Point? in
        if case .move(let point)? = path.elements.first { point } else { nil }
      }
    #expect(starts.count == 2)
    // From 0 to 0.5 the axis is used up.
    #expect(abs((starts[0].y - starts[1].y) - 100) < 1e-9)
    #expect(starts[1].x > starts[0].x + 300)
  }

  @Test func nothingToShow() {
    let frame = ScatterPlot(panels: [panel("A", [])], xTitle: "x", yTitle: "y", width: 470)
      .frame(measurer: FixedMeasurer())
    #expect(frame.texts.map(\.text).contains("no measurements"))
  }
}
