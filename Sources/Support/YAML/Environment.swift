extension YAMLValue {
  /// Replaces `${NAME}` by environment variables in every scalar; `$${` stands for a literal `${`.
  /// - Throws: `Problem` for a variable that is not set, or braces that are not closed.
  public func substituting(_ environment: [String: String]) throws(Problem) -> YAMLValue {
    var result = self
    switch content {
    case .scalar(let text, let isPlain):
      guard text.contains("${") else { return self }
      result.content = .scalar(try YAMLValue.substitute(environment, in: text, at: place), isPlain: isPlain)
    case .sequence(let items):
      var substituted: [YAMLValue] = []
      for item in items { substituted.append(try item.substituting(environment)) }
      result.content = .sequence(substituted)
    case .mapping(let entries):
      var substituted: [Entry] = []
      for var entry in entries {
        entry.value = try entry.value.substituting(environment)
        substituted.append(entry)
      }
      result.content = .mapping(substituted)
    }
    return result
  }

  private static func substitute(
    _ environment: [String: String], in text: String, at place: Place
  ) throws(Problem) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      let before = rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      if before.last == "$" {
        result += before.dropLast() + "${"
        continue
      }
      result += before
      guard let end = rest.firstIndex(of: "}") else {
        throw .usage(
          at: place, "`${` without a closing `}` in `\(text)`", remedy: "Write `$${` for the characters themselves.")
      }
      let name = String(rest[..<end])
      guard let value = environment[name] else {
        throw .usage(
          at: place, "the environment variable `\(name)` is not set",
          remedy: "Set it before the call (`export \(name)=...`), or write its value into the file.")
      }
      result += value
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
