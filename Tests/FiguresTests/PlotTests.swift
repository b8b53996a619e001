import Figures
import Support
import Testing
import Typesetting

@Suite struct PlotTests {
  private func series(_ name: String, _ index: Int, _ values: [Double]) -> CurveSeries {
    let epsilons = [0, 0.005, 0.01, 0.02, 0.05, 0.1]
    return CurveSeries(
      label: name, style: Palette.style(index),
      points: zip(epsilons, values).map { CurvePoint(epsilon: $0, value: $1, lower: $1 - 0.02, upper: $1 + 0.02) })
  }

  private let axis = EpsilonAxis([0.005, 0.01, 0.02, 0.05, 0.1])

  @Test func curvesThatEndTogetherKeepTheirNamesApart() {
    let values = [0, 0.1, 0.15, 0.2, 0.25, 0.3]
    let panel = CurvePanel(
      title: "MOD",
      series: ["VGG16", "ResNet50", "ResNet101", "InceptionV3", "Xception"].enumerated().map {
        series($1, $0, values)
      })
    let frame = CurvePlot(panels: [panel, panel], axis: axis, width: 470).frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    #expect(frame.texts.filter { $0.text == "InceptionV3" }.count == 2)
    #expect(frame.texts.map(\.text).contains("0.005"))
  }

  @Test func accuracyIsShownOnItsWholeRange() {
    var panel = CurvePanel(title: "accuracy", series: [series("A", 0, [0.9, 0.9, 0.9, 0.9, 0.9, 0.9])], range: 0...1)
    let frame = CurvePlot(panels: [panel], axis: axis, width: 235).frame(measurer: FixedMeasurer())
    let texts = frame.texts.map(\.text)
    for label in ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"] { #expect(texts.contains(label)) }
    panel.isShare = true
    let percent = CurvePlot(panels: [panel], axis: axis, width: 235).frame(measurer: FixedMeasurer())
    for label in ["20", "40", "60", "80", "100"] { #expect(percent.texts.map(\.text).contains(label)) }
    let told = percent.items.compactMap { if case .valued(_, let words) = $0 { words } else { nil } }
    #expect(told.last == "A, ε = 0.1: 90.0% (88.0–92.0%)")
  }

  @Test func longNamesOfOneNetworkStayApart() {
    let names = ["predicted", "label", "clean-prediction"].map {
      "A_network_with_a_long_name_layer4.2_(\($0),_as_always)"
    }
    let panel = CurvePanel(
      title: "MOD", series: names.enumerated().map { series($1, $0, [0, 0.1, 0.2, 0.3, 0.4, 0.5]) })
    let frame = CurvePlot(panels: [panel, panel], axis: axis, width: 470).frame(measurer: FixedMeasurer())
    for word in ["…predicted…", "…label…", "…clean"] {
      #expect(frame.texts.count { $0.text.hasPrefix(word) } == 2, "\(frame.texts.map(\.text))")
    }
  }

  @Test func missingValuesAndLongNames() {
    let name = "A_network_with_a_very_long_name,_layer4.2_(label)"
    let panel = CurvePanel(title: "MOD", series: [series(name, 0, [0, .nan, 0.1, 0.2, .nan, .nan])])
    let frame = CurvePlot(panels: [panel, panel], axis: axis, width: 470).frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    #expect(frame.texts.contains { $0.text.hasPrefix("A_net") && $0.text.contains("…") && $0.text.hasSuffix("label)") })
    for path in frame.paths {
      for element in path.elements {
        if case .line(let point) = element { #expect(point.x.isFinite && point.y.isFinite) }
      }
    }
  }

  /// Names that no line holds whole take two, and more of the panel.
  @Test func longNamesAreWholeOnTwoLines() {
    let names = [
      "VGG16 plain training", "ResNet-50 free adversarial training", "Xception", "Xception with label smoothing",
    ]
    let panel = CurvePanel(
      title: "MOD of a measure whose name is longer than a panel is wide",
      series: names.enumerated().map { series($1, $0, [0, 0.1, 0.2, 0.3, 0.3, 0.3]) })
    let frame = CurvePlot(panels: [panel, panel], axis: axis, width: 470).frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    let texts = frame.texts.map(\.text)
    for line in [
      "VGG16 plain training", "ResNet-50 free", "adversarial training", "Xception with", "label smoothing",
    ] {
      #expect(texts.contains(line), "\(texts)")
    }
    #expect(!texts.contains { $0.contains("…") })
    #expect(texts.count { $0 == "Xception" } == 2)
  }

  /// What does not depend on the attack level is a tick inside the axes' right end, right of every curve.
  @Test func unrelatedMapsAreTicksAtTheRight() throws {
    var panel = CurvePanel(title: "MOD", series: [series("A", 0, [0, 0.1, 0.15, 0.2, 0.25, 0.3])], range: 0...0.5)
    panel.marks = [CurvePanel.Mark(value: 0.5, style: Palette.style(3), label: "A, unrelated")]
    let frame = CurvePlot(panels: [panel], axis: axis, width: 300, plotHeight: 100).frame(measurer: FixedMeasurer())
    let tick = try #require(frame.paths.first { $0.stroke?.width == 1.4 })
    #expect(tick.stroke?.colour == Palette.style(3).colour)
    let axes = try #require(frame.paths.last { $0.stroke?.width == 0.6 })
    func points(_ path: PlacedPath) -> [Point] {
      path.elements.compactMap { element in
        switch element {
        case .move(let point), .line(let point): point
        default: nil
        }
      }
    }
    let curve = try #require(frame.paths.first { $0.stroke?.width == 1.2 })
    let grid = try #require(frame.paths.first { $0.stroke?.colour == FigureStyle().grid })
    #expect(points(tick).map(\.x).min() ?? 0 > (points(curve).map(\.x).max() ?? 0) + 2)
    #expect(points(tick).map(\.x).max() ?? 0 <= (points(grid).map(\.x).max() ?? 0) + 1)
    #expect(abs((points(axes).first?.y ?? 0) - (points(tick).first?.y ?? 0)) > 90, "at 0.5 of an axis to 0.5")
    let words = frame.items.compactMap { if case .valued(_, let words) = $0 { words } else { nil } }
    #expect(words.contains("A, unrelated: 0.5000"))
  }

  @Test func noSeriesSaysSo() {
    let plot = CurvePlot(panels: [CurvePanel(title: "MOD", series: [])], axis: EpsilonAxis([]), width: 235)
    #expect(plot.frame(measurer: FixedMeasurer()).texts.map(\.text).contains("no measurements"))
  }

  @Test func histogramCounts() {
    #expect(Histogram([0, 0.1, 0.19, 0.2, 0.3, 0.4], binWidth: 0.1, binCount: 4).counts == [1, 2, 1, 2])
    // 0.3 / 0.1 is 2.9999999999999996: the value still belongs to the bin that starts at 0.3.
    #expect(Histogram([0.3], binWidth: 0.1, binCount: 5).counts == [0, 0, 0, 1, 0])
    #expect(Histogram([.nan, 0.5], binWidth: 0.25, binCount: 2).counts == [0, 1])
    // What a damaged store may say.
    #expect(Histogram([1e300, -1e300, 0.3, -0.1], binWidth: 0.25, binCount: 3).counts == [2, 1, 1])
    #expect(Histogram.bins(for: [[0.1], [], [0.48, .infinity, .nan]]) == (0.025, 20))
    #expect(Histogram.bins(for: [[0, 0]]) == (0.05, 2))
    #expect(Histogram.bins(for: []) == (0.05, 2))
  }

  /// A measure's bound ends the axis where rounded steps would go beyond it, and has no tick of its own.
  @Test func noAxisGoesBeyondTheBounds() {
    func panel(_ bounds: ClosedRange<Double>?) -> [String] {
      let panel = CurvePanel(title: "MOD", series: [series("A", 0, [0, 0.2, 0.5, 0.9, 1.3, 1.4])], bounds: bounds)
      let frame = CurvePlot(panels: [panel], axis: axis, width: 235).frame(measurer: FixedMeasurer())
      for path in frame.paths {
        for case .line(let point) in path.elements { #expect(point.y >= 0) }
      }
      return frame.texts.map(\.text).filter { ["1.25", "1.50"].contains($0) }
    }
    #expect(panel(nil) == ["1.25", "1.50"])
    #expect(panel(0...1.5) == ["1.25", "1.50"])
    #expect(panel(0...1.45) == ["1.25"])
  }

  @Test func smallMultiples() {
    let values = (0..<40).map { Double($0) / 80 }
    let row = DistributionRow(
      label: "VGG16", style: Palette.style(0),
      panels: (0..<5).map { DistributionPanel(values: values, mean: 0.24375, deadCount: $0 == 4 ? 3 : 0) })
    let grid = DistributionGrid(
      rows: [row, row], epsilons: [0.005, 0.01, 0.02, 0.05, 0.1], measure: MeasureScale(title: "distance"), form: .dots,
      width: 470)
    let frame = grid.frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    let texts = frame.texts.map(\.text)
    #expect(texts.filter { $0 == "3 dead" }.count == 2)
    #expect(texts.filter { $0 == "0.244" }.count == 10)
    #expect(texts.filter { $0 == "  n = 40" }.count == 2)
    #expect(texts.contains("distance"))
  }

  /// One path of dots, each a line without length.
  private func dots(_ frame: Frame, _ colour: Colour) -> [Point] {
    frame.paths.filter { $0.stroke?.roundCap == true && $0.stroke?.colour == colour }.flatMap { path in
      path.elements.compactMap { if case .move(let point) = $0 { point } else { nil } }
    }
  }

  @Test func everyImageHasADotWhereverTheyCrowd() {
    let style = Palette.style(0)
    func frame(_ values: [Double], filled: [Double]? = nil) -> Frame {
      let panel = DistributionPanel(values: values, mean: 0.1, deadCount: 0, filled: filled)
      return DistributionGrid(
        rows: [DistributionRow(label: "A", style: style, panels: [panel])], epsilons: [0.1],
        measure: MeasureScale(title: "distance"), form: .dots, width: 300, shared: [[1]]
      ).frame(measurer: FixedMeasurer())
    }
    let crowd = dots(frame([Double](repeating: 0, count: 40) + [.nan]), style.colour)
    #expect(crowd.count == 40)
    let (top, bottom) = (crowd.map(\.y).min() ?? 0, crowd.map(\.y).max() ?? 0)
    // 44 points high; a few stand on each other without overlapping.
    #expect(bottom - top > 35 && bottom - top < 44)
    let few = dots(frame([0.5, 0.5, 0.25]), style.colour)
    #expect(few.count == 3)
    #expect(Set(few.map(\.x)).count == 2)
    // The flipped stand below the held, which are hollow: a white dot on each.
    let split = frame([0.5, 0.5, 0.5], filled: [0.5])
    #expect(dots(split, style.colour).count == 3)
    let hollow = dots(split, .white).map(\.y)
    #expect(hollow.count == 2)
    #expect((hollow.max() ?? 0) < (dots(split, style.colour).map(\.y).max() ?? 0))
  }

  @Test func theCumulativeShareRisesToAll() throws {
    let style = Palette.style(0)
    let panel = DistributionPanel(values: [0.25, 0.5, 0.5, 1], mean: 0.5625, deadCount: 0)
    let frame = DistributionGrid(
      rows: [DistributionRow(label: "A", style: style, panels: [panel])], epsilons: [0.1],
      measure: MeasureScale(title: "distance"), form: .cumulative, width: 300
    ).frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    let curve = try #require(frame.paths.first { $0.stroke?.colour == style.colour })
    let ys = curve.elements.compactMap { element -> Double? in
      switch element {
      case .move(let point), .line(let point): point.y
      default: nil
      }
    }
    let height = (ys.first ?? 0) - (ys.last ?? 0)
    #expect(abs(height - 44) < 1e-9)
    let shares = Set(ys.map { ((((ys.first ?? 0) - $0) / height) * 100).rounded() / 100 })
    #expect(shares == [0, 0.25, 0.75, 1])
    #expect(frame.texts.contains { $0.text.hasPrefix("share of") && $0.rotation == 90 })
  }

  /// The mean is told above the values, where it hides none.
  @Test(arguments: [DistributionForm.dots, .cumulative, .histogram])
  func theMeanStandsAboveTheValues(_ form: DistributionForm) throws {
    let panel = DistributionPanel(values: [0.25, 0.5, 0.5, 1], mean: 0.5625, deadCount: 1)
    let frame = DistributionGrid(
      rows: [DistributionRow(label: "A", style: Palette.style(0), panels: [panel])], epsilons: [0.1],
      measure: MeasureScale(title: "distance"), form: form, width: 300
    ).frame(measurer: FixedMeasurer())
    let mark = try #require(frame.paths.first { $0.fill == FigureStyle().ink })
    func lowest(_ path: PlacedPath) -> Double {
      path.elements.compactMap { element -> Double? in
        switch element {
        case .move(let point), .line(let point): point.y
        default: nil
        }
      }.max() ?? 0
    }
    let axis = try #require(frame.paths.first { $0.stroke?.width == 0.6 })
    #expect(abs(lowest(axis) - lowest(mark) - (form == .dots ? 14 : 44)) < 1e-9)
  }

  @Test func intervalsStandBesideEachOtherAndNoLineCrossesTheBreak() throws {
    let panel = CurvePanel(
      title: "MOD", series: (0..<5).map { series("N\($0)", $0, [0, 0.1, 0.15, 0.2, 0.25, 0.3]) })
    let frame = CurvePlot(panels: [panel], axis: axis, width: 300).frame(measurer: FixedMeasurer())
    func xs(_ path: PlacedPath) -> [Double] {
      path.elements.compactMap { element -> Double? in
        switch element {
        case .move(let point), .line(let point): point.x
        default: nil
        }
      }
    }
    let curves = (0..<5).compactMap { index in
      frame.paths.first { $0.stroke?.width == 1.2 && $0.stroke?.colour == Palette.style(index).colour }
    }
    #expect(curves.count == 5)
    // Without the control, which stands beyond the break.
    #expect(curves.allSatisfy { $0.elements.count == 5 })
    let firsts = curves.compactMap { xs($0).first }
    #expect(zip(firsts, firsts.dropFirst()).allSatisfy { $1 - $0 > 1 })
    // The markers of the control all the same.
    #expect(frame.texts.contains { $0.text == " (logarithmic)" })
    let linear = CurvePlot(panels: [panel], axis: EpsilonAxis([0.01, 0.1], spacing: .linear), width: 300)
      .frame(measurer: FixedMeasurer())
    #expect(!linear.texts.contains { $0.text.contains("logarithmic") })
    let whole = linear.paths.first { $0.stroke?.width == 1.2 && $0.stroke?.colour == Palette.style(0).colour }
    #expect(whole?.elements.count == 6)
  }

  @Test func oneValueOneLevel() {
    let row = DistributionRow(
      label: "A", style: Palette.style(0), panels: [DistributionPanel(values: [0.2], mean: 0.2, deadCount: 0)])
    let frame = DistributionGrid(
      rows: [row], epsilons: [0.03], measure: MeasureScale(title: "distance"), form: .dots, width: 470
    )
    .frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    #expect(frame.texts.map(\.text).contains("0.200"))
  }
}
