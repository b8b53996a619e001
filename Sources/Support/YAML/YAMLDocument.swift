import Yams

/// Reads YAML text into values with places.
///
/// An experiment file may come from a stranger: its size, nesting and use of aliases are limited before the text
/// reaches the parser, so that no small file can ask for much time or memory.
public enum YAMLDocument {
  /// In bytes; whoever reads the file holds it to that.
  public static let largestFile = 256 * 1024
  /// With n aliases in all, no value can be repeated more than 3^(n/3) times.
  public static let mostAliases = 24
  /// Scalars, lists and mappings, those that aliases repeat as often as they do; keys are not counted.
  public static let mostValues = 20_000

  /// - Parameter place: gives the place of a line and column, both 1-based.
  /// - Throws: `Problem` of kind `.usage` for what is no YAML or empty, has a key twice, or goes beyond the limits.
  public static func parse(_ text: String, place: (_ line: Int, _ column: Int) -> Place) throws(Problem) -> YAMLValue {
    guard let value = try parseIfAny(text, place: place) else {
      throw .usage(
        at: place(1, 1), "the file is empty",
        remedy: "An experiment file needs at least `title`, `data`, `models` and `attack`.")
    }
    return value
  }

  /// The same; nil for a text that holds nothing, or comments alone.
  public static func parseIfAny(
    _ text: String, place: (_ line: Int, _ column: Int) -> Place
  ) throws(Problem) -> YAMLValue? {
    try checkAliases(in: text, place: place)
    let variables = VariableGuard(text)
    let root: Node?
    do {
      root = try Parser(yaml: variables.guarded, resolver: .basic).singleRoot()
    } catch let error as YamlError {
      throw problem(from: error, in: text, place: place)
    } catch {
      throw .usage(at: place(1, 1), "the file cannot be read as YAML: \(error)")
    }
    guard let root else { return nil }
    var count = 0
    return try value(of: root, count: &count, variables: variables, place: place)
  }

  private static func value(
    of node: Node, count: inout Int, variables: VariableGuard, place: (Int, Int) -> Place
  ) throws(Problem) -> YAMLValue {
    let here = place(node.mark?.line ?? 1, node.mark?.column ?? 1)
    count += 1
    guard count <= mostValues else {
      throw .usage(at: here, "the file holds more than \(mostValues) values")
    }
    switch node {
    case .scalar(let scalar):
      return YAMLValue(
        content: .scalar(variables.restored(scalar.string), isPlain: scalar.style == .plain), place: here)
    case .sequence(let sequence):
      var items: [YAMLValue] = []
      for item in sequence { items.append(try value(of: item, count: &count, variables: variables, place: place)) }
      return YAMLValue(content: .sequence(items), place: here)
    case .mapping(let mapping):
      var entries: [YAMLValue.Entry] = []
      for (key, item) in mapping {
        let keyPlace = place(key.mark?.line ?? 1, key.mark?.column ?? 1)
        guard case .scalar(let scalar) = key else {
          throw .usage(at: keyPlace, "a key must be a word, found a list or a mapping of keys")
        }
        let item = try value(of: item, count: &count, variables: variables, place: place)
        entries.append(YAMLValue.Entry(key: variables.restored(scalar.string), keyPlace: keyPlace, value: item))
      }
      return YAMLValue(content: .mapping(try merged(entries)), place: here)
    case .alias:
      throw .usage(at: here, "an alias stands where a value was expected")
    }
  }

  /// The entries of `<<: *name` put in behind the mapping's own, which go before them.
  private static func merged(_ entries: [YAMLValue.Entry]) throws(Problem) -> [YAMLValue.Entry] {
    guard entries.contains(where: { $0.key == "<<" }) else { return entries }
    var all = entries.filter { $0.key != "<<" }
    for entry in entries where entry.key == "<<" {
      var sources = [entry.value]
      if case .sequence(let items) = entry.value.content { sources = items }
      for source in sources {
        guard case .mapping(let others) = source.content else {
          throw .usage(
            at: entry.keyPlace, "`<<` takes the keys of another mapping, found \(source.description)",
            remedy: "Name one: `<<: *name`, where another value is marked `&name`.")
        }
        for other in others where !all.contains(where: { $0.key == other.key }) { all.append(other) }
      }
    }
    return all
  }

  /// Counts what may be aliases, which stand where a value begins; a `*` that emphasises words of a text is none, unless it
  /// opens a line or follows punctuation, which is harmless below the limit.
  private static func checkAliases(in text: String, place: (Int, Int) -> Place) throws(Problem) {
    var line = 1
    var count = 0
    var previous: UInt8 = 0x0A
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\n") { line += 1 }
      if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { continue }
      let opensValue = "\n\r[{,:-?".utf8.contains(previous)
      if byte == UInt8(ascii: "*"), opensValue {
        count += 1
        guard count <= mostAliases else {
          throw .usage(
            at: place(line, 1), "the file uses more than \(mostAliases) aliases (`*name`)",
            remedy: "Write repeated values out.")
        }
      }
      previous = byte
    }
  }

  /// Spaces that do not break, have no width or are the ideographic one, and the byte order mark.
  public static func isUnseen(_ character: Character) -> Bool {
    ["\u{A0}", "\u{2007}", "\u{202F}", "\u{200B}", "\u{FEFF}", "\u{3000}"].contains(character)
  }

  /// That such a character stands where YAML cannot take it, by its number: U+00A0 would else look right.
  public static func unseen(_ character: Character, at place: Place) -> Problem {
    let number = String(character.unicodeScalars.first?.value ?? 0, radix: 16, uppercase: true)
    return .usage(
      at: place, "not valid YAML: a character that looks like a space or like nothing (U+\(number))",
      remedy: "Write a space in its place; such characters come with text that was copied from a page.")
  }

  /// What stands around the place where a parser gives up and cannot be seen: tabs that indent, and spaces that are none.
  private static func unseen(in text: String, line: Int, place: (Int, Int) -> Place) -> Problem? {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for number in [line, line - 1, line + 1] where lines.indices.contains(number - 1) {
      let content = lines[number - 1]
      let indentation = content.prefix { $0 == " " || $0 == "\t" }
      if let tab = indentation.firstIndex(of: "\t"), indentation.count < content.count {
        return .usage(
          at: place(number, content.distance(from: content.startIndex, to: tab) + 1),
          "not valid YAML: a tab stands in the indentation", remedy: "Indent by spaces.")
      }
      if let space = content.firstIndex(where: isUnseen), number > 1 || space != content.startIndex {
        return unseen(content[space], at: place(number, content.distance(from: content.startIndex, to: space) + 1))
      }
    }
    return nil
  }

  /// - Parameter text: the file, to find what the parser does not name.
  private static func problem(
    from error: YamlError, in text: String, place: (Int, Int) -> Place
  ) -> Problem {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let situation = context.map { " \($0.text)" } ?? ""
      if let problem = unseen(in: text, line: mark.line, place: place) { return problem }
      if problem.contains("unknown escape") {
        return .usage(
          at: place(mark.line, mark.column), "not valid YAML: \(problem)\(situation)",
          remedy: "In double quotes a backslash begins an escape. Write paths with `/`, or in single quotes.")
      }
      return .usage(
        at: place(mark.line, mark.column), "not valid YAML: \(problem)\(situation)",
        remedy: "Look at this line and the one above: indentation, a missing colon, bracket or quote.")
    case .reader(let problem, _, _, _):
      return .usage(at: place(1, 1), "not valid YAML: \(problem)", remedy: "Save it as UTF-8 text.")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.map { "`\($0)`" }.joined(separator: ", ")
      return .usage(
        at: place(context.mark.line, context.mark.column), "\(keys) appears more than once in one mapping",
        remedy: "Keep one of them.")
    default:
      return .usage(at: place(1, 1), "not valid YAML: \(error)")
    }
  }
}

/// Keeps `${NAME}` whole where YAML would see the beginning of a mapping: within `{weights: ${W}/a.pth}`. While the text is
/// parsed other characters stand for the braces, as many of them, so that columns stay what they are.
private struct VariableGuard {
  public let guarded: String
  private let isNeeded: Bool
  // Of the private use area.
  private static let (open, close): (Character, Character) = ("\u{F8F0}", "\u{F8F1}")

  public init(_ text: String) {
    isNeeded = text.contains("${") && !text.contains(Self.open) && !text.contains(Self.close)
    guarded = isNeeded ? text.replacing(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/) { "$\(Self.open)\($0.1)\(Self.close)" } : text
  }

  public func restored(_ text: String) -> String {
    guard isNeeded, text.contains(Self.open) else { return text }
    return String(text.map { $0 == Self.open ? "{" : $0 == Self.close ? "}" : $0 })
  }
}
