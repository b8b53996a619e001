/// A value of an experiment file with the place where it stands.
///
/// Scalars keep their text: what is a number, a word or a path is decided by the key that reads them, so that no
/// YAML guess about types (`no`, `1e3`, `07`) ever changes a meaning.
public struct YAMLValue: Sendable {
  /// What stands there; a list or mapping with all that is in it.
  public enum Content: Sendable {
    /// `isPlain`: written without quotes.
    case scalar(String, isPlain: Bool)
    /// In the file's order; of a mapping with `<<` the keys taken over stand last.
    case sequence([YAMLValue])
    case mapping([Entry])
  }

  /// A key with its value.
  public struct Entry: Sendable {
    /// Without its quotes; never filled in from the environment.
    public var key: String
    /// Where the key stands: problems of the key itself are told there.
    public var keyPlace: Place
    /// With its own place, behind the key's.
    public var value: YAMLValue

    public init(key: String, keyPlace: Place, value: YAMLValue) {
      self.key = key
      self.keyPlace = keyPlace
      self.value = value
    }
  }

  /// Text as it was written: `${NAME}` is replaced by `substituting(_:)` only.
  public var content: Content
  /// Where the value begins.
  public var place: Place

  public init(content: Content, place: Place) {
    self.content = content
    self.place = place
  }

  /// For messages: what stands where something else was expected.
  public var description: String {
    switch content {
    case .scalar("", isPlain: true): "nothing"
    case .scalar(let text, isPlain: _): "`\(text.count > 60 ? text.prefix(60) + "..." : text)`"
    case .sequence: "a list"
    case .mapping: "a mapping of keys"
    }
  }
}

extension YAMLValue {
  /// The value of a key; nil where there is none.
  public subscript(key: String) -> YAMLValue? {
    guard case .mapping(let entries) = content else { return nil }
    return entries.last { $0.key == key }?.value
  }

  /// Whether it is a scalar of this text, with quotes or without.
  public func isWritten(_ text: String) -> Bool {
    if case .scalar(text, isPlain: _) = content { true } else { false }
  }

  /// The digits of a scalar of nothing else.
  public var wholeNumber: String? {
    guard case .scalar(let text, isPlain: _) = content, !text.isEmpty,
      text.allSatisfy({ $0.isASCII && $0.isNumber })
    else { return nil }
    return text
  }
}

// MARK: - Scalars and lists as their keys read them

extension YAMLValue {
  /// A scalar that is not empty.
  /// - Parameter name: the key's path for messages, here and below: "attack.epsilons".
  /// - Throws: `Problem` of kind `.usage` at the value's place for what it is not, as all of these.
  public func text(_ name: String) throws(Problem) -> String {
    guard case .scalar(let text, isPlain: _) = content, !text.isEmpty else {
      throw .usage(at: place, "`\(name)` must be a text, found \(description)")
    }
    return text
  }

  /// A whole number; quoted or not.
  /// - Throws: `Problem` of kind `.usage` with the range, and what the text may have meant.
  public func integer(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int {
    let expected =
      range.upperBound == .max
      ? "a whole number of at least \(range.lowerBound)"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard case .scalar(let text, isPlain: _) = content, let number = NumberText.integer(text), range.contains(number)
    else {
      throw .usage(at: place, "`\(name)` must be \(expected), found \(description)", remedy: numberRemedy)
    }
    return number
  }

  private var numberRemedy: String? {
    if case .scalar(let text, isPlain: _) = content { NumberText.remedy(text) } else { nil }
  }

  /// A finite number; quoted or not, also a fraction such as `8/255`.
  public func number(_ name: String) throws(Problem) -> Double {
    guard case .scalar(let text, isPlain: _) = content, let number = NumberText.value(text) else {
      throw .usage(at: place, "`\(name)` must be a number, found \(description)", remedy: numberRemedy)
    }
    return number
  }

  /// A number of which `isAllowed` decides.
  /// - Parameter range: in words, for the message: "(0, 4]".
  public func number(
    _ name: String, in range: String, where isAllowed: (Double) -> Bool
  ) throws(Problem) -> Double {
    guard case .scalar(let text, isPlain: _) = content, let number = NumberText.value(text) else {
      throw .usage(at: place, "`\(name)` must be a number in \(range), found \(description)", remedy: numberRemedy)
    }
    guard isAllowed(number) else {
      throw .usage(at: place, "`\(name)` must lie in \(range), found \(description)")
    }
    return number
  }

  /// `true` or `false`, in any of YAML's words for them.
  public func answer(_ name: String) throws(Problem) -> Bool {
    guard case .scalar(let text, isPlain: _) = content else { return try choice(name, of: Answer.self) == .yes }
    switch text.lowercased() {
    case "true", "yes", "on", "y": return true
    case "false", "no", "off", "n": return false
    default: return try choice(name, of: Answer.self) == .yes
    }
  }

  private enum Answer: String, CaseIterable {
    case yes = "true"
    case no = "false"
  }

  /// One of the raw values of an enumeration.
  public func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, of type: Choice.Type
  ) throws(Problem) -> Choice {
    let text = try choice(name, of: Choice.allCases.map(\.rawValue))
    guard let choice = Choice(rawValue: text) else {
      throw .usage(at: place, "`\(name)` must be one of its choices, found \(description)")
    }
    return choice
  }

  /// One of some words.
  public func choice(_ name: String, of allowed: [String]) throws(Problem) -> String {
    let list = allowed.map { "`\($0)`" }.joined(separator: ", ")
    guard case .scalar(let text, isPlain: _) = content, !text.isEmpty else {
      throw .usage(at: place, "`\(name)` must be one of \(list), found \(description)")
    }
    let trimmed = NumberText.trimmed(text)
    guard allowed.contains(trimmed) else {
      let plain = NumberText.withoutTypographicQuotes(text) ?? trimmed
      let match = closestMatch(to: plain, in: allowed).map { "Did you mean `\($0)`?" }
      throw .usage(at: place, "`\(name)` must be one of \(list), found \(description)", remedy: match)
    }
    return trimmed
  }

  /// The items of a list; never empty.
  public func list(_ name: String) throws(Problem) -> [YAMLValue] {
    guard case .sequence(let items) = content else {
      throw .usage(
        at: place, "`\(name)` must be a list, found \(description)",
        remedy: "Lists are written in brackets: `\(name.lastKey): [a, b]`, or one item a line, each after `- `.")
    }
    guard !items.isEmpty else {
      throw .usage(at: place, "`\(name)` must not be empty", remedy: "Name one at least.")
    }
    return items
  }

  /// A list, or a single scalar that stands for a list of one.
  public func listOrOne(_ name: String) throws(Problem) -> [YAMLValue] {
    if case .scalar(let text, isPlain: _) = content, !text.isEmpty { return [self] }
    return try list(name)
  }
}

extension String {
  /// "epsilons" of "attack.epsilons".
  public var lastKey: String { split(separator: ".").last.map(String.init) ?? self }
}
