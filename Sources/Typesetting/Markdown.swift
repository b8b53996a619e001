import CMarkdown
import Support

/// Where an `@label` leads and what it is printed as.
public struct Reference: Sendable, Hashable {
  /// What stands in its place, with its number: "Figure 3".
  public var text: String
  /// `PlacedItem.anchor` of the figure, table or heading.
  public var anchor: String
  public init(text: String, anchor: String) {
    self.text = text
    self.anchor = anchor
  }
}

/// CommonMark with tables, read by cmark-gfm, as blocks.
public enum Markdown {
  /// Of cmark-gfm, at run time.
  public static var libraryVersion: String { unsafe String(cString: cmark_version_string()) }
  /// Longer texts are no template.
  static let maximumBytes = 2_000_000
  /// Of lists and quotes: what is nested deeper has no room left in a column of text.
  static let maximumDepth = 10
  /// Of emphasis within emphasis.
  static let maximumEmphasis = 40
  /// Of a table: more have no room between the margins.
  static let maximumColumns = 24

  /// - Parameters:
  ///   - firstLine: of the text within the file, for messages.
  ///   - picture: what an address of a picture leads to.
  ///   - marking: what is printed in the place of what cannot stand there; nil throws the first problem.
  ///   - reference: what an `@label` stands for; nil leaves it as it is.
  /// - Throws: `Problem` for a text that is too long; without `marking` for raw HTML, labels that nothing has, and what
  ///   `picture` throws.
  public static func blocks(
    _ text: String, file: String, firstLine: Int,
    picture: (_ address: String, _ place: Place) throws(Problem) -> EncodedPicture = Markdown.noPicture,
    marking: ((Problem) -> Inline)? = nil, reference: ((String) -> Reference?)?
  ) throws(Problem) -> [Block] {
    guard text.utf8.count <= maximumBytes else {
      throw .usage(at: Place(file: file, line: firstLine), "the text has more than \(maximumBytes) bytes")
    }
    let root = try MarkdownNode(reading: text)
    return try withoutActuallyEscaping(picture) { (picture) throws(Problem) in
      var reader = MarkdownReader(
        text, file: file, firstLine: firstLine, reference: reference, picture: picture, marking: marking)
      try reader.readNotes(of: root)
      return try reader.blocks(in: root, depth: 0)
    }
  }

  /// Where there are no pictures but those of cells.
  /// - Throws: always a `Problem` of kind `.usage` at the picture.
  public static func noPicture(_ address: String, _ place: Place) throws(Problem) -> EncodedPicture {
    throw .usage(at: place, "a picture cannot stand here", remedy: "Write Markdown; pictures come from cells.")
  }
}

extension Inline {
  func with(_ text: String) -> Inline {
    var copy = self
    copy.text = text
    return copy
  }
}
