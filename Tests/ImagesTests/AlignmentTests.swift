import Foundation
import Images
import Support
import Testing

/// Faces are laid over the template as scikit-image, OpenCV and Pillow do it; see Scripts/goldens/alignment.py.
@Suite struct AlignmentTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      var name: String
      var width: Int
      var height: Int
      var landmarks: [[Double]]
      var matrix: [[Double]]
      var step: Int
      var pixels: [Int]
    }
    var template: [[Double]]
    var cases: [Case]
  }

  private func golden() throws -> Golden {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/alignment.json")
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  private func picture(width: Int, height: Int) -> RGBImage {
    var pixels: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<3 {
          let value =
            127.5 + 90 * sin(0.031 * Double(c + 1) * Double(x) + 0.7 * Double(c))
            * cos(0.023 * Double(c + 2) * Double(y))
          pixels.append(UInt8((value + 0.5).rounded(.down)))
        }
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  @Test func transformsAreThoseOfScikitImage() throws {
    let golden = try golden()
    #expect(
      zip(FaceAlignment.template, golden.template).allSatisfy { abs($0.x - $1[0]) < 1e-9 && abs($0.y - $1[1]) < 1e-9 })
    for item in golden.cases {
      let points = item.landmarks.map { ImagePoint(x: $0[0], y: $0[1]) }
      let transform = try #require(SimilarityTransform(from: points, to: FaceAlignment.template))
      let found = [
        transform.cosine, -transform.sine, transform.shiftX, transform.sine, transform.cosine, transform.shiftY,
      ]
      for (a, b) in zip(found, item.matrix.joined()) { #expect(abs(a - b) <= 1e-9 * max(1, abs(b)), "\(item.name)") }
      let there = transform(points[2])
      let back = transform.inverse(there)
      #expect(abs(back.x - points[2].x) < 1e-9 && abs(back.y - points[2].y) < 1e-9)
    }
  }

  /// OpenCV rounds places to 1/32 of a pixel and Pillow weights to 8 bits.
  @Test func alignedPixelsAreThoseOfOpenCV() throws {
    for item in try golden().cases {
      let alignment = FaceAlignment.landmarks(item.landmarks.map { ImagePoint(x: $0[0], y: $0[1]) })
      let aligned = try alignment.align(picture(width: item.width, height: item.height), name: item.name)
      #expect(aligned.width == 256 && aligned.height == 256)
      var differences: [Int] = []
      for y in stride(from: 0, to: 256, by: item.step) {
        for x in stride(from: 0, to: 256, by: item.step) {
          for channel in 0..<3 {
            differences.append(
              abs(Int(aligned.pixels[3 * (256 * y + x) + channel]) - item.pixels[differences.count]))
          }
        }
      }
      #expect(differences.count == item.pixels.count)
      #expect((differences.max() ?? 255) <= 2, "\(item.name)")
      #expect(Double(differences.reduce(0, +)) / Double(differences.count) <= 0.35, "\(item.name)")
    }
  }

  @Test func aBoxWithItsMarginIsCutOutAndCutOff() throws {
    let image = picture(width: 40, height: 30)
    func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, margin: Double) -> FaceAlignment {
      .box(x: x, y: y, width: width, height: height, margin: margin)
    }
    let inner = try box(10, 5, 10, 20, margin: 0.1).align(image, name: "a")
    #expect(inner.width == 12 && inner.height == 24)
    #expect(inner.pixels.prefix(3) == image.pixels[3 * (40 * 3 + 9)..<3 * (40 * 3 + 10)])
    let cut = try box(-5, 20, 10, 40, margin: 0).align(image, name: "a")
    #expect(cut.width == 5 && cut.height == 10)
  }

  @Test func whatSpansNoFaceIsRefused() {
    let image = picture(width: 40, height: 30)
    func message(_ alignment: FaceAlignment) -> String {
      do throws(Problem) {
        _ = try alignment.align(image, name: "n1/1.jpg")
        return "aligned"
      } catch { return error.description }
    }
    let one = ImagePoint(x: 3, y: 4)
    #expect(
      message(.landmarks([one, one, one, one, one]))
        == "n1/1.jpg: its landmarks do not span a face\n  Correct its line in the list of landmarks, or take the image "
        + "out.")
    for box in [(50.0, 5.0, 10.0, 10.0), (5, 5, 0, 10), (5, 5, 10, -3), (1e300, 0, 1e300, 5), (.nan, 0, 5, 5)] {
      #expect(
        message(.box(x: box.0, y: box.1, width: box.2, height: box.3, margin: 0)).hasPrefix(
          "n1/1.jpg: its box (\(box.0), \(box.1), \(box.2) x \(box.3)) does not lie in the picture of 40 x 30\n"))
    }
  }
}
