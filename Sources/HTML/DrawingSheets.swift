import Support
import Typesetting

/// What a figure, or all figures of a document, are drawn with: colours, faces, clips and pictures.
///
/// Their names say what they are: a figure that comes or goes leaves the others as they were.
struct DrawingSheets: Sendable {
  var colours = ColourSheet()
  private var faces: [Font: String] = [:]
  private var pictures: [[UInt8]: String] = [:]
  private var clips: Set<String> = []

  /// The class of a face at a size: "tr8_5b", since a point would end the name in a style sheet.
  mutating func face(_ font: Font) -> String {
    if let known = faces[font] { return known }
    let family =
      switch font.family {
      case .serif: "r"
      case .sans: "s"
      case .mono: "m"
      }
    let size = Markup.number(font.size, 3).replacing(".", with: "_")
    let name = "t\(family)\(size)\(font.bold ? "b" : "")\(font.italic ? "i" : "")"
    faces[font] = name
    return name
  }

  /// The name of a clip.
  /// - Returns: with whether it is new.
  mutating func clip(_ rect: Rect) -> (name: String, isNew: Bool) {
    let name = "_clip" + [rect.x, rect.y, rect.width, rect.height].map { Markup.number($0) }.joined(separator: "_")
    return (name, clips.insert(name).inserted)
  }

  /// The name of a picture.
  /// - Returns: with whether it is new.
  mutating func picture(_ picture: EncodedPicture) -> (name: String, isNew: Bool) {
    if let known = pictures[picture.bytes] { return (known, false) }
    let name = "_picture\(Checksum.sha256(picture.bytes).prefix(16))"
    pictures[picture.bytes] = name
    return (name, true)
  }

  /// What another draws with has its colours and faces in this one's style sheet.
  mutating func add(_ other: DrawingSheets) {
    colours.add(other.colours)
    faces.merge(other.faces) { first, _ in first }
  }

  /// - Parameter others: families that a browser may find for what the report's own have not.
  func styles(fallback others: [String]) -> String {
    // A family's name comes from a font file.
    let extra = others.filter { !$0.contains { "\"\\<>&{};'".contains($0) } }.map { "\"\($0)\"," }.joined()
    return faces.sorted { $0.value < $1.value }.map { font, name in
      var style = ".\(name){font-family:\(extra)\(Markup.fonts(font.family));font-size:\(Markup.number(font.size, 3))px"
      if font.bold { style += ";font-weight:bold" }
      if font.italic { style += ";font-style:italic" }
      return style + "}\n"
    }.joined()
  }
}
