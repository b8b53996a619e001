import Typesetting

/// Writes runs of text, and remembers the footnotes whose marks stand among them.
struct InlineMarkup {
  /// What links may lead to; a link to anything else is text.
  let anchors: Set<String>
  var colours: ColourSheet
  /// In the order of their first marks.
  private(set) var notes: [[Inline]] = []
  private var numbers: [[Inline]: Int] = [:]

  init(anchors: Set<String>, colours: ColourSheet) {
    self.anchors = anchors
    self.colours = colours
  }

  mutating func html(_ runs: [Inline]) -> String { runs.map { html($0) }.joined() }

  private mutating func html(_ run: Inline) -> String {
    if let note = run.note { return mark(note) }
    var text = Markup.escaped(run.text).replacing("\u{2028}", with: "<br>")
    guard !text.isEmpty else { return "" }
    if run.mono { text = "<code>\(text)</code>" }
    if run.italic { text = "<i>\(text)</i>" }
    if run.bold { text = "<b>\(text)</b>" }
    switch run.script {
    case .normal: break
    case .sub: text = "<sub>\(text)</sub>"
    case .super: text = "<sup>\(text)</sup>"
    }
    if let colour = run.colour { text = "<span class=\"\(colours.name(colour))\">\(text)</span>" }
    switch run.link {
    case .anchor(let name) where anchors.contains(name):
      text = "<a href=\"\(Markup.fragment(name))\">\(text)</a>"
    case .address(let address) where MarkupText.isHarmless(address):
      text = "<a href=\"\(Markup.escaped(address))\" rel=\"noopener noreferrer\">\(text)</a>"
    case .anchor, .address, nil: break
    }
    return text
  }

  /// A footnote's mark; a note that several marks share has one number.
  private mutating func mark(_ note: [Inline]) -> String {
    let number = numbers[note] ?? notes.count + 1
    let isFirst = numbers.updateValue(number, forKey: note) == nil
    if isFirst { notes.append(note) }
    let name = isFirst ? " id=\"_mark\(number)\"" : ""
    return
      "<sup\(name)><a href=\"#_note\(number)\" role=\"doc-noteref\" aria-label=\"Note \(number)\">\(number)</a></sup>"
  }
}

extension [Inline] {
  /// The words without styles.
  var plainText: String { map(\.text).joined().replacing("\u{2028}", with: " ") }
}
