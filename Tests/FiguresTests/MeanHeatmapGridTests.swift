import Figures
import Testing
import Typesetting

@Suite struct MeanHeatmapGridTests {
  private let picture = EncodedPicture(format: .jpeg, bytes: [0xFF, 0xD8], pixelWidth: 4, pixelHeight: 4)

  private func frame(_ labels: [String], width: Double) -> Frame {
    let bar = MeanHeatmapGrid.Bar(picture: picture, title: "mean", labels: ["0", "1"])
    let rows = labels.map {
      MeanHeatmapGrid.Row(label: $0, means: [picture, picture, picture], change: picture, extremes: (nil, nil))
    }
    return MeanHeatmapGrid(rows: rows, epsilons: [0.01, 0.1], meanBar: bar, changeBar: bar, width: width)
      .frame(measurer: FixedMeasurer())
  }

  private let long = "ResNet-50 free adversarial training"

  /// Upright in as few lines as hold them; above the rows where no side does.
  @Test func namesOfRowsAreWhole() {
    func upright(_ frame: Frame) -> [String] { frame.texts.filter { $0.rotation == 90 }.map(\.text) }
    #expect(upright(frame(["VGG16", "Xception"], width: 470)) == ["VGG16", "Xception"])
    #expect(upright(frame(["VGG16", long], width: 470)) == ["VGG16", "ResNet-50 free", "adversarial training"])
    let narrow = frame(["VGG16", long], width: 150)
    #expect(upright(narrow) == [] && narrow.collisions == [])
    #expect(narrow.texts.contains { $0.text == long } && narrow.texts.contains { $0.text == "VGG16" })
    #expect(upright(frame([long], width: 470)) == [], "one row needs no name")
  }

  /// Both bars have the same width however narrow the figure is, and do not touch.
  @Test(arguments: [150.0, 234, 470]) func barsStandApart(_ width: Double) {
    let bars = frame(["A", "B"], width: width).pictures.map(\.frame).filter { $0.height == 6 }
    #expect(bars.count == 2 && abs(bars[0].width - bars[1].width) < 1e-9)
    #expect(bars[0].maxX + 23.9 < bars[1].x)
  }
}
