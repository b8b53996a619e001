import Foundation
import Images
import Support
import Tensors
import Testing

@Suite("Pictures become the input that PyTorch and torchvision make of them")
struct ResizeTests {
  /// "resize-61x47-24x24.f32" -> [61, 47, 24, 24]
  private static func numbers(_ name: String) -> [Int] {
    name.split { !$0.isNumber }.dropLast().compactMap { Int($0) }
  }

  private static func values(_ body: [UInt8]) -> [Float] {
    stride(from: 0, to: body.count, by: 4).map { offset in
      let bits = (0..<4).reduce(UInt32(0)) { (sum: UInt32, i: Int) -> UInt32 in
        sum | UInt32(body[offset + i]) << UInt32(8 * i)
      }
      return Float(bitPattern: bits)
    }
  }

  private static func largestDifference(_ found: [Float], _ expected: [Float]) -> Float {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
  }

  @Test("Down, up, odd sizes, same size", arguments: Fixtures.names(".f32").filter { $0.hasPrefix("resize") })
  func interpolation(_ name: String) throws {
    let numbers = Self.numbers(name)
    let image = Fixtures.generated(width: numbers[1], height: numbers[0])
    let expected = Self.values(try Fixtures.golden(name).body)
    let found = Resize.bilinear(image.tensor, height: numbers[2], width: numbers[3])
    #expect(found.shape == [3, numbers[2], numbers[3]])
    let difference = Self.largestDifference(found.values, expected)
    #expect(difference <= 2e-7, "differs by \(difference)")
    if numbers[2] == numbers[3] {
      #expect(try InputPreparation(size: numbers[2])(image) == found)
    }
  }

  @Test("Shorter side and centre crop", arguments: Fixtures.names(".f32").filter { $0.hasPrefix("crop") })
  func crop(_ name: String) throws {
    let numbers = Self.numbers(name)
    let image = Fixtures.generated(width: numbers[1], height: numbers[0])
    let expected = Self.values(try Fixtures.golden(name).body)
    let found = try InputPreparation(size: numbers[3], fit: .crop(resize: numbers[2]))(image)
    #expect(found.shape == [3, numbers[3], numbers[3]])
    let difference = Self.largestDifference(found.values, expected)
    #expect(difference <= 2e-7, "differs by \(difference)")
  }

  @Test func everyCaseHasAGolden() {
    #expect(Fixtures.names(".f32").count == 10)
  }

  @Test func sizesThatCannotBeAreRefused() {
    func problem(_ size: Int, _ fit: Fit) -> String {
      do throws(Problem) {
        return "\(try InputPreparation(size: size, fit: fit).size)"
      } catch { return "\(error.kind) \(error)" }
    }
    #expect(problem(0, .squash) == "usage an input of 0 pixels\n  `size` must be from 1 to 8192.")
    #expect(
      problem(224, .crop(resize: 200))
        == "usage `resize` is 200, with an input of 224 pixels\n  Choose a `resize` from 224 to 8192, or `fit: squash`."
    )
    #expect(problem(224, .crop(resize: 224)) == "224")
  }

  @Test func aStripOfPixelsCanBeCropped() throws {
    let strip = RGBImage(width: 60_000, height: 1, pixels: [UInt8](repeating: 51, count: 180_000))
    let x = try InputPreparation(size: 3, fit: .crop(resize: 3))(strip)
    #expect(x.values.allSatisfy { abs($0 - 0.2) < 1e-6 })
  }
}
