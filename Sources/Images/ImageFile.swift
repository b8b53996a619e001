import Foundation
import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Reads whole picture files.
public enum ImageFile {
  /// The bytes of a regular file.
  /// - Parameter name: What messages call the file; its path when nil.
  /// - Throws: `Problem` when the file cannot be read, is not a regular file (reading a pipe could wait for ever),
  ///   or is larger than the limits allow.
  public static func read(_ url: URL, name: String? = nil, limits: DecodingLimits = .standard) throws(Problem)
    -> [UInt8]
  {
    let place = Place(file: name ?? url.path)
    let descriptor = unsafe open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .failure(at: place, "cannot be opened: \(systemMessage(errno))") }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw .failure(at: place, "cannot be read: \(systemMessage(errno))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .failure(at: place, "is not a regular file") }
    let size = Int(status.st_size)
    guard size <= limits.maximumFileBytes else {
      throw .failure(
        at: place, "has \(size) bytes, more than the \(limits.maximumFileBytes) that are allowed for a picture",
        remedy: "Make the picture smaller; the networks see a few hundred pixels a side.")
    }
    var failed = false
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size, let start = buffer.baseAddress {
        let got = unsafe Foundation.read(descriptor, start + count, size - count)
        if got < 0 && errno == EINTR { continue }
        failed = got < 0
        if got <= 0 { return }
        count += got
      }
    }
    if failed { throw .failure(at: place, "cannot be read: \(systemMessage(errno))") }
    return bytes
  }
}
