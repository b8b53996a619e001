import Figures
import Support
import Testing
import Typesetting

@Suite struct GridScaleTests {
  private let picture = EncodedPicture(format: .jpeg, bytes: [0xFF, 0xD8], pixelWidth: 4, pixelHeight: 4)

  private func frame(
    _ scale: HeatmapScale, rows: Int = 6, labels: [String] = [], tiles: [HeatmapTile]? = nil
  ) -> Frame {
    let row = tiles ?? [HeatmapTile](repeating: HeatmapTile(content: .picture(picture), identity: "s1"), count: 2)
    return HeatmapGrid(
      columns: [.words("clean"), .epsilon(0.1)], rows: [[HeatmapTile]](repeating: row, count: rows),
      colourBar: EncodedPicture(format: .png, bytes: [0x89], pixelWidth: 2, pixelHeight: 128), width: 400,
      maximumSide: 60, rowLabels: labels, scale: scale, rawTitle: "raw map, in volts"
    ).frame(measurer: FixedMeasurer())
  }

  @Test func theColourBarIsShortAndLiesUnderTheGrid() throws {
    let frame = frame(.image)
    let pictures = frame.pictures.map(\.frame)
    let bar = try #require(pictures.last)
    #expect((bar.width, bar.height) == (64, 6))
    #expect(bar.y > pictures[pictures.count - 2].maxY)
    let ends = frame.texts.filter { ["0", "1"].contains($0.text) }
    #expect(ends.map(\.text) == ["0", "1"])
    #expect(ends[0].origin.x < bar.x && ends[1].origin.x > bar.maxX)
  }

  @Test func aRawScaleIsLabelledInItsUnit() throws {
    let frame = frame(.raw(0.0123))
    let texts = frame.texts.map(\.text)
    #expect(frame.collisions == [])
    #expect(texts.contains("0") && texts.contains("0.012"))
    #expect(texts.contains("raw map, in volts"))
  }

  @Test func rowsWithScalesOfTheirOwnSayHowFarTheyGo() {
    let frame = frame(.rawByRow([nil, 0.5, 12.25]), rows: 3, labels: ["image", "conv1", "conv2"])
    #expect(frame.collisions == [])
    #expect(frame.pictures.filter { $0.picture.format == .png }.map(\.frame.height) == [6])
    let texts = frame.texts.map(\.text)
    #expect(texts.contains("each row’s greatest"))
    #expect(frame.texts.filter { $0.rotation == 90 }.map(\.text) == ["image", "conv1", "conv2", "0 to 0.5", "0 to 12"])
  }

  @Test(arguments: [HeatmapScale.image, .raw(1), .rawByRow([1])])
  func deadMapsAreHatchedInEveryMode(_ scale: HeatmapScale) {
    let tiles = [
      HeatmapTile(content: .dead(picture), identity: "", dissimilarity: 0.5),
      HeatmapTile(content: .empty, identity: ""),
    ]
    let frame = frame(scale, rows: 1, tiles: tiles)
    let texts = frame.texts.map(\.text)
    #expect(texts.contains("dead"))
    #expect(!texts.contains("not kept"))
    // Without an identity the number stands alone.
    #expect(texts.contains("0.500"))
    #expect(frame.opened.contains { if case .group = $0 { true } else { false } })
  }

  @Test func attackLevelsDarkenTowardsTheStrongest() {
    let lightness = (0..<5).map { Palette.lightness(Palette.level($0, of: 5).colour) }
    #expect(lightness == lightness.sorted(by: >))
    #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 - $1 > 8 })
    #expect(Set((0..<5).map { Palette.level($0, of: 5).marker }).count == 5)
    #expect((0..<5).allSatisfy { Palette.lightness(Palette.level($0, of: 5).textColour) <= 45 })
  }
}
