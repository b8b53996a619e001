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
    // The key stands once, the vertical axis beside the one row, the horizontal one under each panel.
    #expect(texts.filter { $0.text == "ε" }.count == 2)
    #expect(texts.filter { $0.text == "0.4" && $0.origin.x < 40 }.count == 1)
    let lowest = texts.filter { $0.rotation == 0 && $0.text.hasPrefix("0.") }.map(\.origin.y).max()
    // The last label of a panel does not run into the next one's first.
    #expect(
      texts.filter { $0.text == "0.4" && $0.origin.y == lowest }.count == 5, "\(texts.map { ($0.text, $0.origin) })")
    #expect(texts.contains { $0.text == "NISSIM" && $0.rotation == 90 })
    #expect(Set(texts.filter { $0.text.hasPrefix("Model") }.map(\.origin.y)).count == 1)
    // Where five have no room: three and two.
    var narrow = ScatterPlot(panels: panels, xTitle: "drop", yTitle: "NISSIM", width: 300)
    let rows = narrow.frame(measurer: FixedMeasurer()).texts
    #expect(
      Dictionary(grouping: rows.filter { $0.text.hasPrefix("Model") }, by: \.origin.y).values.map(\.count).sorted() == [
        2, 3,
      ])
    narrow.mostColumns = 2
    let two = narrow.frame(measurer: FixedMeasurer()).texts.filter { $0.text.hasPrefix("Model") }
    #expect(Set(two.map(\.origin.y)).count == 3)
  }

  @Test func correlationsStandBesideTheTitlesOrBelow() {
    func frame(_ titles: [String], _ width: Double) -> Frame {
      let panels = zip(titles, [0.724, -0.5, Double.nan]).map { title, correlation in
        var panel = panel(title, [Point(0.1, 0.2), Point(0.5, 0.4)])
        panel.correlation = correlation
        return panel
      }
      return ScatterPlot(panels: panels, xTitle: "drop", yTitle: "NISSIM", width: width).frame(
        measurer: FixedMeasurer())
    }
    let beside = frame(["A", "B", "C"], 470)
    #expect(beside.collisions == [])
    #expect(beside.texts.filter { $0.text.hasPrefix(" = ") }.map(\.text).suffix(3) == [" = 0.72", " = −0.50", " = –"])
    func heights(_ frame: Frame) -> Set<Double> {
      Set(frame.texts.filter { ["A", "B", "C", "long", " = 0.72", " = −0.50"].contains($0.text) }.map(\.origin.y))
    }
    #expect(heights(beside).count == 1)
    let below = frame(["A", "A name that is very long", "C"], 300)
    #expect(below.collisions == [])
    #expect(below.texts.contains { $0.text == "A name that" } && below.texts.contains { $0.text == "is very long" })
    #expect(heights(below).count == 2)
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
