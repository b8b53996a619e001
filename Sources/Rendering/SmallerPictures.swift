import Images
import Support
import Typesetting

/// A frame whose pictures take less, for files that must stay small: fewer pixels, and a coarser JPEG.
struct SmallerPictures {
  /// Share of each side's pixels, and JPEG quality: the first that is enough.
  static let steps: [(scale: Double, quality: Int)] = [
    (1, 70), (1, 55), (0.85, 60), (0.7, 60), (0.6, 55), (0.5, 50), (0.42, 45), (0.35, 40), (0.3, 40), (0.25, 40),
  ]
  /// What is smaller stays as it is: bars of colour.
  private static let leastBytes = 1500

  private let renderer: Renderer
  private let step: (scale: Double, quality: Int)
  private var made: [ObjectIdentifier: EncodedPicture] = [:]
  /// Bytes by which an SVG becomes smaller, in which every picture stands once, in base 64.
  private(set) var savedBytes = 0

  /// - Parameter step: one of `steps`.
  init(_ renderer: Renderer, _ step: (scale: Double, quality: Int)) {
    self.renderer = renderer
    self.step = step
  }

  /// - Throws: `Problem` for a picture that cannot be decoded.
  mutating func smaller(_ frame: Frame) throws(Problem) -> Frame {
    Frame(size: frame.size, items: try smaller(frame.items))
  }

  private mutating func smaller(_ items: [PlacedItem]) throws(Problem) -> [PlacedItem] {
    var result: [PlacedItem] = []
    for item in items {
      switch item {
      case .picture(var placed):
        placed.picture = try smaller(placed.picture)
        result.append(.picture(placed))
      case .group(let inner, let offset, let clip):
        result.append(.group(try smaller(inner), offset: offset, clip: clip))
      case .tagged(let inner, let role, let alternative):
        result.append(.tagged(try smaller(inner), role: role, alternative: alternative))
      case .valued(let inner, let words): result.append(.valued(try smaller(inner), words: words))
      case .text, .path, .link, .anchor: result.append(item)
      }
    }
    return result
  }

  private mutating func smaller(_ picture: EncodedPicture) throws(Problem) -> EncodedPicture {
    guard picture.bytes.count > Self.leastBytes else { return picture }
    if let known = made[ObjectIdentifier(picture)] { return known }
    var image = try ImageDecoder.decode(picture.bytes, name: "a picture of the report")
    if step.scale < 1 {
      let size = Size(
        width: max(1, (Double(image.width) * step.scale).rounded()),
        height: max(1, (Double(image.height) * step.scale).rounded()))
      let placed = PlacedPicture(picture, frame: Rect(x: 0, y: 0, width: size.width, height: size.height))
      image = try renderer.image(Frame(size: size, items: [.picture(placed)]), dotsPerInch: 72)
    }
    let bytes = try ImageEncoder.jpeg(image, quality: step.quality, halvesChroma: true)
    let result =
      bytes.count < picture.bytes.count
      ? EncodedPicture(format: .jpeg, bytes: bytes, pixelWidth: image.width, pixelHeight: image.height) : picture
    made[ObjectIdentifier(picture)] = result
    savedBytes += (picture.bytes.count + 2) / 3 * 4 - (result.bytes.count + 2) / 3 * 4
    return result
  }
}
