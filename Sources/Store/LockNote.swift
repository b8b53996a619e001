import Foundation
import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The small file that says who works on an output folder: a lock itself tells nobody whose it is. It is there while the folder
/// is held, and stays where a process or its machine died.
enum LockNote {
  static let fileName = "results.lock"

  /// Larger ones are somebody else's.
  private static let mostBytes = 4096

  /// Who is noted; nil where nobody is, or the file is none of Heatdrift's.
  static func read(in folder: String) -> ProcessIdentity? {
    bytes(in: folder).flatMap { try? JSONDecoder().decode(ProcessIdentity.self, from: Data($0)) }
  }

  /// Notes this process, whose lock the folder must be. Where that fails the work goes on without: the note only explains.
  /// - Returns: what was written; nil where nothing was.
  static func write(in folder: String) -> ProcessIdentity? {
    let path = "\(folder)/\(fileName)"
    // A machine that went down may leave an empty file.
    let isOwn = FileKind(of: path) == .missing || read(in: folder) != nil || bytes(in: folder) == []
    let identity = ProcessIdentity.current()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard isOwn, let text = try? encoder.encode(identity) else { return nil }
    do throws(Problem) {
      try AtomicFile.write(Array(text) + [UInt8(ascii: "\n")], to: path)
      return identity
    } catch {
      return nil
    }
  }

  /// Takes the note away, unless it is another process's by now.
  static func remove(_ identity: ProcessIdentity, in folder: String) {
    if read(in: folder) == identity { unsafe unlink("\(folder)/\(fileName)") }
  }

  private static func bytes(in folder: String) -> [UInt8]? {
    let descriptor = unsafe open("\(folder)/\(fileName)", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let bytes = Descriptor.read(descriptor, atMost: mostBytes), bytes.count <= mostBytes else { return nil }
    return bytes
  }
}
