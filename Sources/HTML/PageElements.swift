import Rendering

extension HTMLReport {
  /// What a page of such a report says, in its paragraphs, cells, captions and figures, in the terms of a PDF's structure: the list of
  /// contents and the carried files are not of it.
  public static func elements(of page: [UInt8]) -> [PDFText.Element] {
    var reader = PageReader()
    reader.read(page)
    return reader.elements
  }
}

/// Goes through a page's tags; text belongs to the innermost element that has a role.
private struct PageReader {
  private(set) var elements: [PDFText.Element] = []
  private var open: [(tag: String, index: Int)] = []
  /// Within what is not read, how deep.
  private var skipped: (tag: String, depth: Int)?

  private static let roles = [
    "h1": "H1", "h2": "H2", "h3": "H3", "h4": "H4", "h5": "H5", "h6": "H6", "p": "P", "li": "LI", "pre": "Code",
    "figcaption": "Caption", "caption": "Caption", "td": "TD", "th": "TH", "svg": "Figure", "div": "Note",
  ]
  private static let unread: Set<String> = ["style", "script", "nav", "title"]

  mutating func read(_ page: [UInt8]) {
    var place = page.startIndex
    while place < page.endIndex {
      let isTag = page[place] == UInt8(ascii: "<")
      let end = page[place...].dropFirst().firstIndex(of: UInt8(ascii: isTag ? ">" : "<")) ?? page.endIndex
      if isTag { tag(page[place..<end].dropFirst()) } else { text(page[place..<end]) }
      place = isTag ? min(end + 1, page.endIndex) : end
    }
    elements = elements.filter { !$0.text.isEmpty || $0.hasPictures || $0.role == "Figure" }
  }

  private mutating func text(_ bytes: ArraySlice<UInt8>) {
    guard skipped == nil, let last = open.last else { return }
    elements[last.index].text += Markup.unescaped(String(decoding: bytes, as: UTF8.self)).filter { !$0.isWhitespace }
  }

  private mutating func tag(_ bytes: ArraySlice<UInt8>) {
    let isEnd = bytes.first == UInt8(ascii: "/")
    let name = String(
      decoding: bytes.dropFirst(isEnd ? 1 : 0).prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "/") },
      as: UTF8.self)
    if let (tag, depth) = skipped {
      guard name == tag else { return }
      skipped = isEnd ? (depth == 1 ? nil : (tag, depth - 1)) : (tag, depth + 1)
      return
    }
    if Self.unread.contains(name) || (name == "section" && bytes.starts(with: Array("section class=\"files\"".utf8))) {
      if !isEnd { skipped = (name, 1) }
      return
    }
    if name == "use" || name == "image", let last = open.last { elements[last.index].hasPictures = true }
    guard let role = Self.roles[name] else { return }
    if isEnd {
      if open.last?.tag == name { open.removeLast() }
      return
    }
    open.append((name, elements.count))
    elements.append(PDFText.Element(role: role, text: "", hasPictures: false, page: 0))
  }
}
