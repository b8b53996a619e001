import CTurboJPEG
import Support

/// Decodes JPEG with libjpeg-turbo's defaults (accurate integer DCT, smooth chroma upsampling), as Pillow and
/// OpenCV do: the same file gives the same bits.
///
/// CMYK and YCCK become RGB as in Pillow: the samples are taken as inverted (Adobe's convention, which practically
/// every CMYK JPEG follows, marker or not), then each channel is (255 - K) - round((255 - K) * C / 255).
struct JPEGDecoder {
  let bytes: [UInt8]
  let name: String
  let limits: DecodingLimits

  func decode(_ orientation: OrientationUse) throws(Problem) -> RGBImage {
    let header = try JPEGHeader(bytes: bytes, name: name)
    try limits.check(width: header.width, height: header.height, at: Place(file: name, byte: header.frameOffset))
    let pixels: [UInt8]
    if header.components == 4 {
      pixels = Self.rgb(fromInvertedCMYK: try samples(header, format: TJPF_CMYK, channels: 4))
    } else {
      pixels = try samples(header, format: TJPF_RGB, channels: 3)
    }
    return RGBImage(width: header.width, height: header.height, pixels: pixels)
      .oriented(orientation == .apply ? header.orientation : 1)
  }

  private func samples(_ header: JPEGHeader, format: TJPF, channels: Int) throws(Problem) -> [UInt8] {
    guard let handle = unsafe tjInitDecompress() else {
      throw .failure(at: Place(file: name), "libjpeg-turbo could not be started: no memory left")
    }
    defer { unsafe tjDestroy(handle) }
    let size = header.width * header.height * channels
    // Zeroed, since a warning that is let pass must not show what was in memory before.
    var output = [UInt8](repeating: 0, count: size)
    let status = unsafe tjDecompress2(
      handle, bytes, UInt(bytes.count), &output, Int32(header.width), Int32(header.width * channels),
      Int32(header.height), Int32(format.rawValue), TJFLAG_LIMITSCANS)
    if status != 0 {
      let message = unsafe String(cString: tjGetErrorStr2(handle))
      let isWarning = unsafe tjGetErrorCode(handle) == Int32(TJERR_WARNING.rawValue)
      if !isWarning || Self.isDamage(message) || !header.hasEnd(in: bytes) {
        throw Self.problem(message, name: name, count: bytes.count, isComplete: header.hasEnd(in: bytes))
      }
    }
    return output
  }

  /// Whether a warning means that pixels are lost. Other warnings (stray bytes between segments, odd version
  /// numbers) come with many cameras' intact files.
  private static func isDamage(_ warning: String) -> Bool {
    ["Premature end", "premature end", "bad Huffman", "bad arithmetic", "instead of RST"]
      .contains { warning.contains($0) }
  }

  private static func problem(_ message: String, name: String, count: Int, isComplete: Bool) -> Problem {
    if !isComplete {
      return .failure(
        at: Place(file: name, byte: count), "the JPEG data ends in the middle of the picture",
        remedy: "The file is truncated: fetch or save it again.")
    }
    return .failure(
      at: Place(file: name),
      "the JPEG data is damaged or of a kind that is not supported; libjpeg-turbo says: \(message)",
      remedy: "Fetch or save the file again as an 8-bit baseline or progressive JPEG.")
  }

  /// - Parameter samples: 255 - C, 255 - M, 255 - Y, 255 - K per pixel.
  private static func rgb(fromInvertedCMYK samples: [UInt8]) -> [UInt8] {
    let pixels = samples.count / 4
    var output = [UInt8](repeating: 0, count: 3 * pixels)
    var target = output.mutableSpan
    let input = samples.span
    for pixel in 0..<pixels {
      let light = Int32(input[4 &* pixel &+ 3])
      for channel in 0..<3 {
        let ink = 255 &- Int32(input[4 &* pixel &+ channel])
        target[3 &* pixel &+ channel] = UInt8(truncatingIfNeeded: light &- dividedBy255(ink &* light))
      }
    }
    return output
  }
}

/// value / 255 rounded to nearest, exact for 0...255 * 255.
@inline(__always)
func dividedBy255(_ value: Int32) -> Int32 {
  let shifted = value &+ 128
  return ((shifted >> 8) &+ shifted) >> 8
}
