import Support
import Yams

/// Reads a YAML mapping strictly: what is not asked for by `finish` is an error, with its line.
struct OptionReader: Sendable {
  /// A YAML value with its scalars as text: what is a number is decided by the option that reads it.
  enum Value: Sendable {
    case scalar(String)
    case list([Value])
    case mapping

    init(_ node: Node) {
      if let scalar = node.scalar {
        self = .scalar(scalar.string)
      } else if let sequence = node.sequence {
        self = .list(sequence.map(Value.init))
      } else {
        self = .mapping
      }
    }

    var text: String? {
      guard case .scalar(let text) = self, !text.isEmpty else { return nil }
      return text
    }
  }

  let file: String
  let cell: String?
  /// Of the template, 1-based, on which the YAML's first line stands.
  let firstLine: Int
  /// How messages call the whole: "the cell `mod-table`".
  let what: String
  private let entries: [(key: String, line: Int, value: Value)]

  /// - Throws: `Problem` when the text is not YAML or not a mapping, or a key stands twice.
  init(_ yaml: String, file: String, cell: String?, firstLine: Int, what: String) throws(Problem) {
    self.file = file
    self.cell = cell
    self.firstLine = firstLine
    self.what = what
    func place(_ line: Int) -> Place { Place(file: file, line: line, cell: cell) }
    let root: Node?
    do {
      root = try Yams.compose(yaml: yaml)
    } catch let error as YamlError {
      var line = firstLine
      var text = "\(error)"
      switch error {
      case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
        .composer(_, let problem, let mark, _):
        line += mark.line - 1
        text = problem
      case .duplicatedKeysInMapping(let duplicates, let context):
        line += context.mark.line - 1
        text = "the key `\(duplicates.first.map { "\($0)" } ?? "")` stands twice"
      default: break
      }
      throw .usage(at: place(line), "\(what) is not valid YAML: \(text)", remedy: "Write one `option: value` per line.")
    } catch {
      throw .usage(at: place(firstLine), "\(what) is not valid YAML: \(error)")
    }
    guard let root, root.scalar?.string.isEmpty != true else {
      entries = []
      return
    }
    guard let mapping = root.mapping else {
      throw .usage(
        at: place(firstLine), "\(what) must be a mapping, found other text",
        remedy: "Write one `option: value` per line.")
    }
    var entries: [(key: String, line: Int, value: Value)] = []
    for (key, value) in mapping {
      let line = firstLine + (key.mark?.line ?? 1) - 1
      guard let name = key.scalar?.string else {
        throw .usage(at: place(line), "an option's name must be a word")
      }
      entries.append((name, line, Value(value)))
    }
    self.entries = entries
  }

  var keys: [String] { entries.map(\.key) }

  /// - Throws: `Problem` for the first key that is none of those allowed.
  func finish(allowed: [String]) throws(Problem) {
    for entry in entries where !allowed.contains(entry.key) {
      throw .usage(
        at: Place(file: file, line: entry.line, cell: cell), "unknown option `\(entry.key)` in \(what)",
        remedy: suggestion(for: entry.key, among: allowed))
    }
  }

  func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

  func place(_ key: String) -> Place {
    Place(file: file, line: entries.first { $0.key == key }?.line ?? firstLine, cell: cell)
  }

  private func value(_ key: String) -> Value? { entries.first { $0.key == key }?.value }

  private func wrong(_ key: String, _ expected: String, _ value: Value) -> Problem {
    let found =
      switch value {
      case .scalar(let text): text.isEmpty ? "nothing" : "`\(text)`"
      case .list: "a list"
      case .mapping: "a mapping"
      }
    return .usage(at: place(key), "`\(key)` must be \(expected), found \(found)")
  }

  func text(_ key: String) throws(Problem) -> String? {
    guard let node = value(key) else { return nil }
    guard let text = node.text else { throw wrong(key, "a text", node) }
    return text
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
    guard let node = value(key) else { return nil }
    guard let text = node.text, let number = Int(text), range.contains(number) else {
      throw wrong(key, "a whole number from \(range.lowerBound) to \(range.upperBound)", node)
    }
    return number
  }

  func number(_ key: String, in range: ClosedRange<Double>) throws(Problem) -> Double? {
    guard let node = value(key) else { return nil }
    guard let text = node.text, let number = Double(text), range.contains(number) else {
      throw wrong(key, "a number from \(range.lowerBound) to \(range.upperBound)", node)
    }
    return number
  }

  func flag(_ key: String) throws(Problem) -> Bool? {
    guard let node = value(key) else { return nil }
    switch node.text {
    case "true", "yes": return true
    case "false", "no": return false
    default: throw wrong(key, "`true` or `false`", node)
    }
  }

  func choice(_ key: String, of allowed: [String]) throws(Problem) -> String? {
    guard let node = value(key) else { return nil }
    let list = allowed.map { "`\($0)`" }.joined(separator: ", ")
    guard let text = node.text, allowed.contains(text) else {
      var problem = wrong(key, allowed.count == 1 ? list : "one of \(list)", node)
      let match = node.text.flatMap { closestMatch(to: $0, in: allowed) }
      problem.remedy = match.map { "Did you mean `\($0)`?" }
      throw problem
    }
    return text
  }

  /// A list of words, or one word alone.
  func words(_ key: String) throws(Problem) -> [String]? {
    guard let node = value(key) else { return nil }
    if let text = node.text { return [text] }
    guard case .list(let items) = node, !items.isEmpty else { throw wrong(key, "a word or a list of words", node) }
    var words: [String] = []
    for item in items {
      guard let text = item.text else { throw wrong(key, "a list of words", item) }
      words.append(text)
    }
    return words
  }
}
