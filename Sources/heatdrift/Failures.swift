import ArgumentParser
import Foundation
import Store
import Support

/// The one place where errors become text and exit codes.
enum Failures {
  /// Says what went wrong.
  /// - Returns: the exit code.
  static func report(_ error: any Error) -> Int32 {
    if let problem = error as? Problem {
      Console.error(text(of: problem))
      RunNews(problem: problem).tell()
      return problem.exitCode
    }
    // Wrong arguments, --help, --version and completions: ArgumentParser knows their texts and codes (64 for wrong ones).
    // It would print them itself, arguments as they are, and not look whether they arrived.
    let code = HeatdriftCommand.exitCode(for: error)
    let text = HeatdriftCommand.fullMessage(for: error, columns: nil)
    if !text.isEmpty { code.isSuccess ? Console.text(text + "\n") : Console.error(text) }
    return code.rawValue
  }

  /// `error: place: message`, the remedy on a line of its own.
  static func text(of problem: Problem) -> String { "error: \(problem)" }

  /// For what does not stop the work.
  static func warning(_ problem: Problem) -> String { "warning: \(problem)" }

  static func text(of warning: Warning) -> String { "warning: \(warning)" }
}

extension OutputFolder {
  /// What its lock is worth, and how the run before this one ended.
  func tell() {
    if let note { Console.error(Failures.warning(.failure(at: Place(file: path), note))) }
    if let remark { Console.remark("note: \(remark).") }
  }
}
