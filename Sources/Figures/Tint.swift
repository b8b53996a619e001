import Typesetting

/// Shades behind the numbers of a matrix, light enough to read black on: what a number is stands in it, a shade only leads the
/// eye.
public enum Tint {
  private static let positive = Colour(hex: 0x8FC4E3)
  private static let negative = Colour(hex: 0xF0B860)

  /// From white at 0 to blue at 1, or to orange at -1, two hues that colour-blind readers tell apart.
  /// - Parameter share: in [-1, 1]; what is beyond counts as the bound.
  /// - Returns: nil where it is not finite.
  public static func of(_ share: Double) -> Colour? {
    guard share.isFinite else { return nil }
    let strength = min(1, abs(share))
    let hue = share < 0 ? negative : positive
    func mixed(_ channel: Double) -> Double { 1 + strength * (channel - 1) }
    return Colour(mixed(hue.red), mixed(hue.green), mixed(hue.blue))
  }
}
