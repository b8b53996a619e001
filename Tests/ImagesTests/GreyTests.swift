import Images
import Tensors
import Testing

/// Grey pictures for networks of one channel.
@Suite struct GreyTests {
  private let colours: [(pixel: [UInt8], grey: UInt8)] = [
    ([255, 0, 0], 76), ([0, 255, 0], 150), ([0, 0, 255], 29), ([1, 2, 3], 2), ([200, 100, 50], 124),
    ([254, 255, 253], 254), ([17, 17, 17], 17), ([3, 250, 129], 162),
  ]

  /// The values of Pillow 13's `convert("L")`.
  @Test func lumaIsPillows() {
    let picture = RGBImage(width: colours.count, height: 1, pixels: colours.flatMap(\.pixel))
    #expect(picture.grey.pixels == colours.flatMap { [$0.grey, $0.grey, $0.grey] })
  }

  @Test func theInputHasOneChannel() throws {
    let picture = RGBImage(width: 2, height: 2, pixels: colours.prefix(4).flatMap(\.pixel))
    let input = try InputPreparation(size: 2, isGrey: true)(picture)
    #expect(input.shape == [1, 2, 2])
    #expect(input.values == [76, 150, 29, 2].map { Float($0) / 255 })
    // Resized as one of the channels of the same picture in grey.
    let wide = try InputPreparation(size: 3, isGrey: true)(picture)
    #expect(try wide.values == Array(InputPreparation(size: 3)(picture.grey).values.prefix(9)))
  }

  /// For every x and g, sum(g * converted(x)) = sum(transposed(g) * x).
  @Test(arguments: [(1, 3), (3, 1), (3, 3), (1, 1)]) func gradientsGoBack(_ from: Int, _ to: Int) {
    func values(_ count: Int, _ step: Int) -> [Float] { (0..<count).map { Float($0 * step % 17) / 17 - 0.3 } }
    let image = Tensor(shape: [from, 2, 3], values: values(6 * from, 5))
    let gradient = Tensor(shape: [to, 2, 3], values: values(6 * to, 7))
    let there = GreyConversion.converted(image, channels: to)
    let back = GreyConversion.transposed(gradient, channels: from)
    #expect(there.shape == gradient.shape && back.shape == image.shape)
    let first = zip(gradient.values, there.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    let second = zip(back.values, image.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    #expect(abs(first - second) < 1e-6)
  }
}
