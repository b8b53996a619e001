import Foundation
import Support
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Results on standard output, all else on standard error.
///
/// Names of files, classes, layers and tensors come from anybody: nothing in them acts on a terminal (`visible`).
///
/// Nothing is kept back: each text is handed to the system at once. The first that the system does not take ends the
/// output, and decides the exit code when the work is done (`finish`); work that is under way goes on, so that it is kept.
enum Console {
  /// The system's code of why standard output was not written; 0 while all is well.
  private static let failure = Atomic<Int32>(0)
  private static let isQuiet = Atomic<Bool>(false)

  /// Called once, before anything is opened.
  static func prepare() {
    // A pipe that is closed at the other end is an answer of `write`, not the end of a run.
    signal(SIGPIPE, SIG_IGN)
    // Whoever started the process may have left them blocked, as dispatch queues do; ignored they stay (`nohup`).
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    // Who was started without standard output would open the next file, the store for one, in its place, and write its
    // messages there. What takes the place can only be read, so that writing is still an error.
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
      if unsafe open("/dev/null", O_RDONLY) < 0 { _ = unsafe open("/", O_RDONLY) }
    }
  }

  /// From now on remarks are left out.
  static func beQuiet() { isQuiet.store(true, ordering: .relaxed) }

  static func result(_ line: String) { write(visible(line) + "\n") }

  /// Whole lines, with their ends: as they are in a file or pipe, without what acts on a terminal.
  static func text(_ text: String) { write(isatty(STDOUT_FILENO) == 1 ? visibleLines(text) : text) }

  private static func write(_ text: String) {
    guard failure.load(ordering: .relaxed) == 0 else { return }
    let code = Descriptor.write(Array(text.utf8), to: STDOUT_FILENO)
    if code != 0 { failure.store(code, ordering: .relaxed) }
  }

  /// Errors and warnings, a line or several. Where they cannot be written nobody can be told; the exit code tells.
  static func error(_ text: String) { status(visibleLines(text) + "\n") }

  /// What helps those who watch, and `--quiet` leaves out.
  static func remark(_ text: String) {
    if !isQuiet.load(ordering: .relaxed) { error(text) }
  }

  /// As it is, without a line end; for the progress bar, whose names were made visible.
  static func status(_ text: String) { _ = Descriptor.write(Array(text.utf8), to: STDERR_FILENO) }

  /// Closes standard output, which is when some file systems first say that a disk is full.
  /// - Parameter code: what the work itself came to.
  /// - Returns: the exit code: 1 where the work went well and its results could not be printed. A reader that had enough
  ///   (`| head`) changes nothing.
  static func finish(_ code: Int32) -> Int32 {
    if close(STDOUT_FILENO) != 0, failure.load(ordering: .relaxed) == 0 { failure.store(errno, ordering: .relaxed) }
    let reason = failure.load(ordering: .relaxed)
    guard reason != 0, reason != EPIPE else { return code }
    let remedy =
      switch reason {
      case ENOSPC, EDQUOT: "Free some space and run the same command again."
      case EBADF: "It was closed, or open for reading only, when the program began."
      default: "Send it elsewhere and run the same command again."
      }
    error(
      Failures.text(
        of: .failure(
          at: Place(file: "standard output"),
          "cannot be written: \(systemMessage(reason)); what was printed is not all", remedy: remedy)))
    return code == 0 ? 1 : code
  }

  /// Whether somebody watches standard error.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns of the terminal behind standard error; 80 when nobody knows.
  static var width: Int {
    var size = winsize()
    guard unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// 12345 as "12,345".
  static func grouped(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(abs(number)).reversed().enumerated() {
      if index > 0 && index % 3 == 0 { text = "," + text }
      text = String(digit) + text
    }
    return number < 0 ? "-" + text : text
  }

  /// "1 image", "2 images".
  static func count(_ number: Int, _ noun: String) -> String {
    "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")"
  }
}
