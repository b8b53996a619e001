import Images
import Support
import Tensors
import Testing

@Suite("Between pictures, numbers, colours and files")
struct ConversionTests {
  @Test func eightBitsAndBack() {
    let image = RGBImage(width: 2, height: 1, pixels: [0, 51, 255, 1, 2, 3])
    #expect(image.tensor == Tensor(shape: [3, 1, 2], values: [0, 1 / 255, 51 / 255, 2 / 255, 1, 3 / 255]))
    #expect(RGBImage(tensor: image.tensor) == image)
    let grey = Tensor(shape: [1, 1, 5], values: [-0.5, 1.5, .nan, 0.5, 0.4999])
    #expect(
      RGBImage(tensor: grey).pixels == [0, 0, 0, 255, 255, 255, 0, 0, 0, 128, 128, 128, 127, 127, 127])
  }

  @Test func thumbnailsAverage() {
    let image = RGBImage(width: 2, height: 2, pixels: [0, 0, 0, 100, 100, 100, 100, 100, 100, 200, 200, 200])
    #expect(image.resized(width: 1, height: 1) == RGBImage(width: 1, height: 1, pixels: [100, 100, 100]))
    #expect(image.resized(width: 2, height: 2) == image)
  }

  @Test func pngKeepsEveryPixelAndIsTheSameEachTime() throws {
    let image = Fixtures.generated(width: 33, height: 21)
    let bytes = try ImageEncoder.png(image)
    #expect(try ImageDecoder.decode(bytes, name: "x.png") == image)
    #expect(try ImageEncoder.png(image) == bytes)
  }

  @Test func jpegStaysNearAndIsTheSameEachTime() throws {
    let image = try Fixtures.decoded("rgb-8.png")
    let fine = try ImageEncoder.jpeg(image, quality: 100)
    let found = try ImageDecoder.decode(fine, name: "x.jpg")
    let largest = zip(found.pixels, image.pixels).map { abs(Int($0) - Int($1)) }.max()
    #expect(try #require(largest) <= 4)
    #expect(try ImageEncoder.jpeg(image, quality: 100) == fine)
    #expect(try ImageEncoder.jpeg(image, quality: 30).count < fine.count)
  }

  @Test func anEmptyPictureCannotBeWritten() {
    let empty = RGBImage(width: 0, height: 3, pixels: [])
    #expect(throws: Problem.self) { try ImageEncoder.png(empty) }
    #expect(throws: Problem.self) { try ImageEncoder.jpeg(empty) }
  }

  /// Values of matplotlib 3's `colormaps[name](value, bytes=True)`.
  @Test func coloursAreMatplotlibs() {
    func colour(_ map: ColourMap, _ value: Double) -> [UInt8] {
      let colour = map.rgb(value)
      return [colour.red, colour.green, colour.blue]
    }
    #expect(colour(.inferno, 0) == [0, 0, 3])
    #expect(colour(.inferno, 0.3) == [106, 23, 110])
    #expect(colour(.inferno, 0.5) == [187, 55, 84])
    #expect(colour(.inferno, 0.999) == [252, 254, 164])
    #expect(colour(.viridis, 0) == [68, 1, 84])
    #expect(colour(.viridis, 0.3) == [52, 94, 141])
    #expect(colour(.viridis, 0.5) == [32, 144, 140])
    #expect(colour(.viridis, 0.999) == [253, 231, 36])
    #expect(colour(.magma, 0) == [0, 0, 3])
    #expect(colour(.magma, 0.3) == [99, 25, 127])
    #expect(colour(.magma, 0.5) == [182, 54, 121])
    #expect(colour(.magma, 0.999) == [251, 252, 191])
    #expect(colour(.grey, 0) == [0, 0, 0])
    #expect(colour(.grey, 0.3) == [76, 76, 76])
    #expect(colour(.grey, 0.5) == [128, 128, 128])
    #expect(colour(.grey, 0.999) == [255, 255, 255])
    #expect(colour(.jet, 0) == [0, 0, 127])
    #expect(colour(.jet, 0.3) == [0, 176, 255])
    #expect(colour(.jet, 0.5) == [124, 255, 121])
    #expect(colour(.jet, 0.999) == [127, 0, 0])
    for map in ColourMap.allCases {
      #expect(map.table.count == 768)
      #expect(colour(map, 1) == Array(map.table.suffix(3)))
      #expect(colour(map, 1.7) == colour(map, 1))
      #expect(colour(map, .infinity) == colour(map, 1))
      #expect(colour(map, -.infinity) == colour(map, 0))
      #expect(colour(map, .nan) == [255, 255, 255])
    }
  }

  @Test func aMapIsDrawnRowByRow() {
    let image = RGBImage(map: [0, 1, 0.5, .nan], width: 2, height: 2, colours: .grey)
    #expect(image.pixels == [0, 0, 0, 255, 255, 255, 128, 128, 128, 255, 255, 255])
  }
}
