import Support
import Typesetting

/// Every character half as wide as the font is high.
struct FixedMeasurer: TextMeasurer {
  func extent(of text: String, font: Font) -> TextExtent {
    TextExtent(width: Double(text.count) * font.size / 2, ascent: font.size * 0.75, descent: font.size * 0.25)
  }
}

extension Document {
  /// All text of all pages in the order of drawing, without spaces: where lines break is not these tests' business.
  var squeezedText: String { pages.flatMap { Self.words($0.items) }.joined().filter { !$0.isWhitespace } }

  private static func words(_ items: [PlacedItem]) -> [String] {
    items.flatMap { item -> [String] in
      switch item {
      case .text(let text): [text.text]
      case .group(let inner, _, _), .tagged(let inner, _, _): words(inner)
      default: []
      }
    }
  }
}
