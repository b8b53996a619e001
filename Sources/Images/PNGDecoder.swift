import CPNG
import Support

/// Decodes PNG by libpng's simplified API, with sample values as they are stored.
///
/// The simplified API converts samples to sRGB where a file carries gamma or colour-space chunks. Pillow, OpenCV and
/// torchvision do not, so libpng is shown the file without these chunks: only header, palette, transparency and
/// pixels. That leaves text chunks, profiles and the later frames of an animation unread, too.
///
/// Bits: 1, 2 and 4-bit grey is scaled to 0...255; 16-bit samples become round(value * 255 / 65535), where Pillow and
/// OpenCV keep the high byte. Alpha is composited on white: round((value * alpha + top * (top - alpha)) / top), in the
/// file's 8 or 16 bits.
struct PNGDecoder {
  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  let bytes: [UInt8]
  let name: String
  let limits: DecodingLimits

  func decode(_ orientation: OrientationUse) throws(Problem) -> RGBImage {
    let file = try PNGChunks(bytes: bytes, name: name)
    try limits.check(width: file.width, height: file.height, at: Place(file: name, byte: 16))
    var problem: Problem?
    var pixels: [UInt8] = []
    unsafe file.plain.withUnsafeBytes { input in
      var image = unsafe png_image()
      unsafe image.version = png_uint_32(PNG_IMAGE_VERSION)
      defer { unsafe png_image_free(&image) }
      guard unsafe png_image_begin_read_from_memory(&image, input.baseAddress, input.count) != 0,
        unsafe Int(image.width) == file.width, unsafe Int(image.height) == file.height
      else {
        problem = unsafe damaged(&image)
        return
      }
      let count = file.width * file.height
      let hasAlpha = unsafe image.format & PNG_FORMAT_FLAG_ALPHA != 0
      let channels = hasAlpha ? 4 : 3
      let format = PNG_FORMAT_FLAG_COLOR | (hasAlpha ? PNG_FORMAT_FLAG_ALPHA : 0)
      if unsafe image.format & PNG_FORMAT_FLAG_LINEAR != 0 {
        // Read with all 16 bits: reduced to 8 by libpng, from 1.6.51 on, interlaced files lose most of their pixels.
        unsafe image.format = format | PNG_FORMAT_FLAG_LINEAR
        let samples: [UInt16] = unsafe read(&image, count * channels, &problem)
        pixels = hasAlpha ? Self.premultipliedOnWhite(samples) : samples.map { Self.eightBits(UInt32($0)) }
      } else {
        unsafe image.format = format
        let samples: [UInt8] = unsafe read(&image, count * channels, &problem)
        pixels = hasAlpha ? Self.onWhite(samples) : samples
      }
    }
    if let problem { throw problem }
    return RGBImage(width: file.width, height: file.height, pixels: pixels)
      .oriented(orientation == .apply ? file.orientation : 1)
  }

  private func read<Sample: FixedWidthInteger>(
    _ image: inout png_image, _ size: Int, _ problem: inout Problem?
  ) -> [Sample] {
    var samples = [Sample](repeating: 0, count: size)
    if unsafe png_image_finish_read(&image, nil, &samples, 0, nil) == 0 { problem = unsafe damaged(&image) }
    return samples
  }

  private func damaged(_ image: inout png_image) -> Problem {
    let message = unsafe withUnsafeBytes(of: &image.message) {
      unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return .failure(
      at: Place(file: name), "the PNG data is damaged; libpng says: \(message)",
      remedy: "Fetch or save the file again.")
  }

  private static func onWhite(_ samples: [UInt8]) -> [UInt8] {
    let pixels = samples.count / 4
    var output = [UInt8](repeating: 0, count: 3 * pixels)
    var target = output.mutableSpan
    let input = samples.span
    for pixel in 0..<pixels {
      let alpha = Int32(input[4 &* pixel &+ 3])
      let white = 255 &* (255 &- alpha)
      for channel in 0..<3 {
        let value = Int32(input[4 &* pixel &+ channel])
        target[3 &* pixel &+ channel] = UInt8(truncatingIfNeeded: dividedBy255(value &* alpha &+ white))
      }
    }
    return output
  }

  /// - Parameter samples: Colours already multiplied by alpha, as libpng gives them in 16 bits.
  private static func premultipliedOnWhite(_ samples: [UInt16]) -> [UInt8] {
    let pixels = samples.count / 4
    var output = [UInt8](repeating: 0, count: 3 * pixels)
    var target = output.mutableSpan
    let input = samples.span
    for pixel in 0..<pixels {
      let white = 65535 &- UInt32(input[4 &* pixel &+ 3])
      for channel in 0..<3 {
        target[3 &* pixel &+ channel] = eightBits(min(65535, UInt32(input[4 &* pixel &+ channel]) &+ white))
      }
    }
    return output
  }

  /// round(value * 255 / 65535)
  @inline(__always)
  private static func eightBits(_ value: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: (value &* 255 &+ 32767) / 65535) }
}
