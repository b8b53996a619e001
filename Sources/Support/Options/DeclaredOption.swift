/// One option of the experiment file or of a template's cell, declared once: out of it come the strict reader, the
/// commented skeleton, the canonical text, the ingredients of keys, the report's table of options and the documentation.
///
///     DeclaredOption("loss-label", \.lossLabel, .choice, part: .always, help: "The attack leads away from this class.")
public struct DeclaredOption<Owner: Sendable>: Sendable {
  /// What part an option has in the keys of stored results.
  public enum KeyPart: Sendable, Hashable {
    /// In every key.
    case always
    /// Only where it is not the default: keys from before there was the option still hold.
    case unlessDefault
    /// None: no stored value depends on it, or whoever makes the key takes care of it.
    case none
  }

  /// As the file has it: "loss-label".
  public let name: String
  /// What may be written, in words.
  public let words: String
  /// One line that says what it does.
  public let help: String
  /// What holds where the option is left out, in words, where that is not one value for all.
  public let standard: String?
  /// How it could be written, of an option that must be there: "root: ../faces".
  public let required: String?
  /// For skeletons: how it could be written, where the default says too little.
  public let example: String?
  /// What must be computed again where the option is changed depends on it.
  public let part: KeyPart
  /// Whether results say nothing different without it: then tables leave it out where it has its default.
  public let isQuiet: Bool
  private let reading: @Sendable (YAMLValue, String, OptionContext, inout Owner) throws(Problem) -> Void
  private let writing: @Sendable (Owner) -> String?
  private let showing: @Sendable (Owner) -> String?
  private let pathing: @Sendable (Owner) -> [ExperimentPath]

  /// - Parameters:
  ///   - path: where its value is kept.
  ///   - standard: what holds where it is left out, in words; nil where that is the value of a fresh owner.
  ///   - required: how it could be written, of an option that has no default.
  ///   - isRelevant: whether the option says anything beside the others; where not it is not written.
  public init<Value>(
    _ name: String, _ path: any WritableKeyPath<Owner, Value> & Sendable, _ kind: OptionKind<Value>,
    standard: String? = nil, required: String? = nil, example: String? = nil, part: KeyPart = .none,
    isQuiet: Bool = false, isRelevant: @escaping @Sendable (Owner) -> Bool = { _ in true }, help: String
  ) {
    self.name = name
    self.words = kind.words
    self.help = help
    self.standard = standard
    self.required = required
    self.example = example
    self.part = part
    self.isQuiet = isQuiet
    reading = {
      (value: YAMLValue, name: String, context: OptionContext, owner: inout Owner) throws(Problem) -> Void in
      owner[keyPath: path] = try kind.read(value, name, context)
    }
    writing = { owner in isRelevant(owner) ? kind.written(owner[keyPath: path]) : nil }
    showing = { owner in isRelevant(owner) ? kind.shown(owner[keyPath: path]) : nil }
    pathing = { (owner: Owner) -> [ExperimentPath] in (owner[keyPath: path] as? any NamesFiles)?.namedFiles ?? [] }
  }

  /// - Throws: `Problem` of kind `.usage` at the value's place.
  public func read(
    _ value: YAMLValue, name: String, _ context: OptionContext, into owner: inout Owner
  ) throws(Problem) {
    try reading(value, name, context, &owner)
  }

  /// As YAML that reads back as the same value; nil where it is said by leaving the option out.
  public func text(_ owner: Owner) -> String? { writing(owner) }

  /// The value for people; nil where `text` is.
  public func shown(_ owner: Owner) -> String? { showing(owner) }

  /// Where its value leads; empty for an option that names no file or folder, or where none is named.
  public func filePaths(_ owner: Owner) -> [ExperimentPath] { pathing(owner) }
}

/// One option with the value that something has, in words.
public struct OptionText: Sendable, Hashable {
  /// As the file has it: "loss-label".
  public let name: String
  /// As YAML that reads back as the same value.
  public let text: String
  /// The value for people: without the quotes and brackets that YAML needs.
  public let shown: String
  /// Of an option that names files or folders.
  public let paths: [ExperimentPath]
  /// Whether it has its default and nobody misses it in a table.
  public let isQuiet: Bool

  public init(name: String, text: String, shown: String, paths: [ExperimentPath], isQuiet: Bool) {
    self.name = name
    self.text = text
    self.shown = shown
    self.paths = paths
    self.isQuiet = isQuiet
  }
}

/// One option in words.
public struct OptionRow: Sendable, Hashable {
  /// As the file has it: "loss-label".
  public let name: String
  /// What may be written, in words.
  public let words: String
  /// As it would be written, or what holds in words.
  public let standard: String
  /// One line that says what it does.
  public let help: String
  /// How it must or could be written: "root: ../faces".
  public let example: String?
  /// Whether a file without it is refused.
  public let isRequired: Bool
  /// Whether there is a value that holds where it is left out, which could be written.
  public let hasDefault: Bool

  public init(
    name: String, words: String, standard: String, help: String, example: String?, isRequired: Bool,
    hasDefault: Bool = true
  ) {
    self.hasDefault = hasDefault
    self.name = name
    self.words = words
    self.standard = standard
    self.help = help
    self.example = example
    self.isRequired = isRequired
  }
}

extension Array {
  /// Reads those options that stand in a mapping; the others stay as they are.
  /// - Throws: `Problem` of kind `.usage` for one that must be there and is not, or at the first value that is not what it
  ///   may be.
  public func read<Owner>(
    _ keys: MappingReader, _ context: OptionContext, into owner: inout Owner
  ) throws(Problem) where Element == DeclaredOption<Owner> {
    for option in self {
      if let example = option.required { _ = try keys.required(option.name, example: example) }
      guard let value = keys.optional(option.name) else { continue }
      try option.read(value, name: keys.name(option.name), context, into: &owner)
    }
  }

  /// Every option with its value; those left out that are said by leaving them out.
  /// - Parameter standard: with every option's default.
  public func texts<Owner>(of owner: Owner, standard: Owner) -> [OptionText] where Element == DeclaredOption<Owner> {
    compactMap { option in
      option.text(owner).map {
        OptionText(
          name: option.name, text: $0, shown: option.shown(owner) ?? $0, paths: option.filePaths(owner),
          isQuiet: option.isQuiet && $0 == option.text(standard))
      }
    }
  }

  /// - Parameter standard: with every option's default.
  public func rows<Owner>(standard: Owner) -> [OptionRow] where Element == DeclaredOption<Owner> {
    map { option in
      OptionRow(
        name: option.name, words: option.words, standard: option.standard ?? option.text(standard) ?? "none",
        help: option.help, example: option.required ?? option.example, isRequired: option.required != nil,
        hasDefault: option.text(standard) != nil)
    }
  }

  /// What keys of stored results are made of: those options that have a part in them.
  /// - Parameter standard: with every option's default.
  public func ingredients<Owner>(
    of owner: Owner, standard: Owner
  ) -> [(name: String, value: String)] where Element == DeclaredOption<Owner> {
    compactMap { option in
      guard let text = option.text(owner) else { return nil }
      switch option.part {
      case .always: return (option.name, text)
      case .unlessDefault: return text == option.text(standard) ? nil : (option.name, text)
      case .none: return nil
      }
    }
  }
}
