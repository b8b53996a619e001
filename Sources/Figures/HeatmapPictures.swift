import CMaps
import Images
import Support
import Typesetting

/// How heatmaps are laid over photographs: one look for a whole report, so that colours compare across figures.
public struct OverlayLook: Sendable, Hashable {
  /// Of the heatmaps.
  public var colourMap: ColourMap
  /// 0 shows the photograph only, 1 the colours only.
  public var strength: Double
  /// Of the embedded pictures, in pixels.
  public var pixels: Int
  /// JPEG, 1 to 100.
  public var quality: Int

  public init(colourMap: ColourMap = .inferno, strength: Double = 0.6, pixels: Int = 192, quality: Int = 73) {
    self.colourMap = colourMap
    self.strength = strength
    self.pixels = pixels
    self.quality = quality
  }

  /// Pixels of a picture that is printed so wide: about 200 dots per inch, as much as print shows of photographs, in
  /// whole blocks of the JPEG.
  /// - Parameter side: in points.
  public static func pixels(forSide side: Double) -> Int {
    let blocks = (side / 72 * 200 / 16).rounded()
    return 16 * Int(min(max(blocks, 4), 64))
  }

  /// The colour of a heatmap value in [0, 1] over a grey of the photograph in [0, 255].
  ///
  /// The photograph is washed out, and the colours laid over it with `strength`, the same for every value: with a
  /// colour map of rising lightness, brighter then means a greater value wherever the photograph is even.
  func blend(_ value: Double, over grey: Double) -> (UInt8, UInt8, UInt8) {
    let colour = colourMap.rgb(value)
    let ground = ground(grey)
    return (
      Self.mix(ground, strength * Double(colour.red)), Self.mix(ground, strength * Double(colour.green)),
      Self.mix(ground, strength * Double(colour.blue))
    )
  }

  /// The photograph's share. Dark photographs would swallow the lower half of the colours, so they are washed out.
  func ground(_ grey: Double) -> Double { (1 - strength) * (72 + grey * (183.0 / 255)) }

  /// Rounded as `cmaps_overlay` does.
  private static func mix(_ ground: Double, _ colour: Double) -> UInt8 {
    UInt8(min(255, max(0, ground + colour + 0.5)))
  }
}

/// Pictures for a heatmap grid, encoded once each.
public struct HeatmapPictures: Sendable {
  /// Size, quality, colours and strength of the heatmaps.
  public let look: OverlayLook

  public init(look: OverlayLook) { self.look = look }

  /// The photograph itself, in its own colours.
  public func photograph(_ image: RGBImage) throws(Problem) -> EncodedPicture { try encoded(image) }

  /// A photograph at the embedded pictures' size, unless it is smaller: what is made of it then need not be reduced
  /// again for each picture.
  public func reduced(_ image: RGBImage) -> RGBImage {
    image.width > look.pixels || image.height > look.pixels
      ? image.resized(width: look.pixels, height: look.pixels) : image
  }

  /// The photograph's luminance, washed out, as the ground of a dead map's hatching.
  public func faded(_ image: RGBImage) throws(Problem) -> EncodedPicture {
    var pixels = [UInt8](repeating: 0, count: image.pixels.count)
    for (index, grey) in Self.luminance(image).enumerated() {
      let value = UInt8((150 + 0.4 * grey).rounded())
      for channel in 0..<3 { pixels[3 * index + channel] = value }
    }
    return try encoded(RGBImage(width: image.width, height: image.height, pixels: pixels))
  }

  /// The size at which a heatmap of a network's input size is best coloured: nothing is lost by colouring at the
  /// embedded picture's own size, and most of the time is saved.
  public func side(for inputSize: Int) -> Int { min(inputSize, look.pixels) }

  /// A heatmap over the photograph's luminance.
  /// - Parameters:
  ///   - heatmap: `side` x `side` values in [0, 1], row-major.
  ///   - photograph: resized to `side` when it has another size.
  public func overlay(_ heatmap: [Float], side: Int, on photograph: RGBImage) throws(Problem) -> EncodedPicture {
    try overlay(heatmap, on: Ground(photograph, side: side))
  }

  /// The same on a photograph that carries several heatmaps.
  public func overlay(_ heatmap: [Float], on ground: Ground) throws(Problem) -> EncodedPicture {
    let side = ground.side
    guard heatmap.count == side * side else {
      throw .failure("a heatmap of \(side)x\(side) does not hold \(heatmap.count) values")
    }
    return try encoded(RGBImage(width: side, height: side, pixels: colours(of: heatmap, on: ground)))
  }

  /// Red, green and blue of each place, as `OverlayLook.blend` mixes them.
  /// - Parameter heatmap: values in [0, 1], as many as the ground has places.
  public func colours(of heatmap: [Float], on ground: Ground) -> [UInt8] {
    let colours = look.colourMap.table.map { look.strength * Double($0) }
    let grounds = ground.grey.map(look.ground)
    let places = min(heatmap.count, grounds.count)
    return unsafe [UInt8](unsafeUninitializedCapacity: 3 * places) { pixels, count in
      unsafe cmaps_overlay(heatmap, grounds, colours, pixels.baseAddress, places)
      count = 3 * places
    }
  }

  /// A photograph's luminance at the size of the heatmaps that are laid over it.
  public struct Ground: Sendable {
    let side: Int
    let grey: [Double]

    /// - Parameter side: of the heatmaps, in pixels.
    public init(_ photograph: RGBImage, side: Int) {
      self.side = side
      grey = HeatmapPictures.luminance(
        photograph.width == side && photograph.height == side
          ? photograph : photograph.resized(width: side, height: side))
    }
  }

  /// The colours of 0 (bottom) to 1 (top) as they look over a middle grey: what the eye compares the maps with.
  public func colourBar() throws(Problem) -> EncodedPicture {
    let steps = 128
    var pixels: [UInt8] = []
    for step in (0..<steps).reversed() {
      let (red, green, blue) = look.blend(Double(step) / Double(steps - 1), over: 128)
      for _ in 0..<2 { pixels += [red, green, blue] }
    }
    let bytes = try ImageEncoder.png(RGBImage(width: 2, height: steps, pixels: pixels))
    return EncodedPicture(format: .png, bytes: bytes, pixelWidth: 2, pixelHeight: steps)
  }

  private func encoded(_ image: RGBImage) throws(Problem) -> EncodedPicture {
    let small = reduced(image)
    let bytes = try ImageEncoder.jpeg(small, quality: look.quality, halvesChroma: true)
    return EncodedPicture(format: .jpeg, bytes: bytes, pixelWidth: small.width, pixelHeight: small.height)
  }

  /// Rec. 601 luma in [0, 255].
  fileprivate static func luminance(_ image: RGBImage) -> [Double] {
    var result = [Double](repeating: 0, count: image.width * image.height)
    for index in result.indices {
      let red = Double(image.pixels[3 * index])
      let green = Double(image.pixels[3 * index + 1])
      let blue = Double(image.pixels[3 * index + 2])
      result[index] = 0.299 * red + 0.587 * green + 0.114 * blue
    }
    return result
  }
}
