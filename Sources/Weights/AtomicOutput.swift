#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import Diagnostics

/// A weights file that is being written: beside its place until all of it is there, then renamed, so that no reader ever
/// sees half a file. What was not committed is removed.
final class AtomicOutput {
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var isCommitted = false

  init(path: String) throws(Problem) {
    self.path = path
    temporary = "\(path).\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.cannotWrite(path, errno) }
  }

  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    if !isCommitted { unlink(temporary) }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(Problem) {
    let code = Descriptor.write(bytes, to: descriptor)
    guard code == 0 else { throw Self.cannotWrite(path, code) }
  }

  func append(_ bytes: [UInt8]) throws(Problem) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(Problem) in try append(UnsafeRawBufferPointer(buffer)) }
  }

  /// Flushes to the disk and puts the file in its place.
  func commit() throws(Problem) {
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else { throw Self.cannotWrite(path, errno) }
    isCommitted = true
  }

  private static func cannotWrite(_ path: String, _ code: Int32) -> Problem {
    .failure(
      at: Place(file: path), "cannot write the weights file: \(systemMessage(code))",
      remedy: "Check that the folder exists, may be written to, and has space left.")
  }
}
