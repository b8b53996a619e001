/// What an item is in the structure of its document: one of the standard structure types of PDF 1.7 (ISO 32000-1, section
/// 14.8.4), `Title`, or `Artifact` for what repeats on every page and is not read.
///
///     .tagged(items, role: "P", alternative: "")
///     .tagged(items, role: StructureRole("P", element: 3), alternative: "")
///
/// An element may be placed in parts, a paragraph on two pages or a list item by item: parts with the same number become
/// one element where the first of them stands.
public struct StructureRole: Sendable, Hashable, ExpressibleByStringLiteral {
  /// "P", "TD"
  public let name: String
  /// The number that the parts of one element share, within their document; nil for an element in one part.
  public let element: Int?

  /// - Parameter element: for an element that is placed in parts.
  public init(_ name: String, element: Int? = nil) {
    self.name = name
    self.element = element
  }

  public init(stringLiteral name: String) { self.init(name) }

  /// Whether its elements hold other elements only: what is drawn directly in them are rules and grounds.
  public var isGroup: Bool {
    ["Document", "Sect", "Div", "BlockQuote", "L", "LI", "LBody", "Table", "TR", "THead", "TBody", "TOC"].contains(name)
  }
}

/// Gives numbers to the elements of one document that are placed in parts.
final class ElementNumbers {
  private var count = 0

  /// The role for all parts of one more element.
  func next(_ name: String) -> StructureRole {
    count += 1
    return StructureRole(name, element: count)
  }
}

extension Frame {
  /// The same frame as an element, or as a part of one.
  func tagged(_ role: StructureRole) -> Frame {
    Frame(size: size, items: [.tagged(items, role: role, alternative: "")])
  }
}
