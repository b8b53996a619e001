import Testing
import Typesetting

@testable import Figures

@Suite struct ShiftPlotTests {
  @Test func arrowsTellWhereTheyEnd() {
    let panel = ShiftPanel(
      title: "VGG16",
      arrows: [
        ShiftPanel.Arrow(epsilon: 0.1, style: Palette.level(0, of: 1), mean: Point(-0.0125, 0.03), ellipse: nil)
      ], rose: [1, 0, 2, 0], words: ["n = 3"])
    let frame = ShiftPlot(panels: [panel], width: 300).frame(measurer: FixedMeasurer())
    #expect(frame.told == ["VGG16, ε = 0.1: 0.0125 left, 0.0300 down"])
  }
}
