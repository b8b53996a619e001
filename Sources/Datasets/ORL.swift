import Diagnostics
import Foundation

extension Dataset {
  /// The ORL faces (F. Samaria, A. Harter, WACV 1994) out of the user's cache: 40 people, 10 photographs of each. Every
  /// file is checked against the project's own list of sums.
  ///
  /// Labels are numbered as for any folder: s1, s10, s11, ..., so that a network trained on the folder fits.
  /// - Parameter cache: `${XDG_CACHE_HOME:-~/.cache}/heatdrift/orl` when nil.
  /// - Throws: `Problem` of kind `.usage` that says what to run when the faces are not there or damaged.
  public static func orl(cache: URL? = nil) throws(Problem) -> Dataset {
    let root = cache ?? defaultORLCache
    let remedy = "Scripts/setup.sh fetches and checks them (python3 Scripts/demo-models/orl.py does only that)."
    let sums = manifest
    guard FileManager.default.fileExists(atPath: root.path) else {
      throw .usage(at: Place(file: root.path), "the ORL faces have not been fetched yet", remedy: remedy)
    }
    for (path, expected) in sums {
      let url = root.appendingPathComponent(path)
      guard let data = try? Data(contentsOf: url) else {
        throw .usage(at: Place(file: url.path), "this photograph of the ORL faces is missing", remedy: remedy)
      }
      guard Checksum.sha256(data) == expected else {
        throw .usage(
          at: Place(file: url.path),
          "this photograph of the ORL faces is damaged: its SHA-256 is not the published one",
          remedy: "Delete \(root.path); then " + remedy)
      }
    }
    let whole = try folder(root, name: "ORL faces")
    let known = Set(sums.map(\.path))
    return Dataset(
      name: whole.name, root: root, classNames: whole.classNames,
      images: whole.images.filter { known.contains($0.path) })
  }

  public static var defaultORLCache: URL {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : URL(filePath: $0, directoryHint: .isDirectory) }
      ?? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".cache", isDirectory: true)
    return base.appendingPathComponent("heatdrift/orl", isDirectory: true)
  }

  /// Path and SHA-256 of every photograph.
  static var manifest: [(path: String, sha256: String)] {
    String(decoding: PackageResources.orl_manifest_sha256, as: UTF8.self).split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
      guard words.count == 2 else { return nil }
      return (words[1].trimmingCharacters(in: .whitespaces), String(words[0]))
    }
  }
}
