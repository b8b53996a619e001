import Foundation
import Support

/// Takes `{{ }}` values and `@label` references out of prose before it is read as Markdown, and puts what they stand
/// for back afterwards.
///
/// Each is replaced by one character of Unicode's private use area. So no value can be read as markup, whatever a
/// label or file name holds, and Markdown cannot tear an expression apart at its underscores.
struct ProseTokens {
  enum Token: Sendable {
    case value(String)
    /// The label, in which values may stand.
    case reference(String)
  }

  private(set) var tokens: [(token: Token, original: String, line: Int)] = []
  private(set) var markdown = ""
  private let firstLine: Int

  private static let first: UInt32 = 0xE000
  private static let capacity = 6000

  init(_ text: String, firstLine: Int) {
    self.firstLine = firstLine
    var line = firstLine
    var rest = text[...]
    var previous: Character = " "
    while let character = rest.first {
      if rest.hasPrefix("{{"), let close = rest.range(of: "}}") {
        let inside = rest[rest.index(rest.startIndex, offsetBy: 2)..<close.lowerBound]
        append(.value(String(inside)), original: rest[..<close.upperBound], line: line)
        line += inside.filter { $0 == "\n" }.count
        rest = rest[close.upperBound...]
        previous = "}"
        continue
      }
      if character == "@", let label = Self.label(rest.dropFirst(), after: previous) {
        append(.reference(String(label)), original: rest[rest.startIndex..<label.endIndex], line: line)
        rest = rest[label.endIndex...]
        previous = "x"
        continue
      }
      if character == "\n" { line += 1 }
      // A private character of the template's own would be taken for a token.
      markdown.append(Self.index(character) == nil ? character : "\u{FFFD}")
      previous = character
      rest = rest.dropFirst()
    }
  }

  private mutating func append(_ token: Token, original: Substring, line: Int) {
    guard tokens.count < Self.capacity, let scalar = Unicode.Scalar(Self.first + UInt32(tokens.count)) else {
      markdown += original
      return
    }
    tokens.append((token, String(original), line))
    markdown.unicodeScalars.append(scalar)
  }

  /// "fig-curve" of "fig-curve shows": a letter, then what labels are made of and `{{ }}` values. Within a word, as in an
  /// address, there is none.
  private static func label(_ text: Substring, after previous: Character) -> Substring? {
    guard let first = text.first, first.isASCII, first.isLetter, previous != "\\" else { return nil }
    let isUsual = ["fig-", "tab-", "sec-"].contains(where: text.hasPrefix) && !previous.isLetter && !previous.isNumber
    guard isUsual || previous.isWhitespace || "([{“‘„«\"'*_~|—–>".contains(previous) else { return nil }
    var end = text.startIndex
    while end < text.endIndex {
      let rest = text[end...]
      if rest.hasPrefix("{{"), let close = rest.range(of: "}}") {
        end = close.upperBound
      } else if let character = rest.first, Label.isPart(character) {
        end = text.index(after: end)
      } else {
        break
      }
    }
    while end > text.startIndex, Label.isMark(text[text.index(before: end)]) { end = text.index(before: end) }
    return text[..<end]
  }

  /// The index of the token that a character stands for.
  static func index(_ character: Character) -> Int? {
    guard let scalar = character.unicodeScalars.first, character.unicodeScalars.count == 1,
      scalar.value >= first, scalar.value < first + UInt32(capacity)
    else { return nil }
    return Int(scalar.value - first)
  }

  /// Text and tokens in turn.
  func pieces(_ text: String) -> [(text: String, token: (token: Token, original: String, line: Int)?)] {
    var result: [(text: String, token: (token: Token, original: String, line: Int)?)] = []
    var plain = ""
    for character in text {
      if let index = Self.index(character), tokens.indices.contains(index) {
        if !plain.isEmpty { result.append((plain, nil)) }
        plain = ""
        result.append(("", tokens[index]))
      } else {
        plain.append(character)
      }
    }
    if !plain.isEmpty { result.append((plain, nil)) }
    return result
  }

  /// Of the template, on which a text that holds tokens stands last; nil where it does not.
  func line(of text: String) -> Int? {
    markdown.range(of: text, options: .backwards).map { found in
      firstLine + markdown[..<found.lowerBound].count { $0 == "\n" }
    }
  }

  /// The text as it stood in the template, for code.
  func restored(_ text: String) -> String {
    pieces(text).map { $0.token?.original ?? $0.text }.joined()
  }

  /// Names of values that are not known, without evaluating any, and braces that would be printed as they stand.
  static func check(_ text: String, firstLine: Int, file: String) -> [Problem] {
    let tokens = ProseTokens(text, firstLine: firstLine)
    return tokens.tokens.compactMap { token in
      guard case .value(let expression) = token.token else { return nil }
      let name = expression.split { $0.isWhitespace || $0 == "|" }.first.map(String.init) ?? ""
      guard !Values.all.contains(where: { $0.name == name }) else { return nil }
      return Values.unknown(name, at: Place(file: file, line: token.line))
    } + tokens.leftBraces(file)
  }

  /// What begins a value or a part and is neither, outside of code.
  private func leftBraces(_ file: String) -> [Problem] {
    var problems: [Problem] = []
    var fence: String?
    // Tokens that went over several lines left none in the text.
    let skipped = tokens.map { ($0.line, $0.original.count { $0 == "\n" }) }
    for (index, line) in markdown.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if let open = fence {
        if TemplateParser.closes(String(line), open) { fence = nil }
        continue
      }
      if let opening = TemplateParser.fence(String(line)) {
        fence = opening
        continue
      }
      let words = line.replacing(/`+[^`]*`+/, with: "")
      let number = skipped.reduce(firstLine + index) { $1.0 < $0 ? $0 + $1.1 : $0 }
      let place = Place(file: file, line: number)
      if words.contains("{%") {
        problems.append(
          .usage(
            at: place, "a part stands within a line, or has no end",
            remedy: "Put it on a line of its own, `{% if NAME %}`; as text it is code: `` `{%` ``."))
      } else if words.contains("{{") {
        problems.append(
          .usage(
            at: place, "a value has no end", remedy: "Close it with `}}`; as text it is code: `` `{{` ``."))
      }
    }
    return problems
  }
}
