import Foundation
import FuzzSupport
import Rendering
import Support
import Testing

@testable import heatdrift

/// A stranger's report is unpacked in a process of its own: whatever becomes of that is a problem of the report's.
@Suite struct UnpackingTests {
  private static let remedy =
    "`qpdf --list-attachments` shows what the file has, `qpdf --show-attachment` takes one out."

  private func workspace() throws -> Workspace {
    let workspace = try Workspace()
    try workspace.write(PDFMaker.report([("results.csv", nil, Array("a\n".utf8))]), to: "report.pdf")
    return workspace
  }

  /// Unpacks by another program than this one.
  private func problem(_ line: String, seconds: Double = 30) throws -> Problem? {
    let workspace = try workspace()
    do throws(Problem) {
      _ = try Unpacking.attachments(
        of: "\(workspace.path)/report.pdf", program: "/bin/sh", arguments: ["-c", line], seconds: seconds)
    } catch {
      var problem = error
      problem.place?.file = "report.pdf"
      return problem
    }
    return nil
  }

  private func failure(_ message: String) -> Problem {
    .failure(at: Place(file: "report.pdf"), message, remedy: Self.remedy)
  }

  @Test func whateverBecomesOfIt() throws {
    #expect(
      try problem("kill -SEGV $$")
        == failure(
          "what takes the files out was ended by the signal 11, in memory of a report's size; nothing was written"))
    let early = failure("what takes the files out ended before it was done; nothing was written")
    #expect(try problem("exit 0") == early)
    #expect(try problem("exit 3") == early)
    #expect(try problem("echo 'heatdrift files'; echo 7") == early)
    #expect(
      try problem("exec sleep 60", seconds: 0.2)
        == failure("taking the files out takes longer than 0 s; nothing was written"))
    // It says that it is done, and is not.
    #expect(
      try problem("exec >&-; exec sleep 60", seconds: 0.2)
        == failure("taking the files out takes longer than 0 s; nothing was written"))
    #expect(
      try problem("exec yes heatdrift") == failure("the attachments unpack to more than a report's would"))
    let missing = try workspace()
    #expect(throws: Problem.self) {
      try Unpacking.attachments(of: "\(missing.path)/report.pdf", program: "/nowhere/heatdrift")
    }
  }

  @Test func filesComeThroughWhole() throws {
    let files = [
      Attachment(
        name: "results.csv", mediaType: "application/octet-stream", relationship: .data, description: "Größe",
        bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }),
      Attachment(
        name: "a b.json", mediaType: "application/octet-stream", relationship: .supplement, description: "", bytes: []),
    ]
    let bytes = try UnpackedFiles.encode(.success(UnpackedFiles.Contents(files: files))).flatMap { $0 }
    #expect(try UnpackedFiles.decode(bytes)?.get().files == files)
    for count in [0, 5, 20, 60, bytes.count - 1] { #expect(UnpackedFiles.decode(Array(bytes.prefix(count))) == nil) }
    #expect(UnpackedFiles.decode(bytes + [0]) == nil)
    let problem = Problem.usage(
      at: Place(file: "x.pdf", byte: 3), "cannot be read as PDF: \"…\"", remedy: "Two\nlines.")
    let failed = UnpackedFiles.decode(try UnpackedFiles.encode(.failure(problem)).flatMap { $0 })
    #expect(throws: problem) { try failed?.get().files }
    // Who was taken over by the file that it read writes what it likes.
    let evil = [
      Attachment(
        name: "../evil", mediaType: "", relationship: .data, description: "", bytes: [1])
    ]
    #expect(
      UnpackedFiles.decode(try UnpackedFiles.encode(.success(UnpackedFiles.Contents(files: evil))).flatMap { $0 })
        == nil)
  }

  /// No process stays behind that goes on with four filters one upon another.
  @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
  func whoIsInterruptedLeavesNobodyBehind(_ signal: Int32) throws {
    let workspace = try Workspace()
    // Held where it is, as if it still worked.
    let answer = try workspace.shell(
      """
      set -m
      "$H" extract slow.pdf & parent=$!
      for try in $(seq 500); do
        child=$(cat /proc/$parent/task/$parent/children 2>/dev/null) || break
        [ -z "$child" ] || break
        sleep 0.01
      done
      [ -n "$child" ] || { echo "no child"; exit 2; }
      kill -STOP $child
      kill -\(signal) $parent
      wait $parent
      echo "ended $?"
      kill -CONT $child
      for try in $(seq 500); do kill -0 $child 2>/dev/null || { echo "gone"; exit 0; }; sleep 0.01; done
      echo "left behind"
      """.replacingOccurrences(of: "slow.pdf", with: try slowReport(workspace)))
    #expect(answer.output == "ended \(128 + signal)\ngone\n", "\(answer.errors)")
  }

  /// A report whose unpacking takes a while.
  private func slowReport(_ workspace: Workspace) throws -> String {
    let (stream, _) = PDFMaker.zeros(count: 60 << 20)
    try workspace.write(PDFMaker.report([("zeros.bin", "/FlateDecode", stream)]), to: "slow.pdf")
    return "slow.pdf"
  }

  /// The limits are the child's alone.
  @Test func thisProcessKeepsItsLimits() throws {
    func limit() -> rlim_t {
      var limit = rlimit()
      return getrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0 ? limit.rlim_cur : 0
    }
    let former = limit()
    let workspace = try workspace()
    let found = try Unpacking.attachments(of: "\(workspace.path)/report.pdf", program: executable.path)
    #expect(found.map(\.name) == ["results.csv"])
    #expect(limit() == former)
  }
}
