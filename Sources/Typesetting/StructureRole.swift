import Synchronization

/// The roles of tagged items: the standard structure types of PDF 1.7 (ISO 32000-1, section 14.8.4), `Title`, and
/// `Artifact` for what repeats on every page and is not read.
///
/// An element may be placed in parts, a paragraph on two pages or a list item by item: parts whose role has the same
/// number become one element where the first of them stands.
public enum StructureRole {
  private static let count = Atomic<Int>(0)

  /// The role for the parts of one element. The number is this process's own and reaches no file.
  public static func shared(_ role: String) -> String {
    "\(role)#\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
  }

  /// "P" and 12 of "P#12"; nil for an element in one part.
  public static func split(_ role: String) -> (name: String, number: Int?) {
    guard let hash = role.firstIndex(of: "#") else { return (role, nil) }
    return (String(role[..<hash]), Int(role[role.index(after: hash)...]))
  }

  /// Whether elements of a role hold other elements only: what is drawn directly in them are rules and grounds.
  public static func isGroup(_ name: String) -> Bool {
    ["Document", "Sect", "Div", "BlockQuote", "L", "LI", "LBody", "Table", "TR", "THead", "TBody", "TOC"].contains(name)
  }
}

extension Frame {
  /// The same frame as an element, or as a part of one.
  func tagged(_ role: String) -> Frame {
    Frame(size: size, items: [.tagged(items, role: role, alternative: "")])
  }
}
