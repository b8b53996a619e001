import Foundation
import Typesetting

/// The colours of a report, each a variable of the style sheet with a value for light grounds and one for dark.
///
/// They are called by what they are, not by their number: where one more is used, the rest of the page stays as it was.
struct ColourSheet: Sendable {
  private var colours: [String: Colour] = [:]

  /// The variable that stands for a colour, whatever its alpha: "var(--c1f4e79)".
  mutating func variable(_ colour: Colour) -> String { "var(--\(name(colour)))" }

  /// The class that text in a colour has: "c1f4e79".
  mutating func name(_ colour: Colour) -> String {
    let hex = Self.hex(colour).dropFirst()
    let name = "c\(hex)"
    if colours[name] == nil { colours[name] = colour }
    return name
  }

  mutating func add(_ other: ColourSheet) { colours.merge(other.colours) { first, _ in first } }

  /// In an order that does not hang on where they are used.
  var names: [String] { colours.keys.sorted() }

  /// Declarations for the style sheet.
  var light: String { declarations { Self.hex($0) } }

  /// The same for dark grounds.
  var dark: String { declarations { Self.hex(Self.onDark($0)) } }

  private func declarations(_ value: (Colour) -> String) -> String {
    names.compactMap { name in colours[name].map { "--\(name):\(value($0))" } }.joined(separator: ";")
  }

  static func hex(_ colour: Colour) -> String {
    "#"
      + [colour.red, colour.green, colour.blue].map { channel in
        let value = Int((min(max(channel.isFinite ? channel : 0, 0), 1) * 255).rounded())
        return (value < 16 ? "0" : "") + String(value, radix: 16)
      }.joined()
  }

  /// The ground of the dark theme, as `report.css` has it.
  static let darkGround = Colour(hex: 0x16191D)

  /// What takes a colour's place on a dark ground. Greys change places, white becomes the ground; hues keep theirs and
  /// their order of lightness, all light enough to be told from the ground.
  static func onDark(_ colour: Colour) -> Colour {
    var lab = OKLab(colour)
    if lab.chroma < 0.03 {
      let ground = OKLab(darkGround).lightness
      if lab.lightness > 0.995 { return darkGround }
      // From the ground for white to nearly white for black; not by a straight line, since what is read second on white is to be
      // read as well on the dark ground.
      return OKLab(lightness: ground + (0.97 - ground) * pow(1 - lab.lightness, 0.75), a: lab.a, b: lab.b).colour
    }
    lab.lightness = 0.5 + 0.42 * lab.lightness
    return lab.colour
  }

  /// What takes the place of a shade behind dark letters where the letters are light: as far from the ground as it is from
  /// white, of the same hue.
  static func shadeOnDark(_ colour: Colour) -> Colour {
    var lab = OKLab(colour)
    lab.lightness = OKLab(darkGround).lightness + 1.1 * (1 - lab.lightness)
    return lab.colour
  }
}

/// A colour in B. Ottosson, "A perceptual color space for image processing" (2020): equal steps of lightness look equal.
struct OKLab {
  /// 0 black, 1 white.
  var lightness: Double
  var a: Double
  var b: Double

  var chroma: Double { (a * a + b * b).squareRoot() }

  init(lightness: Double, a: Double, b: Double) {
    self.lightness = lightness
    self.a = a
    self.b = b
  }

  init(_ colour: Colour) {
    func linear(_ value: Double) -> Double { value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4) }
    let (red, green, blue) = (linear(colour.red), linear(colour.green), linear(colour.blue))
    let l = cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    let m = cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    let s = cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s
    a = 1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s
    b = 0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s
  }

  /// The nearest of this hue and lightness that a screen has.
  var colour: Colour {
    var share = 1.0
    while share > 0 {
      if let found = inGamut(share) { return found }
      share -= 0.05
    }
    let grey = min(max(lightness, 0), 1)
    return OKLab(lightness: grey, a: 0, b: 0).inGamut(0) ?? .grey(grey)
  }

  private func inGamut(_ share: Double) -> Colour? {
    let (a, b) = (a * share, b * share)
    let l = pow(lightness + 0.3963377774 * a + 0.2158037573 * b, 3)
    let m = pow(lightness - 0.1055613458 * a - 0.0638541728 * b, 3)
    let s = pow(lightness - 0.0894841775 * a - 1.2914855480 * b, 3)
    let channels = [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s,
    ].map { $0 <= 0.0031308 ? 12.92 * $0 : 1.055 * pow($0, 1 / 2.4) - 0.055 }
    guard channels.allSatisfy({ (-0.002...1.002).contains($0) }) else { return nil }
    return Colour(channels[0], channels[1], channels[2])
  }
}
