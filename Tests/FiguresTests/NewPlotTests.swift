import Support
import Figures
import Testing
import Typesetting

@Suite struct DepthPlotTests {
  private func curve(_ epsilon: Double, _ index: Int, _ values: [Double]) -> DepthCurve {
    DepthCurve(
      epsilon: epsilon, style: Palette.level(index, of: 3),
      points: values.enumerated().map { DepthPoint(layer: $0, value: $1, lower: $1 - 0.01, upper: $1 + 0.01) })
  }

  @Test func fewShortNamesStandBesideEachOther() {
    let plot = DepthPlot(layers: ["one", "two", "three"], curves: [curve(0.1, 0, [0.1, 0.2, 0.3])], width: 470)
    let frame = plot.frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    let names = ["one", "two", "three"].compactMap { name in frame.texts.first { $0.text == name } }
    #expect(names.map(\.rotation) == [0, 0, 0])
    #expect(Set(names.map(\.origin.y)).count == 1)
  }

  /// Markers of a curve stand over the places of their layers, and higher for greater values.
  @Test func pointsStandInNetworkOrder() {
    let plot = DepthPlot(layers: ["a", "b", "c", "d"], curves: [curve(0.1, 0, [0, 0.1, 0.3, 0.2])], width: 470)
    let line = plot.frame(measurer: FixedMeasurer()).paths.first { $0.stroke?.width == 1.2 }
    let points = (line?.elements ?? []).compactMap { element -> Point? in
      switch element {
      case .move(let point), .line(let point): point
      default: nil
      }
    }
    #expect(points.count == 4)
    #expect(points.map(\.x) == points.map(\.x).sorted())
    let steps = zip(points, points.dropFirst()).map { $1.x - $0.x }
    #expect(steps.allSatisfy { abs($0 - steps[0]) < 1e-9 })
    #expect(points[2].y < points[3].y && points[3].y < points[1].y && points[1].y < points[0].y)
    // 0 to 0.31 in ticks of 0.05 takes the axis to 0.35 over 150 points.
    #expect(abs((points[0].y - points[1].y) - 150 * 0.1 / 0.35) < 1e-9)
  }

  @Test func manyLongNamesStandUprightAndTheLastIsAlwaysThere() {
    let layers = (0..<120).map { "features.block.\($0)" }
    let plot = DepthPlot(
      layers: layers, curves: (0..<3).map { curve(0.1 * Double($0 + 1), $0, [Double](repeating: 0.2, count: 120)) },
      width: 470)
    let frame = plot.frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    let upright = frame.texts.filter { $0.rotation == 90 }.sorted { $0.origin.x < $1.origin.x }
    #expect(upright.last?.text == "features.block.119")
    #expect(upright.count > 20 && upright.count < 60)
    let gaps = zip(upright, upright.dropFirst()).map { $1.origin.x - $0.origin.x }
    #expect(gaps.allSatisfy { $0 >= 7.5 })
    // Three curves that end together keep their names apart.
    let names = frame.texts.filter { $0.text.hasPrefix("ε") }.map(\.origin.y).sorted()
    #expect(zip(names, names.dropFirst()).allSatisfy { $1 - $0 >= 8 })
  }

  @Test func theAxisReachesWhatOtherFiguresNeed() {
    let plot = DepthPlot(layers: ["a", "b"], curves: [curve(0.1, 0, [0.1, 0.1])], width: 470, least: 0.55)
    #expect(plot.frame(measurer: FixedMeasurer()).texts.map(\.text).contains("0.6"))
  }

  @Test func oneLayerAndMissingValues() {
    let frame = DepthPlot(layers: ["a"], curves: [curve(0.1, 0, [.nan])], width: 470).frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    for path in frame.paths {
      for case .line(let point) in path.elements { #expect(point.x.isFinite && point.y.isFinite) }
    }
  }
}

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
    // A single column is a little higher; from 0 to 0.5 the axis is used up.
    #expect(abs((starts[0].y - starts[1].y) - 115) < 1e-9)
    #expect(starts[1].x > starts[0].x + 300)
  }

  @Test func nothingToShow() {
    let frame = ScatterPlot(panels: [panel("A", [])], xTitle: "x", yTitle: "y", width: 470)
      .frame(measurer: FixedMeasurer())
    #expect(frame.texts.map(\.text).contains("no measurements"))
  }
}

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

@Suite struct GridScaleTests {
  private let picture = EncodedPicture(format: .jpeg, bytes: [0xFF, 0xD8], pixelWidth: 4, pixelHeight: 4)

  private func frame(
    _ scale: HeatmapScale, rows: Int = 6, labels: [String] = [], tiles: [HeatmapTile]? = nil
  ) -> Frame {
    let row = tiles ?? [HeatmapTile](repeating: HeatmapTile(content: .picture(picture), identity: "s1"), count: 2)
    return HeatmapGrid(
      columns: [.words("clean"), .epsilon(0.1)], rows: [[HeatmapTile]](repeating: row, count: rows),
      colourBar: EncodedPicture(format: .png, bytes: [0x89], pixelWidth: 2, pixelHeight: 128), width: 400,
      maximumSide: 60, rowLabels: labels, scale: scale
    ).frame(measurer: FixedMeasurer())
  }

  @Test func theColourBarIsAsHighAsTheGrid() throws {
    let frame = frame(.image)
    let pictures = frame.pictures.map(\.frame)
    let bar = try #require(pictures.last)
    #expect(bar.y == pictures[0].y)
    #expect(bar.maxY == pictures[pictures.count - 2].maxY)
  }

  @Test func aRawScaleIsLabelledInItsUnit() throws {
    let frame = frame(.raw(0.0123))
    let texts = frame.texts.map(\.text)
    #expect(frame.collisions == [])
    for label in ["0.0000", "0.0025", "0.0050", "0.0075", "0.0100"] { #expect(texts.contains(label)) }
    #expect(!texts.contains("0.0125"))
    #expect(texts.contains("raw Grad-CAM map, in units of the logit"))
  }

  @Test func rowsWithScalesOfTheirOwnHaveBarsOfTheirOwn() {
    let frame = frame(.rawByRow([nil, 0.5, 12.25]), rows: 3, labels: ["image", "conv1", "conv2"])
    #expect(frame.collisions == [])
    #expect(frame.pictures.filter { $0.picture.format == .png }.map(\.frame.height) == [60, 60])
    let texts = frame.texts.map(\.text)
    #expect(texts.contains("0.5") && texts.contains("12"))
    #expect(frame.texts.filter { $0.rotation == 90 }.map(\.text).prefix(3) == ["image", "conv1", "conv2"])
  }

  @Test(arguments: [HeatmapScale.image, .raw(1), .rawByRow([1])])
  func deadMapsAreHatchedInEveryMode(_ scale: HeatmapScale) {
    let tiles = [
      HeatmapTile(content: .dead(picture), identity: "", dissimilarity: 0.5), HeatmapTile(content: .empty, identity: ""),
    ]
    let frame = frame(scale, rows: 1, tiles: tiles)
    let texts = frame.texts.map(\.text)
    #expect(texts.contains("dead"))
    #expect(!texts.contains("not kept"))
    // Without an identity the number stands alone.
    #expect(texts.contains("0.500"))
    #expect(frame.items.contains { if case .group = $0 { true } else { false } })
  }

  @Test func attackLevelsDarkenTowardsTheStrongest() {
    let lightness = (0..<5).map { Palette.lightness(Palette.level($0, of: 5).colour) }
    #expect(lightness == lightness.sorted(by: >))
    #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 - $1 > 8 })
    #expect(Set((0..<5).map { Palette.level($0, of: 5).marker }).count == 5)
    #expect((0..<5).allSatisfy { Palette.lightness(Palette.level($0, of: 5).textColour) <= 45 })
  }
}
