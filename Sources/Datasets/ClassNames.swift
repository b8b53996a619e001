import Foundation
import Support

/// What the data's classes are called, and which indices they have, as an experiment or a file says it.
///
/// A file is a text with one name per line, or JSON (or YAML, where its name ends so): a list of names, a mapping from
/// indices or from folders' names to the names that a report shows, or one from folders' names to indices, such as
/// torchvision's `class_to_idx`.
public struct ClassNames {
  /// A class of a list in which every class has its index.
  struct Entry {
    /// Which of the network's outputs it is, from 0.
    var index: Int
    /// What a report calls it.
    var name: String
    /// What a folder or a label of it may be called.
    var keys: [String]
  }

  /// What is said.
  enum Content {
    /// In the order of the indices.
    case list([String])
    case byIndex([Int: String])
    /// From what folders are called to what reports call them; nothing of indices.
    case byKey([String: String])
    /// Of classes that are known by other words than their names; not all outputs need be among them.
    case keyed([Entry])
  }

  let content: Content
  /// Nil for what stands in the experiment itself.
  let place: Place?

  init(_ content: Content, place: Place?) {
    self.content = content
    self.place = place
  }

  /// - Throws: `Problem` for a file that cannot be read, is no text, or JSON of another kind.
  public init(contentsOf url: URL) throws(Problem) {
    let place = Place(file: url.path)
    self.place = place
    guard let raw = try? Data(contentsOf: url) else {
      throw .usage(
        at: place, "the file of class names cannot be read",
        remedy: "Correct `data.classes`: a file, a mapping `{folder: index}`, or one of "
          + KnownClasses.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") + ".")
    }
    let data = try TextEncoding.text(raw, path: url.path, expected: "a text of class names")
    let text = try TextEncoding.string(data, path: url.path, what: "the name")
    let first = text.first { !$0.isWhitespace }
    if first == "[" || first == "{" {
      content = try Self.json(data, place)
      return
    }
    if ["yaml", "yml"].contains(url.pathExtension.lowercased()) {
      let root = try YAMLDocument.parse(text) { line, _ in Place(file: url.path, line: line) }
      content = try Self.content(of: root, name: url.lastPathComponent)
      return
    }
    var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map {
      $0.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    guard !lines.isEmpty else {
      throw .usage(at: place, "the file of class names is empty", remedy: "Write one name per line.")
    }
    if let empty = lines.firstIndex(where: \.isEmpty) {
      throw .usage(
        at: Place(file: url.path, line: empty + 1), "the line is empty; expected the name of class \(empty)",
        remedy: "Write one name per line, in the order of the class indices.")
    }
    if let bad = lines.firstIndex(where: { $0.contains("\0") }) {
      throw .usage(
        at: Place(file: url.path, line: bad + 1), "the name holds a NUL byte", remedy: "Save the file in UTF-8.")
    }
    content = .list(lines)
  }

  private static func json(_ data: Data, _ place: Place) throws(Problem) -> Content {
    let decoder = JSONDecoder()
    if let list = try? decoder.decode([String].self, from: data), !list.isEmpty { return .list(list) }
    if let indices = try? decoder.decode([String: Int].self, from: data), !indices.isEmpty {
      return try keyed(indices, place)
    }
    // Keras: {"0": ["n01440764", "tench"], ...}
    if let pairs = try? decoder.decode([String: [String]].self, from: data), !pairs.isEmpty,
      pairs.allSatisfy({ Int($0.key) != nil && !$0.value.isEmpty })
    {
      let entries = pairs.map { Entry(index: Int($0.key) ?? 0, name: $0.value.last ?? "", keys: $0.value.uniqued) }
      return .keyed(entries.sorted { $0.index < $1.index })
    }
    guard let names = try? decoder.decode([String: String].self, from: data), !names.isEmpty else {
      throw .usage(
        at: place, "expected a JSON list of names, or an object from class indices or folder names to names",
        remedy:
          "For example `[\"Ada\", \"Grace\"]` or `{\"0\": \"Ada\", \"1\": \"Grace\"}`; or `{\"ada\": 0, \"grace\": 1}`, "
          + "from folder names to indices.")
    }
    return byIndexOrKey(names)
  }

  /// As an experiment file writes it: a list of names, or a mapping.
  /// - Parameter name: the key's whole path.
  /// - Throws: `Problem` of kind `.usage` at what is neither.
  static func content(of value: YAMLValue, name: String) throws(Problem) -> Content {
    switch value.content {
    case .sequence(let items):
      var names: [String] = []
      for item in items { names.append(try item.text(name)) }
      guard !names.isEmpty else {
        throw .usage(at: value.place, "`\(name)` is an empty list", remedy: "List the names of the classes.")
      }
      return .list(names)
    case .mapping(let entries):
      var indices: [String: Int] = [:]
      var names: [String: String] = [:]
      for entry in entries {
        if case .scalar(let text, isPlain: true) = entry.value.content, let number = Int(text) {
          indices[entry.key] = number
        } else {
          names[entry.key] = try entry.value.text("\(name).\(entry.key)")
        }
        guard indices.isEmpty || names.isEmpty else {
          throw .usage(
            at: entry.value.place, "`\(name)` maps some classes to indices and others to names",
            remedy: "Write `folder: index` for each, such as `n01440764: 0`; or `index: name`, or `folder: name`.")
        }
      }
      guard !entries.isEmpty else {
        throw .usage(at: value.place, "`\(name)` is an empty mapping", remedy: "Write `folder: index` for each class.")
      }
      return indices.isEmpty ? byIndexOrKey(names) : try keyed(indices, value.place)
    case .scalar:
      throw .usage(
        at: value.place,
        "`\(name)` is \(value.description); expected a list of names, or a mapping from folders' names",
        remedy: "Write `folder: index` for each class, or one name per line in a text.")
    }
  }

  /// Names by index where all keys are numbers, else by what folders are called.
  static func byIndexOrKey(_ names: [String: String]) -> Content {
    guard names.keys.allSatisfy({ Int($0) != nil }) else { return .byKey(names) }
    return .byIndex(Dictionary(names.map { (Int($0.key) ?? 0, $0.value) }, uniquingKeysWith: { first, _ in first }))
  }

  /// From folders' names to indices; folders of one index are one class.
  static func keyed(_ indices: [String: Int], _ place: Place?) throws(Problem) -> Content {
    let byIndex = Dictionary(grouping: indices, by: \.value)
    if let (key, index) = indices.min(by: { $0.value < $1.value }), index < 0 {
      throw .usage(
        at: place, "the class `\(printable(key))` has the index \(index)",
        remedy: "Indices are counted from 0, one for each output of the network.")
    }
    return .keyed(
      byIndex.sorted { $0.key < $1.key }.map { index, pairs in
        let keys = pairs.map(\.key).sorted { $0.precedes($1) }
        return Entry(index: index, name: keys.joined(separator: ", "), keys: keys)
      })
  }

  /// The index of each name, where the list has indices: what labels written as text refer to.
  var indices: [String: Int]? {
    guard let numbered else { return nil }
    var indices: [String: Int] = [:]
    for entry in numbered {
      for key in entry.keys { indices[key] = min(entry.index, indices[key] ?? entry.index) }
    }
    return indices
  }

  /// By ascending index; nil where there are no indices.
  var numbered: [Entry]? {
    switch content {
    case .list(let names): names.enumerated().map { Entry(index: $0, name: $1, keys: [$1]) }
    case .byIndex(let names):
      names.sorted { $0.key < $1.key }.map { Entry(index: $0.key, name: $0.value, keys: [$0.value]) }
    case .keyed(let entries): entries
    case .byKey: nil
    }
  }

  /// What a report calls the classes.
  /// - Parameter keys: by class index: the folders' names, or what stands in for them.
  /// - Throws: `Problem` when a class has no name.
  public func names(for keys: [String]) throws(Problem) -> [String] {
    if case .keyed(let entries) = content {
      let named = Dictionary(entries.map { ($0.index, $0.name) }, uniquingKeysWith: { first, _ in first })
      return keys.enumerated().map { named[$0] ?? $1 }
    }
    var found: [String] = []
    for (index, key) in keys.enumerated() {
      let name: String? =
        switch content {
        case .list(let names): names.indices.contains(index) ? names[index] : nil
        case .byIndex(let names): names[index]
        case .byKey(let names): names[key]
        case .keyed: nil
        }
      guard let name else {
        throw .usage(
          at: place, "there is no name for class \(index) (\(key)); the data have \(keys.count) classes",
          remedy: "Name every class, in the order of their indices, or leave `data.classes` out.")
      }
      found.append(name)
    }
    // More names than the data have classes are those of a network that knows more of them.
    if case .list(let names) = content, names.count > found.count { found += names[found.count...] }
    return found
  }
}
