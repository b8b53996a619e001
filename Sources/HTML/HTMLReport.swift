import Foundation
import Rendering
import Support
import Typesetting

/// A report for browsers: one file that needs no other, opens from disk and reaches for nothing.
///
///     let report = HTMLReport(title: notebook.title, language: "en", blocks: notebook.blocks, theme: theme, width: 470)
///     try write(report.bytes(renderer: renderer, attachments: attachments))
///
/// The same blocks give the same bytes. Whatever comes from outside is escaped, and a policy in the page's head forbids
/// every script and style but its own, and every connection.
public struct HTMLReport: Sendable {
  /// Of the window.
  public var title: String
  /// A tag of BCP 47.
  public var language: String
  /// The title first.
  public var blocks: [Block]
  /// Its families are those of the text and the headings.
  public var theme: Theme
  /// Of the text, in points, which figures are as wide as.
  public var width: Double
  /// What stands above everything where the report is no result; nil where it is one.
  public var mark: String?
  /// Whether a server shows it while it is written: its script may then ask that server, and nobody else.
  public var isLive = false
  /// Figures of the page before this one, which need not be written again; nil where there is none.
  public var madeFigures: MadeFigures?

  public init(title: String, language: String, blocks: [Block], theme: Theme, width: Double, mark: String? = nil) {
    self.title = title
    self.language = language
    self.blocks = blocks
    self.theme = theme
    self.width = width
    self.mark = mark
  }

  /// Files that would make the page larger than this are named, not carried.
  public static let most = 2_900_000

  /// The whole file, UTF-8.
  /// - Parameter attachments: what a PDF carries too; large ones are packed by gzip.
  /// - Throws: `Problem` of kind `.failure` where no memory is left to pack one.
  public func bytes(renderer: Renderer, attachments: [Attachment] = []) throws(Problem) -> [UInt8] {
    try page(renderer: renderer, attachments: attachments).bytes
  }

  /// The same with its parts.
  public func page(renderer: Renderer, attachments: [Attachment] = []) throws(Problem) -> HTMLPage {
    let anchors = Set(blocks.flatMap(\.anchors))
    madeFigures?.beginPage()
    var body = BodyMarkup(
      measurer: renderer.measurer, width: width, anchors: anchors, madeFigures: madeFigures)
    var elements = mark.map { ["<p class=\"mark\" role=\"note\">\(Markup.escaped($0))</p>\n"] } ?? []
    elements += body.elements(blocks)
    let notes = body.footnotes()
    if !notes.isEmpty { elements.append(notes) }
    let contents = self.contents(body.headings)
    let style = styles(body, fallback: renderer.fallback.files.map(\.family))
    let script = Self.resource("report.js") + (isLive ? Self.resource("watch.js") : "")
    var sheets = "default-src 'none'; img-src data:; style-src 'sha256-\(Self.digest(style))'; "
    sheets += "script-src 'sha256-\(Self.digest(script))'; base-uri 'none'; form-action 'none'"
    if isLive { sheets += "; connect-src 'self'" }
    let head = """
      <!DOCTYPE html>
      <html lang="\(Markup.escaped(language))">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(sheets)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="referrer" content="no-referrer">
      <meta name="generator" content="Heatdrift">
      <title>\(Markup.escaped(title))</title>
      <link rel="icon" href="data:,">
      <style>\(style)</style>
      </head>
      <body>
      <a class="skip" href="#_content">Skip to the text</a>
      \(contents)
      <main id="_content" tabindex="-1">

      """
    let tail = "</main>\n<script>\(script)</script>\n</body>\n</html>\n"
    let used = elements.reduce(head.utf8.count + tail.utf8.count) { $0 + $1.utf8.count }
    let files = try CarriedFiles(attachments, room: Self.most - used).html
    return HTMLPage(
      title: title, style: style, contents: contents, elements: elements,
      bytes: Array((head + elements.joined() + files + tail).utf8))
  }

  // MARK: - Parts

  private func contents(_ headings: [(level: Int, words: String, anchor: String)]) -> String {
    guard !headings.isEmpty else { return "" }
    var text = ""
    var depth = 0
    for heading in headings {
      let level = min(heading.level, depth + 1)
      while depth < level {
        text += "<ol>"
        depth += 1
      }
      while depth > level {
        text += "</li></ol>"
        depth -= 1
      }
      if text.hasSuffix("</a>") || text.hasSuffix("</ol>") { text += "</li>\n" }
      text += "<li><a href=\"\(Markup.fragment(heading.anchor))\">\(Markup.escaped(heading.words))</a>"
    }
    while depth > 0 {
      text += "</li></ol>"
      depth -= 1
    }
    return
      "<nav id=\"_contents\" aria-label=\"Contents\"><details open><summary>Contents</summary>\(text)</details></nav>"
  }

  private func styles(_ body: BodyMarkup, fallback: [String]) -> String {
    let colours = body.inline.colours
    let known = body.shades.sorted { $0.key < $1.key }
    let shades = known.map { ".\($0.key){background:var(--\($0.key))}\n" }
    func variables(_ value: (Colour) -> Colour) -> String {
      known.map { ";--\($0.key):\(ColourSheet.hex(value($0.value)))" }.joined()
    }
    let light = colours.light + variables { $0 }
    let dark = colours.dark + variables(ColourSheet.shadeOnDark)
    let text = body.inline.colours.classes
    return Self.resource("report.css")
      + """
      :root{--text:\(Markup.fonts(theme.textFamily));--heads:\(Markup.fonts(theme.headingFamily));--mono:\(Markup.fonts(.mono))}
      :root,.paper{\(light)}
      @media (prefers-color-scheme:dark){:root:not([data-theme="light"]){\(dark)}
      :root:not([data-theme="light"]) .paper{\(light)}}
      :root[data-theme="dark"]{\(dark)}
      :root[data-theme="dark"] .paper{\(light)}
      @media print{:root:root:root{\(light)}}

      """ + text + body.sheets.styles(fallback: fallback) + shades.joined()
  }

  private static func resource(_ name: String) -> String { String(decoding: CompiledIn.bytes(of: name), as: UTF8.self) }

  /// As policies name what they allow: the SHA-256 of the text between the tags.
  private static func digest(_ text: String) -> String {
    let hex = Array(Checksum.sha256(Array(text.utf8)).utf8)
    let bytes = stride(from: 0, to: hex.count - 1, by: 2).compactMap {
      UInt8(String(decoding: hex[$0...($0 + 1)], as: UTF8.self), radix: 16)
    }
    return Data(bytes).base64EncodedString()
  }
}

extension ColourSheet {
  /// A class for each colour that text may have.
  var classes: String { names.map { ".\($0){color:var(--\($0))}\n" }.joined() }
}
