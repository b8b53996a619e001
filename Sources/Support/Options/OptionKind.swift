/// What may be written as the value of an option, how it is read, and how it is written again.
public struct OptionKind<Value: Sendable & Hashable>: Sendable {
  /// What may be written, in words: "a whole number from 1 to 100"; choices in backticks.
  public let words: String
  /// - Throws: `Problem` of kind `.usage` at the value's place; the name is the key's whole path, "attack.loss-label".
  let read: @Sendable (YAMLValue, String) throws(Problem) -> Value
  /// As YAML that reads back as the same value; nil where a value is said by leaving the option out.
  let written: @Sendable (Value) -> String?

  public init(
    words: String, read: @escaping @Sendable (YAMLValue, String) throws(Problem) -> Value,
    written: @escaping @Sendable (Value) -> String?
  ) {
    self.words = words
    self.read = read
    self.written = written
  }
}

extension OptionKind where Value: RawRepresentable<String> & CaseIterable {
  /// One of the raw values.
  public static var choice: OptionKind {
    OptionKind(
      words: Value.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "),
      read: { value, name throws(Problem) in try value.choice(name, of: Value.self) }, written: { $0.rawValue })
  }
}

extension OptionKind<Int> {
  public static func wholeNumber(in range: ClosedRange<Int>) -> OptionKind {
    OptionKind(
      words: range.upperBound == .max
        ? "a whole number of at least \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)",
      read: { value, name throws(Problem) in try value.integer(name, in: range) }, written: { String($0) })
  }
}

extension OptionKind<Double> {
  /// - Parameter interval: as messages and documentation write it, "(0, 4]"; a square bracket includes its end.
  public static func number(in interval: NumberInterval) -> OptionKind {
    OptionKind(
      words: "a number in \(interval.words)",
      read: { value, name throws(Problem) in
        try value.number(name, in: interval.words) { interval.contains($0) }
      }, written: { numberText($0) })
  }
}

extension OptionKind<Bool> {
  public static var answer: OptionKind {
    OptionKind(
      words: "`true` or `false`", read: { value, name throws(Problem) in try value.answer(name) },
      written: { $0 ? "true" : "false" })
  }
}

extension OptionKind<String> {
  public static var text: OptionKind {
    OptionKind(
      words: "text", read: { value, name throws(Problem) in try value.text(name) }, written: { quotedScalar($0) })
  }
}

extension OptionKind {
  /// The same, or nothing, which is said by leaving the option out.
  public func optional() -> OptionKind<Value?> {
    let read = self.read
    let written = self.written
    return OptionKind<Value?>(
      words: words, read: { value, name throws(Problem) in try read(value, name) }, written: { $0.flatMap(written) })
  }

  /// A list, or a single one that stands for a list of one; none twice.
  public func list() -> OptionKind<[Value]> {
    let (read, written) = (self.read, self.written)
    return OptionKind<[Value]>(
      words: "a list of: \(words)",
      read: { value, name throws(Problem) in
        var values: [Value] = []
        for item in try value.listOrOne(name) {
          let read = try read(item, name)
          guard !values.contains(read) else {
            throw .usage(at: item.place, "`\(name)` lists `\(written(read) ?? "")` twice")
          }
          values.append(read)
        }
        return values
      }, written: { "[\($0.compactMap(written).joined(separator: ", "))]" })
  }
}

/// An interval of numbers, each end in it or not.
public struct NumberInterval: Sendable, Hashable {
  public let lower: Double
  public let upper: Double
  public let includesLower: Bool
  public let includesUpper: Bool

  /// "[lower, upper]"
  public static func closed(_ lower: Double, _ upper: Double) -> NumberInterval {
    NumberInterval(lower: lower, upper: upper, includesLower: true, includesUpper: true)
  }

  /// "(lower, upper]"
  public static func above(_ lower: Double, upTo upper: Double) -> NumberInterval {
    NumberInterval(lower: lower, upper: upper, includesLower: false, includesUpper: true)
  }

  public func contains(_ value: Double) -> Bool {
    (includesLower ? value >= lower : value > lower) && (includesUpper ? value <= upper : value < upper)
  }

  /// "(0, 4]"
  public var words: String {
    (includesLower ? "[" : "(") + "\(numberText(lower)), \(numberText(upper))" + (includesUpper ? "]" : ")")
  }
}
