#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Reading and writing by file descriptors, until all is done or something is wrong: each loop has an end whatever the
/// system answers.
public enum Descriptor {
  /// Writes all bytes, and waits where whoever opened the descriptor asked that nobody should.
  /// - Returns: 0, or the system's code of what went wrong: then an unknown part of them was written.
  public static func write(_ bytes: Span<UInt8>, to descriptor: Int32) -> Int32 {
    var offset = 0
    while offset < bytes.count {
      let rest = bytes.extracting(droppingFirst: offset)
      let count = unsafe rest.withUnsafeBytes { rest in
        unsafe rest.baseAddress.map { unsafe systemWrite(descriptor, $0, rest.count) } ?? 0
      }
      if count > 0 {
        offset += count
        continue
      }
      // Nothing, without a reason, again and again would have no end.
      guard count < 0 else { return EIO }
      switch errno {
      case EINTR: continue
      case EAGAIN, EWOULDBLOCK:
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&waiting, 1, -1) >= 0 || errno == EINTR else { return errno }
      default: return errno
      }
    }
    return 0
  }

  /// The same of an array.
  public static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 { write(bytes.span, to: descriptor) }

  /// All that is left to read, or as much as `atMost` allows and a byte more.
  /// - Returns: nil when the system gave an error, in `errno`.
  public static func read(_ descriptor: Int32, atMost: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= atMost {
      let wanted = min(piece.count, atMost - bytes.count + 1)
      let count = unsafe systemRead(descriptor, &piece, wanted)
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR { continue }
        return nil
      }
      bytes += piece.prefix(count)
    }
    return bytes
  }

  /// The text of a small file, as those of `/proc` and `/sys` are, which do not tell their size; nil where it cannot be
  /// read, or is no small file.
  static func text(ofFile path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    guard let bytes = read(descriptor, atMost: 16 << 20), bytes.count <= 16 << 20 else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }
}

#if canImport(Glibc)
  private let systemWrite = unsafe Glibc.write
  private let systemRead = unsafe Glibc.read
#else
  private let systemWrite = Musl.write
  private let systemRead = Musl.read
#endif

/// What kind of thing a path leads to.
public enum FileKind: Sendable, Equatable {
  /// What other programs call a regular file and a directory.
  case file, folder
  /// A device, pipe or socket: reading it may have no end, and nothing may be put in its place.
  case special
  /// A link that leads nowhere.
  case danglingLink
  /// Nothing is there, or nothing that this process may see.
  case missing

  /// - Parameter path: links are followed.
  public init(of path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      self = unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK ? .danglingLink : .missing
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .folder
    default: self = .special
    }
  }
}
