import Typesetting

/// How numbers, colours, paths and texts are written in SVG.
extension SVGWriter {
  static func box(_ rect: Rect) -> String {
    "x=\"\(number(rect.x))\" y=\"\(number(rect.y))\" width=\"\(number(rect.width))\" height=\"\(number(rect.height))\""
  }

  /// Black is what is drawn without it.
  static func fill(_ colour: Colour, always: Bool = false) -> String {
    colour == .black && !always ? "" : paint("fill", colour)
  }

  static func paint(_ name: String, _ colour: Colour) -> String {
    let channels = [colour.red, colour.green, colour.blue].map { channel in
      let value = Int((min(max(channel, 0), 1) * 255).rounded())
      return (value < 16 ? "0" : "") + String(value, radix: 16)
    }
    let opacity = colour.alpha < 1 ? " \(name)-opacity=\"\(number(colour.alpha))\"" : ""
    return " \(name)=\"#\(channels.joined())\"\(opacity)"
  }

  /// A decimal number of at most so many places, with a point whatever the locale.
  static func number(_ value: Double, _ places: Int = 3) -> String {
    MarkupText.number(value, places, leadingZero: true)
  }

  /// For text and attributes; characters that XML does not have are replaced.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Hundredths of a point, of which no eye sees one.
  static func data(_ elements: [PathElement]) -> String {
    var data = ""
    func point(_ point: Point) -> String { "\(number(point.x, 2)) \(number(point.y, 2))" }
    for element in elements {
      switch element {
      case .move(let p): data += "M\(point(p))"
      case .line(let p): data += "L\(point(p))"
      case .curve(let a, let b, let c): data += "C\(point(a)) \(point(b)) \(point(c))"
      case .close: data += "Z"
      }
    }
    return data
  }

  /// The outline of a glyph in whole units, each from the one before: half as long.
  static func glyphData(_ elements: [PathElement]) -> String {
    var data = ""
    var (x, y, startX, startY) = (0, 0, 0, 0)
    var last: Character = " "
    func add(_ command: Character, _ numbers: [Int]) {
      var isFirst = command != last
      if isFirst { data.append(command) }
      for number in numbers {
        if !isFirst, number >= 0 { data.append(" ") }
        data += String(number)
        isFirst = false
      }
      last = command
    }
    func whole(_ point: Point) -> (x: Int, y: Int) { (Int(point.x.rounded()), Int(point.y.rounded())) }
    for (index, element) in elements.enumerated() {
      switch element {
      case .move(let point):
        // What Cairo ends a closed outline with, where nothing follows.
        if index == elements.count - 1 { continue }
        if case .move = elements[index + 1] { continue }
        let to = whole(point)
        add("m", [to.x - x, to.y - y])
        (x, y, startX, startY) = (to.x, to.y, to.x, to.y)
        // Further pairs would be lines.
        last = " "
      case .line(let point):
        let to = whole(point)
        if to.y == y {
          add("h", [to.x - x])
        } else if to.x == x {
          add("v", [to.y - y])
        } else {
          add("l", [to.x - x, to.y - y])
        }
        (x, y) = to
      case .curve(let first, let second, let end):
        let (a, b, to) = (whole(first), whole(second), whole(end))
        add("c", [a.x - x, a.y - y, b.x - x, b.y - y, to.x - x, to.y - y])
        (x, y) = to
      case .close:
        data.append("z")
        (x, y, last) = (startX, startY, " ")
      }
    }
    return data
  }
}

extension PathElement {
  /// As seen from a point, in smaller units.
  func from(_ origin: Point, times scale: Double) -> PathElement {
    func place(_ point: Point) -> Point { Point((point.x - origin.x) * scale, (point.y - origin.y) * scale) }
    return switch self {
    case .move(let point): .move(place(point))
    case .line(let point): .line(place(point))
    case .curve(let first, let second, let end): .curve(place(first), place(second), place(end))
    case .close: .close
    }
  }
}

extension PlacedItem {
  /// Whether the caption of a figure stands in it.
  var hasCaption: Bool {
    switch self {
    case .tagged(let items, let role, _): role.name == "Caption" || items.contains(where: \.hasCaption)
    case .group(let items, _, _): items.contains(where: \.hasCaption)
    default: false
    }
  }
}

extension Frame {
  /// Whether it has elements with text in them, not one figure.
  var isPage: Bool { items.contains(where: \.isRead) }
}

extension PlacedItem {
  fileprivate var isRead: Bool {
    switch self {
    case .tagged(_, let role, _): role.name != "Figure" && role.name != "Artifact"
    case .group(let items, _, _): items.contains(where: \.isRead)
    default: false
    }
  }
}
