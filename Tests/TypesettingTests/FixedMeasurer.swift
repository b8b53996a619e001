import Typesetting

/// Every character is half its size wide: positions can be worked out by hand.
struct FixedMeasurer: TextMeasurer {
  func extent(of text: String, font: Font) -> TextExtent {
    TextExtent(width: Double(text.count) * font.size / 2, ascent: font.size * 0.8, descent: font.size * 0.2)
  }
}

/// Every text of a frame with the place of its baseline's left end on the page.
func texts(_ items: [PlacedItem], _ offset: Point = Point(0, 0)) -> [(text: String, x: Double, y: Double)] {
  items.flatMap { item -> [(text: String, x: Double, y: Double)] in
    switch item {
    case .text(let text): [(text.text, offset.x + text.origin.x, offset.y + text.origin.y)]
    case .group(let items, let by, _): texts(items, Point(offset.x + by.x, offset.y + by.y))
    case .tagged(let items, _, _): texts(items, offset)
    default: []
    }
  }
}
