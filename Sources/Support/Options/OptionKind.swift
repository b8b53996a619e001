/// What may be written as the value of an option, how it is read, and how it is written again.
public struct OptionKind<Value: Sendable & Hashable>: Sendable {
  /// What may be written, in words: "a whole number from 1 to 100"; choices in backticks.
  public let words: String
  /// - Throws: `Problem` of kind `.usage` at the value's place; the name is the key's whole path, "attack.loss-label".
  public let read: @Sendable (YAMLValue, String, OptionContext) throws(Problem) -> Value
  /// As YAML that reads back as the same value; nil where a value is said by leaving the option out.
  public let written: @Sendable (Value) -> String?
  /// The same for people: without the quotes and brackets that YAML needs.
  public let shown: @Sendable (Value) -> String?

  /// - Parameters:
  ///   - words: what may be written, as messages and documentation say it.
  ///   - read: takes the key's whole path, "attack.loss-label"; throws a `Problem` of kind `.usage` at the value's
  ///     place.
  ///   - written: as YAML that `read` gives the same value for; nil where a value is said by leaving the option out.
  ///   - shown: the same for people; nil where that is what is written.
  public init(
    words: String, read: @escaping @Sendable (YAMLValue, String, OptionContext) throws(Problem) -> Value,
    written: @escaping @Sendable (Value) -> String?, shown: (@Sendable (Value) -> String?)? = nil
  ) {
    self.words = words
    self.read = read
    self.written = written
    self.shown = shown ?? written
  }
}

/// What values of options are read with: the folder that paths are relative to, and variables.
public struct OptionContext: Sendable {
  /// "" for the current one.
  public let folder: String
  /// What `${NAME}` stands for; `HOME` also for the `~/` of a path.
  public let environment: [String: String]
  private let fillsIn: Bool
  /// Whether paths stay as they were written, their variables too: nobody opens them.
  let keepsPaths: Bool

  /// - Parameter folder: that paths are relative to.
  public init(folder: String, environment: [String: String]) {
    self.init(folder: folder, environment: environment, fillsIn: true, keepsPaths: false)
  }

  private init(folder: String, environment: [String: String], fillsIn: Bool, keepsPaths: Bool) {
    self.folder = folder
    self.environment = environment
    self.fillsIn = fillsIn
    self.keepsPaths = keepsPaths
  }

  /// Of values that were read before: paths and variables stay as they were written.
  public static let none = OptionContext(folder: "", environment: [:], fillsIn: true, keepsPaths: true)

  /// Of files in which `${NAME}` is text as any other.
  public static let literal = OptionContext(folder: "", environment: [:], fillsIn: false, keepsPaths: false)

  /// - Throws: `Problem` for `${NAME}` of a variable that is not set.
  public func filled(_ value: YAMLValue) throws(Problem) -> YAMLValue {
    fillsIn ? try value.substituting(environment) : value
  }
}

extension OptionKind where Value: RawRepresentable<String> & CaseIterable {
  /// One of the raw values.
  public static var choice: OptionKind {
    OptionKind(
      words: Value.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "),
      read: { value, name, context throws(Problem) in try context.filled(value).choice(name, of: Value.self) },
      written: { $0.rawValue })
  }
}

extension OptionKind<Int> {
  /// A whole number in digits.
  /// - Parameter range: of one that ends at `Int.max`, words and messages name the beginning alone.
  public static func wholeNumber(in range: ClosedRange<Int>) -> OptionKind {
    OptionKind(
      words: range.upperBound == .max
        ? "a whole number of at least \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)",
      read: { value, name, context throws(Problem) in try context.filled(value).integer(name, in: range) },
      written: { String($0) })
  }
}

extension OptionKind<Double> {
  /// - Parameter interval: as messages and documentation write it, "(0, 4]"; a square bracket includes its end.
  public static func number(in interval: NumberInterval) -> OptionKind {
    OptionKind(
      words: "a number in \(interval.words)",
      read: { value, name, context throws(Problem) in
        try context.filled(value).number(name, in: interval.words) { interval.contains($0) }
      }, written: { numberText($0) })
  }
}

extension OptionKind<Bool> {
  /// Yes or no: read as `true`, `yes`, `on`, `y` and their opposites in any case, written as `true` or `false`.
  public static var answer: OptionKind {
    OptionKind(
      words: "`true` or `false`",
      read: { value, name, context throws(Problem) in try context.filled(value).answer(name) },
      written: { $0 ? "true" : "false" })
  }
}

extension OptionKind<String> {
  /// Any text but an empty one; `${NAME}` in it is filled in.
  public static var text: OptionKind {
    OptionKind(
      words: "text", read: { value, name, context throws(Problem) in try context.filled(value).text(name) },
      written: { quotedScalar($0) }, shown: { $0 })
  }
}

extension OptionKind {
  /// The same, or nothing, which is said by leaving the option out.
  public func optional() -> OptionKind<Value?> {
    let read = self.read
    let written = self.written
    let shown = self.shown
    return OptionKind<Value?>(
      words: words, read: { value, name, context throws(Problem) in try read(value, name, context) },
      written: { $0.flatMap(written) },
      shown: { $0.flatMap(shown) })
  }

  /// A list, or a single one that stands for a list of one.
  /// - Parameter repeating: whether a value may stand in it twice.
  public func list(repeating: Bool = false) -> OptionKind<[Value]> {
    let (read, written, shown) = (self.read, self.written, self.shown)
    return OptionKind<[Value]>(
      words: "a list of: \(words)",
      read: { value, name, context throws(Problem) in
        var values: [Value] = []
        for item in try value.listOrOne(name) {
          let read = try read(item, name, context)
          guard repeating || !values.contains(read) else {
            throw .usage(at: item.place, "`\(name)` lists `\(shown(read) ?? "")` twice")
          }
          values.append(read)
        }
        return values
      }, written: { "[\($0.compactMap(written).joined(separator: ", "))]" },
      shown: { $0.compactMap(shown).joined(separator: ", ") })
  }
}

/// An interval of numbers, each end in it or not.
public struct NumberInterval: Sendable, Hashable {
  /// The end below.
  public let lower: Double
  /// The end above.
  public let upper: Double
  /// Whether `lower` itself is allowed.
  public let includesLower: Bool
  /// Whether `upper` itself is allowed.
  public let includesUpper: Bool

  /// "[lower, upper]"
  public static func closed(_ lower: Double, _ upper: Double) -> NumberInterval {
    NumberInterval(lower: lower, upper: upper, includesLower: true, includesUpper: true)
  }

  /// "(lower, upper]"
  public static func above(_ lower: Double, upTo upper: Double) -> NumberInterval {
    NumberInterval(lower: lower, upper: upper, includesLower: false, includesUpper: true)
  }

  /// False for NaN.
  public func contains(_ value: Double) -> Bool {
    (includesLower ? value >= lower : value > lower) && (includesUpper ? value <= upper : value < upper)
  }

  /// "(0, 4]"
  public var words: String {
    (includesLower ? "[" : "(") + "\(numberText(lower)), \(numberText(upper))" + (includesUpper ? "]" : ")")
  }
}
