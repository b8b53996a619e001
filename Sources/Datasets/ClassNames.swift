import Foundation
import Support

/// Names of classes from a file: a text with one name per line, a JSON list, or a JSON object from an index or from a
/// folder's name to the name that a report shows.
public struct ClassNames {
  private enum Content {
    case list([String])
    case byIndex([Int: String])
    case byKey([String: String])
  }

  private let content: Content
  private let place: Place

  /// - Throws: `Problem` for a file that cannot be read, is no text, or JSON of another kind.
  public init(contentsOf url: URL) throws(Problem) {
    place = Place(file: url.path)
    guard let raw = try? Data(contentsOf: url) else {
      throw .usage(at: place, "the file of class names cannot be read", remedy: "Correct `data.classes`.")
    }
    let data = try TextEncoding.text(raw, path: url.path, expected: "a text of class names")
    let text = try TextEncoding.string(data, path: url.path, what: "the name")
    let first = text.first { !$0.isWhitespace }
    if first == "[" || first == "{" {
      content = try Self.json(data, place)
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
    if let list = try? decoder.decode([String].self, from: data) { return .list(list) }
    guard let names = try? decoder.decode([String: String].self, from: data), !names.isEmpty else {
      throw .usage(
        at: place, "expected a JSON list of names, or an object from class indices or folder names to names",
        remedy: "For example `[\"Ada\", \"Grace\"]` or `{\"0\": \"Ada\", \"1\": \"Grace\"}`.")
    }
    let indices = names.keys.compactMap { Int($0) }
    guard indices.count == names.count else { return .byKey(names) }
    return .byIndex(Dictionary(names.map { (Int($0.key) ?? 0, $0.value) }, uniquingKeysWith: { first, _ in first }))
  }

  /// The index of each name, where the file is a list or has indices: what labels written as text refer to.
  var indices: [String: Int]? {
    numbered.map { Dictionary($0.map { ($1, $0) }, uniquingKeysWith: { first, second in min(first, second) }) }
  }

  /// Index and name, ascending; nil where the file has no indices.
  private var numbered: [(index: Int, name: String)]? {
    switch content {
    case .list(let names): names.enumerated().map { ($0, $1) }
    case .byIndex(let names): names.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    case .byKey: nil
    }
  }

  /// What a report calls the classes.
  /// - Parameter keys: by class index: the folders' names, or what stands in for them.
  /// - Throws: `Problem` when a class has no name.
  public func names(for keys: [String]) throws(Problem) -> [String] {
    var found: [String] = []
    for (index, key) in keys.enumerated() {
      let name: String? =
        switch content {
        case .list(let names): names.indices.contains(index) ? names[index] : nil
        case .byIndex(let names): names[index]
        case .byKey(let names): names[key]
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

/// Which label each class folder has.
struct ClassNumbering {
  /// Of the folders, in their order.
  var labels: [Int]
  /// What the report calls the classes, by label.
  var names: [String]
  /// Whether a file of class names numbers the folders.
  var isByName = false
  var warnings: [Warning] = []
  var notes: [String] = []

  /// In the order in which the folders are given.
  init(folders: [String], names: [String]? = nil) {
    labels = Array(folders.indices)
    self.names = names ?? folders
  }
}

extension ClassNames {
  /// What the file says of class folders. Where all folders are among its names, it numbers them by name. Where none is,
  /// its names are what the report shows for the folders in their order, and there must be as many. An object from
  /// folders' names to others only says how the report calls them.
  /// - Parameter folders: in the order of their bytes.
  /// - Throws: `Problem` of kind `.usage` when only some folders are among the names, or the counts differ.
  func numbering(of folders: [String]) throws(Problem) -> ClassNumbering {
    guard let numbered else {
      var numbering = ClassNumbering(folders: folders, names: try names(for: folders))
      if case .byKey(let names) = content {
        let unused = names.keys.filter { !folders.contains($0) }.sorted { $0.precedes($1) }
        if !unused.isEmpty {
          numbering.notes.append("The file of class names also names what has no folder: \(ClassNames.list(unused)).")
        }
      }
      return numbering
    }
    // Folders may be called by numbers, which are then the keys of an object, in whatever order folders are sorted.
    if case .byIndex(let names) = content {
      let own = folders.compactMap { Int($0).flatMap { names[$0] } }
      if own.count == folders.count { return ClassNumbering(folders: folders, names: own) }
    }
    let known = Dictionary(grouping: numbered, by: \.name)
    let unknown = folders.filter { known[$0] == nil }
    if unknown.count == folders.count {
      // JSON objects may leave indices out; a list has as many names as lines.
      guard numbered.count == folders.count else {
        throw .usage(
          at: place,
          "there are \(numbered.count) names for \(folders.count) class folders, and none of them is a folder's name",
          remedy:
            "Give a name for each folder, in the order of the folders' names; or name the folders themselves, and "
            + "they are numbered by name.")
      }
      let shown = try names(for: folders)
      try checkOrder(folders, shown)
      return ClassNumbering(folders: folders, names: shown)
    }
    guard unknown.isEmpty else {
      let first = unknown[0]
      throw .usage(
        at: place,
        "the class folder `\(first)` is not among the names"
          + (unknown.count > 1 ? "; nor are \(unknown.count - 1) other folders of \(folders.count)" : ""),
        remedy: suggestion(for: first, among: numbered.map(\.name)))
    }
    if let twice = folders.first(where: { (known[$0]?.count ?? 0) > 1 }), let own = known[twice] {
      throw .usage(
        at: place,
        "the name `\(twice)` stands for the classes \(own[0].index) and \(own[1].index), and is a class folder's",
        remedy: "Give each class a name of its own.")
    }
    let count = (numbered.last?.index ?? -1) + 1
    guard numbered[0].index >= 0, count <= 1_000_000 else {
      throw .usage(
        at: place, "the class indices run from \(numbered[0].index) to \(count - 1)",
        remedy: "Indices are counted from 0, one for each output of the network.")
    }
    var names = (0..<count).map { String($0) }
    for (index, name) in numbered { names[index] = name }
    var numbering = ClassNumbering(folders: folders, names: names)
    numbering.labels = folders.map { known[$0]?.first?.index ?? 0 }
    numbering.isByName = true
    let present = Set(folders)
    let missing = numbered.map(\.name).filter { !present.contains($0) }
    if !missing.isEmpty {
      numbering.notes.append(
        (missing.count == 1 ? "1 class has" : "\(missing.count) of \(numbered.count) classes have")
          + " a name but no folder: \(ClassNames.list(missing)). The labels of the others are those of their names.")
    }
    return numbering
  }

  /// Names that are the folders' but for capitals, spaces, quotation marks and the like are meant to be these, and must then
  /// stand in their order.
  private func checkOrder(_ folders: [String], _ names: [String]) throws(Problem) {
    func bare(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
    let indices = Dictionary(names.enumerated().map { (bare($1), $0) }, uniquingKeysWith: { first, _ in first })
    for (index, folder) in folders.enumerated() {
      let own = bare(folder)
      guard !own.isEmpty, bare(names[index]) != own, let other = indices[own] else { continue }
      throw .usage(
        at: place,
        "the class folder `\(folder)` has the number \(index), but the name that is nearest, `\(names[other])`, stands for "
          + "class \(other)",
        remedy: "Write the folders' names as they are, and they are numbered by name.")
    }
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
  }
}
