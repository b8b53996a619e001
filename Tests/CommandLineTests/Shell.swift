import Foundation

extension Workspace {
  /// Runs a line of bash in this folder, with the executable as `$H`; the memory of each process is limited, and the line
  /// ends after a minute whatever happens.
  /// - Parameter megabytes: of address space.
  func shell(_ line: String, megabytes: Int = 8000) throws -> Answer {
    let tag = UUID().uuidString
    try write("", to: "out-\(tag)")
    try write("", to: "err-\(tag)")
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    // A sanitizer takes any amount of address space for its own.
    let limit =
      ProcessInfo.processInfo.environment["HEATDRIFT_SANITIZER"] == nil ? "ulimit -v \(megabytes * 1024); " : ""
    process.arguments = ["timeout", "-k", "5", "120", "bash", "-c", limit + line]
    process.environment = ProcessInfo.processInfo.environment.merging(["H": executable.path]) { $1 }
    process.currentDirectoryURL = URL(filePath: path)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: "\(path)/out-\(tag)"))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: "\(path)/err-\(tag)"))
    try process.run()
    return try RunningCall(process: process, workspace: self, tag: tag).wait()
  }
}
