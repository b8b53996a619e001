import Foundation
import Support
import Synchronization

/// Finds files below a folder by their SHA-256, whatever they are called there.
struct FileSearch: Sendable {
  /// Files beyond these are not looked at: no data set has so many.
  static let mostFiles = 20_000_000

  let folder: String

  /// - Parameters:
  ///   - wanted: sums, with the path below the folder at which each file is looked for first.
  ///   - sum: of a candidate; nil for a file that is none.
  /// - Returns: paths by their sums; of several files of one sum the expected one, or the first by its path.
  func find(_ wanted: [(sha256: String, path: String)], sum: @Sendable (String) -> String?) -> [String: String] {
    var found: [String: String] = [:]
    // Most lie where they lay: nothing else is read then.
    let first = concurrentMap(wanted) { item in
      let path = "\(folder)/\(item.path)"
      return FileKind(of: path) == .file && sum(path) == item.sha256 ? path : nil
    }
    for (item, path) in zip(wanted, first) where path != nil { found[item.sha256] = path }
    var missing = Set(wanted.map(\.sha256)).subtracting(found.keys)
    guard !missing.isEmpty else { return found }
    let looked = Set(wanted.map { "\(folder)/\($0.path)" })
    var batch: [String] = []
    func look() {
      for (path, sha256) in zip(batch, concurrentMap(batch, sum)) {
        guard let sha256, missing.remove(sha256) != nil else { continue }
        found[sha256] = path
      }
      batch = []
    }
    // In an order that does not hang on the file system.
    for path in files() where !looked.contains(path) {
      batch.append(path)
      if batch.count == 256 { look() }
      if missing.isEmpty { break }
    }
    look()
    return found
  }

  /// Every regular file below the folder, links to folders not followed.
  private func files() -> [String] {
    guard let walk = FileManager.default.enumerator(atPath: folder) else { return [] }
    var paths: [String] = []
    for case let name as String in walk where paths.count < Self.mostFiles {
      let path = "\(folder)/\(name)"
      if FileKind(of: path) == .file { paths.append(path) }
    }
    return paths.sorted()
  }
}
