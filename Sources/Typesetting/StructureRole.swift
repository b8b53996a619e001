/// What an item is in the structure of its document: one of the standard structure types of PDF 1.7 (ISO 32000-1, section
/// 14.8.4), `Title`, or `Artifact` for what repeats on every page and is not read.
///
///     .tagged(items, role: "P", alternative: "")
///     .tagged(items, role: StructureRole("P", element: 3), alternative: "")
///
/// An element may be placed in parts, a paragraph on two pages or a list item by item: parts with the same number become
/// one element where the first of them stands.
public struct StructureRole: Sendable, Hashable, ExpressibleByStringLiteral {
  /// Of which cells a cell of a table is the head.
  public enum Scope: String, Sendable, Hashable { case row = "Row", column = "Column" }

  /// How the items of a list are marked (ISO 32000-1, table 347).
  public enum ListNumbering: String, Sendable, Hashable { case disc = "Disc", decimal = "Decimal" }

  /// "P", "TD"
  public let name: String
  /// The number that the parts of one element share, within their document; nil for an element in one part.
  public let element: Int?
  /// Of a `TH`; nil stands for its column.
  public var scope: Scope?
  /// How many columns of its table a cell goes over, at least 1.
  public var columnSpan = 1
  /// How many rows of its table a cell goes over, at least 1.
  public var rowSpan = 1
  /// What a figure covers without its caption, in the coordinates that its items are placed in.
  public var box: Rect?
  /// Of an `L`.
  public var numbering: ListNumbering?

  /// - Parameter element: for an element that is placed in parts.
  public init(_ name: String, element: Int? = nil) {
    self.name = name
    self.element = element
  }

  /// A cell of a table that heads others.
  public static func head(_ scope: Scope, columnSpan: Int = 1, rowSpan: Int = 1) -> StructureRole {
    var role = StructureRole("TH")
    role.scope = scope
    role.columnSpan = columnSpan
    role.rowSpan = rowSpan
    return role
  }

  /// - Parameter box: what it covers without its caption, in the coordinates that its items are placed in.
  public static func figure(_ box: Rect) -> StructureRole {
    var role = StructureRole("Figure")
    role.box = box
    return role
  }

  public init(stringLiteral name: String) { self.init(name) }

  /// Whether its elements hold other elements only: what is drawn directly in them are rules and grounds.
  public var isGroup: Bool {
    ["Document", "Sect", "Div", "BlockQuote", "L", "LI", "LBody", "Table", "TR", "THead", "TBody", "TOC"].contains(name)
  }

  /// Whether an element may stand in one of this role: in a group any, in a figure its caption alone, since all else that
  /// is drawn there is the figure.
  public func holds(_ role: StructureRole) -> Bool { isGroup || name == "Figure" && role.name == "Caption" }
}

/// Gives numbers to the elements of one document that are placed in parts, and levels to its headings.
final class ElementNumbers {
  private var count = 0
  /// The levels of the headings that the next one may stand under, as the template has them.
  private var levels: [Int] = []
  /// The title is the first heading.
  private var hasTitle = false

  /// The role for all parts of one more element.
  func next(_ name: String) -> StructureRole {
    count += 1
    return StructureRole(name, element: count)
  }

  /// The role of the document's title: an `H1` to readers of PDF 1.7, which has no `Title`.
  func title() -> StructureRole {
    hasTitle = true
    return "Title"
  }

  /// The role of the document's next heading. Levels that a template skips are not skipped here (ISO 14289-1, 7.4.2).
  func heading(_ level: Int) -> StructureRole {
    while let last = levels.last, last >= level { levels.removeLast() }
    levels.append(level)
    return StructureRole("H\(min(6, levels.count + (hasTitle ? 1 : 0)))")
  }
}

extension Frame {
  /// The same frame as an element, or as a part of one.
  func tagged(_ role: StructureRole) -> Frame {
    Frame(size: size, items: [.tagged(items, role: role, alternative: "")])
  }
}
