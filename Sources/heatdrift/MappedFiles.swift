#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Says so where a file that a library has mapped is cut short by another program.
///
/// Heatdrift maps no file itself, and its fonts lie in memory that nobody can shorten. SQLite maps the index of its log; to
/// touch a page of it that is gone is a SIGBUS, which would end the process without a word. What was stored is whole: SQLite and `AtomicFile` see
/// to that.
enum MappedFiles {
  /// Memory that the handler needs, got before anything can go wrong.
  nonisolated(unsafe) private static let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8192, alignment: 16)

  static func watch() {
    // Touched here once, so that the handler never initialises it.
    unsafe memory[0] = 0
    var action = sigaction()
    // A second one, or one of another cause, is left to the system.
    action.sa_flags = SA_SIGINFO | Int32(truncatingIfNeeded: SA_RESETHAND)
    unsafe action.__sigaction_handler.sa_sigaction = { _, information, _ in
      // BUS_ADRERR: there is no such page, in the file behind it.
      guard let information = unsafe information, unsafe information.pointee.si_code == 2 else { return }
      unsafe MappedFiles.end(at: UInt(bitPattern: information.pointee._sifields._sigfault.si_addr))
    }
    unsafe sigaction(SIGBUS, &action, nil)
  }

  /// Only what is safe in a signal handler: no allocation, no locks.
  private static func end(at address: UInt) -> Never {
    say("error: ")
    sayFile(at: address)
    say(": the file changed while it was in use: another program cut it short\n")
    say("  Wait until nothing writes to it; then run the same command again. What was stored is kept.\n")
    _exit(1)
  }

  private static func say(_ text: StaticString) {
    _ = unsafe write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }

  /// Prints the path behind an address, from the lines of /proc/self/maps: `7f00-7f10 r--p 00000000 08:01 42    /path`.
  private static func sayFile(at address: UInt) {
    let descriptor = unsafe open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0, let piece = unsafe memory.baseAddress else { return say("a mapped file") }
    let path = unsafe piece + 4096
    var numbers: (start: UInt, end: UInt) = (0, 0)
    var field = 0
    var length = 0
    while true {
      let count = unsafe read(descriptor, piece, 4096)
      guard count > 0 else { return say("a mapped file") }
      for index in 0..<count {
        let byte = unsafe memory[index]
        switch byte {
        case UInt8(ascii: "\n"):
          if length > 0, numbers.start <= address, address < numbers.end {
            _ = unsafe write(STDERR_FILENO, path, length)
            return
          }
          numbers = (0, 0)
          field = 0
          length = 0
        case UInt8(ascii: "-") where field == 0: field = 1
        case UInt8(ascii: " ") where field == 1: field = 2
        case _ where field == 0: numbers.start = numbers.start << 4 | digit(byte)
        case _ where field == 1: numbers.end = numbers.end << 4 | digit(byte)
        case UInt8(ascii: "/") where length == 0, _ where length > 0 && length < 4096:
          unsafe memory[4096 + length] = byte
          length += 1
        default: break
        }
      }
    }
  }

  private static func digit(_ byte: UInt8) -> UInt { UInt(byte & 15) + (byte > UInt8(ascii: "9") ? 9 : 0) }
}
