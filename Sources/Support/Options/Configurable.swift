/// Something whose options are declared: an attack, an explanation, a measure, a data source, a cell.
public protocol Configurable: Sendable, Hashable {
  /// With every option's default.
  init()
  /// In the order in which they are written.
  static var options: [DeclaredOption<Self>] { get }
  /// Looks at options that depend on each other, after all were read.
  /// - Throws: `Problem` of kind `.usage` at the option that does not go with the others.
  func check(_ keys: MappingReader) throws(Problem)
}

extension Configurable {
  public func check(_ keys: MappingReader) throws(Problem) {}

  /// Reads the options that stand in a mapping; the others keep their defaults.
  /// - Throws: `Problem` of kind `.usage` at the first value that is not what it may be.
  public init(reading keys: MappingReader, _ context: OptionContext) throws(Problem) {
    self.init()
    try Self.options.read(keys, context, into: &self)
    try check(keys)
  }

  /// From options as they were written before, by name.
  /// - Throws: `Problem` for an option that there is not, or a value that it cannot have.
  public init(options written: [String: String]) throws(Problem) {
    self.init()
    for (name, text) in written.sorted(by: { $0.key < $1.key }) {
      guard let option = Self.options.first(where: { $0.name == name }) else {
        throw .failure("there is no option `\(printable(name))`")
      }
      let value = try YAMLDocument.parse(text) { _, _ in Place() }
      try option.read(value, name: name, .none, into: &self)
    }
  }

  /// Every option with its value.
  public var optionTexts: [OptionText] { Self.options.texts(of: self, standard: Self()) }

  /// Options by name, as `init(options:)` reads them.
  public var writtenOptions: [String: String] {
    Dictionary(optionTexts.map { ($0.name, $0.text) }, uniquingKeysWith: { first, _ in first })
  }

  /// What keys of stored results are made of: those options that have a part in them.
  public var optionIngredients: [(name: String, value: String)] { Self.options.ingredients(of: self, standard: Self()) }

  /// Names, values in words, defaults and help of the options, for documentation and skeletons.
  public static var optionRows: [OptionRow] { options.rows(standard: Self()) }

  /// As files write them, in the order of `options`: "loss-label".
  public static var optionNames: [String] { options.map(\.name) }
}
