import Testing
import Typesetting

@testable import Figures

@Suite struct NumbersTests {
  @Test func fixedDecimals() {
    #expect(Numbers.fixed(0.1234, 3) == "0.123")
    #expect(Numbers.fixed(-0.1234, 3) == "−0.123")
    #expect(Numbers.fixed(-0.0001, 3) == "0.000")
    #expect(Numbers.fixed(.nan, 3) == "–")
    #expect(Numbers.percent(0.9127) == "91.3%")
    #expect(Numbers.percent(1) == "100.0%")
    #expect(Numbers.grouped(1_234_567) == "1,234,567")
    #expect(Numbers.grouped(999) == "999")
    #expect(Numbers.grouped(-1000) == "−1,000")
  }

  @Test func intervals() {
    #expect(Numbers.interval(0.18, 0.2404, 3) == "0.180–0.240")
    // A dash beside a minus sign would read as two of them.
    #expect(Numbers.interval(-0.02, 0.11, 3) == "−0.020 to 0.110")
    #expect(Numbers.interval(-0.0001, 0.11, 3) == "0.000–0.110")
    #expect(Numbers.interval(.nan, 0.5, 2) == "–")
  }

  @Test func epsilons() {
    #expect(Numbers.epsilon(0.005) == "0.005")
    #expect(Numbers.epsilon(0.1) == "0.1")
    #expect(Numbers.epsilon(8.0 / 255) == "8/255")
    #expect(Numbers.epsilon(1) == "1")
    #expect(Numbers.epsilon(0.0123456) == "0.0123456")
    #expect(Numbers.epsilon(0.00001) == "0.00001")
    #expect(Numbers.epsilon(0.031372549) == "0.031372549")
    #expect(Numbers.epsilon(0.1234567890123) == "0.1235")
    #expect(Numbers.epsilon(.nan) == "–")
  }

  @Test func roundedTicks() {
    #expect(Ticks(enclosing: 0...0.409).values == [0, 0.1, 0.2, 0.3, 0.4, 0.5])
    #expect(Ticks(enclosing: 0...0.409).labels == ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"])
    #expect(Ticks(enclosing: 0...1).values == [0, 0.2, 0.4, 0.6, 0.8, 1])
    #expect(Ticks(enclosing: 0...18, count: 2).values == [0, 10, 20])
    #expect(Ticks(enclosing: 0...0.124).labels == ["0.000", "0.025", "0.050", "0.075", "0.100", "0.125"])
    #expect(Ticks(enclosing: -0.3...0.3, count: 6).values == [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3])
  }

  @Test func ticksOfNothing() {
    #expect(Ticks(enclosing: 0...0).values == [0, 0.2, 0.4, 0.6, 0.8, 1])
    #expect(Ticks.range(withZero: []) == 0...0 && Ticks.range(withZero: [0, 2e-16, -1e-17]) == 0...0)
    #expect(Ticks.range(withZero: [0.2, 0.3]) == 0...0.3 && Ticks.range(withZero: [-0.1]) == -0.1...0)
    let one = Ticks(enclosing: 0.4...0.4)
    #expect(one.lower <= 0.4 && one.upper >= 0.4)
    #expect(Ticks(enclosing: 0...Double.infinity).upper == 1)
  }

  @Test func labelsMoveApart() {
    func separate(_ wanted: [Double], _ heights: [Double]) -> [Double] {
      LabelPlacement.separate(wanted, heights: heights, within: 0...100)
    }
    #expect(separate([10, 30], [10, 10]) == [10, 30])
    #expect(separate([50, 50], [10, 10]) == [45, 55])
    #expect(separate([52, 50, 48], [10, 10, 10]) == [60, 50, 40])
    #expect(separate([99, 100], [10, 10]) == [85, 95])
    #expect(separate([0, 1, 90], [10, 10, 10]) == [5, 15, 90])
    #expect(separate([5, 5, 5], [60, 60, 60]) == [30, 50, 70])
    #expect(separate([], []).isEmpty)
    // Of two lines and of one.
    #expect(separate([50, 50], [20, 10]) == [42.5, 57.5])
    #expect(separate([0, 100], [20, 10]) == [10, 95])
  }

  @Test func lastRowsAreFullWherePossible() {
    func columns(_ fitting: Int) -> [Int] { (1...13).map { PanelColumns.count(of: $0, fitting: fitting) } }
    #expect(columns(5) == [1, 2, 3, 4, 5, 3, 4, 4, 5, 5, 4, 4, 5])
    #expect(columns(4) == [1, 2, 3, 4, 3, 3, 4, 4, 3, 4, 4, 4, 4])
    #expect(columns(3) == [1, 2, 3, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3])
    #expect(columns(2) == [1] + [Int](repeating: 2, count: 12))
    #expect(columns(1) == [Int](repeating: 1, count: 13))
    #expect(columns(100) == columns(5))
    #expect(PanelColumns.count(of: 0, fitting: 3) == 1)
    #expect(PanelColumns.count(of: 8, fitting: 5, chosen: 3) == 3)
    #expect(PanelColumns.count(of: 8, fitting: 2, chosen: 3) == 2)
    #expect(PanelColumns.fitting(width: 470, least: 85, gap: 15) == 4)
    #expect(PanelColumns.fitting(width: 485, least: 85, gap: 15) == 5)
    #expect(PanelColumns.fitting(width: 20, least: 85, gap: 15) == 1)
    #expect(PanelColumns.fitting(width: .nan, least: 85, gap: 15) == 1)
  }

  @Test func crowdedTickLabelsAreLeftOut() {
    #expect(LabelPlacement.visible(centres: [0, 5, 30], widths: [10, 10, 10], gap: 2) == [false, true, true])
    #expect(LabelPlacement.visible(centres: [0, 20, 40], widths: [10, 10, 10], gap: 2) == [true, true, true])
  }

  @Test func epsilonAxes() {
    let log = EpsilonAxis([0.001, 0.01, 0.1])
    #expect(log.position(0) == 0)
    #expect(abs(log.position(0.001) - 0.16) < 1e-12)
    #expect(abs(log.position(0.01) - 0.58) < 1e-12)
    #expect(abs(log.position(0.1) - 1) < 1e-12)
    #expect(log.isBroken)
    let linear = EpsilonAxis([0.05, 0.1], spacing: .linear)
    #expect(linear.position(0.05) == 0.5)
    #expect(!linear.isBroken)
    let even = EpsilonAxis([0.01, 0.02, 0.1, 0.5], spacing: .even)
    #expect([0, 0.01, 0.02, 0.1, 0.5].map(even.position) == [0, 0.25, 0.5, 0.75, 1])
    #expect(EpsilonAxis([0.03]).position(0.03) == 0.58)
  }

  @Test func colours() {
    let styles = (0..<8).map(Palette.style)
    let lightness = styles.map { Palette.lightness($0.colour) }
    // Neighbours in the palette stay apart in grey print.
    for (one, other) in zip(lightness, lightness.dropFirst()) { #expect(abs(one - other) > 15) }
    for style in styles { #expect(Palette.lightness(style.textColour) <= 45) }
    #expect(Set((0..<48).map(Palette.style)).count == 48)
    #expect(abs(Palette.lightness(.white) - 100) < 1e-6)
    #expect(abs(Palette.lightness(.grey(0.5)) - 53.389) < 1e-2)
  }
}
