import Support

/// All combinations of some values of some keys, each to be run: `--sweep explain.targets=predicted,label`.
public struct Sweep: Sendable, Hashable {
  /// One of the combinations.
  public struct Setting: Sendable, Hashable {
    /// What tells it from the others: "targets predicted, window uniform".
    public var name: String
    /// Put in behind those of `--set`.
    public var overrides: [Override]
  }

  /// The first key's values change slowest.
  public let settings: [Setting]

  /// More are a mistake, or a matter for several runs.
  static let most = 256

  /// A key with its values.
  private struct Axis {
    var key: String
    var overrides: [Override]
  }

  private static let example =
    "Write it as KEY=VALUE,VALUE, for example `--sweep explain.targets=predicted,label`; a value that "
    + "holds commas stands in brackets: `--sweep attack.epsilons=[0.01],[0.02,0.04]`."

  /// - Parameter arguments: `KEY=VALUE,VALUE...` each; lists as values stand in brackets.
  /// - Throws: `Problem` of kind `.usage` for a key that stands twice or changes nothing that is measured, or one without two different
  ///   values.
  public init(_ arguments: [String]) throws(Problem) {
    var axes: [Axis] = []
    for argument in arguments {
      let axis = try Self.axis(argument)
      guard !axes.contains(where: { $0.key == axis.key }) else {
        throw .usage("`--sweep` names `\(axis.key)` twice", remedy: "Give it all values at once, separated by commas.")
      }
      axes.append(axis)
    }
    let count = axes.reduce(1) { $0 * $1.overrides.count }
    guard count <= Self.most else {
      throw .usage(
        "`--sweep` makes \(count) combinations, more than \(Self.most)", remedy: "Name fewer values, or run them apart."
      )
    }
    let names = Self.names(axes)
    var settings: [(names: [String], overrides: [Override])] = [([], [])]
    for (axis, own) in zip(axes, names) {
      settings = settings.flatMap { setting in
        zip(axis.overrides, own).map { (setting.names + [$1], setting.overrides + [$0]) }
      }
    }
    self.settings = settings.map { Setting(name: $0.names.joined(separator: ", "), overrides: $0.overrides) }
  }

  private static func axis(_ argument: String) throws(Problem) -> Axis {
    guard let equals = argument.firstIndex(of: "=") else {
      throw .usage("`--sweep \(argument)` has no `=`", remedy: example)
    }
    let key = String(argument[..<equals])
    let values = split(String(argument[argument.index(after: equals)...]))
    guard values.count > 1 else {
      throw .usage(
        "`--sweep \(argument)` names one value, and a sweep needs two",
        remedy: "\(example) One value alone is put in by `--set`.")
    }
    guard !values.contains("") else {
      throw .usage("`--sweep \(argument)` has a comma with no value beside it", remedy: example)
    }
    if let twice = values.indices.first(where: { values[..<$0].contains(values[$0]) }) {
      throw .usage("`--sweep \(argument)` names `\(values[twice])` twice", remedy: "Name each value once.")
    }
    guard Override.changesResults(argument), key != "resamples" else {
      throw .usage(
        "`--sweep \(argument)`: `\(key)` changes nothing that is measured",
        remedy: "One run is enough: `heatdrift render` makes its report in another way.")
    }
    var overrides: [Override] = []
    for value in values {
      do throws(Problem) {
        overrides.append(try Override("\(key)=\(value)"))
      } catch {
        throw .usage("`--sweep \(argument)` has no valid key before the `=`", remedy: example)
      }
    }
    return Axis(key: key, overrides: overrides)
  }

  /// At commas that stand in no brackets, braces or quotes.
  package static func split(_ text: String) -> [String] {
    var parts = [""]
    var depth = 0
    var quote: Character?
    for character in text {
      if let open = quote {
        if character == open { quote = nil }
      } else {
        switch character {
        case "\"", "'": quote = character
        case "[", "{": depth += 1
        case "]", "}": depth -= 1
        case "," where depth <= 0:
          parts.append("")
          continue
        default: break
        }
      }
      parts[parts.count - 1].append(character)
    }
    return parts.map { NumberText.trimmed($0) }
  }

  /// Of each axis its values' names: the last part of the key and the value, as long as they tell them apart.
  private static func names(_ axes: [Axis]) -> [[String]] {
    func last(_ key: String) -> String { key.split(separator: ".").last.map(String.init) ?? key }
    return axes.map { axis in
      let isUnique = axes.count { last($0.key) == last(axis.key) } == 1
      let key = isUnique ? last(axis.key) : axis.key
      let short = axis.overrides.map { $0.isPath ? PathName.last(of: $0.value) : $0.value }
      let values =
        Set(short).count == short.count ? short : axis.overrides.enumerated().map { "\($1.value) (\($0 + 1))" }
      return values.map { "\(key) \($0)" }
    }
  }
}

extension ExperimentFile {
  /// Whether `--set` says by which template the report is made.
  public var overridesTemplate: Bool { overrides.contains { $0.key == "report.template" || $0.key == "report" } }
}
