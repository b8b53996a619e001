import CMaps
import Images
import Support
import Typesetting

/// How heatmaps are laid over photographs: one look for a whole report, so that colours compare across figures.
public struct OverlayLook: Sendable, Hashable {
  /// Of the heatmaps.
  public var colourMap: ColourMap
  /// Opacity of the colours where a heatmap is 1, in [0, 1]; where it is less they are less opaque in proportion.
  public var strength: Double
  /// Of the embedded pictures, in pixels.
  public var pixels: Int
  /// JPEG, 1 to 100.
  public var quality: Int

  public init(colourMap: ColourMap = .inferno, strength: Double = 0.9, pixels: Int = 224, quality: Int = 52) {
    self.colourMap = colourMap
    self.strength = strength
    self.pixels = pixels
    self.quality = quality
  }

  /// Pixels of a picture that is printed so wide: about 300 dots per inch, as journals ask for of photographs, in whole
  /// blocks of the JPEG.
  /// - Parameter side: in points.
  public static func pixels(forSide side: Double) -> Int {
    let blocks = (side / 72 * 300 / 16).rounded()
    return 16 * Int(min(max(blocks, 4), 64))
  }

  /// The colour of a heatmap value in [0, 1] over a grey of the photograph in [0, 255].
  ///
  /// Where the value is 0 the photograph alone is seen, and the greater the value the more its colour covers it: one
  /// opacity for all values would blacken whatever the heatmap does not highlight.
  func blend(_ value: Double, over grey: Double) -> (UInt8, UInt8, UInt8) {
    let step = Int(min(max(0, value.isNaN ? 0 : value), 1) * 256)
    let (shares, colours) = layers
    let place = min(255, step)
    let ground = ground(grey) * shares[place]
    return (
      Self.rounded(ground + colours[3 * place]), Self.rounded(ground + colours[3 * place + 1]),
      Self.rounded(ground + colours[3 * place + 2])
    )
  }

  /// Of each of 256 steps of values what is left of the photograph, and red, green and blue as they are added to it.
  var layers: (shares: [Double], colours: [Double]) {
    let table = colourMap.table
    var shares: [Double] = []
    var colours: [Double] = []
    for step in 0..<256 {
      let opacity = strength * Double(step) / 255
      // Where the values are low the photograph is seen in place of the colours: what is dark of a colour map would only
      // darken it, and in grey print make values about the middle look less than none.
      let place = colourMap == .jet ? step : Int((0.3 * 255 + 0.7 * Double(step)).rounded())
      shares.append(1 - opacity)
      for channel in 0..<3 { colours.append(opacity * Double(table[3 * place + channel])) }
    }
    return (shares, colours)
  }

  /// The photograph darkened and its contrast lowered: the brightest places are those of great values, in grey print too.
  func ground(_ grey: Double) -> Double { 20 + grey * (140.0 / 255) }

  /// As `cmaps_overlay` does.
  private static func rounded(_ value: Double) -> UInt8 { UInt8(min(255, max(0, value + 0.5))) }
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
    let (shares, colours) = look.layers
    let grounds = ground.grey.map(look.ground)
    let places = min(heatmap.count, grounds.count)
    return unsafe [UInt8](unsafeUninitializedCapacity: 3 * places) { pixels, count in
      unsafe cmaps_overlay(heatmap, grounds, shares, colours, pixels.baseAddress, places)
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

  /// The colours of 0 (left) to 1 (right) as they look over a middle grey: what the eye compares the maps with.
  public func colourBar() throws(Problem) -> EncodedPicture {
    let steps = 128
    let row = (0..<steps).map { look.blend(Double($0) / Double(steps - 1), over: 128) }
    let pixels = (row + row).flatMap { [$0.0, $0.1, $0.2] }
    let bytes = try ImageEncoder.png(RGBImage(width: steps, height: 2, pixels: pixels))
    return EncodedPicture(format: .png, bytes: bytes, pixelWidth: steps, pixelHeight: 2)
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
