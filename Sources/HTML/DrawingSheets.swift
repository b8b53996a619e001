import Typesetting

/// What the figures of one document share: colours, faces, and pictures, each of which stands in the file once.
struct DrawingSheets {
  var colours = ColourSheet()
  private var faces: [Font: String] = [:]
  private var pictures: [[UInt8]: String] = [:]
  private var clips = 0

  /// The class of a face at a size.
  mutating func face(_ font: Font) -> String {
    if let known = faces[font] { return known }
    let name = "t\(faces.count + 1)"
    faces[font] = name
    return name
  }

  /// A name for one more clip.
  mutating func nextClip() -> String {
    clips += 1
    return "_clip\(clips)"
  }

  /// The name of a picture.
  /// - Returns: with whether it has to be written here, being new.
  mutating func picture(_ picture: EncodedPicture) -> (name: String, isNew: Bool) {
    if let known = pictures[picture.bytes] { return (known, false) }
    let name = "_picture\(pictures.count + 1)"
    pictures[picture.bytes] = name
    return (name, true)
  }

  /// - Parameter others: families that a browser may find for what the report's own have not.
  func styles(fallback others: [String]) -> String {
    // A family's name comes from a font file.
    let extra = others.filter { !$0.contains { "\"\\<>&{};'".contains($0) } }.map { "\"\($0)\"," }.joined()
    return faces.sorted { ($0.value.count, $0.value) < ($1.value.count, $1.value) }.map { font, name in
      var style = ".\(name){font-family:\(extra)\(Markup.fonts(font.family));font-size:\(Markup.number(font.size, 3))px"
      if font.bold { style += ";font-weight:bold" }
      if font.italic { style += ";font-style:italic" }
      return style + "}\n"
    }.joined()
  }
}
