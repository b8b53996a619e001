import Diagnostics
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A process that reads one file and answers with bytes, and never outlives this one.
enum ChildProcess {
  enum Outcome: Equatable {
    case ended(code: Int32, output: [UInt8])
    case killed(signal: Int32)
    case tooLong
    case tooMuch
    /// With the system's code.
    case notStarted(Int32)
  }

  /// The descriptor that ends in the child when this process does, however that ends (`watchParent`).
  static let lifeline: Int32 = 3

  /// - Parameters:
  ///   - input: a descriptor, its standard input.
  ///   - mostBytes: of its standard output. Its standard error goes nowhere.
  ///   - seconds: until it is killed.
  static func run(
    _ program: String, _ arguments: [String], input: Int32, mostBytes: Int, seconds: Double
  ) -> Outcome {
    guard let output = ownPipe() else { return .notStarted(errno) }
    defer { close(output[0]) }
    guard let life = ownPipe() else {
      close(output[1])
      return .notStarted(EMFILE)
    }
    // Kept open until the end: the child's end of it says that we are here.
    defer { close(life[1]) }
    let started = start(program, arguments, descriptors: [(input, 0), (output[1], 1), (life[0], lifeline)])
    close(output[1])
    close(life[0])
    guard case .success(let child) = started else {
      if case .failure(let error) = started { return .notStarted(error.code) }
      return .notStarted(EINVAL)
    }
    let deadline = ContinuousClock.now + .seconds(seconds)
    let answer = read(output[0], mostBytes: mostBytes, until: deadline)
    if case .failure = answer { kill(child, SIGKILL) }
    let status = wait(for: child, until: deadline)
    switch answer {
    case .failure(let outcome): return outcome.value
    case .success(let bytes):
      guard let status else { return .tooLong }
      let signal = status & 0x7f
      return signal != 0 ? .killed(signal: signal) : .ended(code: status >> 8 & 0xff, output: bytes)
    }
  }

  /// In the child: ends it when the process that started it is gone.
  static func watchParent() {
    // The thread's closure owns nothing; see Documentation/Architecture.md.
    let watch = Thread {
      var byte: UInt8 = 0
      var count = -1
      repeat { count = Foundation.read(ChildProcess.lifeline, &byte, 1) } while count < 0 && errno == EINTR
      // An error says that nobody handed one over.
      if count == 0 { _exit(1) }
    }
    watch.start()
  }

  /// Reading and writing end, which no other program that is started gets.
  private static func ownPipe() -> [Int32]? {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return ends
  }

  private struct SystemError: Error { let code: Int32 }
  private struct Stopped: Error { let value: Outcome }

  private static func start(
    _ program: String, _ arguments: [String], descriptors: [(from: Int32, to: Int32)]
  ) -> Result<pid_t, SystemError> {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Those of this process lie above 2, so that none is overwritten before it is copied.
    for (from, to) in descriptors { posix_spawn_file_actions_adddup2(&actions, from, to) }
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGPIPE, SIGINT, SIGTERM] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] =
      ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + environment { free(text) } }
    var child = pid_t()
    let code = posix_spawn(&child, program, &actions, &attributes, &words, &environment)
    return code == 0 ? .success(child) : .failure(SystemError(code: code))
  }

  private static func read(
    _ descriptor: Int32, mostBytes: Int, until deadline: ContinuousClock.Instant
  ) -> Result<[UInt8], Stopped> {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let left = (deadline - ContinuousClock.now).seconds
      guard left > 0 else { return .failure(Stopped(value: .tooLong)) }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      // At most a second at once: the number of milliseconds must not be too large for it.
      guard poll(&waiting, 1, Int32(min(left, 1) * 1000) + 1) > 0 else { continue }
      let count = Foundation.read(descriptor, &piece, piece.count)
      if count == 0 { return .success(bytes) }
      if count < 0 {
        guard errno == EINTR || errno == EAGAIN else { return .success(bytes) }
        continue
      }
      guard bytes.count + count <= mostBytes else { return .failure(Stopped(value: .tooMuch)) }
      bytes += piece.prefix(count)
    }
  }

  /// - Returns: what `waitpid` says; nil when the child had to be killed because it did not end.
  private static func wait(for child: pid_t, until deadline: ContinuousClock.Instant) -> Int32? {
    var status: Int32 = 0
    while ContinuousClock.now < deadline {
      let found = waitpid(child, &status, WNOHANG)
      if found == child { return status }
      if found < 0 && errno != EINTR { return nil }
      usleep(1000)
    }
    kill(child, SIGKILL)
    // Nothing survives that, so that this has an end.
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return nil
  }
}
