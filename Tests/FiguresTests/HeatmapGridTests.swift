import Images
import Testing
import Typesetting

@testable import Figures

@Suite struct HeatmapGridTests {
  private let picture = EncodedPicture(format: .jpeg, bytes: [0xFF, 0xD8], pixelWidth: 4, pixelHeight: 4)

  private func row(_ identity: String = "s1") -> [HeatmapTile] {
    [
      HeatmapTile(content: .picture(picture), identity: identity),
      HeatmapTile(content: .picture(picture), identity: identity),
      HeatmapTile(content: .picture(picture), identity: identity, dissimilarity: 0.1234),
      HeatmapTile(content: .dead(picture), identity: "s27", isWrong: true, dissimilarity: 0.5),
    ]
  }

  private let columns: [HeatmapColumn] = [.words("photograph"), .words("clean"), .epsilon(0.01), .epsilon(0.1)]

  @Test func picturesStandInRowsAndColumns() {
    let grid = HeatmapGrid(columns: columns, rows: [row(), row()], colourBar: nil, width: 400, maximumSide: 60)
    let frame = grid.frame(measurer: FixedMeasurer())
    let places = frame.pictures.map(\.frame)
    #expect(places.count == 8)
    // 4 sides of 60 and 3 gaps of 3 are centred in 400.
    #expect(places.prefix(4).map(\.x) == [75.5, 138.5, 201.5, 264.5])
    #expect(Set(places.map(\.width)) == [60])
    #expect(places[0].y == places[3].y)
    // A side, one line of 7.5 points and 4 between the rows.
    #expect(places[4].y - places[0].y == 71.5)
  }

  /// Names of rows take up to three lines before their pictures, and the others' places do not change.
  @Test func longNamesOfRowsAreWhole() {
    func frame(_ labels: [String]) -> Frame {
      HeatmapGrid(
        columns: columns, rows: [row(), row()], colourBar: nil, width: 400, maximumSide: 60, rowLabels: labels
      ).frame(measurer: FixedMeasurer())
    }
    let upright = frame(["VGG16", "ResNet-50 free adversarial training"]).texts.filter { $0.rotation == 90 }
    #expect(upright.map(\.text) == ["VGG16", "ResNet-50 free", "adversarial", "training"])
    // Read from left to right, the last beside the pictures.
    #expect(
      upright.dropFirst().map(\.origin.x) == [upright[0].origin.x - 15, upright[0].origin.x - 7.5, upright[0].origin.x])
    let left = frame(["VGG16", "ResNet-50 free adversarial training"]).pictures.map(\.frame.x).min() ?? 0
    #expect(left == upright[0].origin.x + 7.5 * 0.25 + 2)
    let short = frame(["VGG16", "ResNet-50"]).texts.filter { $0.rotation == 90 }
    #expect(short.map(\.text) == ["VGG16", "ResNet-50"])
    #expect(frame(["VGG16", "features_of_a_layer_with_a_name.29"]).texts.contains { $0.text.contains("…") })
  }

  @Test func captions() {
    let frame = HeatmapGrid(columns: columns, rows: [row()], colourBar: nil, width: 400)
      .frame(measurer: FixedMeasurer())
    let texts = frame.texts
    #expect(frame.collisions == [])
    #expect(texts.map(\.text).filter { $0 == "s1" }.count == 3)
    #expect(texts.contains { $0.text == " · 0.123" && $0.colour == FigureStyle().ink })
    #expect(texts.contains { $0.text == "dead" })
    // Wrong is red, and italic with a cross for grey print.
    #expect(texts.contains { $0.text == "s27" && $0.colour == Palette.wrong && $0.font.italic })
    #expect(frame.paths.filter { $0.stroke?.colour == Palette.wrong }.count == 2)
  }

  @Test func tilesTellWhatTheyAre() {
    let tiles =
      row() + [
        HeatmapTile(content: .missing, identity: ""), HeatmapTile(content: .empty, identity: "", dissimilarity: 1),
      ]
    var grid = HeatmapGrid(
      columns: columns + [.epsilon(0.2), .epsilon(0.3)], rows: [tiles], colourBar: nil, width: 400)
    let told = [
      "photograph: s1", "clean: s1", "ε = 0.01: s1, 0.1234", "ε = 0.1: dead (wrong), 0.5000", "ε = 0.2: not kept",
    ]
    #expect(grid.frame(measurer: FixedMeasurer()).told == told)
    grid.rowLabels = ["features.29"]
    #expect(grid.frame(measurer: FixedMeasurer()).told == told.map { "features.29, " + $0 })
  }

  @Test func longIdentitiesGoOnTwoLines() {
    let frame = HeatmapGrid(
      columns: columns, rows: [row("a person with a very long name")], colourBar: nil, width: 200
    ).frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    let number = frame.texts.first { $0.text == "0.123" }
    let name = frame.texts.first { $0.text.hasPrefix("a person") }
    #expect((number?.origin.y ?? 0) > (name?.origin.y ?? 0) + 5)
    #expect(name?.text.hasSuffix("…") == true)
  }

  @Test func rowsFitThePage() {
    let grid = HeatmapGrid(
      columns: columns, rows: [[HeatmapTile]](repeating: row(), count: 8), colourBar: picture, width: 470,
      maximumHeight: 400)
    let frame = grid.frame(measurer: FixedMeasurer())
    #expect(frame.size.height <= 400)
    #expect(frame.collisions == [])
    // Under the last row.
    let title = frame.texts.first { $0.text == "heatmap value" }
    let lowest = frame.pictures.map(\.frame).filter { $0.height > 20 }.map(\.maxY).max() ?? 1e9
    #expect((title?.origin.y ?? 0) > lowest)
  }

  @Test func theCleanContourLiesOverEveryMap() throws {
    let contour = Contour(lines: [[Point(0.25, 0.25), Point(0.75, 0.25), Point(0.5, 0.75), Point(0.25, 0.25)]])
    let tiles = [
      HeatmapTile(content: .picture(picture), identity: "s1", contour: contour),
      HeatmapTile(content: .dead(picture), identity: "s1", contour: contour),
    ]
    var grid = HeatmapGrid(
      columns: [.words("clean"), .epsilon(0.1)], rows: [tiles], colourBar: picture, width: 300, maximumSide: 60,
      contourTitle: "half of the maximum")
    let frame = grid.frame(measurer: FixedMeasurer())
    #expect(frame.collisions == [])
    let lines = frame.opened.compactMap { item -> (elements: [PathElement], clip: Rect?)? in
      guard case .group(let items, _, let clip) = item, case .path(let path)? = items.last,
        path.stroke?.width == 0.65
      else { return nil }
      return (path.elements, clip)
    }
    // On the picture and in the legend; a dead map is hatched and nothing else.
    #expect(lines.count == 2)
    let box = try #require(frame.pictures.first?.frame)
    #expect(lines[0].clip == box)
    #expect(
      lines[0].elements == [
        .move(Point(box.x + 15, box.y + 15)), .line(Point(box.x + 45, box.y + 15)),
        .line(Point(box.x + 30, box.y + 45)), .close,
      ])
    #expect(frame.texts.map(\.text).contains("half of the maximum"))
    // Without lines nothing explains them.
    grid.rows = [[HeatmapTile(content: .picture(picture), identity: "s1", contour: Contour(lines: []))]]
    #expect(!grid.frame(measurer: FixedMeasurer()).texts.map(\.text).contains("half of the maximum"))
  }

  @Test(arguments: [60.0, 100, 240, 470])
  func theLegendStaysWithinTheFigure(_ width: Double) {
    let tile = HeatmapTile(
      content: .picture(picture), identity: "", contour: Contour(lines: [[Point(0, 0), Point(1, 1)]]))
    let frame = HeatmapGrid(
      columns: [.epsilon(0.1)], rows: [[tile]], colourBar: picture, width: width, scale: .raw(12.5),
      rawTitle: "raw map of a very long name, in units of the logit", contourTitle: "half of the clean map’s maximum"
    ).frame(measurer: FixedMeasurer())
    if width >= 100 { #expect(frame.collisions == []) }
    #expect(frame.size.width == width)
  }

  @Test func missingMaps() {
    let tiles = [HeatmapTile(content: .missing, identity: "–"), HeatmapTile(content: .dead(nil), identity: "s1")]
    let frame = HeatmapGrid(columns: [.words("clean"), .epsilon(0.1)], rows: [tiles], colourBar: nil, width: 300)
      .frame(measurer: FixedMeasurer())
    #expect(frame.pictures.isEmpty)
    #expect(frame.texts.map(\.text).contains("not kept"))
    #expect(frame.texts.map(\.text).contains("dead"))
  }

  @Test func overlayMixesColourAndPhotograph() throws {
    let photograph = RGBImage(width: 16, height: 16, pixels: [UInt8](repeating: 128, count: 768))
    func middle(_ strength: Double, _ value: Float) throws -> UInt8 {
      let pictures = HeatmapPictures(look: OverlayLook(colourMap: .grey, strength: strength, quality: 100))
      let made = try pictures.overlay([Float](repeating: value, count: 256), side: 16, on: photograph)
      #expect(made.format == .jpeg)
      return try ImageDecoder.decode(made.bytes, name: "overlay").pixels[0]
    }
    // The ground is 20 + 128 x 140/255 = 90.3.
    #expect(try middle(0, 1) == 90)
    #expect(try middle(1, 1) == 255)
    // Where there is no value the photograph is seen, whatever the strength.
    #expect(try middle(1, 0) == 90)
    #expect(try middle(0.5, 1) == 173)
    // Step 128 of 256 has the opacity 128/255 and the colour at 0.3 + 0.7 x 128/255, which is 166 of 255.
    let opacity = 128.0 / 255
    let mixed = 90.27 * (1 - opacity) + 166 * opacity
    #expect(try middle(1, 0.5) == UInt8(mixed.rounded()))
  }

  /// In grey print too a greater value is brighter, over whatever the photograph has in its darker half.
  @Test(arguments: [ColourMap.inferno, .viridis, .magma, .grey])
  func brighterMeansMore(_ map: ColourMap) {
    let look = OverlayLook(colourMap: map)
    for grey in [0.0, 64, 128] {
      let luminance = (0...10).map { value -> Double in
        let (red, green, blue) = look.blend(Double(value) / 10, over: grey)
        return 0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)
      }
      #expect(
        zip(luminance.dropFirst(2), luminance.dropFirst(3)).allSatisfy { $0 <= $1 }, "\(map) over \(grey): \(luminance)"
      )
    }
  }

  @Test func everyPlaceIsBlended() {
    let look = OverlayLook(colourMap: .inferno, strength: 0.8)
    let side = 24
    // All of [0, 1], and what lies beyond either end or is no number.
    let map = [.nan, -.infinity, .infinity, -1, 2] + (0...570).map { Float($0) / 570 }
    let pixels = (0..<3 * side * side).map { UInt8($0 * 37 % 256) }
    let ground = HeatmapPictures.Ground(RGBImage(width: side, height: side, pixels: pixels), side: side)
    let colours = HeatmapPictures(look: look).colours(of: map, on: ground)
    for index in map.indices {
      // No number has the colour of 0.
      let value = map[index].isNaN ? 0 : Double(map[index])
      let (red, green, blue) = look.blend(value, over: ground.grey[index])
      let found: [UInt8] = Array(colours[(3 * index)..<(3 * index + 3)])
      #expect(found == [red, green, blue], "\(map[index])")
    }
  }

  @Test func colourBarRunsFromTheLeastToTheGreatest() throws {
    let bar = try HeatmapPictures(look: OverlayLook(colourMap: .grey, strength: 1)).colourBar()
    let image = try ImageDecoder.decode(bar.bytes, name: "bar")
    #expect(bar.format == .png)
    #expect((image.width, image.height) == (128, 2))
    // The middle grey as photographs are shown, then the colour alone.
    #expect(image.pixels.first == 90)
    #expect(image.pixels.last == 255)
  }

  @Test func heatmapOfTheWrongSize() {
    let photograph = RGBImage(width: 2, height: 2, pixels: [UInt8](repeating: 0, count: 12))
    #expect(throws: (any Error).self) {
      try HeatmapPictures(look: OverlayLook()).overlay([0, 1, 0], side: 2, on: photograph)
    }
  }
}
