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
  private var failed = false
  /// What the run tells, by a pipe; -1 where there is none.
  private var news: Int32 = -1
  private var unread: [UInt8] = []
  /// Why it did not measure.
  private(set) var problem: Problem?
  /// In words; nil where nothing runs.
  private(set) var progress: String?

  init(arguments: [String], threads: Int?) {
    self.arguments = arguments + (threads.map { ["--threads", String($0)] } ?? [])
    self.threads = threads
  }

  var isRunning: Bool { process != nil }

  mutating func start() {
    guard process == nil else { return }
    problem = nil
    progress = "Measuring"
    unread = []
    guard let ends = ChildProcess.ownPipe() else { return fail(errno) }
    // Its results are the page's; its bar and its warnings are the terminal's. What the terminal's keys say is ours.
    let number: Int32 = 3
    let started = SpawnedProcess.start(
      "/proc/self/exe", arguments + ["--tells", String(number)], environment: ProcessInfo.processInfo.environment,
      descriptors: [(STDIN_FILENO, .nothing), (STDOUT_FILENO, .nothing), (number, .copy(of: ends[1]))])
    close(ends[1])
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    news = ends[0]
    switch started {
    case .success(let child): process = child
    case .failure(let failure): fail(failure.code)
    }
  }

  private mutating func fail(_ code: Int32) {
    problem = .failure("the measuring cannot be started: \(systemMessage(code))", remedy: "Run it by `heatdrift run`.")
    failed = true
  }

  /// Reads what it told since the last time.
  mutating func listen() {
    guard news >= 0 else { return }
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      let count = unsafe read(news, &piece, piece.count)
      guard count > 0 else { break }
      unread += piece.prefix(count)
    }
    for told in RunNews.take(from: &unread) {
      progress = told.progress ?? progress
      problem = told.problem ?? problem
    }
  }

  /// Once what was asked for has changed.
  mutating func forgetProblem() { if process == nil { problem = nil } }

  private mutating func forget() {
    listen()
    process = nil
    progress = nil
    if news >= 0 { close(news) }
    news = -1
  }

  /// The exit code when it has ended, told once.
  mutating func ended() -> Int32? {
    if failed {
      failed = false
      forget()
      return 1
    }
    guard let process else { return nil }
    let code: Int32
    switch process.state() {
    case .running: return nil
    case .ended(let own): code = own
    case .killed(let signal): code = 128 + signal
    case .lost: code = 1
    }
    forget()
    // One that ends without a word, or is ended by somebody else.
    if code != 0, problem == nil {
      problem = .failure("the measuring ended with exit code \(code)", remedy: "The terminal says what it came to.")
    }
    return code
  }

  /// Lets it keep the images in flight, and ends it where it takes too long; nothing is left behind.
  mutating func stop() {
    guard let process else { return }
    // From a terminal the same Ctrl-C has reached it already; a second one would end it at once.
    if process.state() == .running { process.send(SIGTERM) }
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
      guard process.state() == .running else { return forget() }
      usleep(10_000)
    }
    process.end()
    forget()
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
