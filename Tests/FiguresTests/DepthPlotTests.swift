import Figures
import Support
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
