/// A page for browsers, whole and in the parts that may change while somebody writes it.
public struct HTMLPage: Sendable {
  /// Of the window; as text, not as HTML.
  public let title: String
  /// The whole style sheet.
  public let style: String
  /// The element `nav`; empty where there are no headings.
  public let contents: String
  /// What stands in `main`, in order: one element each. The files that a page carries come after them.
  public let elements: [String]
  /// The whole file, UTF-8.
  public let bytes: [UInt8]
}
