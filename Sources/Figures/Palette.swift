import Foundation
import Typesetting

/// How one series looks: a colour, and for grey print a dash and a marker that are its own as well.
public struct SeriesStyle: Sendable, Hashable {
  /// The shapes of points, in the order in which series take them.
  public enum Marker: Sendable, Hashable, CaseIterable { case circle, square, triangle, diamond, downTriangle, ring }
  /// Of lines, markers and bars.
  public var colour: Colour
  /// The same hue, dark enough to read as text on white.
  public var textColour: Colour
  /// Lengths of strokes and gaps by turns, in points; empty for a solid line.
  public var dash: [Double]
  /// Of its points.
  public var marker: Marker
}

/// Colours after M. Okabe and K. Ito, "Color Universal Design" (2008), their lightness pulled apart: side by side
/// they stay different for colour-blind readers, and in grey print.
public enum Palette {
  static let hues: [UInt32] = [0x005A96, 0xE69F00, 0xA63D00, 0x56B4E9, 0x00795A, 0xCC79A7, 0x3A2A66, 0x8A8A8A]

  /// Red of wrong predictions and of failed cells; never without a second mark.
  public static let wrong = Colour(hex: 0xB00020)

  /// The style of the n-th series. Colours repeat after eight; with a shifted dash and marker, so that 48 series
  /// stay different.
  public static func style(_ index: Int) -> SeriesStyle {
    let dashes: [[Double]] = [
      [], [5, 1.6], [2.4, 1.3], [6, 1.6, 1.4, 1.6], [9, 2.4], [6, 1.4, 1.4, 1.4, 1.4, 1.4],
    ]
    let markers = SeriesStyle.Marker.allCases
    let round = index / hues.count
    let colour = Colour(hex: hues[index % hues.count])
    return SeriesStyle(
      colour: colour, textColour: darkened(colour, below: 45),
      dash: dashes[(index % hues.count + round) % dashes.count],
      marker: markers[(index % hues.count + round) % markers.count])
  }

  /// The style of the n-th of some attack levels: one hue, the stronger the darker, each with a marker of its own.
  public static func level(_ index: Int, of count: Int) -> SeriesStyle {
    let share = count > 1 ? Double(index) / Double(count - 1) : 1
    let (weak, strong) = (Colour(hex: 0x7DB8DA), Colour(hex: 0x10284A))
    func mixed(_ channel: KeyPath<Colour, Double>) -> Double {
      weak[keyPath: channel] + share * (strong[keyPath: channel] - weak[keyPath: channel])
    }
    let colour = Colour(mixed(\.red), mixed(\.green), mixed(\.blue))
    let markers = SeriesStyle.Marker.allCases
    return SeriesStyle(
      colour: colour, textColour: darkened(colour, below: 45), dash: [], marker: markers[index % markers.count])
  }

  /// CIE L* of a colour, 0 black to 100 white.
  public static func lightness(_ colour: Colour) -> Double {
    func linear(_ value: Double) -> Double { value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4) }
    let y = 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue)
    return y > 216.0 / 24389 ? 116 * cbrt(y) - 16 : y * 24389 / 27
  }

  static func darkened(_ colour: Colour, below limit: Double) -> Colour {
    var result = colour
    while lightness(result) > limit {
      result = Colour(result.red * 0.96, result.green * 0.96, result.blue * 0.96)
    }
    return result
  }
}
