#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The folder that relative paths start at.
public enum WorkingFolder {
  /// Its absolute path; nil where there is none: somebody deleted the folder while a shell stood in it, or unmounted it.
  public static var path: String? {
    guard let found = unsafe getcwd(nil, 0) else { return nil }
    defer { unsafe free(found) }
    let path = unsafe String(cString: found)
    // Linux writes "(unreachable)/..." before what lies outside of everything that is mounted.
    return path.hasPrefix("/") ? path : nil
  }

  /// - Throws: `Problem` of kind `.usage` when one of the paths is relative, and there is nothing that it is relative to.
  public static func require(for paths: [String]) throws(Problem) {
    guard let first = paths.first(where: { !$0.hasPrefix("/") }), path == nil else { return }
    throw .usage(
      "the working folder is gone (deleted, or its disk was taken away), and `\(printable(first))` is relative to it",
      remedy: "Change to a folder that is there (`cd`), or give absolute paths.")
  }

  /// The folder itself and those above it, the nearest first.
  /// - Parameter folder: an absolute path; nothing comes of any other.
  public static func andAbove(_ folder: String) -> [String] {
    guard folder.hasPrefix("/") else { return [] }
    var names: [Substring] = []
    for name in folder.split(separator: "/") where name != "." {
      if name == ".." { _ = names.popLast() } else { names.append(name) }
    }
    return (0...names.count).reversed().map { "/" + names.prefix($0).joined(separator: "/") }
  }
}
