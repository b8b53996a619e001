import Foundation
import Images
import Support
import Testing

@Suite("Pictures decode to the bit as the reference tools decode them")
struct DecodingTests {
  @Test(arguments: 1...8) func anOrientationIsReadAndCanBeIgnored(_ orientation: Int) throws {
    let bytes = try Fixtures.bytes("orientation-\(orientation).jpg")
    #expect(ImageDecoder.orientation(bytes) == orientation)
    let upright = try ImageDecoder.decode(bytes, name: "a.jpg")
    let stored = try ImageDecoder.decode(bytes, name: "a.jpg", orientation: .ignore)
    #expect((stored.width == upright.width) == (orientation < 5))
    #expect((stored == upright) == (orientation == 1))
    // The first pixel of what is stored is the corner that the orientation says.
    let x = [2, 3, 7, 8].contains(orientation) ? upright.width - 1 : 0
    let y = [3, 4, 6, 7].contains(orientation) ? upright.height - 1 : 0
    let corner =
      3
      * ((orientation == 6 ? 0 : orientation == 8 ? upright.height - 1 : y) * upright.width
        + (orientation == 6 ? upright.width - 1 : orientation == 8 ? 0 : x))
    #expect(Array(stored.pixels[0..<3]) == Array(upright.pixels[corner..<(corner + 3)]))
  }

  @Test func whatStatesNoOrientationIsUpright() throws {
    #expect(ImageDecoder.orientation(try Fixtures.bytes("orientation-8.png")) == 8)
    #expect(ImageDecoder.orientation(try Fixtures.bytes("grey-8.png")) == 1)
    #expect(ImageDecoder.orientation(Array("P5 1 1 255\n".utf8) + [7]) == 1)
    #expect(ImageDecoder.orientation([]) == 1)
    #expect(ImageDecoder.orientation([0xFF, 0xD8, 0xFF]) == 1)
  }

  @Test("JPEG: grey, RGB, subsamplings, CMYK, YCCK, orientations", arguments: Fixtures.names(".jpg"))
  func jpeg(_ name: String) throws { try expectGolden(name) }

  @Test("PNG: every colour type and depth, transparency, gamma, interlacing", arguments: Fixtures.names(".png"))
  func png(_ name: String) throws { try expectGolden(name) }

  @Test("PGM and PPM: text and binary, every kind of maximum", arguments: Fixtures.names(".pgm", ".ppm"))
  func pnm(_ name: String) throws { try expectGolden(name) }

  @Test func everyKindHasAGolden() {
    #expect(Fixtures.names(".jpg").count == 21)
    #expect(Fixtures.names(".png").count == 36)
    #expect(Fixtures.names(".pgm", ".ppm").count == 20)
  }

  private func expectGolden(_ name: String) throws {
    let expected = try Fixtures.decoded(name)
    let found = try ImageDecoder.decode(try Fixtures.bytes(name), name: name)
    #expect(found.width == expected.width && found.height == expected.height)
    let differing = zip(found.pixels, expected.pixels).filter { $0 != $1 }.count
    #expect(differing == 0, "\(differing) of \(expected.pixels.count) bytes differ")
    #expect(found == expected)
  }

  @Test func theContentDecidesAndNotTheName() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "heatdrift-\(UUID().uuidString).png")
    try Data(try Fixtures.bytes("rgb-444.jpg")).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    #expect(try ImageDecoder.decode(contentsOf: url) == Fixtures.decoded("rgb-444.jpg"))
  }

  @Test func formatsAreRecognisedByTheirFirstBytes() {
    #expect(ImageFormat.recognise([0xFF, 0xD8, 0xFF, 0xE0]) == .jpeg)
    #expect(ImageFormat.recognise([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) == .png)
    #expect(ImageFormat.recognise(Array("P5 1 1 255 x".utf8)) == .pnm)
    #expect(ImageFormat.recognise(Array("P2#".utf8)) == .pnm)
    #expect(ImageFormat.recognise(Array("P4\n".utf8)) == nil)
    #expect(ImageFormat.recognise(Array("P5".utf8)) == nil)
    #expect(ImageFormat.recognise([]) == nil)
  }

  @Test func textSamplesNeedNoWhiteSpaceAtTheEnd() throws {
    let image = try ImageDecoder.decode(Array("P2 2 1 255 0 255".utf8), name: "x.pgm")
    #expect(image == RGBImage(width: 2, height: 1, pixels: [0, 0, 0, 255, 255, 255]))
  }

  @Test func binarySamplesAboveTheMaximumCountAsTheMaximum() throws {
    let image = try ImageDecoder.decode(Array("P5 2 1 100\n".utf8) + [50, 200], name: "x.pgm")
    #expect(image == RGBImage(width: 2, height: 1, pixels: [128, 128, 128, 255, 255, 255]))
  }
}
