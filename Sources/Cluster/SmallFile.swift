import Foundation
import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Files that tasks on other machines write: half of one, none, or something else may be there.
enum SmallFile {
  private static let mostBytes = 1 << 20

  /// - Returns: nil where it cannot be read, or is larger than any of ours.
  static func bytes(_ path: String) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let bytes = Descriptor.read(descriptor, atMost: mostBytes), bytes.count <= mostBytes else { return nil }
    return bytes
  }

  /// Its first line, of at most 200 letters; nil where there is none.
  static func line(_ path: String) -> String? {
    bytes(path).flatMap { String(decoding: $0, as: UTF8.self).split(whereSeparator: \.isNewline).first }
      .map { String($0.prefix(200)) }
  }

  /// The end of a file that may be of any size.
  /// - Returns: at most so many bytes; nil where it cannot be read.
  static func end(_ path: String, bytes count: Int) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let size = lseek(descriptor, 0, SEEK_END)
    guard size >= 0, lseek(descriptor, max(0, size - off_t(count)), SEEK_SET) >= 0 else { return nil }
    return Descriptor.read(descriptor, atMost: count).map { Array($0.prefix(count)) }
  }

  static func folders(in path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter {
      FileKind(of: "\(path)/\($0)") == .folder
    }
  }
}
