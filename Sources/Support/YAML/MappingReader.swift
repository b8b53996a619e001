/// Reads the keys of one mapping, and lets none pass that it does not know.
public struct MappingReader {
  /// The mapping's own path, "models[0].input"; empty for the file itself.
  public let path: String
  /// Where the mapping begins.
  public let place: Place
  private let entries: [YAMLValue.Entry]

  /// - Throws: `Problem` of kind `.usage` when the value is no mapping, has an unknown key, with "did you mean", or one
  ///   twice.
  public init(_ value: YAMLValue, path: String, known: [String]) throws(Problem) {
    let name = path.isEmpty ? "the experiment file" : "`\(path)`"
    guard case .mapping(let entries) = value.content else {
      throw .usage(
        at: value.place, "\(name) must be a mapping of keys, found \(value.description)",
        remedy: "Its keys are: " + known.map { "`\($0)`" }.joined(separator: ", ") + ".")
    }
    for entry in entries where !known.contains(entry.key) {
      if let unseen = entry.key.first(where: YAMLDocument.isUnseen) {
        throw YAMLDocument.unseen(unseen, at: entry.keyPlace)
      }
      throw .usage(
        at: entry.keyPlace, "unknown key `\(entry.key)`" + (path.isEmpty ? "" : " in `\(path)`"),
        remedy: suggestion(for: entry.key, among: known))
    }
    var seen: Set<String> = []
    for entry in entries where !seen.insert(entry.key).inserted {
      throw .usage(
        at: entry.keyPlace, "`\(entry.key)` appears more than once in one mapping", remedy: "Keep one of them.")
    }
    self.path = path
    self.place = value.place
    self.entries = entries
  }

  /// "attack.epsilons" of "epsilons".
  public func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The value of a key; nil where the mapping has not got it.
  public func optional(_ key: String) -> YAMLValue? { entries.last { $0.key == key }?.value }

  /// - Parameter example: how the key could be written.
  /// - Throws: `Problem` of kind `.usage` at the mapping where the key is missing.
  public func required(_ key: String, example: String) throws(Problem) -> YAMLValue {
    guard let value = optional(key) else {
      throw .usage(at: place, "the key `\(name(key))` is missing", remedy: "Add it, for example: `\(example)`.")
    }
    return value
  }

  /// Reads the key where it stands; otherwise the default.
  /// - Parameter read: takes the value and the key's whole path.
  public func read<Value>(
    _ key: String, default fallback: Value, _ read: (YAMLValue, String) throws(Problem) -> Value
  ) throws(Problem) -> Value {
    guard let value = optional(key) else { return fallback }
    return try read(value, name(key))
  }
}
