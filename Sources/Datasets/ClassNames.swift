import Diagnostics
import Foundation

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

  /// - Throws: `Problem` for a file that cannot be read, is no UTF-8, or JSON of another kind.
  public init(contentsOf url: URL) throws(Problem) {
    place = Place(file: url.path)
    guard let data = try? Data(contentsOf: url) else {
      throw .usage(at: place, "the file of class names cannot be read", remedy: "Correct `data.classes`.")
    }
    guard var text = String(validating: data, as: UTF8.self) else {
      throw .usage(at: place, "the file of class names is not UTF-8", remedy: "Save it in UTF-8.")
    }
    if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
    let first = text.first { !$0.isWhitespace }
    if first == "[" || first == "{" {
      content = try Self.json(data, place)
    } else {
      var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
        $0.trimmingCharacters(in: .whitespaces.union(.newlines))
      }
      while lines.last?.isEmpty == true { lines.removeLast() }
      if let empty = lines.firstIndex(where: \.isEmpty) {
        throw .usage(
          at: Place(file: url.path, line: empty + 1), "the line is empty; expected the name of class \(empty)",
          remedy: "Write one name per line, in the order of the class indices.")
      }
      content = .list(lines)
    }
  }

  private static func json(_ data: Data, _ place: Place) throws(Problem) -> Content {
    let decoder = JSONDecoder()
    if let list = try? decoder.decode([String].self, from: data) { return .list(list) }
    guard let names = try? decoder.decode([String: String].self, from: data) else {
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
    switch content {
    case .list(let names):
      Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    case .byIndex(let names):
      Dictionary(names.map { ($1, $0) }, uniquingKeysWith: { first, second in min(first, second) })
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
