import Foundation
import Support
import Testing

@Suite("Programs that are started") struct SpawnedProcessTests {
  private let root = FileManager.default.temporaryDirectory.appending(path: "heatdrift-\(UUID().uuidString)")

  /// Runs a line of sh whose output goes into a file.
  private func run(_ line: String, environment: [String: String] = [:]) throws -> (
    state: SpawnedProcess.State, output: String
  ) {
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: root) }
    let file = root.appending(path: "output")
    let process = try SpawnedProcess.start(
      "/bin/sh", ["-c", line], environment: environment,
      descriptors: [
        (0, .nothing), (1, .file(file.path, flags: O_WRONLY | O_CREAT | O_TRUNC)), (2, .copy(of: 1)),
      ]
    ).get()
    return (ended(process), try String(contentsOf: file, encoding: .utf8))
  }

  private func ended(_ process: SpawnedProcess) -> SpawnedProcess.State {
    let deadline = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < deadline {
      let state = process.state()
      if state != .running { return state }
      usleep(1000)
    }
    process.end()
    return .running
  }

  @Test func howItEnded() throws {
    #expect(try run("exit 7").state == .ended(code: 7))
    #expect(try run("kill -TERM $$").state == .killed(signal: SIGTERM))
    // Signals that are blocked here reach it nevertheless.
    var signals = sigset_t()
    var former = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &signals, &former)
    let state = try run("kill -TERM $$; sleep 60").state
    pthread_sigmask(SIG_SETMASK, &former, nil)
    #expect(state == .killed(signal: SIGTERM))
  }

  @Test func whatItHas() throws {
    let answer = try run(
      "echo \"$WORD $HOME\"; read line || echo nothing; echo error >&2", environment: ["WORD": "a b\nc"])
    #expect(answer.state == .ended(code: 0))
    #expect(answer.output == "a b\nc \nnothing\nerror\n")
  }

  @Test func whatCannotBeStarted() {
    func code(_ program: String) -> Int32? {
      switch SpawnedProcess.start(program, [], environment: [:], descriptors: []) {
      case .success(let process):
        process.end()
        return nil
      case .failure(let failure): return failure.code
      }
    }
    #expect(code("/nowhere/program") == ENOENT)
    #expect(code("/") == EACCES)
  }

  @Test func oneThatIsKilledIsGone() throws {
    let process = try SpawnedProcess.start("/bin/sleep", ["60"], environment: [:], descriptors: []).get()
    #expect(process.state() == .running)
    process.end()
    #expect(process.send(0) == -1)
    #expect(process.state() == .lost)
  }
}
