import Diagnostics
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Keeps a library that unpacks what strangers packed from taking all of a machine's memory.
enum MemoryLimit {
  /// Of two at once, the second would take the first one's limit for the former one, and leave it behind for good.
  private static let turn = NSLock()

  /// Runs `body` while the process may take only so much more memory. An allocation beyond that fails: libqpdf, which
  /// is C++, unwinds from it and reports an error. The limit is the whole process's; nothing else should be at work.
  ///
  /// Does without the limit where the system does not say how much is in use (`/proc` is not there).
  static func within<Result>(bytes: Int, _ body: () throws(Problem) -> Result) throws(Problem) -> Result {
    turn.lock()
    defer { turn.unlock() }
    var former = rlimit()
    guard let used = dataBytes, getrlimit(resource, &former) == 0 else { return try body() }
    var limit = former
    limit.rlim_cur = min(former.rlim_cur, rlim_t(used + bytes))
    guard setrlimit(resource, &limit) == 0 else { return try body() }
    defer { _ = setrlimit(resource, &former) }
    return try body()
  }

  #if canImport(Glibc)
    private static var resource: __rlimit_resource_t { __rlimit_resource_t(RLIMIT_DATA.rawValue) }
  #else
    private static var resource: Int32 { RLIMIT_DATA }
  #endif

  /// What RLIMIT_DATA counts: the sixth number of /proc/self/statm, in pages.
  private static var dataBytes: Int? {
    guard let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 256)
    guard fgets(&text, Int32(text.count), file) != nil else { return nil }
    let numbers = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      .split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    return numbers.count > 5 ? numbers[5] * sysconf(Int32(_SC_PAGESIZE)) : nil
  }
}
