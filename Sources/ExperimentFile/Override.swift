import Support

/// A value given on the command line in place of the file's: `--set models[0].width=0.25`.
public struct Override: Sendable, Hashable {
  /// `models[0].width`
  public let key: String
  /// YAML, as it would stand in the file: `[0.01, 0.02]`.
  public let value: String
  let steps: [Step]

  enum Step: Sendable, Hashable {
    case key(String)
    case index(Int)
  }

  /// - Parameter argument: `KEY=VALUE`.
  /// - Throws: `Problem` when there is no key, no `=`, or the key is malformed.
  public init(_ argument: String) throws(Problem) {
    let example = "Write it as KEY=VALUE, for example `--set attack.epsilons=[0.01,0.02]` or `--set models[0].width=1`."
    guard let equals = argument.firstIndex(of: "=") else {
      throw .usage("`--set \(argument)` has no `=`", remedy: example)
    }
    key = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
    guard let steps = Override.steps(of: key) else {
      throw .usage("`--set \(argument)` has no valid key before the `=`", remedy: example)
    }
    self.steps = steps
  }

  private static func steps(of key: String) -> [Step]? {
    var steps: [Step] = []
    for part in key.split(separator: ".", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      guard let name = pieces.first, !name.isEmpty, !name.contains("]") else { return nil }
      steps.append(.key(String(name)))
      for piece in pieces.dropFirst() {
        guard piece.last == "]", let index = Int(piece.dropLast()), index >= 0 else { return nil }
        steps.append(.index(index))
      }
    }
    return steps
  }

  var place: Place { Place(file: "--set \(key)") }

  /// The file's values with this one put in; mappings on the way are made where the file has none.
  func applied(to root: YAMLValue) throws(Problem) -> YAMLValue {
    let place = place
    let new =
      value.isEmpty
      ? YAMLValue(content: .scalar("", isPlain: true), place: place)
      : try YAMLDocument.parse(value) { _, _ in place }
    return try replace(steps[...], in: root, by: new)
  }

  private func replace(
    _ steps: ArraySlice<Step>, in value: YAMLValue?, by new: YAMLValue
  ) throws(Problem) -> YAMLValue {
    guard let step = steps.first else { return new }
    let rest = steps.dropFirst()
    switch step {
    case .key(let name):
      var entries: [YAMLValue.Entry] = []
      if let value {
        guard case .mapping(let existing) = value.content else {
          throw .usage(at: place, "`\(name)` cannot be set: above it the file has \(value.description)")
        }
        entries = existing
      }
      let index = entries.firstIndex { $0.key == name }
      let item = try replace(rest, in: index.map { entries[$0].value }, by: new)
      if let index {
        entries[index].value = item
      } else {
        entries.append(YAMLValue.Entry(key: name, keyPlace: place, value: item))
      }
      return YAMLValue(content: .mapping(entries), place: value?.place ?? place)
    case .index(let index):
      guard let value, case .sequence(var items) = value.content else {
        throw .usage(at: place, "`[\(index)]` needs a list, found \(value?.description ?? "nothing")")
      }
      guard items.indices.contains(index) else {
        let range = items.count == 1 ? "only [0]" : "[0] to [\(items.count - 1)]"
        throw .usage(at: place, "there is no item [\(index)]: the file's list has \(range)")
      }
      items[index] = try replace(rest, in: items[index], by: new)
      return YAMLValue(content: .sequence(items), place: value.place)
    }
  }
}
