import Diagnostics
import Yams

/// Reads YAML text into values with places.
///
/// An experiment file may come from a stranger: its size, nesting and use of aliases are limited before the text
/// reaches the parser, so that no small file can ask for much time or memory.
enum YAMLDocument {
  static let largestFile = 256 * 1024
  /// With n aliases in all, no value can be repeated more than 3^(n/3) times.
  static let mostAliases = 24
  static let mostValues = 20_000

  /// - Parameter place: gives the place of a line and column, both 1-based.
  static func parse(_ text: String, place: (_ line: Int, _ column: Int) -> Place) throws(Problem) -> YAMLValue {
    try checkAliases(in: text, place: place)
    let root: Node?
    do {
      root = try Parser(yaml: text, resolver: .basic).singleRoot()
    } catch let error as YamlError {
      throw problem(from: error, place: place)
    } catch {
      throw .usage(at: place(1, 1), "the file cannot be read as YAML: \(error)")
    }
    guard let root else {
      throw .usage(
        at: place(1, 1), "the file is empty",
        remedy: "An experiment file needs at least `title`, `data`, `models` and `attack`.")
    }
    var count = 0
    return try value(of: root, count: &count, place: place)
  }

  private static func value(
    of node: Node, count: inout Int, place: (Int, Int) -> Place
  ) throws(Problem) -> YAMLValue {
    let here = place(node.mark?.line ?? 1, node.mark?.column ?? 1)
    count += 1
    guard count <= mostValues else {
      throw .usage(at: here, "the file holds more than \(mostValues) values")
    }
    switch node {
    case .scalar(let scalar):
      return YAMLValue(content: .scalar(scalar.string, isPlain: scalar.style == .plain), place: here)
    case .sequence(let sequence):
      var items: [YAMLValue] = []
      for item in sequence { items.append(try value(of: item, count: &count, place: place)) }
      return YAMLValue(content: .sequence(items), place: here)
    case .mapping(let mapping):
      var entries: [YAMLValue.Entry] = []
      for (key, item) in mapping {
        let keyPlace = place(key.mark?.line ?? 1, key.mark?.column ?? 1)
        guard case .scalar(let scalar) = key else {
          throw .usage(at: keyPlace, "a key must be a word, found a list or a mapping of keys")
        }
        let item = try value(of: item, count: &count, place: place)
        entries.append(YAMLValue.Entry(key: scalar.string, keyPlace: keyPlace, value: item))
      }
      return YAMLValue(content: .mapping(entries), place: here)
    case .alias:
      throw .usage(at: here, "an alias stands where a value was expected")
    }
  }

  /// Counts what may be aliases; a `*` within a text may be taken for one, which is harmless below the limit.
  private static func checkAliases(in text: String, place: (Int, Int) -> Place) throws(Problem) {
    var line = 1
    var count = 0
    var previous: UInt8 = 0x0A
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\n") { line += 1 }
      let opensWord = " \t\n\r[{,:-?".utf8.contains(previous)
      if byte == UInt8(ascii: "*"), opensWord {
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

  private static func problem(from error: YamlError, place: (Int, Int) -> Place) -> Problem {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let situation = context.map { " \($0.text)" } ?? ""
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
