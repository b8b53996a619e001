import CMarkdown
import Support

/// Registers cmark-gfm's extensions. Once in a process, and before any parser is made: cmark-gfm does not guard its own
/// check of whether they are registered, and two threads at it abort the process.
private let extensionsAreRegistered: Void = cmark_gfm_core_extensions_ensure_registered()

/// A document that cmark-gfm has read, with its tree of nodes. The one owner of that tree.
@safe private final class MarkdownTree {
  let root: OpaquePointer

  init(_ text: String) throws(Problem) {
    extensionsAreRegistered
    guard let parser = unsafe cmark_parser_new(CMARK_OPT_SMART | CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_FOOTNOTES) else {
      throw .failure("cmark-gfm could not be started")
    }
    defer { unsafe cmark_parser_free(parser) }
    for name in ["table", "strikethrough"] {
      if let found = unsafe cmark_find_syntax_extension(name) {
        unsafe cmark_parser_attach_syntax_extension(parser, found)
      }
    }
    unsafe cmark_parser_feed(parser, text, text.utf8.count)
    guard let root = unsafe cmark_parser_finish(parser) else { throw .failure("cmark-gfm read no document") }
    unsafe self.root = unsafe root
  }

  deinit { unsafe cmark_node_free(root) }
}

/// A node of a document, which it keeps alive.
@safe struct MarkdownNode {
  private let tree: MarkdownTree
  private let handle: OpaquePointer

  /// The root of a text's document.
  /// - Throws: `Problem` of kind `.failure` where cmark-gfm has no memory left.
  init(reading text: String) throws(Problem) {
    tree = try MarkdownTree(text)
    unsafe handle = tree.root
  }

  private init(_ handle: OpaquePointer, of tree: MarkdownTree) {
    self.tree = tree
    unsafe self.handle = unsafe handle
  }

  /// In their order.
  var children: [MarkdownNode] {
    var result: [MarkdownNode] = []
    var next = unsafe cmark_node_first_child(handle)
    while let child = unsafe next {
      unsafe result.append(MarkdownNode(child, of: tree))
      unsafe next = unsafe cmark_node_next(child)
    }
    return result
  }

  /// As cmark-gfm calls it: "paragraph", "code_block".
  var kind: String { unsafe String(cString: cmark_node_get_type_string(handle)) }
  var isFootnote: Bool { unsafe cmark_node_get_type(handle) == CMARK_NODE_FOOTNOTE_DEFINITION }
  var isFootnoteMark: Bool { unsafe cmark_node_get_type(handle) == CMARK_NODE_FOOTNOTE_REFERENCE }
  /// From 1; 0 where it is not known.
  var line: Int { unsafe Int(cmark_node_get_start_line(handle)) }
  /// Of text, code, and a footnote's mark, whose number it is.
  var literal: String { unsafe text(cmark_node_get_literal(handle)) }
  /// Of a code block in a fence: what stands behind its first one.
  var fenceInfo: String { unsafe text(cmark_node_get_fence_info(handle)) }
  /// Of a link or a picture.
  var address: String { unsafe text(cmark_node_get_url(handle)) }
  /// Of a picture.
  var title: String { unsafe text(cmark_node_get_title(handle)) }
  /// From 1.
  var headingLevel: Int { unsafe Int(cmark_node_get_heading_level(handle)) }
  /// The number that an ordered list begins with; nil for any other.
  var firstNumber: Int? {
    unsafe cmark_node_get_list_type(handle) == CMARK_ORDERED_LIST ? Int(cmark_node_get_list_start(handle)) : nil
  }

  /// Of a table, for each column: the letter that the alignment begins with, l, c or r, 0 where there is none.
  var alignments: [UInt8] {
    guard let alignments = unsafe cmark_gfm_extensions_get_table_alignments(handle) else { return [] }
    return unsafe Array(
      UnsafeBufferPointer(start: alignments, count: Int(cmark_gfm_extensions_get_table_columns(handle))))
  }

  private func text(_ found: UnsafePointer<CChar>?) -> String { unsafe found.map { unsafe String(cString: $0) } ?? "" }
}
