import Foundation
import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A run beside the server: a process of its own, so that what is measured is what `heatdrift run` measures, and the page is
/// there meanwhile.
struct MeasuringRun {
  /// Of the program.
  let arguments: [String]
  let threads: Int?
  private var process: SpawnedProcess?
  private var began = ContinuousClock.now
  private var failed = false

  init(arguments: [String], threads: Int?) {
    self.arguments = arguments + (threads.map { ["--threads", String($0)] } ?? [])
    self.threads = threads
  }

  var isRunning: Bool { process != nil }

  /// In words; nil where nothing runs.
  var progress: String? {
    guard process != nil else { return nil }
    return "Measuring for \(Int((ContinuousClock.now - began) / .seconds(1))) s; the terminal shows how far it is."
  }

  mutating func start() {
    guard process == nil else { return }
    began = .now
    // Its results are the page's; its progress is the terminal's. What the terminal's keys say is ours.
    let started = SpawnedProcess.start(
      "/proc/self/exe", arguments, environment: ProcessInfo.processInfo.environment,
      descriptors: [(STDIN_FILENO, .nothing), (STDOUT_FILENO, .nothing)])
    switch started {
    case .success(let child): process = child
    case .failure(let failure):
      Console.error("The measuring cannot be started: \(systemMessage(failure.code))")
      failed = true
    }
  }

  /// The exit code when it has ended, told once.
  mutating func ended() -> Int32? {
    if failed {
      failed = false
      return 1
    }
    guard let process else { return nil }
    switch process.state() {
    case .running: return nil
    case .ended(let code):
      self.process = nil
      return code
    case .killed(let signal):
      self.process = nil
      return 128 + signal
    case .lost:
      self.process = nil
      return 1
    }
  }

  /// Lets it keep the images in flight, and ends it where it takes too long; nothing is left behind.
  mutating func stop() {
    guard let process else { return }
    // From a terminal the same Ctrl-C has reached it already; a second one would end it at once.
    if process.state() == .running { process.send(SIGTERM) }
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      guard process.state() == .running else {
        self.process = nil
        return
      }
      usleep(10_000)
    }
    process.end()
    self.process = nil
  }
}

/// Lines that are typed while something else goes on.
final class TerminalKeys {
  private var line: [UInt8] = []
  private let isTerminal = isatty(STDIN_FILENO) == 1

  /// Whether a line of this one letter was entered.
  func pressed(_ letter: Character) -> Bool {
    guard isTerminal else { return false }
    var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&waiting, 1, 0) > 0, waiting.revents & Int16(POLLIN) != 0 else { return false }
    var piece = [UInt8](repeating: 0, count: 256)
    let count = unsafe read(STDIN_FILENO, &piece, piece.count)
    guard count > 0 else { return false }
    line += piece.prefix(count)
    guard line.contains(UInt8(ascii: "\n")) else {
      line = line.suffix(256)
      return false
    }
    let words = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isNewline)
    line = []
    return words.contains { $0.lowercased().filter { !$0.isWhitespace } == String(letter) }
  }
}
