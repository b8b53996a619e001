/// What of a path may be shown to others.
package enum PathName {
  /// The last component, unless it is a user's own folder.
  package static func last(of path: String) -> String {
    let parts = path.split(separator: "/")
    guard let last = parts.last else { return path.isEmpty ? "" : "folder" }
    return isHome(parts.dropLast().last) || last.hasPrefix("~") ? "folder" : String(last)
  }

  /// The path as it is where it leads from the experiment file to its neighbours; otherwise its last component alone.
  /// - Returns: nil for a path that must not be shown whole.
  package static func shown(_ path: String) -> String? {
    let parts = path.split(separator: "/")
    guard !path.hasPrefix("/"), !path.hasPrefix("~"), !parts.dropLast().contains(where: { isHome($0) }) else {
      return nil
    }
    return path
  }

  private static func isHome(_ part: Substring?) -> Bool { part == "home" || part == "Users" }
}
