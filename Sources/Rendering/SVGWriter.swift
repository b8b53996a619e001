import Foundation
import Typesetting

/// Writes a page or figure as SVG.
///
/// As text every run keeps the place and the width that layout gave it, so that a browser without the fonts shows its own in
/// the right places: `textLength` draws them as wide as ours. As outlines each glyph stands there once, in whole thousandths of
/// its font's size.
struct SVGWriter {
  let shaper: PangoShaper
  let isText: Bool
  var body = ""
  private var definitions = ""
  private var classes: [Font: String] = [:]
  private var pictures: [[UInt8]: String] = [:]
  private var glyphs: [String: String] = [:]
  private var shapes: [String: String] = [:]
  /// The names of glyphs by their outlines, of which nothing is written to find them again: a letter stands there a hundred times.
  private var outlines: [[PathElement]: String] = [:]
  private var clips = 0

  private init(shaper: PangoShaper, isText: Bool) {
    self.shaper = shaper
    self.isText = isText
  }

  /// - Parameters:
  ///   - fallback: families that a browser may find for what the report's own have not.
  ///   - title: shown and read as the file's name; none where it is empty.
  ///   - description: what there is to be seen, for who does not see it.
  static func svg(
    _ frame: Frame, shaper: PangoShaper, isText: Bool, fallback: [String] = [], title: String, description: String
  ) -> [UInt8] {
    var writer = SVGWriter(shaper: shaper, isText: isText)
    writer.write(frame.items)
    let (width, height) = (number(frame.size.width), number(frame.size.height))
    let styles = writer.classes.sorted { ($0.value.count, $0.value) < ($1.value.count, $1.value) }
      .map { ".\($0.value){\(style($0.key, fallback))}\n" }.joined()
    let rules =
      "text{white-space:pre;text-rendering:geometricPrecision;font-variant-numeric:lining-nums tabular-nums}\n" + styles
    // What is one picture to who hears it would hide the text in it.
    let role = isText && frame.isPage ? "graphics-document document" : "img"
    let labels = [title.isEmpty ? nil : "title", description.isEmpty ? nil : "desc"].compactMap { $0 }
    let names = labels.isEmpty ? "" : " aria-labelledby=\"\(labels.joined(separator: " "))\""
    let words =
      (title.isEmpty ? "" : "<title id=\"title\">\(escaped(title))</title>\n")
      + (description.isEmpty ? "" : "<desc id=\"desc\">\(escaped(description))</desc>\n")
    let text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="\(width)pt" \
      height="\(height)pt" viewBox="0 0 \(width) \(height)" version="1.1" role="\(role)"\(names)>
      \(words)<defs>
      \(isText ? "<style>\n\(rules)</style>\n" : "")\(writer.definitions)</defs>
      \(writer.body)</svg>

      """
    return Array(text.utf8)
  }

  private mutating func write(_ items: [PlacedItem]) {
    var line: [PlacedText] = []
    var marks: [PlacedPath] = []
    func isContinued(by text: PlacedText) -> Bool {
      guard let last = line.last else { return true }
      return last.rotation == 0 && text.rotation == 0 && abs(last.origin.y - text.origin.y) < 0.5 * last.font.size
        && last.origin.x < text.origin.x
    }
    for item in items {
      if let mark = Self.mark(item) {
        write(line)
        line = []
        if let last = marks.last, (last.fill, last.stroke) != (mark.fill, mark.stroke) {
          write(marks: marks)
          marks = []
        }
        marks.append(mark)
        continue
      }
      write(marks: marks)
      marks = []
      switch item {
      case .text(let text):
        if !isContinued(by: text) {
          write(line)
          line = []
        }
        line.append(text)
        continue
      case .link(let rect, .address(let address)) where MarkupText.isHarmless(address):
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
        if role.name == "Figure", !alternative.isEmpty, isText {
          write(figure: inner, alternative)
        } else {
          write(inner)
        }
      case .text, .link, .anchor: break
      }
    }
    write(marks: marks)
    write(line)
  }

  /// A path that is no more than that.
  private static func mark(_ item: PlacedItem) -> PlacedPath? {
    switch item {
    case .path(let path): path
    case .valued(let inner, _) where inner.count == 1: mark(inner[0])
    default: nil
    }
  }

  /// Paths of one look behind each other. A thousand points of a scatter plot are a few shapes in a thousand places.
  private mutating func write(marks: [PlacedPath]) {
    guard marks.count >= Self.manyMarks, let first = marks.first else {
      for path in marks { write(path) }
      return
    }
    body += "<g\(Self.attributes(of: first))>\n"
    for path in marks {
      guard path.elements.count < Self.manyElements, case .move(let start)? = path.elements.first else {
        write(path)
        continue
      }
      let name = defined(Self.data(path.elements.map { $0.from(start, times: 1) }), as: "s", among: \.shapes)
      body += "<use xlink:href=\"#\(name)\" x=\"\(Self.number(start.x))\" y=\"\(Self.number(start.y))\"/>\n"
    }
    body += "</g>\n"
  }

  /// A figure is one picture to who hears it, its caption is text.
  private mutating func write(figure items: [PlacedItem], _ alternative: String) {
    let captions = items.filter(\.hasCaption)
    body += "<g role=\"img\" aria-label=\"\(SVGWriter.escaped(alternative))\">\n"
    write(items.filter { !$0.hasCaption })
    body += "</g>\n"
    write(captions)
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
    guard isText else { return line.forEach { write(outlines: $0) } }
    if line.count == 1, first.rotation != 0 {
      let place = "translate(\(Self.number(first.origin.x)) \(Self.number(first.origin.y)))"
      body += "<text xml:space=\"preserve\" transform=\"\(place) rotate(\(Self.number(-first.rotation)))\">"
      body += span(first, text: first.text, at: Point(0, 0))
    } else {
      body += "<text xml:space=\"preserve\">"
      let phrases = phrases(line)
      for (index, phrase) in phrases.enumerated() {
        if phrase.count > 1 {
          body += span(phrase, isLast: index == phrases.count - 1)
        } else {
          let run = phrase[0]
          body += span(run, text: index < phrases.count - 1 ? run.text + " " : run.text, at: run.origin)
        }
      }
    }
    body += "</text>\n"
  }

  /// Words of running text, which lie a space apart, together: where a viewer has none of the fonts and does not know
  /// `textLength`, they go on where the one before ends, and touch nowhere.
  private func phrases(_ line: [PlacedText]) -> [[PlacedText]] {
    var phrases: [[PlacedText]] = []
    for run in line {
      if let last = phrases.last?.last {
        let gap = run.origin.x - end(of: last)
        if gap > -0.05 * last.font.size, gap < 0.7 * max(last.font.size, run.font.size) {
          phrases[phrases.count - 1].append(run)
          continue
        }
      }
      phrases.append([run])
    }
    return phrases
  }

  private func end(of run: PlacedText) -> Double {
    run.origin.x + shaper.extent(of: run.text, font: run.font).width
  }

  private mutating func span(_ phrase: [PlacedText], isLast: Bool) -> String {
    var spaces: [Double] = []
    var natural = 0.0
    var inner = ""
    var baseline = phrase[0].origin.y
    for (index, run) in phrase.enumerated() {
      var text = run.text
      if index + 1 < phrase.count {
        let gap = phrase[index + 1].origin.x - end(of: run)
        if gap > 0.1 * run.font.size {
          text += " "
          spaces.append(gap)
          natural += shaper.extent(of: " ", font: run.font).width
        }
      } else if !isLast {
        text += " "
      }
      let rise = run.origin.y - baseline
      baseline = run.origin.y
      let shift = abs(rise) < 0.001 ? "" : " dy=\"\(Self.number(rise))\""
      inner += "<tspan class=\"\(name(of: run.font))\"\(shift)\(Self.fill(run.colour))>\(Self.escaped(text))</tspan>"
    }
    let width = (phrase.last.map(end(of:)) ?? 0) - phrase[0].origin.x
    // A line that fills its width has wider spaces; what a space at the end adds is no part of it.
    let wider = spaces.isEmpty ? 0 : (spaces.reduce(0, +) - natural) / Double(spaces.count)
    let style = abs(wider) < 0.01 ? "" : " style=\"word-spacing:\(Self.number(wider))px\""
    let last = phrase[phrase.count - 1]
    let tail = isLast ? 0 : shaper.extent(of: " ", font: last.font).width + wider
    return "<tspan x=\"\(Self.number(phrase[0].origin.x))\" y=\"\(Self.number(phrase[0].origin.y))\""
      + " textLength=\"\(Self.number(width + tail))\" lengthAdjust=\"spacingAndGlyphs\"\(style)>\(inner)</tspan>"
  }

  private mutating func span(_ run: PlacedText, text: String, at origin: Point) -> String {
    let width = shaper.extent(of: text, font: run.font).width
    let length =
      text.count > 1 ? " textLength=\"\(Self.number(width))\" lengthAdjust=\"spacingAndGlyphs\"" : ""
    return "<tspan x=\"\(Self.number(origin.x))\" y=\"\(Self.number(origin.y))\" class=\"\(name(of: run.font))\""
      + "\(length)\(Self.fill(run.colour))>\(Self.escaped(text))</tspan>"
  }

  /// A run as the outlines of its glyphs.
  private mutating func write(outlines run: PlacedText) {
    guard let placed = shaper.glyphs(of: run.text, font: run.font) else {
      // A character that no font has: a box with its number, as Pango draws it.
      let path = PlacedPath(shaper.path(of: run.text, font: run.font), fill: run.colour)
      write([.path(path)], run.origin, nil)
      return
    }
    let scale = run.font.size / 1000
    var uses = ""
    for (outline, origin) in placed where !outline.isEmpty {
      let name = outlines[outline] ?? defined(Self.glyphData(outline), as: "g", among: \.glyphs)
      outlines[outline] = name
      let (x, y) = (Self.number(origin.x / scale, 0), Self.number(origin.y / scale, 0))
      uses +=
        "<use xlink:href=\"#\(name)\"" + (x == "0" ? "" : " x=\"\(x)\"") + (y == "0" ? "" : " y=\"\(y)\"") + "/>"
    }
    guard !uses.isEmpty else { return }
    let turn = run.rotation == 0 ? "" : "rotate(\(Self.number(-run.rotation)))"
    let place =
      "translate(\(Self.number(run.origin.x)) \(Self.number(run.origin.y)))\(turn)scale(\(Self.number(scale, 6)))"
    body += "<g transform=\"\(place)\"\(Self.fill(run.colour))>\(uses)</g>\n"
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
    guard path.elements.count >= Self.manyElements, case .move(let start)? = path.elements.first else {
      body += "<path d=\"\(Self.data(path.elements))\"\(Self.attributes(of: path))/>\n"
      return
    }
    // A contour stands on every tile of its row, and has a halo: its points are written once, in hundredths.
    let data = Self.glyphData(path.elements.map { $0.from(start, times: Self.hundred) })
    let name = defined(data, as: "s", among: \.shapes)
    let place = "translate(\(Self.number(start.x)) \(Self.number(start.y)))scale(\(Self.number(1 / Self.hundred)))"
    let attributes = Self.attributes(of: path, times: Self.hundred)
    body += "<use xlink:href=\"#\(name)\" transform=\"\(place)\"\(attributes)/>\n"
  }

  /// The name of an outline, which is defined where it is new.
  private mutating func defined(
    _ data: String, as letter: String, among known: WritableKeyPath<SVGWriter, [String: String]>
  ) -> String {
    if let name = self[keyPath: known][data] { return name }
    let name = "\(letter)\(self[keyPath: known].count + 1)"
    self[keyPath: known][data] = name
    definitions += "<path id=\"\(name)\" d=\"\(data)\"/>\n"
    return name
  }

  /// From so many on paths of one look share what they look like.
  private static let manyMarks = 8
  /// From so many elements on a path is worth a definition.
  private static let manyElements = 12
  private static let hundred = 100.0

  /// - Parameter scale: of the units that lengths are in.
  private static func attributes(of path: PlacedPath, times scale: Double = 1) -> String {
    var attributes = path.fill.map { fill($0, always: true) } ?? " fill=\"none\""
    if let stroke = path.stroke {
      attributes += paint("stroke", stroke.colour) + " stroke-width=\"\(number(scale * stroke.width))\""
      if stroke.roundCap { attributes += " stroke-linecap=\"round\" stroke-linejoin=\"round\"" }
      if !stroke.dash.isEmpty {
        attributes += " stroke-dasharray=\"\(stroke.dash.map { number(scale * $0) }.joined(separator: " "))\""
      }
    }
    return attributes
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
}
