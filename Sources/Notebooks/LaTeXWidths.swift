import Foundation
import Support

/// How wide text becomes in LaTeX's own fonts, near enough to know what fits.
enum LaTeXWidths {
  /// A size of type in points, with how much wider the fonts cut for it are than those for 10 points.
  struct Size: Sendable {
    let points: Double
    let stretch: Double

    static let normal = Size(points: 10, stretch: 1)
    static let footnote = Size(points: 8, stretch: 1.063)
    static let script = Size(points: 7, stretch: 1.139)
  }

  /// Of printable ASCII from the space on, in thousandths of the size: cmr10.tfm of D. Knuth's Computer Modern.
  private static let advances: [Double] = [
    333, 278, 500, 833, 500, 833, 778, 278, 389, 389, 500, 778, 278, 333, 278, 500,
    500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 778, 778, 778, 472,
    778, 750, 708, 722, 764, 681, 653, 785, 750, 361, 514, 778, 625, 917, 750, 778,
    681, 778, 736, 556, 722, 750, 750, 1028, 750, 750, 611, 278, 500, 278, 500, 500,
    278, 500, 556, 444, 556, 444, 306, 500, 556, 278, 306, 528, 278, 833, 556, 500,
    556, 528, 392, 394, 389, 556, 528, 722, 528, 528, 444, 500, 778, 500, 500,
  ]

  /// Of a text as it is, before anything in it is escaped, in points.
  static func width(_ text: String, _ size: Size, isBold: Bool = false, isMono: Bool = false) -> Double {
    let printed = visible(text).precomposedStringWithCanonicalMapping
    let thousandths = LaTeXTable.latin(printed).unicodeScalars.reduce(0.0) { sum, scalar in
      if isMono { return sum + 525 }
      // Letters with accents are as wide as those without; what is none of them is at most a wide letter.
      let base = String(scalar).decomposedStringWithCanonicalMapping.unicodeScalars.first ?? scalar
      let index = Int(base.value) - 0x20
      return sum + (advances.indices.contains(index) ? advances[index] : scalar == "\u{2013}" ? 500 : 780)
    }
    return thousandths / 1000 * size.points * size.stretch * (isBold && !isMono ? 1.15 : 1)
  }
}
