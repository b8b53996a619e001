import Diagnostics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes files so that no reader ever sees half of one, whatever happens in between.
public enum AtomicFile {
  /// Writes beside the place, flushes to the disk and renames.
  /// - Throws: `Problem` when the disk is full or the folder cannot be written; the former file is untouched.
  public static func write(_ bytes: some Sequence<UInt8>, to path: String) throws(Problem) {
    try write(Array(bytes), to: path)
  }

  /// The same without a copy.
  public static func write(_ bytes: [UInt8], to path: String) throws(Problem) {
    let temporary = "\(path).\(getpid()).partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw problem(path) }
    var isClosed = false
    do throws(Problem) {
      try write(bytes, to: descriptor, path: path)
      guard fsync(descriptor) == 0 else { throw problem(path) }
      isClosed = true
      guard close(descriptor) == 0 else { throw problem(path) }
      guard rename(temporary, path) == 0 else { throw problem(path) }
    } catch {
      if !isClosed { _ = close(descriptor) }
      unlink(temporary)
      throw error
    }
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(Problem) {
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { buffer -> Int in
        #if canImport(Glibc)
          Glibc.write(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
        #else
          Musl.write(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
        #endif
      }
      if written < 0 {
        if errno == EINTR { continue }
        throw problem(path)
      }
      offset += written
    }
  }

  private static func problem(_ path: String) -> Problem {
    let code = errno
    let remedy =
      switch code {
      case ENOSPC, EDQUOT: "Free some space and run the same command again: what was computed is kept."
      case EACCES, EPERM, EROFS: "Check the permissions of the folder, or choose another one (--output)."
      default: "Run the same command again: what was computed is kept."
      }
    return .failure(
      at: Place(file: path), "the file cannot be written: \(String(cString: strerror(code)))", remedy: remedy)
  }
}
