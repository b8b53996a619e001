import Diagnostics
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A folder that one process at a time writes results into.
///
/// The lock is the operating system's own on the folder: it needs no file, and is gone with the process, however
/// that ends.
public final class OutputFolder: Sendable {
  public let path: String
  private let descriptor: Int32

  /// Makes the folder where there is none, and takes its lock.
  /// - Throws: `Problem` when it cannot be made, or another process works on it.
  public init(path: String) throws(Problem) {
    self.path = path
    let place = Place(file: path)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .failure(
        at: place, "the output folder cannot be made",
        remedy: "Check the permissions of the folder above it, or choose another one (--output).")
    }
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .failure(
        at: place, "the output folder cannot be opened: \(String(cString: strerror(errno)))",
        remedy: "Check that it is a folder and its permissions, or choose another one (--output).")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      _ = close(descriptor)
      throw .failure(
        at: place, "another heatdrift process works on this folder",
        remedy: "Wait until it is done, or choose another folder (--output).")
    }
  }

  deinit { _ = close(descriptor) }

  public var storePath: String { "\(path)/\(ResultsStore.fileName)" }
}
