/// A run of prose made by a cell; always plain text, never markup.
public struct ProseRun: Sendable, Hashable {
  /// How a run is set; mono is code, a subscript stands lower and smaller.
  public enum Style: Sendable { case plain, italic, strong, mono, lowered }
  /// Printed as it is.
  public var text: String
  /// Of the whole run.
  public var style: Style

  public init(_ text: String, _ style: Style = .plain) {
    self.text = text
    self.style = style
  }

  /// Text whose asterisks enclose formulas.
  static func withFormulas(_ text: String) -> [ProseRun] {
    text.split(separator: "*", omittingEmptySubsequences: false).enumerated().flatMap { index, part -> [ProseRun] in
      if part.isEmpty { return [] }
      return index.isMultiple(of: 2) ? [ProseRun(String(part))] : formula(String(part))
    }
  }

  /// As mathematics is set (ISO 80000-2): a letter that stands alone is a variable, in italics; words are names of functions and
  /// measures, upright, as numbers and signs are; what follows `_` is a subscript: "K_1 = 0.01".
  static func formula(_ text: String) -> [ProseRun] {
    var runs: [ProseRun] = []
    func add(_ text: Substring, _ style: Style) {
      if runs.last?.style == style {
        runs[runs.count - 1].text += text
      } else {
        runs.append(ProseRun(String(text), style))
      }
    }
    var rest = text[...]
    while let first = rest.first {
      if first == "_" {
        let index = rest.dropFirst().prefix { $0.isLetter || $0.isNumber }
        add(index, .lowered)
        rest = rest.dropFirst(index.count + 1)
      } else if first.isLetter {
        let word = rest.prefix { $0.isLetter }
        add(word, word.count == 1 && word != "Σ" ? .italic : .plain)
        rest = rest.dropFirst(word.count)
      } else {
        let other = rest.prefix { !$0.isLetter && $0 != "_" }
        // A line may end behind a sign of equality, nowhere else.
        let joined = other.replacing(" ", with: "\u{A0}").replacing("=\u{A0}", with: "= ")
        add(Substring(joined), .plain)
        rest = rest.dropFirst(other.count)
      }
    }
    return runs
  }

  /// Text whose backticks enclose what is set as code.
  static func marked(_ text: String) -> [ProseRun] {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().compactMap { index, part in
      part.isEmpty ? nil : ProseRun(String(part), index.isMultiple(of: 2) ? .plain : .mono)
    }
  }
}

extension Array {
  /// In order, as few parts as possible of at most `most` elements, and as even as possible: a figure that goes on
  /// over pages should not end in a single row.
  func parts(ofAtMost most: Int) -> [[Element]] {
    guard !isEmpty else { return [] }
    let count = (self.count + most - 1) / most
    let size = (self.count + count - 1) / count
    return stride(from: 0, to: self.count, by: size).map { Array(self[$0..<Swift.min($0 + size, self.count)]) }
  }
}
