import Diagnostics
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Results on standard output, all else on standard error.
///
/// Names of files, classes, layers and tensors come from anybody: nothing in them acts on a terminal (`visible`).
enum Console {
  static func result(_ line: String) { put(visible(line) + "\n", to: STDOUT_FILENO) }

  /// Whole lines, with their ends: as they are in a file or pipe, without what acts on a terminal.
  static func text(_ text: String) {
    put(isatty(STDOUT_FILENO) == 1 ? visibleLines(text) : text, to: STDOUT_FILENO)
  }

  /// A line or several.
  static func error(_ text: String) { put(visibleLines(text) + "\n", to: STDERR_FILENO) }

  /// As it is, without a line end; for the progress bar, whose names were made visible.
  static func status(_ text: String) { put(text, to: STDERR_FILENO) }

  /// Whether somebody watches standard error.
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns of the terminal behind standard error; 80 when nobody knows.
  static var width: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// A pipe that was closed at the other end is no error of ours: the rest is dropped.
  private static func put(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    bytes.withUnsafeBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        let count = write(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
        if count < 0 && errno != EINTR { return }
        offset += max(0, count)
      }
    }
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
