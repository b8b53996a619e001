import Figures
import Results
import Testing
import Typesetting

@Suite struct StripPlotTests {
  private let style = Palette.style(0)

  private func frame(_ pair: StripPair?, maximum: Double? = 1) -> Frame {
    StripPlot(
      rows: [StripRow(label: "A", style: style, panels: [pair])], epsilons: [0.1],
      measure: MeasureScale(title: "distance"), width: 300, sharedMaximum: maximum
    ).frame(measurer: FixedMeasurer())
  }

  /// As numpy.quantile gives them.
  @Test func fiveNumbers() throws {
    let five = try #require(FiveNumbers([5, 1, 4, 2, 3]))
    #expect(abs(five.low - 1.2) < 1e-12 && five.firstQuartile == 2 && five.median == 3)
    #expect(five.thirdQuartile == 4 && abs(five.high - 4.8) < 1e-12)
    let two = try #require(FiveNumbers([0, 1]))
    #expect(two.firstQuartile == 0.25 && two.median == 0.5)
    #expect(FiveNumbers([7])?.high == 7 && FiveNumbers([]) == nil)
  }

  @Test func heldIsHollowAndFlippedFilled() {
    let own = frame(
      StripPair(
        held: Strip(values: [0.1, 0.2, 0.3], mean: 0.2), flipped: Strip(values: [0.5, 0.9], mean: 0.7)))
    #expect(own.collisions == [])
    // Rings are white with a line in the series' colour, triangles are filled with it: grey print keeps them apart.
    #expect(own.paths.count { $0.fill == .white && $0.stroke?.colour == style.colour } == 3)
    let triangles = own.paths.filter { $0.fill == style.colour && $0.stroke == nil }
    #expect(triangles.count == 2)
    #expect(own.texts.map(\.text).contains("3 held, 2 flipped"))
    // The strips share one axis: 0.9 is as far from 0.5 as twice 0.2.
    let peaks = triangles.compactMap { path -> Double? in
      if case .move(let point)? = path.elements.first { point.x } else { nil }
    }
    let means = own.paths.compactMap { path -> Double? in
      guard path.stroke?.colour == FigureStyle().ink, case .move(let point)? = path.elements.first else { return nil }
      return point.x
    }
    #expect(means.count == 2)
    #expect(abs((peaks[1] - peaks[0]) / (means[1] - means[0]) - 0.4 / 0.5) < 1e-9)
  }

  @Test func manyValuesAreABoxFromQuartileToQuartile() throws {
    let values = (0...100).map { Double($0) / 100 }
    let own = frame(StripPair(held: Strip(values: values, mean: 0.5), flipped: Strip(values: [], mean: .nan)))
    let boxes = own.paths.filter { $0.fill == .white && $0.stroke?.colour == style.colour }
    #expect(boxes.count == 1)
    let xs = try #require(boxes.first).elements.compactMap { element -> Double? in
      switch element {
      case .move(let point), .line(let point): point.x
      default: nil
      }
    }
    let mean = own.paths.compactMap { path -> Double? in
      guard path.stroke?.colour == FigureStyle().ink, case .move(let point)? = path.elements.first else { return nil }
      return point.x
    }
    let (lower, upper) = (try #require(xs.min()), try #require(xs.max()))
    #expect(mean.count == 1 && abs((lower + upper) / 2 - mean[0]) < 1e-9)
    #expect(own.texts.map(\.text).contains("101 held, 0 flipped"))
  }

  @Test func aLevelWithoutAttackSaysSo() {
    #expect(frame(nil).texts.map(\.text).contains("not attacked"))
  }

  @Test func filledBarsStandBelowHollowOnes() throws {
    let panel = DistributionPanel(
      values: [0.1, 0.1, 0.1, 0.1], mean: 0.1, deadCount: 0, filled: [0.1])
    let row = DistributionRow(label: "A", style: style, panels: [panel])
    let own = DistributionGrid(
      rows: [row], epsilons: [0.1], measure: MeasureScale(title: "distance"), form: .histogram, width: 300
    ).frame(measurer: FixedMeasurer())
    func height(_ path: PlacedPath) -> Double {
      let ys = path.elements.compactMap { element -> Double? in
        switch element {
        case .move(let point), .line(let point): point.y
        default: nil
        }
      }
      return (ys.max() ?? 0) - (ys.min() ?? 0)
    }
    let filled = own.paths.filter { $0.fill == style.colour }
    let hollow = own.paths.filter { $0.fill == .white && $0.stroke?.colour == style.colour }
    #expect(filled.count == 1 && hollow.count == 1)
    #expect(abs(height(hollow[0]) - 3 * height(filled[0])) < 1e-9)
  }
}
