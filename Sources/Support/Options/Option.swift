/// One option of the experiment file or of a template's cell, declared once: out of it come the strict reader, the
/// commented skeleton, the canonical text, the ingredients of keys, the report's table of options and the documentation.
///
///     Option("loss-label", \.lossLabel, .choice, part: .always, help: "The attack leads away from this class.")
public struct Option<Owner: Sendable>: Sendable {
  /// What part an option has in the keys of stored results.
  public enum KeyPart: Sendable, Hashable {
    /// In every key.
    case always
    /// Only where it is not the default: keys from before there was the option still hold.
    case unlessDefault
    /// None: no stored value depends on it.
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
  public let part: KeyPart
  private let reading: @Sendable (YAMLValue, String, inout Owner) throws(Problem) -> Void
  private let writing: @Sendable (Owner) -> String?

  /// - Parameters:
  ///   - path: where its value is kept.
  ///   - standard: what holds where it is left out, in words; nil where that is the value of a fresh owner.
  public init<Value>(
    _ name: String, _ path: any WritableKeyPath<Owner, Value> & Sendable, _ kind: OptionKind<Value>,
    standard: String? = nil, part: KeyPart = .none, help: String
  ) {
    self.name = name
    self.words = kind.words
    self.help = help
    self.standard = standard
    self.part = part
    reading = { value, name, owner throws(Problem) in owner[keyPath: path] = try kind.read(value, name) }
    writing = { owner in kind.written(owner[keyPath: path]) }
  }

  /// - Throws: `Problem` of kind `.usage` at the value's place.
  public func read(_ value: YAMLValue, name: String, into owner: inout Owner) throws(Problem) {
    try reading(value, name, &owner)
  }

  /// As YAML that reads back as the same value; nil where it is said by leaving the option out.
  public func text(_ owner: Owner) -> String? { writing(owner) }
}

/// Something whose options are declared: an attack, an explanation, a measure, a cell.
public protocol Configurable: Sendable, Hashable {
  /// With every option's default.
  init()
  /// In the order in which they are written.
  static var options: [Option<Self>] { get }
}

extension Configurable {
  /// Reads the options that stand in a mapping; the others keep their defaults.
  /// - Throws: `Problem` of kind `.usage` at the first value that is not what it may be.
  public init(reading keys: MappingReader) throws(Problem) {
    self.init()
    try Self.options.read(keys, into: &self)
  }

  /// Every option with its value, as YAML; those left out that are said by leaving them out.
  public var optionTexts: [(name: String, text: String)] { Self.options.texts(of: self) }

  /// What keys of stored results are made of: those options that have a part in them.
  public var optionIngredients: [(name: String, value: String)] {
    let standard = Self()
    return Self.options.compactMap { option in
      guard let text = option.text(self) else { return nil }
      switch option.part {
      case .always: return (option.name, text)
      case .unlessDefault: return text == option.text(standard) ? nil : (option.name, text)
      case .none: return nil
      }
    }
  }

  /// Names, values in words, defaults and help of the options, for documentation and skeletons.
  public static var optionRows: [OptionRow] { options.rows(standard: Self()) }
}

/// One option in words.
public struct OptionRow: Sendable, Hashable {
  public let name: String
  public let words: String
  /// As it would be written, or what holds in words.
  public let standard: String
  public let help: String

  public init(name: String, words: String, standard: String, help: String) {
    self.name = name
    self.words = words
    self.standard = standard
    self.help = help
  }
}

extension Array {
  /// Reads those options that stand in a mapping.
  public func read<Owner>(_ keys: MappingReader, into owner: inout Owner) throws(Problem) where Element == Option<Owner> {
    for option in self {
      guard let value = keys.optional(option.name) else { continue }
      try option.read(value, name: keys.name(option.name), into: &owner)
    }
  }

  /// Every option with its value, as YAML; those left out that are said by leaving them out.
  public func texts<Owner>(of owner: Owner) -> [(name: String, text: String)] where Element == Option<Owner> {
    compactMap { option in option.text(owner).map { (option.name, $0) } }
  }

  /// - Parameter standard: with every option's default.
  public func rows<Owner>(standard: Owner) -> [OptionRow] where Element == Option<Owner> {
    map { option in
      OptionRow(
        name: option.name, words: option.words, standard: option.standard ?? option.text(standard) ?? "none",
        help: option.help)
    }
  }
}
