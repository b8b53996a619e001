import Typesetting

/// Every character half as wide as the font is high, so that places can be computed by hand.
struct FixedMeasurer: TextMeasurer {
  func extent(of text: String, font: Font) -> TextExtent {
    TextExtent(width: Double(text.count) * font.size / 2, ascent: font.size * 0.75, descent: font.size * 0.25)
  }
}

extension Frame {
  /// Texts with their places on the frame, groups opened.
  var texts: [PlacedText] { Self.texts(items, Point(0, 0)) }

  private static func texts(_ items: [PlacedItem], _ shift: Point) -> [PlacedText] {
    items.flatMap { item -> [PlacedText] in
      switch item {
      case .text(var text):
        text.origin = Point(text.origin.x + shift.x, text.origin.y + shift.y)
        return [text]
      case .group(let inner, let offset, _): return texts(inner, Point(shift.x + offset.x, shift.y + offset.y))
      case .tagged(let inner, _, _), .valued(let inner, _): return texts(inner, shift)
      default: return []
      }
    }
  }

  /// Those that stand in no group, with those of points that tell their values.
  var paths: [PlacedPath] { Self.paths(items) }

  private static func paths(_ items: [PlacedItem]) -> [PlacedPath] {
    items.flatMap { item -> [PlacedPath] in
      switch item {
      case .path(let path): [path]
      case .valued(let inner, _): paths(inner)
      default: []
      }
    }
  }
  /// Items in their order, those that tell their values opened.
  var opened: [PlacedItem] {
    func open(_ items: [PlacedItem]) -> [PlacedItem] {
      items.flatMap { item -> [PlacedItem] in
        if case .valued(let inner, _) = item { open(inner) } else { [item] }
      }
    }
    return open(items)
  }

  /// What is told of values, in their order.
  var told: [String] { items.compactMap { if case .valued(_, let words) = $0 { words } else { nil } } }

  var pictures: [PlacedPicture] { opened.compactMap { if case .picture(let picture) = $0 { picture } else { nil } } }

  /// Pairs of horizontal texts whose boxes overlap, and texts that leave the frame.
  var collisions: [String] {
    let boxes = texts.filter { $0.rotation == 0 }.map { text -> (String, Rect) in
      let extent = FixedMeasurer().extent(of: text.text, font: text.font)
      return (
        text.text,
        Rect(
          x: text.origin.x, y: text.origin.y - text.font.size * 0.65, width: extent.width, height: text.font.size * 0.7)
      )
    }
    var found: [String] = []
    for (index, one) in boxes.enumerated() {
      if one.1.x < -0.01 || one.1.maxX > size.width + 0.01 || one.1.y < -1 || one.1.maxY > size.height + 0.01 {
        found.append("\(one.0) leaves the frame")
      }
      for other in boxes[(index + 1)...]
      where one.1.x < other.1.maxX - 0.01 && other.1.x < one.1.maxX - 0.01 && one.1.y < other.1.maxY - 0.01
        && other.1.y < one.1.maxY - 0.01
      {
        found.append("\(one.0) lies on \(other.0)")
      }
    }
    return found
  }
}
