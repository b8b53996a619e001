#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A program that was started, and that whoever started it has to wait for.
///
/// Foundation's `Process` hears that a program ended over the loopback interface: where that is down, as without a network
/// it may be, it waits for ever.
public struct SpawnedProcess: Sendable {
  /// The system's code.
  public struct Failure: Error, Equatable {
    /// As `errno` has them: `ENOENT`.
    public let code: Int32
  }

  /// What one of its descriptors is.
  public enum Descriptor: Sendable {
    /// One of this process, above 2, or one of the program's that stands before this.
    case copy(of: Int32)
    /// A file that is opened with these flags, and made for its owner alone where the flags make it.
    case file(String, flags: Int32)

    /// `/dev/null`, to read from and to write to.
    public static let nothing = Descriptor.file("/dev/null", flags: O_RDWR)
  }

  /// The process's number; another program may have it once `state()` or `end()` has heard of the end.
  public let identifier: pid_t

  /// - Parameters:
  ///   - program: a path; nothing is looked up in `PATH`.
  ///   - arguments: without the program's own name.
  ///   - environment: all of it.
  ///   - descriptors: set in this order. Signals are as a shell has them.
  /// - Returns: the system's code where the program cannot be started.
  public static func start(
    _ program: String, _ arguments: [String], environment: [String: String],
    descriptors: [(number: Int32, is: Descriptor)]
  ) -> Result<SpawnedProcess, Failure> {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors {
      switch descriptor {
      case .copy(let own): unsafe posix_spawn_file_actions_adddup2(&actions, own, number)
      case .file(let path, let flags): unsafe posix_spawn_file_actions_addopen(&actions, number, path, flags, 0o600)
      }
    }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGPIPE, SIGINT, SIGTERM] { unsafe sigaddset(&signals, number) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var words: [UnsafeMutablePointer<CChar>?] = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] =
      unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer {
      for index in unsafe words.indices { unsafe free(words[index]) }
      for index in unsafe variables.indices { unsafe free(variables[index]) }
    }
    var child = pid_t()
    let code = unsafe posix_spawn(&child, program, &actions, &attributes, &words, &variables)
    return code == 0 ? .success(SpawnedProcess(identifier: child)) : .failure(Failure(code: code))
  }

  /// What became of a program.
  public enum State: Equatable, Sendable {
    /// `code` is its exit code, 0 to 255.
    case running
    case ended(code: Int32)
    case killed(signal: Int32)
    /// Somebody else has waited for it.
    case lost
  }

  /// To be asked until it is not `.running` any more, and not again after that.
  public func state() -> State {
    var status: Int32 = 0
    let found = unsafe waitpid(identifier, &status, WNOHANG)
    if found == identifier { return Self.state(of: status) }
    return found < 0 && errno != EINTR ? .lost : .running
  }

  /// Ends it at once and waits for that, which has an end: nothing survives it.
  public func end() {
    var status: Int32 = 0
    send(SIGKILL)
    while unsafe waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
  }

  /// - Returns: 0, or what `kill` answers.
  @discardableResult
  public func send(_ signal: Int32) -> Int32 { kill(identifier, signal) }

  private static func state(of status: Int32) -> State {
    let signal = status & 0x7f
    return signal != 0 ? .killed(signal: signal) : .ended(code: status >> 8 & 0xff)
  }
}
