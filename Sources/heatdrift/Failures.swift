import ArgumentParser
import Diagnostics
import Foundation

/// The one place where errors become text and exit codes.
enum Failures {
  /// The images in flight were finished after Ctrl-C: 128 + SIGINT, as shells count.
  static let interrupted: Int32 = 130

  static func exit(with error: any Error) -> Never {
    if let problem = error as? Problem {
      Console.error(text(of: problem))
      Foundation.exit(problem.exitCode)
    }
    // Wrong arguments, --help and --version: ArgumentParser knows their texts and codes (64 for wrong ones), and would
    // print arguments as they are.
    let code = HeatdriftCommand.exitCode(for: error)
    let text = HeatdriftCommand.fullMessage(for: error)
    if !text.isEmpty { code.isSuccess ? Console.text(text + "\n") : Console.error(text) }
    Foundation.exit(code.rawValue)
  }

  /// `error: place: message`, the remedy on a line of its own.
  static func text(of problem: Problem) -> String { "error: \(problem)" }

  /// For what does not stop the work.
  static func warning(_ problem: Problem) -> String { "warning: \(problem)" }

  static func text(of warning: Warning) -> String { "warning: \(warning)" }
}
