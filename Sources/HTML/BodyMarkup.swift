import Foundation
import Typesetting

/// Writes the blocks of a report, one after the other, and collects what its head needs to know of them.
struct BodyMarkup {
  let measurer: any TextMeasurer
  /// Of the report's text, in points: as wide as figures may become.
  let width: Double
  private(set) var inline: InlineMarkup
  private(set) var sheets = DrawingSheets()
  /// Figures of the page before this one.
  let madeFigures: MadeFigures?
  /// Clips and pictures that stand in the page.
  private var defined: Set<String> = []
  private(set) var shades: [String: Colour] = [:]
  /// Of levels 1 and 2, for the contents.
  private(set) var headings: [(level: Int, words: String, anchor: String)] = []
  /// A place has its name once, however often a template says it.
  private var used: Set<String> = []
  private var level = 1

  init(measurer: any TextMeasurer, width: Double, anchors: Set<String>, madeFigures: MadeFigures? = nil) {
    self.madeFigures = madeFigures
    self.measurer = measurer
    self.width = width
    inline = InlineMarkup(anchors: anchors, colours: ColourSheet())
  }

  /// The elements that blocks are, one by one.
  mutating func elements(_ blocks: [Block]) -> [String] {
    blocks.flatMap { block -> [String] in
      if case .title(let title, let subtitle) = block { return Self.title(title, subtitle) }
      let element = html(block)
      return element.isEmpty ? [] : [element]
    }
  }

  private mutating func html(_ blocks: [Block]) -> String { blocks.map { html($0) }.joined() }

  private static func title(_ title: String, _ subtitle: String?) -> [String] {
    ["<h1>\(Markup.escaped(title))</h1>\n"]
      + (subtitle.map { ["<p class=\"subtitle\">\(Markup.escaped($0))</p>\n"] } ?? [])
  }

  private mutating func html(_ block: Block) -> String {
    switch block {
    case .title(let title, let subtitle): return Self.title(title, subtitle).joined()
    case .heading(let level, let runs, let anchor): return heading(level, runs, anchor)
    case .paragraph(let runs): return "<p>\(inline.html(runs))</p>\n"
    case .list(let items, let start): return list(items, start)
    case .works(let works):
      let items = works.enumerated().map { "<li><span>[\($0 + 1)]</span> \(inline.html($1))</li>\n" }
      return "<ul class=\"works\">\n\(items.joined())</ul>\n"
    case .code(let text): return "<pre tabindex=\"0\"><code>\(Markup.escaped(text))</code></pre>\n"
    case .quote(let inner): return "<blockquote>\(html(inner))</blockquote>\n"
    case .rule: return "<hr>\n"
    case .notice(let runs, let anchor):
      return "<div class=\"notice\" role=\"note\"\(name(anchor))>\(inline.html(runs))</div>\n"
    case .figure(let frame, let caption, let anchor, let alternative, _):
      return figure(frame, caption, anchor, alternative)
    case .picture(let picture, let caption, let anchor, let alternative):
      return figure(picture.frame(width: width), caption, anchor, alternative)
    case .contents: return ""
    case .table(let table, let caption, let anchor, let alternative):
      return self.table(table, caption, anchor, alternative)
    case .pageBreak(.always): return "<div class=\"page-break\"></div>\n"
    case .pageBreak(.whenFull): return ""
    }
  }

  /// An attribute, for the first that has the name.
  private mutating func name(_ anchor: String?) -> String {
    guard let anchor, used.insert(anchor).inserted else { return "" }
    return " id=\"\(Markup.escaped(anchor))\""
  }

  /// The title is level 1 here, and no level is left out: who listens goes by them.
  private mutating func heading(_ wanted: Int, _ runs: [Inline], _ anchor: String?) -> String {
    level = min(wanted + 1, level + 1, 6)
    let name = name(anchor)
    if let anchor, !name.isEmpty, level <= 3 { headings.append((level - 1, runs.plainText, anchor)) }
    return "<h\(level)\(name)>\(inline.html(runs))</h\(level)>\n"
  }

  private mutating func list(_ items: [[Block]], _ start: Int?) -> String {
    let inner = items.map { blocks -> String in
      // A single paragraph is the item itself.
      if blocks.count == 1, case .paragraph(let runs) = blocks[0] { return "<li>\(inline.html(runs))</li>\n" }
      return "<li>\(html(blocks))</li>\n"
    }.joined()
    guard let start else { return "<ul>\n\(inner)</ul>\n" }
    return "<ol\(start == 1 ? "" : " start=\"\(start)\"")>\n\(inner)</ol>\n"
  }

  private mutating func figure(
    _ frame: Frame, _ caption: [Inline], _ anchor: String?, _ alternative: String
  ) -> String {
    let make = { [measurer] in FigureMarkup(frame, measurer: measurer) }
    let markup = madeFigures?.markup(of: frame, make: make) ?? make()
    let svg = markup.svg(alternative: alternative, defined: &defined)
    sheets.add(markup.sheets)
    inline.colours.add(markup.sheets.colours)
    let places = markup.anchors.filter { $0 != anchor }.map { "<span\(name($0))></span>" }.joined()
    let words = caption.isEmpty ? "" : "<figcaption>\(inline.html(caption))</figcaption>"
    let values = markup.hasValues ? " data-values" : ""
    return
      "<figure\(name(anchor))\(values)>\(places)<div class=\"art\(markup.hasPictures ? " paper" : "")\">\(svg)</div>"
      + "\(words)</figure>\n"
  }

  private mutating func table(
    _ table: TextTable, _ caption: [Inline]?, _ anchor: String?, _ alternative: String
  ) -> String {
    let words = caption.map { inline.html($0) }
    var markup = TableMarkup(inline: inline, shades: shades)
    let text = markup.html(table, caption: words, label: alternative)
    inline = markup.inline
    shades = markup.shades
    return "<div class=\"table\"\(name(anchor))>\(text)</div>\n"
  }

  /// The notes that the marks lead to.
  mutating func footnotes() -> String {
    var text = ""
    var index = 0
    // A note's text may hold no mark, so that there are no more of them in the end.
    while index < inline.notes.count {
      let number = index + 1
      text +=
        "<li id=\"_note\(number)\">\(inline.html(inline.notes[index])) "
        + "<a href=\"#_mark\(number)\" role=\"doc-backlink\" aria-label=\"Back to mark \(number)\">↩</a></li>\n"
      index += 1
    }
    return text.isEmpty
      ? "" : "<section class=\"notes\" role=\"doc-endnotes\" aria-label=\"Notes\"><ol>\n\(text)</ol></section>\n"
  }
}

extension Block {
  /// Every name in it that links may lead to.
  var anchors: [String] {
    switch self {
    case .heading(_, _, let anchor), .notice(_, let anchor), .picture(_, _, let anchor, _),
      .table(_, _, let anchor, _):
      return anchor.map { [$0] } ?? []
    case .figure(let frame, _, let anchor, _, _): return (anchor.map { [$0] } ?? []) + Self.anchors(in: frame.items)
    case .list(let items, _): return items.joined().flatMap(\.anchors)
    case .quote(let inner): return inner.flatMap(\.anchors)
    case .title, .paragraph, .works, .code, .rule, .contents, .pageBreak: return []
    }
  }

  private static func anchors(in items: [PlacedItem]) -> [String] {
    items.flatMap { item -> [String] in
      switch item {
      case .anchor(let name, _): [name]
      case .group(let inner, _, _), .tagged(let inner, _, _), .valued(let inner, _): anchors(in: inner)
      case .text, .path, .picture, .link: []
      }
    }
  }
}
