import Foundation
import Typesetting

/// Writes a figure as SVG within a page of HTML: text is text, colours follow the theme, and points tell their values.
///
/// Every run of text keeps the place and the width that layout gave it, so that a browser without the fonts shows its own
/// in the right places.
struct FigureMarkup: Sendable {
  /// What it draws with.
  private(set) var sheets = DrawingSheets()
  private let measurer: any TextMeasurer
  private let size: Size
  private var body = ""
  /// Clips and pictures, each once, with the names by which they are drawn.
  private var definitions: [(name: String, markup: String)] = []
  /// Names that links lead to, in the figure's parts.
  private(set) var anchors: [String] = []
  private(set) var hasPictures = false
  private(set) var hasValues = false

  init(_ frame: Frame, measurer: any TextMeasurer) {
    self.measurer = measurer
    size = frame.size
    write(frame.items)
  }

  /// - Parameters:
  ///   - alternative: what it shows, in words.
  ///   - defined: the clips and pictures that stand in the page already, which are not written again; those of this figure are added.
  /// - Returns: an `svg` element at the figure's own size, 96 pixels to the inch.
  func svg(alternative: String, defined: inout Set<String>) -> String {
    let (width, height) = (size.width, size.height)
    let classes = hasPictures ? "drawing paper" : "drawing"
    var own = ""
    for (name, markup) in definitions where defined.insert(name).inserted { own += markup }
    let defs = own.isEmpty ? "" : "<defs>\(own)</defs>"
    return
      "<svg class=\"\(classes)\" role=\"img\" aria-label=\"\(Markup.escaped(alternative))\" "
      + "width=\"\(Markup.number(width * 96 / 72))\" height=\"\(Markup.number(height * 96 / 72))\" "
      + "viewBox=\"0 0 \(Markup.number(width)) \(Markup.number(height))\">\(defs)\(body)</svg>"
  }

  private mutating func write(_ items: [PlacedItem]) {
    var line: [PlacedText] = []
    for item in items {
      if case .text(let text) = item {
        if !Self.isContinued(line.last, by: text) {
          write(line)
          line = []
        }
        line.append(text)
        continue
      }
      write(line)
      line = []
      switch item {
      case .path(let path): write(path)
      case .picture(let picture): write(picture)
      case .group(let inner, let offset, let clip): write(inner, offset, clip)
      case .tagged(let inner, _, _): write(inner)
      case .valued(let inner, let words):
        hasValues = true
        body += "<g class=\"v\"><title>\(Markup.escaped(words))</title>"
        write(inner)
        body += "</g>"
      case .anchor(let name, _): anchors.append(name)
      case .text, .link: break
      }
    }
    write(line)
  }

  private static func isContinued(_ last: PlacedText?, by text: PlacedText) -> Bool {
    guard let last else { return true }
    return last.rotation == 0 && text.rotation == 0 && abs(last.origin.y - text.origin.y) < 0.5 * last.font.size
      && last.origin.x < text.origin.x
  }

  private mutating func write(_ items: [PlacedItem], _ offset: Point, _ clip: Rect?) {
    var attributes = ""
    if offset.x != 0 || offset.y != 0 {
      attributes += " transform=\"translate(\(Markup.number(offset.x)) \(Markup.number(offset.y)))\""
    }
    if let clip {
      let (name, isNew) = sheets.clip(clip)
      if isNew { definitions.append((name, "<clipPath id=\"\(name)\"><rect \(Self.box(clip))/></clipPath>")) }
      attributes += " clip-path=\"url(#\(name))\""
    }
    guard !attributes.isEmpty else {
      write(items)
      return
    }
    body += "<g\(attributes)>"
    write(items)
    body += "</g>"
  }

  // MARK: - Text

  /// Runs on one line: one element, so that they are selected together.
  private mutating func write(_ line: [PlacedText]) {
    guard let first = line.first else { return }
    if line.count == 1 {
      let (x, y) = (Markup.number(first.origin.x), Markup.number(first.origin.y))
      let place =
        first.rotation == 0
        ? "x=\"\(x)\" y=\"\(y)\""
        : "transform=\"translate(\(x) \(y)) rotate(\(Markup.number(-first.rotation)))\""
      body += "<text \(place)\(look(of: first, text: first.text))>\(Markup.escaped(first.text))</text>"
      return
    }
    body += "<text>"
    for (index, run) in line.enumerated() {
      var text = run.text
      if line.indices.contains(index + 1) {
        let end = run.origin.x + measurer.extent(of: text, font: run.font).width
        // The space that layout left between the words.
        if line[index + 1].origin.x - end > 0.1 * run.font.size { text += " " }
      }
      body +=
        "<tspan x=\"\(Markup.number(run.origin.x))\" y=\"\(Markup.number(run.origin.y))\"\(look(of: run, text: text))>"
        + "\(Markup.escaped(text))</tspan>"
    }
    body += "</text>"
  }

  private mutating func look(of run: PlacedText, text: String) -> String {
    let width = measurer.extent(of: text, font: run.font).width
    let length = text.count > 1 ? " textLength=\"\(Markup.number(width))\" lengthAdjust=\"spacingAndGlyphs\"" : ""
    return " class=\"\(sheets.face(run.font))\"\(length)\(paint("fill", run.colour))"
  }

  // MARK: - Paths and pictures

  private mutating func write(_ path: PlacedPath) {
    var data = ""
    func point(_ point: Point) -> String { "\(Markup.number(point.x)) \(Markup.number(point.y))" }
    for element in path.elements {
      switch element {
      case .move(let p): data += "M\(point(p))"
      case .line(let p): data += "L\(point(p))"
      case .curve(let a, let b, let c): data += "C\(point(a)) \(point(b)) \(point(c))"
      case .close: data += "Z"
      }
    }
    var attributes = path.fill.map { paint("fill", $0) } ?? " fill=\"none\""
    if let stroke = path.stroke {
      attributes += paint("stroke", stroke.colour) + " stroke-width=\"\(Markup.number(stroke.width))\""
      if stroke.roundCap { attributes += " stroke-linecap=\"round\" stroke-linejoin=\"round\"" }
      if !stroke.dash.isEmpty {
        attributes += " stroke-dasharray=\"\(stroke.dash.map { Markup.number($0) }.joined(separator: " "))\""
      }
    }
    body += "<path d=\"\(data)\"\(attributes)/>"
  }

  private mutating func write(_ placed: PlacedPicture) {
    hasPictures = true
    let picture = placed.picture
    let (name, isNew) = sheets.picture(picture)
    if isNew {
      let address = Markup.data(picture.bytes, type: picture.format == .jpeg ? "image/jpeg" : "image/png")
      let markup =
        "<image id=\"\(name)\" width=\"\(picture.pixelWidth)\" height=\"\(picture.pixelHeight)\" "
        + "preserveAspectRatio=\"none\" href=\"\(address)\"/>"
      definitions.append((name, markup))
    }
    let frame = placed.frame
    let scale =
      "\(Markup.number(frame.width / Double(max(1, picture.pixelWidth)), 6)) "
      + Markup.number(frame.height / Double(max(1, picture.pixelHeight)), 6)
    let place = "translate(\(Markup.number(frame.x)) \(Markup.number(frame.y))) scale(\(scale))"
    let rendering = placed.smooth ? "" : " image-rendering=\"pixelated\""
    body += "<use href=\"#\(name)\" transform=\"\(place)\"\(rendering)/>"
  }

  private static func box(_ rect: Rect) -> String {
    "x=\"\(Markup.number(rect.x))\" y=\"\(Markup.number(rect.y))\" width=\"\(Markup.number(rect.width))\" "
      + "height=\"\(Markup.number(rect.height))\""
  }

  private mutating func paint(_ name: String, _ colour: Colour) -> String {
    let opacity = colour.alpha < 1 ? " \(name)-opacity=\"\(Markup.number(colour.alpha, 3))\"" : ""
    return " \(name)=\"\(sheets.colours.variable(colour))\"\(opacity)"
  }
}
