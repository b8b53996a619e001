import Foundation
import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Tells when files have other contents than before: asked again and again, it looks at sizes, times and inodes, and reads
/// what has changed once that stands still.
///
/// By looking, not by being told: it works for files on other machines, for editors that put a new file in the place of the
/// old one, and for links.
public struct WatchedFiles: Sendable {
  private struct Stamp: Equatable {
    var size: Int
    var seconds: Int
    var nanoseconds: Int
    var inode: UInt64
  }

  private var stamps: [String: Stamp] = [:]
  private var sums: [String: String] = [:]
  /// Files whose stamps changed, and how often they were the same since.
  private var moving: [String: Int] = [:]
  private var paths: Set<String> = []

  public init() {}

  /// From now on these are looked at; what is new among them counts as known.
  public mutating func watch(_ paths: Set<String>) {
    for path in paths.subtracting(self.paths) {
      stamps[path] = Self.stamp(path)
      sums[path] = Self.sum(path)
    }
    for path in self.paths.subtracting(paths) {
      stamps[path] = nil
      sums[path] = nil
      moving[path] = nil
    }
    self.paths = paths
  }

  /// A file that is gone may be about to come back: for so many looks nothing is said of it.
  static let patience = 15
  /// A file that is there may be half written: for so many looks it has to stand still.
  static let calm = 2

  /// Files that have other contents than when they were last told; one that is still being written is told later.
  public mutating func changed() -> Set<String> {
    var told: Set<String> = []
    for path in paths {
      let now = Self.stamp(path)
      if now != stamps[path] {
        stamps[path] = now
        moving[path] = 0
        continue
      }
      guard let looks = moving[path] else { continue }
      guard looks + 1 >= (now == nil ? Self.patience : Self.calm) else {
        moving[path] = looks + 1
        continue
      }
      moving[path] = nil
      let sum = Self.sum(path)
      if sum != sums[path] { told.insert(path) }
      sums[path] = sum
    }
    return told
  }

  private static func stamp(_ path: String) -> Stamp? {
    var found = stat()
    guard unsafe stat(path, &found) == 0, found.st_mode & S_IFMT == S_IFREG else { return nil }
    return Stamp(
      size: Int(found.st_size), seconds: found.st_mtim.tv_sec, nanoseconds: found.st_mtim.tv_nsec,
      inode: UInt64(found.st_ino))
  }

  private static func sum(_ path: String) -> String? {
    // A pipe in its place has no end.
    guard stamp(path) != nil else { return nil }
    return try? Checksum.sha256(contentsOf: URL(filePath: path))
  }
}
