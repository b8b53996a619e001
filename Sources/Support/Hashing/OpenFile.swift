#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A regular file that is open for reading. The one owner of its descriptor.
///
/// Nothing is mapped: a file that another process shortens while it is mapped ends this process with SIGBUS, where a
/// read of it is only too short.
final class OpenFile: Sendable {
  enum Failure: Error {
    case cannotOpen(Int32)
    case notAFile
    case cannotRead(Int32)
  }

  private let descriptor: Int32

  /// Does not wait for pipes and devices: they are refused.
  init(path: String) throws(Failure) {
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .cannotOpen(errno) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .cannotRead(errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  func stamp() throws(Failure) -> FileStamp {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .cannotRead(errno) }
    return FileStamp(status)
  }

  /// Reads `wanted` bytes over the first ones of `buffer`.
  /// - Precondition: there is room for them.
  /// - Returns: how many bytes there were; fewer than asked for at the end of the file only.
  func read(at offset: Int, count wanted: Int, into buffer: inout MutableSpan<UInt8>) throws(Failure) -> Int {
    precondition(wanted <= buffer.count)
    var done = 0
    while done < wanted {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe bytes.baseAddress.map { unsafe pread(descriptor, $0 + done, wanted - done, off_t(offset + done)) } ?? 0
      }
      if count > 0 {
        done += count
      } else if count == 0 {
        break
      } else if errno != EINTR {
        throw .cannotRead(errno)
      }
    }
    return done
  }

  /// - Returns: the SHA-256 of all bytes, and how many there were.
  func sha256() throws(Failure) -> (digest: [UInt8], count: Int) {
    // What was just read is still in the caches when it is hashed.
    var piece = [UInt8](repeating: 0, count: 1 << 18)
    var hash = SHA256()
    var position = 0
    while true {
      var buffer = piece.mutableSpan
      let count = try read(at: position, count: buffer.count, into: &buffer)
      hash.update(bytes: piece.span.extracting(0..<count))
      position += count
      if count < piece.count { return (hash.finalize(), position) }
    }
  }
}

/// What tells a file from what it was before, without reading it.
package struct FileStamp: Sendable, Equatable {
  package let device: UInt
  package let inode: UInt
  package let size: Int
  /// Nanoseconds since 1970. A program can set the time of the content, but not that of the change.
  package let contentTime: Int
  package let changeTime: Int

  /// As it was noted.
  package init(device: UInt, inode: UInt, size: Int, contentTime: Int, changeTime: Int) {
    self.device = device
    self.inode = inode
    self.size = size
    self.contentTime = contentTime
    self.changeTime = changeTime
  }

  init(_ status: stat) {
    device = UInt(status.st_dev)
    inode = UInt(status.st_ino)
    size = Int(status.st_size)
    contentTime = status.st_mtim.nanoseconds
    changeTime = status.st_ctim.nanoseconds
  }

  /// Of what stands at a path now, links followed; nil where nothing does.
  package init?(path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Whether it is the same file seen from another machine, which numbers devices in its own way.
  package func isSame(as other: FileStamp) -> Bool {
    inode == other.inode && size == other.size && contentTime == other.contentTime && changeTime == other.changeTime
  }

  /// The stamp of what stands at a path, where that is this file: file systems that lie over others may give the open file
  /// another device and inode than its path.
  func seen(at path: String) -> FileStamp {
    guard let other = FileStamp(path: path), other.size == size, other.contentTime == contentTime,
      other.changeTime == changeTime
    else { return self }
    return other
  }

  /// How long a later change may have no later time, in microseconds: file systems note times by the system's tick, some
  /// by the second or two.
  var granularity: Int { changeTime % 1_000_000_000 == 0 ? 2_000_000 : 20_000 }

  /// Whether the file changed so short a while ago that it could change again under the same times.
  package var isFresh: Bool {
    var now = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &now)
    return now.nanoseconds - max(contentTime, changeTime) < granularity * 1000
  }

  /// How another file, or a later state of this one, differs.
  func difference(to other: FileStamp?) -> String {
    guard let other else { return "it is gone" }
    if other.size != size { return "it had \(size) bytes and has \(other.size)" }
    return other.device != device || other.inode != inode
      ? "another file of the same size took its place" : "it has the same size, and another time of change"
  }
}

extension timespec {
  fileprivate var nanoseconds: Int { tv_sec &* 1_000_000_000 &+ tv_nsec }
}
