import Typesetting

extension Canvas {
  /// Each text on as few lines as hold it, in the least of some widths that holds all of them; shortened to one line where none
  /// does.
  /// - Parameters:
  ///   - widths: ascending, in points.
  ///   - most: lines of a text.
  func wrapped(_ texts: [String], _ font: Font, widths: [Double], most: Int = 2) -> [[String]] {
    for limit in widths {
      let found = texts.compactMap { wrapped($0, font, width: limit, most: most) }
      if found.count == texts.count { return found }
    }
    let limit = widths.last ?? 0
    return zip(texts, shortened(texts, font, width: limit)).map { wrapped($0, font, width: limit, most: most) ?? [$1] }
  }

  /// - Returns: as few lines as hold it, and of those ways the one of least width; nil where so many do not hold it.
  private func wrapped(_ text: String, _ font: Font, width limit: Double, most: Int) -> [String]? {
    if width(text, font) <= limit { return [text] }
    let words = text.split(separator: " ").map(String.init)
    // Of a text as long as this no line would hold its share.
    guard most > 1, words.count > 1, words.count <= 16 else { return nil }
    for count in 2...most where count <= words.count {
      if let lines = narrowest(words[...], count, font), lines.allSatisfy({ width($0, font) <= limit }) { return lines }
    }
    return nil
  }

  /// So many lines whose widest is as narrow as can be.
  private func narrowest(_ words: ArraySlice<String>, _ count: Int, _ font: Font) -> [String]? {
    guard count > 1 else { return [words.joined(separator: " ")] }
    var best: (lines: [String], width: Double)?
    for split in words.indices.dropFirst() where words.endIndex - split >= count - 1 {
      guard let rest = narrowest(words[split...], count - 1, font) else { continue }
      let lines = [words[..<split].joined(separator: " ")] + rest
      let widest = lines.map { width($0, font) }.max() ?? 0
      if best.map({ widest < $0.width }) ?? true { best = (lines, widest) }
    }
    return best?.lines
  }

  /// Lines whose last stands on a baseline.
  mutating func draw(
    _ lines: [String], endingAt point: Point, _ anchor: Anchor = .start, font: Font, colour: Colour? = nil
  ) {
    for (index, text) in lines.enumerated() {
      let up = height(font) * Double(lines.count - 1 - index)
      draw(text, at: Point(point.x, point.y - up), anchor, font: font, colour: colour)
    }
  }

  /// Lines that are read upwards, beside each other from left to right.
  /// - Parameters:
  ///   - left: of the first line.
  ///   - middle: of all lines.
  mutating func draw(upright lines: [String], left: Double, middle: Double, font: Font) {
    for (index, text) in lines.enumerated() {
      draw(
        text, at: Point(left + height(font) * Double(index) + ascent(font), middle), .middle, font: font, rotation: 90)
    }
  }
}
