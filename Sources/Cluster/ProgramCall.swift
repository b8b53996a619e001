import Foundation
import Support

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Calls a program of the batch system and takes what it prints.
public enum ProgramCall {
  /// What it printed, and how it ended.
  public struct Answer: Sendable, Equatable {
    /// 128 and the signal where one ended it.
    public var code: Int32
    /// Its standard output.
    public var output: String
    /// Its standard error.
    public var errors: String
  }

  /// The file of a program by the folders of PATH; nil where there is none.
  public static func find(_ name: String, path: String? = ProcessInfo.processInfo.environment["PATH"]) -> String? {
    for folder in (path ?? "").split(separator: ":") {
      let file = "\(folder)/\(name)"
      if unsafe access(file, X_OK) == 0, FileKind(of: file) == .file { return file }
    }
    return nil
  }

  /// - Parameters:
  ///   - program: a path.
  ///   - seconds: after which it is ended: a controller that is down is waited for by some programs.
  /// - Returns: nil where it cannot be started, or did not end.
  public static func call(_ program: String, _ arguments: [String], seconds: Double = 20) -> Answer? {
    let folder = FileManager.default.temporaryDirectory.appending(path: "heatdrift-call-\(UUID().uuidString)").path
    guard (try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)) != nil else {
      return nil
    }
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    guard
      case .success(let process) = SpawnedProcess.start(
        program, arguments, environment: ProcessInfo.processInfo.environment,
        descriptors: [
          (0, .nothing), (1, .file("\(folder)/out", flags: flags)), (2, .file("\(folder)/err", flags: flags)),
        ])
    else { return nil }
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      let code: Int32
      switch process.state() {
      case .running:
        guard ContinuousClock.now < deadline else {
          process.end()
          return nil
        }
        usleep(10_000)
        continue
      case .ended(let number): code = number
      case .killed(let signal): code = 128 + signal
      case .lost: return nil
      }
      func text(_ name: String) -> String {
        String(decoding: SmallFile.bytes("\(folder)/\(name)") ?? [], as: UTF8.self)
      }
      return Answer(code: code, output: text("out"), errors: text("err"))
    }
  }
}
