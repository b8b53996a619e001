import Foundation
import Typesetting

/// Writes a page or figure as SVG with text that can be selected, found and read aloud.
///
/// Every run keeps the place and the width that layout gave it, so that a browser without the fonts shows its own in the
/// right places: `textLength` draws them as wide as ours.
struct SVGWriter {
  let measurer: any TextMeasurer
  private var body = ""
  private var definitions = ""
  private var classes: [Font: String] = [:]
  private var pictures: [[UInt8]: String] = [:]
  private var clips = 0

  init(measurer: any TextMeasurer) { self.measurer = measurer }

  /// - Parameter fallback: families that a browser may find for what the report's own have not.
  static func svg(_ frame: Frame, measurer: any TextMeasurer, fallback: [String] = []) -> [UInt8] {
    var writer = SVGWriter(measurer: measurer)
    writer.write(frame.items)
    let (width, height) = (number(frame.size.width), number(frame.size.height))
    let styles = writer.classes.sorted { ($0.value.count, $0.value) < ($1.value.count, $1.value) }
      .map { ".\($0.value){\(style($0.key, fallback))}\n" }.joined()
    let text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="\(width)pt" \
      height="\(height)pt" viewBox="0 0 \(width) \(height)" version="1.1">
      <defs>
      <style>
      text{white-space:pre;text-rendering:geometricPrecision;font-variant-numeric:lining-nums tabular-nums}
      \(styles)</style>
      \(writer.definitions)</defs>
      \(writer.body)</svg>

      """
    return Array(text.utf8)
  }

  private mutating func write(_ items: [PlacedItem]) {
    var line: [PlacedText] = []
    func isContinued(by text: PlacedText) -> Bool {
      guard let last = line.last else { return true }
      return last.rotation == 0 && text.rotation == 0 && abs(last.origin.y - text.origin.y) < 0.5 * last.font.size
        && last.origin.x < text.origin.x
    }
    for item in items {
      switch item {
      case .text(let text):
        if !isContinued(by: text) {
          write(line)
          line = []
        }
        line.append(text)
        continue
      case .link(let rect, .address(let address)) where SVGWriter.isHarmless(address):
        let area = "<rect \(SVGWriter.box(rect)) fill=\"none\" pointer-events=\"all\"/>"
        write(line)
        line = []
        body += "<a xlink:href=\"\(SVGWriter.escaped(address))\">\(area)</a>\n"
        continue
      case .link, .anchor: continue
      default: break
      }
      write(line)
      line = []
      switch item {
      case .path(let path): write(path)
      case .picture(let picture): write(picture)
      case .group(let inner, let offset, let clip): write(inner, offset, clip)
      case .valued(let inner, _): write(inner)
      case .tagged(let inner, let role, let alternative):
        if role == "Figure", !alternative.isEmpty {
          body += "<g role=\"img\" aria-label=\"\(SVGWriter.escaped(alternative))\">\n"
          write(inner)
          body += "</g>\n"
        } else {
          write(inner)
        }
      case .text, .link, .anchor: break
      }
    }
    write(line)
  }

  private mutating func write(_ items: [PlacedItem], _ offset: Point, _ clip: Rect?) {
    var attributes = ""
    if offset.x != 0 || offset.y != 0 {
      attributes += " transform=\"translate(\(Self.number(offset.x)) \(Self.number(offset.y)))\""
    }
    if let clip {
      clips += 1
      definitions += "<clipPath id=\"c\(clips)\"><rect \(Self.box(clip))/></clipPath>\n"
      attributes += " clip-path=\"url(#c\(clips))\""
    }
    guard !attributes.isEmpty else {
      write(items)
      return
    }
    body += "<g\(attributes)>\n"
    write(items)
    body += "</g>\n"
  }

  // MARK: - Text

  /// Runs on one line: one element, so that they are selected and read together.
  private mutating func write(_ line: [PlacedText]) {
    guard let first = line.first else { return }
    if line.count == 1, first.rotation != 0 {
      let place = "translate(\(Self.number(first.origin.x)) \(Self.number(first.origin.y)))"
      body += "<text transform=\"\(place) rotate(\(Self.number(-first.rotation)))\">"
      body += span(first, text: first.text, at: Point(0, 0))
    } else {
      body += "<text>"
      for (index, run) in line.enumerated() {
        var text = run.text
        if line.indices.contains(index + 1) {
          let end = run.origin.x + measurer.extent(of: text, font: run.font).width
          // The space that layout left between the words.
          if line[index + 1].origin.x - end > 0.1 * run.font.size { text += " " }
        }
        body += span(run, text: text, at: run.origin)
      }
    }
    body += "</text>\n"
  }

  private mutating func span(_ run: PlacedText, text: String, at origin: Point) -> String {
    let width = measurer.extent(of: text, font: run.font).width
    let length =
      text.count > 1 ? " textLength=\"\(Self.number(width))\" lengthAdjust=\"spacingAndGlyphs\"" : ""
    return "<tspan x=\"\(Self.number(origin.x))\" y=\"\(Self.number(origin.y))\" class=\"\(name(of: run.font))\""
      + "\(length)\(Self.fill(run.colour))>\(Self.escaped(text))</tspan>"
  }

  private mutating func name(of font: Font) -> String {
    if let known = classes[font] { return known }
    let name = "f\(classes.count + 1)"
    classes[font] = name
    return name
  }

  private static func style(_ font: Font, _ others: [String]) -> String {
    let generic =
      switch font.family {
      case .serif: "\"Linux Libertine\",\"Libertinus Serif\",\"Times New Roman\",serif"
      case .sans: "\"Helvetica Neue\",Arial,sans-serif"
      case .mono: "Menlo,Consolas,monospace"
      }
    // A family's name comes from a font file.
    let names = others.filter { !$0.contains { "\"\\<>&{};".contains($0) } }.map { "\"\($0)\"," }.joined()
    var style = "font-family:\"\(FontBook.name(font.family))\",\(names)\(generic);font-size:\(number(font.size))px"
    if font.bold { style += ";font-weight:bold" }
    if font.italic { style += ";font-style:\(font.family == .serif ? "italic" : "oblique")" }
    return style
  }

  // MARK: - Paths and pictures

  private mutating func write(_ path: PlacedPath) {
    var data = ""
    func point(_ point: Point) -> String { "\(Self.number(point.x)) \(Self.number(point.y))" }
    for element in path.elements {
      switch element {
      case .move(let p): data += "M\(point(p))"
      case .line(let p): data += "L\(point(p))"
      case .curve(let a, let b, let c): data += "C\(point(a)) \(point(b)) \(point(c))"
      case .close: data += "Z"
      }
    }
    var attributes = path.fill.map { Self.fill($0, always: true) } ?? " fill=\"none\""
    if let stroke = path.stroke {
      attributes += Self.paint("stroke", stroke.colour) + " stroke-width=\"\(Self.number(stroke.width))\""
      if stroke.roundCap { attributes += " stroke-linecap=\"round\" stroke-linejoin=\"round\"" }
      if !stroke.dash.isEmpty {
        attributes += " stroke-dasharray=\"\(stroke.dash.map { Self.number($0) }.joined(separator: " "))\""
      }
    }
    body += "<path d=\"\(data)\"\(attributes)/>\n"
  }

  private mutating func write(_ placed: PlacedPicture) {
    let picture = placed.picture
    let name = pictures[picture.bytes] ?? "p\(pictures.count + 1)"
    if pictures[picture.bytes] == nil {
      pictures[picture.bytes] = name
      let type = picture.format == .jpeg ? "jpeg" : "png"
      definitions +=
        "<image id=\"\(name)\" width=\"\(picture.pixelWidth)\" height=\"\(picture.pixelHeight)\" "
        + "preserveAspectRatio=\"none\" xlink:href=\"data:image/\(type);base64,"
        + Data(picture.bytes).base64EncodedString() + "\"/>\n"
    }
    let frame = placed.frame
    let scale =
      "\(Self.number(frame.width / Double(picture.pixelWidth), 6)) "
      + Self.number(frame.height / Double(picture.pixelHeight), 6)
    let place = "translate(\(Self.number(frame.x)) \(Self.number(frame.y))) scale(\(scale))"
    let rendering = placed.smooth ? "" : " image-rendering=\"pixelated\""
    body += "<use xlink:href=\"#\(name)\" transform=\"\(place)\"\(rendering)/>\n"
  }

  // MARK: - Values

  private static func box(_ rect: Rect) -> String {
    "x=\"\(number(rect.x))\" y=\"\(number(rect.y))\" width=\"\(number(rect.width))\" height=\"\(number(rect.height))\""
  }

  /// Black is what is drawn without it.
  private static func fill(_ colour: Colour, always: Bool = false) -> String {
    colour == .black && !always ? "" : paint("fill", colour)
  }

  private static func paint(_ name: String, _ colour: Colour) -> String {
    let channels = [colour.red, colour.green, colour.blue].map { channel in
      let value = Int((min(max(channel, 0), 1) * 255).rounded())
      return (value < 16 ? "0" : "") + String(value, radix: 16)
    }
    let opacity = colour.alpha < 1 ? " \(name)-opacity=\"\(number(colour.alpha))\"" : ""
    return " \(name)=\"#\(channels.joined())\"\(opacity)"
  }

  /// A decimal number of at most so many places, with a point whatever the locale.
  static func number(_ value: Double, _ places: Int = 3) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((value * Double(scale)).rounded())
    guard scaled % scale != 0 else { return String(scaled / scale) }
    var digits = String(abs(scaled) % scale)
    digits = String(repeating: "0", count: places - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return (scaled < 0 ? "-" : "") + "\(abs(scaled) / scale).\(digits)"
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

  /// A link of a stranger's template must not run anything.
  private static func isHarmless(_ address: String) -> Bool {
    ["https://", "http://", "mailto:"].contains { address.lowercased().hasPrefix($0) }
  }
}
