import Support

/// How much a picture may ask for; checked from its header, before memory is taken.
public struct DecodingLimits: Sendable, Hashable {
  /// Width times height. Whatever it says, a side has 1 000 000 at most.
  public var maximumPixels: Int
  /// Of the file as it is stored, before anything is unpacked.
  public var maximumFileBytes: Int

  public init(maximumPixels: Int = 100_000_000, maximumFileBytes: Int = 1 << 29) {
    self.maximumPixels = maximumPixels
    self.maximumFileBytes = maximumFileBytes
  }

  /// 100 megapixels, files of 512 MiB.
  public static let standard = DecodingLimits()

  /// - Throws: `Problem` when a picture of this size has no pixels or more than allowed.
  func check(width: Int, height: Int, at place: Place) throws(Problem) {
    guard width > 0, height > 0 else {
      throw .failure(at: place, "the header says \(width) x \(height) pixels; a picture needs at least 1 x 1")
    }
    // Also libpng's own limit.
    guard max(width, height) <= 1_000_000 else {
      throw .failure(
        at: place, "the header says \(width) x \(height) pixels; a side may have at most 1000000",
        remedy: "Make the picture smaller; the networks see a few hundred pixels a side.")
    }
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard !overflow, pixels <= maximumPixels else {
      throw .failure(
        at: place, "the header says \(width) x \(height) pixels, more than the \(maximumPixels) that are allowed",
        remedy: "Make the picture smaller; the networks see a few hundred pixels a side.")
    }
  }
}
