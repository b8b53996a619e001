import Support

/// What cells, headings, pictures and tables are called, so that prose can refer to them.
enum Label {
  /// What a label is made of, in words.
  static let rule = "a letter, then letters, digits, and - _ : . between them"

  /// Other characters than these end a label in prose.
  static func isPart(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber) || isMark(character)
  }

  /// What stands between letters and digits, and never at the end: "see @fig:a." ends a sentence.
  static func isMark(_ character: Character) -> Bool { "-_:.".contains(character) }

  /// - Throws: `Problem` of kind `.usage` for one that prose could not name.
  static func check(_ label: String, at place: Place) throws(Problem) {
    guard let first = label.first, first.isASCII, first.isLetter, label.allSatisfy(isPart),
      let last = label.last, !isMark(last)
    else {
      let words = label.split(whereSeparator: \.isWhitespace)
      throw .usage(
        at: place, "the label `\(label)` is not made of \(rule)",
        remedy: words.count > 1 && label.contains("=")
          ? "Write `{#\(ReportData.slug(String(words[0])))}`: attributes have no meaning here; a picture is as wide as its pixels, "
            + "150 to the inch, or as fits."
          : "Write `\(ReportData.slug(label))`.")
    }
  }

  static func twice(_ label: String, at place: Place) -> Problem {
    .usage(
      at: place, "the label `\(label)` stands twice",
      remedy: "Give everything a label of its own; inside a loop add `{{ model.key }}`.")
  }

  static func unknown(_ label: String, among known: some Sequence<String>, at place: Place) -> Problem {
    // Of many those of its kind: figures, tables or sections.
    let kind = label.prefix { $0 != "-" } + "-"
    let all = Set(known).sorted()
    let alike = all.filter { $0.hasPrefix(kind) }
    return .usage(
      at: place, "nothing has the label `\(label)`",
      remedy: suggestion(for: label, among: alike.isEmpty || all.count <= 12 ? all : alike)
        + " The sign alone is written `\\@`.")
  }
}

/// A label, or a reference to one, in which values may stand that nobody knows yet.
struct LabelPattern: Sendable, Hashable {
  /// Nil for whatever a value comes to.
  private let characters: [Character?]

  /// - Parameter text: with values in double braces.
  init(_ text: String) {
    var found: [Character?] = []
    var rest = text[...]
    while let next = rest.first {
      if rest.hasPrefix("{{"), let close = rest.range(of: "}}") {
        found.append(nil)
        rest = rest[close.upperBound...]
      } else {
        found.append(next)
        rest = rest.dropFirst()
      }
    }
    characters = found
  }

  private init(_ characters: [Character?]) { self.characters = characters }

  static let anything = LabelPattern([nil])

  /// The same with something behind it.
  func with(_ suffix: LabelPattern) -> LabelPattern { LabelPattern(characters + suffix.characters) }

  /// Nil where values stand in it.
  var text: String? {
    let known = characters.compactMap { $0 }
    return known.count == characters.count ? String(known) : nil
  }

  /// Whether both may come to the same label.
  func mayBe(_ other: LabelPattern) -> Bool {
    // By the ends that can be reached: nested loops would take for ever over many values.
    let (own, others) = (characters, other.characters)
    var reached = Array(repeating: Array(repeating: false, count: others.count + 1), count: own.count + 1)
    reached[0][0] = true
    for i in 0...own.count {
      for j in 0...others.count where reached[i][j] {
        if i < own.count, own[i] == nil {
          reached[i + 1][j] = true
          if j < others.count { reached[i][j + 1] = true }
        }
        if j < others.count, others[j] == nil {
          reached[i][j + 1] = true
          if i < own.count { reached[i + 1][j] = true }
        }
        if i < own.count, j < others.count, own[i] != nil, own[i] == others[j] { reached[i + 1][j + 1] = true }
      }
    }
    return reached[own.count][others.count]
  }
}
