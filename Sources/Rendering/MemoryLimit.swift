import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Keeps a process that unpacks what strangers packed from taking all of a machine's memory and time.
///
/// A limit is the whole process's, and what else is at work in it fails in its own ways: so it is for processes that do
/// nothing else, and there is no way back.
public enum MemoryLimit {
  /// From now on an allocation fails that takes the process beyond `bytes` more than it has: libqpdf, which is C++,
  /// unwinds from it and reports an error.
  /// - Returns: false where the system does not say how much is in use (`/proc` is not there) or refuses.
  @discardableResult public static func lower(toBytesMore bytes: Int) -> Bool {
    guard let used = dataBytes else { return false }
    return lower(RLIMIT_DATA, to: used + bytes)
  }

  /// From now on the process ends (SIGXCPU) after so many seconds of computing.
  @discardableResult public static func lower(toSeconds seconds: Int) -> Bool { lower(RLIMIT_CPU, to: seconds) }

  /// Whoever hands in what crashes a reader gets no picture of its memory onto the disk.
  @discardableResult public static func leaveNoCore() -> Bool { lower(RLIMIT_CORE, to: 0) }

  #if canImport(Glibc)
    private typealias Resource = __rlimit_resource
  #else
    private typealias Resource = Int32
  #endif

  private static func lower(_ resource: Resource, to value: Int) -> Bool {
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(resource.rawValue)
    #endif
    var limit = rlimit()
    guard unsafe getrlimit(resource, &limit) == 0 else { return false }
    limit.rlim_cur = min(limit.rlim_cur, rlim_t(max(0, value)))
    return unsafe setrlimit(resource, &limit) == 0
  }

  /// What RLIMIT_DATA counts: the sixth number of /proc/self/statm, in pages.
  private static var dataBytes: Int? {
    guard let file = unsafe fopen("/proc/self/statm", "r") else { return nil }
    defer { unsafe fclose(file) }
    var text = [CChar](repeating: 0, count: 256)
    guard unsafe fgets(&text, Int32(text.count), file) != nil else { return nil }
    let numbers = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      .split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    return numbers.count > 5 ? numbers[5] * sysconf(Int32(_SC_PAGESIZE)) : nil
  }
}
