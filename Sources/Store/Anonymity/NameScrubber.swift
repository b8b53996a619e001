import Support

/// Puts something else in the place of names in running text, where they stand as whole words.
struct NameScrubber: Sendable {
  /// By their letters; longer ones first among those that begin alike.
  private var names: [Character: [(name: [Character], shown: String)]] = [:]

  init(_ names: [(name: String, shown: String)]) {
    var seen: Set<String> = []
    for (name, shown) in names where !name.isEmpty && seen.insert(name).inserted {
      self.names[Character(name.prefix(1).lowercased()), default: []].append((Array(name), shown))
    }
    for key in self.names.keys { self.names[key]?.sort { $0.name.count > $1.name.count } }
  }

  private static func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }

  private static let quotes: Set<Character> = ["`", "“", "”", "\"", "'", "‘", "’"]

  /// Whether a name is one wherever it stands: others are words and counts as well.
  private static func isTelling(_ name: [Character]) -> Bool { name.count >= 3 && name.contains(where: \.isLetter) }

  private func scan(_ text: String, _ found: (_ name: String, _ shown: String) -> Void) -> String {
    let letters = Array(text)
    var result: [Character] = []
    var index = 0
    while index < letters.count {
      let before = index > 0 ? letters[index - 1] : " "
      let match = names[Character(letters[index].lowercased().prefix(1).description)]?.first { candidate in
        let end = index + candidate.name.count
        guard end <= letters.count, zip(letters[index..<end], candidate.name).allSatisfy(==) else { return false }
        let after = end < letters.count ? letters[end] : " "
        guard !(candidate.name.first.map(Self.isWord) == true && Self.isWord(before)),
          !(candidate.name.last.map(Self.isWord) == true && Self.isWord(after))
        else { return false }
        return Self.isTelling(candidate.name) || Self.quotes.contains(before) && Self.quotes.contains(after)
      }
      if let match {
        found(String(match.name), match.shown)
        result += Array(match.shown)
        index += match.name.count
      } else {
        result.append(letters[index])
        index += 1
      }
    }
    return String(result)
  }

  func scrubbed(_ text: String) -> String { names.isEmpty ? text : scan(text) { _, _ in } }

  /// Those that are in a text, each once, in order.
  func names(in text: String) -> [String] {
    var found: [String] = []
    _ = scan(text) { name, shown in
      if name != shown, !found.contains(name) { found.append(name) }
    }
    return found
  }
}
