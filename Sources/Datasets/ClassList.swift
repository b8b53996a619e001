import Foundation
import Support

/// The value of `classes`: where the names and indices of the classes come from.
public enum ClassList: Sendable, Hashable {
  /// A text, JSON or YAML; see `ClassNames`.
  case file(ExperimentPath)
  /// One that the program has.
  case known(KnownClasses)
  /// Names in the order of the indices.
  case names([String])
  /// From the words of the file, folders' names or indices, to names.
  case named([String: String])
  /// From folders' names to indices.
  case numbered([String: Int])

  /// What it says.
  /// - Throws: `Problem` for a file that cannot be read or says nothing of classes.
  public func read() throws(Problem) -> ClassNames {
    switch self {
    case .file(let path): return try ClassNames(contentsOf: path.url(isFolder: false))
    case .known(let list): return ClassNames(.keyed(try list.entries()), place: Place(file: list.rawValue))
    case .names(let names): return ClassNames(.list(names), place: nil)
    case .numbered(let indices): return ClassNames(try ClassNames.keyed(indices, nil), place: nil)
    case .named(let names): return ClassNames(ClassNames.byIndexOrKey(names), place: nil)
    }
  }

  /// Reads what the experiment file has.
  /// - Throws: `Problem` of kind `.usage` at the value's place.
  init(_ value: YAMLValue, _ name: String, _ context: OptionContext) throws(Problem) {
    if case .scalar(let text, isPlain: _) = value.content {
      if let known = KnownClasses(rawValue: text) {
        self = .known(known)
      } else {
        self = .file(try ExperimentPath(value, name, context))
      }
      return
    }
    switch try ClassNames.content(of: context.filled(value), name: name) {
    case .list(let names): self = .names(names)
    case .byIndex(let names):
      self = .named(Dictionary(names.map { (String($0.key), $0.value) }, uniquingKeysWith: { first, _ in first }))
    case .byKey(let names): self = .named(names)
    case .keyed(let entries):
      var indices: [String: Int] = [:]
      for entry in entries { for key in entry.keys { indices[key] = entry.index } }
      self = .numbered(indices)
    }
  }

  /// As YAML that reads back as the same.
  var text: String {
    // Variables are filled in in values, not in keys.
    func mapping(_ pairs: [(key: String, value: String)]) -> String {
      "{\(pairs.sorted { $0.key.precedes($1.key) }.map { "\(scalar($0.key)): \($0.value)" }.joined(separator: ", "))}"
    }
    switch self {
    case .file(let path): return scalar(path.written)
    case .known(let list): return list.rawValue
    case .names(let names): return "[\(names.map(quotedScalar).joined(separator: ", "))]"
    case .named(let names):
      return mapping(names.map { ($0.key, doubleQuotedScalar($0.value.replacing("${", with: "$${"))) })
    case .numbered(let indices): return mapping(indices.map { ($0.key, String($0.value)) })
    }
  }
}

extension ClassList: NamesFiles {
  public var namedFiles: [ExperimentPath] {
    guard case .file(let path) = self else { return [] }
    return [path]
  }
}

extension OptionKind<ClassList> {
  /// A file, a list that the program has, or a mapping.
  static var classes: OptionKind {
    let known = KnownClasses.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
    return OptionKind(
      words: "a path, \(known), or a mapping `{folder: index}`",
      read: { value, name, context throws(Problem) in try ClassList(value, name, context) }, written: { $0.text })
  }
}
