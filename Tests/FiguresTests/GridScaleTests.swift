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
    #expect(texts.contains("raw map, in volts"))
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
      HeatmapTile(content: .dead(picture), identity: "", dissimilarity: 0.5),
      HeatmapTile(content: .empty, identity: ""),
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
