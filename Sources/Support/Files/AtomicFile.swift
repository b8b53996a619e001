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

  /// The same without a copy. A device or pipe is written as it is, without a rename.
  /// - Throws: `Problem` of kind `.failure` when the disk is full, the folder cannot be written, or the path is a
  ///   folder.
  public static func write(_ bytes: [UInt8], to path: String) throws(Problem) {
    switch FileKind(of: path) {
    case .special: return try writeInPlace(bytes, path)
    case .folder:
      throw .failure(
        at: Place(file: path), "a folder is where the file should be written",
        remedy: "Give another name, or move it away.")
    case .file, .danglingLink, .missing: break
    }
    let output = try AtomicOutput(path: path)
    try output.append(bytes)
    try output.commit()
  }

  /// A device or pipe is written as it is: in its place nothing may be put, least of all by root in that of `/dev/null`.
  private static func writeInPlace(_ bytes: [UInt8], _ path: String) throws(Problem) {
    let descriptor = unsafe open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw problem(path) }
    let code = Descriptor.write(bytes, to: descriptor)
    let isClosed = close(descriptor) == 0
    guard code == 0 else { throw problem(path, code) }
    guard isClosed else { throw problem(path) }
  }

  fileprivate static func problem(_ path: String, _ code: Int32 = errno) -> Problem {
    let remedy =
      switch code {
      case ENOENT: "Make the folder first, or choose another place."
      case ENOSPC, EDQUOT: "Free some space and run the same command again: what was computed is kept."
      case EACCES, EPERM, EROFS: "Check the permissions of the folder, or choose another one (--output)."
      default: "Run the same command again: what was computed is kept."
      }
    return .failure(
      at: Place(file: path), "the file cannot be written: \(systemMessage(code))", remedy: remedy)
  }
}

/// A file that is being written piece by piece: beside its place until all of it is there, then renamed. What was not
/// committed is removed.
public final class AtomicOutput {
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var isCommitted = false

  /// - Throws: `Problem` when the folder is not there or cannot be written.
  public init(path: String) throws(Problem) {
    self.path = path
    temporary = "\(path).\(getpid()).partial"
    descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw AtomicFile.problem(path) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if !isCommitted { unsafe unlink(temporary) }
  }

  /// - Throws: `Problem` when the disk is full or fails.
  public func append(_ bytes: Span<UInt8>) throws(Problem) {
    let code = Descriptor.write(bytes, to: descriptor)
    guard code == 0 else { throw AtomicFile.problem(path, code) }
  }

  /// - Throws: `Problem` when the disk is full or fails.
  public func append(_ bytes: [UInt8]) throws(Problem) { try append(bytes.span) }

  /// Writes at a place of its own, where what lies before it comes later; gaps that are never written are zeros.
  /// - Parameter offset: from the start of the file, in bytes.
  /// - Throws: `Problem` when the disk is full or fails.
  public func write(_ bytes: [UInt8], at offset: Int) throws(Problem) {
    guard lseek(descriptor, offset, SEEK_SET) == offset else { throw AtomicFile.problem(path) }
    try append(bytes)
  }

  /// Flushes to the disk and puts the file in its place.
  /// - Throws: `Problem` when either fails; what was in the place before is untouched.
  public func commit() throws(Problem) {
    guard fsync(descriptor) == 0, unsafe rename(temporary, path) == 0 else { throw AtomicFile.problem(path) }
    isCommitted = true
  }
}
