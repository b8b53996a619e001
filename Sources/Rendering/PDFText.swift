import Support

/// What a finished PDF says, element by element in reading order, without white space: to hold one report to another whatever
/// moved from page to page.
public struct PDFText: Sendable, Codable {
  /// An element of the structure with content of its own.
  public struct Element: Sendable, Hashable, Codable {
    /// "P", "TD", "Figure"; "TOCI" of whatever stands in the contents
    public var role: String
    /// What is drawn as text, as its fonts say what their glyphs stand for.
    public var text: String
    /// Whether it paints a picture, which may differ where the text does not.
    public var hasPictures: Bool
    /// The page on which it begins, from 1; 0 where that is not known.
    public var page: Int

    public init(role: String, text: String, hasPictures: Bool, page: Int) {
      self.role = role
      self.text = text
      self.hasPictures = hasPictures
      self.page = page
    }
  }

  /// In reading order.
  public private(set) var elements: [Element] = []
  /// How many pages there are.
  public let pageCount: Int

  /// Elements and fonts beyond these are no report's.
  private static let mostElements = 500_000
  private static let mostDepth = 100

  /// - Throws: `Problem` when the bytes are no PDF, or a damaged one, or nothing that a report can be.
  public init(_ bytes: [UInt8], file: String) throws(Problem) {
    let document = try QPDFDocument(bytes, file: file)
    let pages = document.pages
    pageCount = pages.count
    var reader = PDFTextReader(document: document)
    var numbers: [[Int32]: Int] = [:]
    var contents: [[Int: PDFTextReader.Content]] = []
    for (index, page) in pages.enumerated() {
      if let identity = document.identity(page) { numbers[identity] = index }
      contents.append(try reader.contents(of: page))
    }
    var visited: Set<[Int32]> = []
    var found: [Element] = []
    func read(_ element: QPDFDocument.Object, page: Int?, depth: Int, isListed: Bool = false) throws(Problem) {
      guard depth < Self.mostDepth, found.count < Self.mostElements else {
        throw .failure(at: Place(file: file), "its structure is nested or as large as no report's is")
      }
      if let identity = document.identity(element), !visited.insert(identity).inserted { return }
      let page = document.value(element, "/Pg").flatMap(document.identity).flatMap { numbers[$0] } ?? page
      let place = found.count
      let name = document.value(element, "/S").flatMap(document.name).map { String($0.dropFirst()) } ?? "?"
      let isListed = isListed || name == "TOCI"
      let role = isListed ? "TOCI" : name
      var own: Element?
      func take(_ id: Int, _ page: Int?) {
        guard let page, contents.indices.contains(page), let content = contents[page][id] else { return }
        var element = own ?? Element(role: role, text: "", hasPictures: false, page: page + 1)
        element.text += content.text
        element.hasPictures = element.hasPictures || content.hasPictures
        own = element
      }
      let kids = document.value(element, "/K").map { document.isArray($0) ? document.items($0) : [$0] } ?? []
      for kid in kids {
        if let id = document.integer(kid) {
          take(id, page)
        } else if document.value(kid, "/Type").flatMap(document.name) == "/MCR" {
          let own = document.value(kid, "/Pg").flatMap(document.identity).flatMap { numbers[$0] } ?? page
          if let id = document.value(kid, "/MCID").flatMap(document.integer) { take(id, own) }
        } else if document.value(kid, "/S") != nil {
          try read(kid, page: page, depth: depth + 1, isListed: isListed)
        }
      }
      if let own { found.insert(own, at: min(place, found.count)) }
    }
    if let root = document.value(document.root, "/StructTreeRoot"), let kids = document.value(root, "/K") {
      for kid in document.isArray(kids) ? document.items(kids) : [kids] { try read(kid, page: nil, depth: 0) }
    }
    try document.check("its structure cannot be read")
    elements = found
  }
}

/// Reads marked content: what fonts draw, as text.
private struct PDFTextReader {
  struct Content {
    var text = ""
    var hasPictures = false
  }

  /// What the codes of a font stand for.
  private struct Font {
    var codeLength = 1
    var texts: [Int: String] = [:]
  }

  let document: QPDFDocument
  private var fonts: [[Int32]: Font] = [:]
  private static let mostBytes = 1 << 28

  init(document: QPDFDocument) { self.document = document }

  mutating func contents(of page: QPDFDocument.Object) throws(Problem) -> [Int: Content] {
    guard let contents = document.value(page, "/Contents") else { return [:] }
    var bytes: [UInt8] = []
    for stream in document.isArray(contents) ? document.items(contents) : [contents] where document.isStream(stream) {
      bytes += try document.bytes(of: stream, atMost: Self.mostBytes) + [10]
    }
    let resources = document.value(page, "/Resources").flatMap { document.value($0, "/Font") }
    var found: [Int: Content] = [:]
    /// Of each open stretch the number of its content, and a text that stands for what is drawn in it.
    var open: [(id: Int?, actual: String?)] = []
    var font = Font()
    for (word, operands) in ContentOperations(bytes) {
      let id = open.last { $0.id != nil }?.id
      switch word {
      case "BMC", "BDC":
        let text = operands.last.map { String(decoding: bytes[$0.range], as: UTF8.self) } ?? ""
        let actual = text.firstMatch(of: /\/ActualText\s*<\s*([0-9A-Fa-f\s]*)>/).map { Self.utf16(String($0.1)) }
        open.append((text.firstMatch(of: /\/MCID\s+(\d+)/).flatMap { Int($0.1) }, actual))
        if let actual, let id { found[id, default: Content()].text += actual }
      case "EMC": _ = open.popLast()
      case "Tf":
        guard operands.count >= 2, let name = operands.first.map({ String(decoding: bytes[$0.range], as: UTF8.self) })
        else { break }
        font =
          try resources.flatMap { document.value($0, name) }.map { (object) throws(Problem) in
            try read(font: object)
          } ?? Font()
      case "Tj", "TJ", "'", "\"":
        guard let id, !open.contains(where: { $0.actual != nil }) else { break }
        for operand in operands {
          found[id, default: Content()].text += Self.text(bytes[operand.range], font)
        }
      case "Do", "sh": if let id { found[id, default: Content()].hasPictures = true }
      default: break
      }
    }
    return found
  }

  private mutating func read(font object: QPDFDocument.Object) throws(Problem) -> Font {
    let identity = document.identity(object)
    if let identity, let known = fonts[identity] { return known }
    var font = Font()
    if document.value(object, "/Subtype").flatMap(document.name) == "/Type0" { font.codeLength = 2 }
    if let table = document.value(object, "/ToUnicode"), document.isStream(table) {
      let text = String(decoding: try document.bytes(of: table, atMost: 1 << 24), as: UTF8.self)
      for line in text.split(whereSeparator: \.isNewline) {
        let words = line.matches(of: /<([0-9A-Fa-f]+)>/).map { String($0.1) }
        guard words.count >= 2, let first = Int(words[0], radix: 16) else { continue }
        if words.count == 2 {
          font.texts[first] = Self.utf16(words[1])
        } else if let last = Int(words[1], radix: 16), let start = Int(words[2], radix: 16), last >= first,
          last - first < 65536, start <= 0xFFFF
        {
          for code in first...last { font.texts[code] = Self.utf16(String(start + code - first, radix: 16)) }
        }
      }
    }
    if let identity { fonts[identity] = font }
    return font
  }

  /// UTF-16 in hexadecimal digits, without its mark and white space.
  private static func utf16(_ digits: String) -> String {
    let digits = digits.filter(\.isHexDigit)
    let whole = String(repeating: "0", count: (4 - digits.count % 4) % 4) + digits
    var units: [UInt16] = []
    var rest = whole[...]
    while !rest.isEmpty {
      if let unit = UInt16(rest.prefix(4), radix: 16), unit != 0xFEFF { units.append(unit) }
      rest = rest.dropFirst(4)
    }
    return String(decoding: units, as: UTF16.self).filter { !$0.isWhitespace }
  }

  /// What a string, or an array of strings and steps, draws.
  private static func text(_ operand: ArraySlice<UInt8>, _ font: Font) -> String {
    var codes: [UInt8] = []
    var text = ""
    func flush() {
      var start = 0
      while start < codes.count {
        let end = min(codes.count, start + font.codeLength)
        let code = codes[start..<end].reduce(0) { $0 << 8 | Int($1) }
        let own = font.texts[code] ?? (font.codeLength == 1 ? String(UnicodeScalar(UInt8(code))) : "\u{FFFD}")
        text += own.filter { !$0.isWhitespace }
        start = end
      }
      codes = []
    }
    var index = operand.startIndex
    while index < operand.endIndex {
      switch operand[index] {
      case UInt8(ascii: "<"):
        var digits: [UInt8] = []
        index += 1
        while index < operand.endIndex, operand[index] != UInt8(ascii: ">") {
          if let digit = hexadecimal(operand[index]) { digits.append(digit) }
          index += 1
        }
        if digits.count % 2 == 1 { digits.append(0) }
        codes += stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        flush()
      case UInt8(ascii: "("):
        index = literal(operand, from: index, into: &codes)
        flush()
      default: break
      }
      index += 1
    }
    return text
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }

  /// - Returns: where the string ends.
  private static func literal(_ operand: ArraySlice<UInt8>, from start: Int, into codes: inout [UInt8]) -> Int {
    var depth = 0
    var index = start
    while index < operand.endIndex {
      let byte = operand[index]
      switch byte {
      case UInt8(ascii: "("):
        if depth > 0 { codes.append(byte) }
        depth += 1
      case UInt8(ascii: ")"):
        depth -= 1
        if depth == 0 { return index }
        codes.append(byte)
      case UInt8(ascii: "\\"):
        index += 1
        guard index < operand.endIndex else { return index }
        switch operand[index] {
        case UInt8(ascii: "n"): codes.append(10)
        case UInt8(ascii: "r"): codes.append(13)
        case UInt8(ascii: "t"): codes.append(9)
        case UInt8(ascii: "b"): codes.append(8)
        case UInt8(ascii: "f"): codes.append(12)
        case 10, 13: break
        case 48...55:
          var value = 0
          var end = index
          while end < operand.endIndex, end < index + 3, (48...55).contains(operand[end]) {
            value = value * 8 + Int(operand[end]) - 48
            end += 1
          }
          codes.append(UInt8(truncatingIfNeeded: value))
          index = end - 1
        default: codes.append(operand[index])
        }
      default: codes.append(byte)
      }
      index += 1
    }
    return index
  }
}
