import Foundation
import Support

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
    let started = SpawnedProcess.start(
      program, arguments, environment: ProcessInfo.processInfo.environment,
      descriptors: [
        (STDIN_FILENO, .copy(of: input)), (STDOUT_FILENO, .copy(of: output[1])), (lifeline, .copy(of: life[0])),
        (STDERR_FILENO, .nothing),
      ])
    close(output[1])
    close(life[0])
    let child: SpawnedProcess
    switch started {
    case .success(let process): child = process
    case .failure(let failure): return .notStarted(failure.code)
    }
    let deadline = ContinuousClock.now + .seconds(seconds)
    let answer = read(output[0], mostBytes: mostBytes, until: deadline)
    switch answer {
    case .failure(let outcome):
      child.end()
      return outcome.value
    case .success(let bytes):
      switch end(of: child, until: deadline) {
      case .ended(let code): return .ended(code: code, output: bytes)
      case .killed(let signal): return .killed(signal: signal)
      case .running, .lost: return .tooLong
      }
    }
  }

  /// In the child: ends it when the process that started it is gone.
  static func watchParent() {
    // The thread's closure owns nothing; see Documentation/Architecture.md.
    let watch = Thread {
      var byte: UInt8 = 0
      var count = -1
      repeat { count = unsafe Foundation.read(ChildProcess.lifeline, &byte, 1) } while count < 0 && errno == EINTR
      // An error says that nobody handed one over.
      if count == 0 { _exit(1) }
    }
    watch.start()
  }

  /// Reading and writing end, which no other program that is started gets.
  static func ownPipe() -> [Int32]? {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return ends
  }

  private struct Stopped: Error { let value: Outcome }

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
      guard unsafe poll(&waiting, 1, Int32(min(left, 1) * 1000) + 1) > 0 else { continue }
      let count = unsafe Foundation.read(descriptor, &piece, piece.count)
      if count == 0 { return .success(bytes) }
      if count < 0 {
        guard errno == EINTR || errno == EAGAIN else { return .success(bytes) }
        continue
      }
      guard bytes.count + count <= mostBytes else { return .failure(Stopped(value: .tooMuch)) }
      bytes += piece.prefix(count)
    }
  }

  /// - Returns: how it ended; `.running` when it had to be killed because it did not.
  private static func end(of child: SpawnedProcess, until deadline: ContinuousClock.Instant) -> SpawnedProcess.State {
    while ContinuousClock.now < deadline {
      let state = child.state()
      if state != .running { return state }
      usleep(1000)
    }
    child.end()
    return .running
  }
}
