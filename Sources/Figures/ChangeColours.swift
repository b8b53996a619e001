import Images
import Support
import Typesetting

/// Colours for what grew and what shrank: white for no change, red for more, blue for less (the ends of ColorBrewer's RdBu).
public enum ChangeColours {
  /// - Parameter value: in [-1, 1], clamped.
  static func rgb(_ value: Double) -> (UInt8, UInt8, UInt8) {
    let end: (Double, Double, Double) = value < 0 ? (33, 102, 172) : (178, 24, 43)
    let share = min(1, abs(value))
    func mixed(_ channel: Double) -> UInt8 { UInt8((255 + share * (channel - 255)).rounded()) }
    return (mixed(end.0), mixed(end.1), mixed(end.2))
  }

  /// - Parameter values: side x side, in [-1, 1], row-major.
  /// - Throws: `Problem` where there are more or fewer.
  public static func picture(_ values: [Double], side: Int) throws(Problem) -> EncodedPicture {
    guard values.count == side * side else {
      throw .failure("a map of \(side)x\(side) does not hold \(values.count) values")
    }
    let pixels = values.map(rgb).flatMap { [$0.0, $0.1, $0.2] }
    // Smooth, and a tenth of what it takes without loss.
    let bytes = try ImageEncoder.jpeg(RGBImage(width: side, height: side, pixels: pixels), quality: 85)
    return EncodedPicture(format: .jpeg, bytes: bytes, pixelWidth: side, pixelHeight: side)
  }

  /// From -1 at the left to 1 at the right.
  public static func bar() throws(Problem) -> EncodedPicture {
    let steps = (0..<128).map { rgb(Double($0) / 127 * 2 - 1) }
    let pixels = (steps + steps).flatMap { [$0.0, $0.1, $0.2] }
    let bytes = try ImageEncoder.png(RGBImage(width: 128, height: 2, pixels: pixels))
    return EncodedPicture(format: .png, bytes: bytes, pixelWidth: 128, pixelHeight: 2)
  }
}
