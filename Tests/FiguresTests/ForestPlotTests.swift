import Figures
import Testing
import Typesetting

@Suite struct ForestPlotTests {
  private func plot(_ labels: [String], maximumHeight: Double = .infinity) -> Frame {
    let rows = labels.map {
      ForestRow(label: $0, value: 0.1, lower: 0.05, upper: 0.2, note: "p = 0.012", isClear: true)
    }
    return ForestPlot(rows: rows, title: "difference", width: 470, maximumHeight: maximumHeight)
      .frame(measurer: FixedMeasurer())
  }

  private let long = "ResNet-50 free adversarial training −\u{A0}Xception with label smoothing"

  /// Names are whole, each on a line of its own, and only rows that need it are higher.
  @Test func longPairsTakeTwoLines() {
    let frame = plot(["A −\u{A0}B", long, "A −\u{A0}C"])
    #expect(frame.collisions == [])
    let texts = frame.texts
    let lines = [
      "A −\u{A0}B", "ResNet-50 free adversarial training", "−\u{A0}Xception with label smoothing", "A −\u{A0}C",
    ]
    #expect(texts.prefix(6).filter { !$0.text.hasPrefix("p") }.map(\.text) == lines)
    let places = lines.compactMap { line in texts.first { $0.text == line }?.origin.y }
    // Rows of 11.5 points, and a line of 8.5 more between the names.
    #expect(zip(places, places.dropFirst()).map { (($1 - $0) * 100).rounded() / 100 } == [11.5, 8.5, 11.5])
  }

  @Test func whereThePageIsFullTheyAreShortened() {
    let frame = plot(["A −\u{A0}B", long], maximumHeight: 45)
    #expect(frame.collisions == [])
    #expect(frame.texts.contains { $0.text.hasPrefix("ResNet") && $0.text.contains("…") })
    #expect(frame.size.height < plot(["A −\u{A0}B", long]).size.height)
  }
}
