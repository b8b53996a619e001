#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Diagnostics

/// A file's bytes, mapped read-only. The one owner of the mapping.
///
/// Nothing is read until it is touched. A file that another process shortens while it is mapped ends this
/// process with SIGBUS, as with every mapping; weights are replaced by renaming, which leaves the mapping whole.
final class MappedFile: @unchecked Sendable {
  let path: String
  let bytes: UnsafeRawBufferPointer

  /// - Throws: `Problem.usage` when the file is missing, unreadable or no regular file, `.failure` when it
  ///   cannot be mapped.
  init(path: String) throws(Problem) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let code = errno
      let remedy =
        code == ENOENT
        ? "Check the path; a relative path starts at the experiment file's folder."
        : "Check the file's permissions."
      throw .usage(at: Place(file: path), "cannot open the weights file: \(systemMessage(code))", remedy: remedy)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .failure(at: Place(file: path), "cannot ask for the weights file's size: \(systemMessage(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .usage(
        at: Place(file: path), "expected a weights file, found a folder or device",
        remedy: "Name the weights file itself.")
    }
    self.path = path
    let count = Int(status.st_size)
    // mmap refuses a length of 0.
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw .failure(at: Place(file: path), "cannot map the weights file: \(systemMessage(errno))")
    }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
  }

  deinit {
    if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
  }

  /// Gives the pages in memory back; what is touched again is read again.
  func discardPages() {
    guard let start = bytes.baseAddress else { return }
    // Advice: when the system does not take it, only memory is lost.
    _ = madvise(UnsafeMutableRawPointer(mutating: start), bytes.count, MADV_DONTNEED)
  }
}
