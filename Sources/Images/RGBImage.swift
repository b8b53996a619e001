/// An 8-bit picture: interleaved red, green, blue, rows from the top, no padding between rows.
public struct RGBImage: Sendable, Equatable {
  /// In pixels.
  public let width: Int
  /// In pixels.
  public let height: Int
  /// 3 x width x height bytes.
  public var pixels: [UInt8]

  /// - Precondition: 3 x width x height bytes.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(pixels.count == 3 * width * height, "a \(width)x\(height) picture has not \(pixels.count) bytes")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
