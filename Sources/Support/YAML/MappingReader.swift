/// Reads the keys of one mapping, and lets none pass that it does not know.
public struct MappingReader: Sendable {
  /// What messages call a mapping without a path, and its keys.
  public struct Words: Sendable {
    let whole: String
    let key: String
    let keys: String
    /// Whether an unknown key of the whole is said to be "in" it.
    let namesWhole: Bool

    /// - Parameters:
    ///   - whole: "the cell `mod-table`"
    ///   - key: "option"
    ///   - keys: "options"
    public init(whole: String, key: String, keys: String) {
      self.init(whole: whole, key: key, keys: keys, namesWhole: true)
    }

    private init(whole: String, key: String, keys: String, namesWhole: Bool) {
      self.whole = whole
      self.key = key
      self.keys = keys
      self.namesWhole = namesWhole
    }

    /// Of an experiment file.
    public static let experiment = Words(
      whole: "the experiment file", key: "key", keys: "keys", namesWhole: false)
  }

  /// The mapping's own path, "models[0].input"; empty for the file itself.
  public let path: String
  /// Where the mapping begins.
  public let place: Place
  private let entries: [YAMLValue.Entry]

  /// - Throws: `Problem` of kind `.usage` when the value is no mapping, has an unknown key, with "did you mean", or one
  ///   twice.
  public init(
    _ value: YAMLValue, path: String, known: [String], words: Words = .experiment
  ) throws(Problem) {
    let name = path.isEmpty ? words.whole : "`\(path)`"
    guard case .mapping(let entries) = value.content else {
      throw .usage(
        at: value.place, "\(name) must be a mapping of \(words.keys), found \(value.description)",
        remedy: "Its \(words.keys) are: " + known.map { "`\($0)`" }.joined(separator: ", ") + ".")
    }
    for entry in entries where !known.contains(entry.key) {
      if let unseen = entry.key.first(where: YAMLDocument.isUnseen) {
        throw YAMLDocument.unseen(unseen, at: entry.keyPlace)
      }
      throw .usage(
        at: entry.keyPlace,
        "unknown \(words.key) `\(entry.key)`" + (path.isEmpty && !words.namesWhole ? "" : " in \(name)"),
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

  /// Where a key stands; nil where it does not.
  public func keyPlace(_ key: String) -> Place? { entries.last { $0.key == key }?.keyPlace }

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
