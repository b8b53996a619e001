import Foundation
import Support
import Testing

@testable import Cluster

@Suite struct StatusTests {
  private let job: ClusterJob
  private let folder: OddFolder

  init() throws {
    folder = try OddFolder()
    job = ClusterJob(
      name: "f", program: "/h", experiment: "/e", folder: folder.path, shards: 4, seconds: 60)
  }

  private func status(
    _ number: Int, _ attempt: String, _ state: AttemptStatus.State, done: Int, measured: Int = 0, seconds: Double = 10,
    updated: Double = 1000, message: String? = nil
  ) throws {
    let status = AttemptStatus(
      shard: "\(number)/4", state: state, passes: 100, done: done, measured: measured, started: updated - seconds,
      updated: updated, message: message,
      process: ProcessIdentity(host: "node7", pid: 11, since: "2026-11-26 16:20:03 UTC"))
    let path = "\(folder.path)/shards/shard-\(number)-of-4/\(attempt)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try status.write(to: path)
  }

  private func found(
    _ queue: SlurmQueue = SlurmQueue(), now: Double = 1005, fate: ProcessIdentity.Fate = .unknown
  ) -> JobStatus {
    JobStatus(job, queue: queue, now: now, fate: { _ in fate })
  }

  private func lines(_ status: JobStatus) -> [String] { status.lines(folder: "out", duration: { "\(Int($0)) s" }) }

  @Test func nothingYet() {
    #expect(
      lines(found()) == ["Shards: 0 done, 0 running, 0 failed, 4 waiting, of 4", "No shard has said anything yet."])
  }

  @Test func allStates() throws {
    try status(1, "attempt-7-0", .done, done: 100, measured: 100)
    try status(2, "attempt-7-0", .stopped, done: 30, measured: 30)
    try status(2, "attempt-7-1", .running, done: 50, measured: 20)
    try status(3, "attempt-7-0", .failed, done: 10, message: "the disk is full")
    try folder.write("exit code 1\n", to: "shards/shard-3-of-4/attempt-7-0/failed")
    try folder.write(
      "== shard 3\nerror: old\nComputing\nerror: /x: the disk is full\n  Free some space\n",
      to: "cluster/logs/shard-3.log")
    let status = found()
    #expect(status.shards.map(\.state) == [.done, .running, .failed("the disk is full"), .waiting])
    #expect(
      lines(status) == [
        "Shards: 1 done, 1 running, 1 failed, 1 waiting, of 4",
        "Images, once for each model: 160 of 400, 2.0 a second, 120 s left at this rate",
        "failed: shard 3, attempt 1: the disk is full; see out/cluster/logs/shard-3.log",
        "  error: /x: the disk is full",
      ])
  }

  /// An attempt that was put back later is the one that counts, 10 comes after 9, and what is complete stays so.
  @Test func theLatestAttemptCounts() throws {
    try status(1, "attempt-9-0", .stopped, done: 20)
    try status(1, "attempt-10-0", .running, done: 40, measured: 5)
    try status(2, "attempt-7-0", .done, done: 100)
    try status(2, "attempt-8-0", .failed, done: 0, message: "no")
    try status(3, "attempt-x", .done, done: 100)
    try status(4, "attempt-7-0", .stopped, done: 20)
    let status = found()
    #expect(status.shards.map(\.state) == [.running, .done, .waiting, .waiting])
    #expect(status.shards.map(\.attempts) == [2, 2, 0, 1])
    #expect(status.done == 160 && status.total == 400)
  }

  @Test func whoSaysNothingAnyMore() throws {
    try status(1, "attempt-7-0", .running, done: 50, measured: 20)
    #expect(found(now: 1180).shards[0].state == .running)
    #expect(found(now: 1181).shards[0].state == .silent(seconds: 181))
    #expect(
      lines(found(now: 1181))[2]
        == "silent: shard 1 for 181 s: process 11 on node7 since 2026-11-26 16:20:03 UTC")
    // Its machine's clock is ahead.
    #expect(found(now: 10).shards[0].state == .running)
    // On this machine it can be seen.
    #expect(found(now: 9999, fate: .running).shards[0].state == .running)
    #expect(found(fate: .ended).shards[0].state == .failed("its process ended without a word"))
    // Put back into the queue.
    #expect(found(SlurmQueue(waiting: [1: "PENDING (BeginTime)"]), fate: .ended).shards[0].state == .waiting)
    #expect(found(SlurmQueue(waiting: [2: "RUNNING"])).shards[1].state == .running)
  }

  @Test func killedWithoutAWord() throws {
    try status(1, "attempt-7-0", .running, done: 50, measured: 20)
    try folder.write("ended by signal 9\n", to: "shards/shard-1-of-4/attempt-7-0/failed")
    #expect(found().shards[0].state == .failed("ended by signal 9"))
    #expect(
      found(SlurmQueue(ended: [1: "OUT_OF_MEMORY"])).shards[0].state == .failed("ended by signal 9 (OUT_OF_MEMORY)"))
    #expect(found(SlurmQueue(waiting: [1: "PENDING"])).shards[0].state == .waiting)
    #expect(lines(found()).last == "Measure what is missing, and merge: out/cluster/submit.sh")
  }

  /// Half a file, another's, or one that lies: as if nothing had been said.
  @Test(arguments: [
    "", "{", "null", #"{"shard":"1/4"}"#, #"{"passes":-1}"#, "\u{0}\u{0}\u{0}", String(repeating: "[", count: 600),
  ])
  func damagedFiles(_ text: String) throws {
    try folder.write(text, to: "shards/shard-1-of-4/attempt-7-0/status.json")
    #expect(found().shards[0].state == .waiting)
    #expect(found().shards[0].status == nil)
  }

  @Test func everyTruncationIsNothing() throws {
    try status(1, "attempt-7-0", .running, done: 50, measured: 20)
    let path = "\(folder.path)/shards/shard-1-of-4/attempt-7-0/status.json"
    let bytes = Array(try Data(contentsOf: URL(filePath: path)))
    for count in 0..<bytes.count - 1 { #expect(AttemptStatus.read(Array(bytes[..<count])) == nil) }
    let text = String(decoding: bytes, as: UTF8.self)
    for (right, wrong) in [
      ("\"done\":50", "\"done\":101"), ("\"done\":50", "\"done\":-1"), ("\"measured\":20", "\"measured\":1e9"),
      ("\"passes\":100", "\"passes\":9223372036854775807"),
    ] {
      #expect(AttemptStatus.read(Array(text.replacing(right, with: wrong).utf8)) == nil, "\(wrong)")
    }
  }

  @Test func namesInStatusFilesDoNothing() throws {
    try status(1, "attempt-7-0", .failed, done: 1, message: "a\u{1B}[2J\nb")
    // The console shows each line visibly.
    #expect(lines(found())[2].hasPrefix("failed: shard 1, attempt 1: a\u{1B}[2J\nb; see"))
  }

  @Test func slurmsWords() {
    let queue = SlurmQueue(
      squeue: "3|PENDING|BeginTime\n4|RUNNING|None\nN/A|RUNNING|None\n-1|RUNNING|\nx\n5|run ning|\n6|COMPLETING|\n",
      sacct: "12_3|NODE_FAIL\n12_4|CANCELLED by 1000\n12|RUNNING\n12_[5-9]|PENDING\n12_6|\n")
    #expect(queue.waiting == [3: "PENDING (BeginTime)", 4: "RUNNING", 6: "COMPLETING"])
    #expect(queue.ended == [3: "NODE_FAIL", 4: "CANCELLED"])
    #expect(SlurmQueue(squeue: "", sacct: "") == SlurmQueue())
    #expect(SlurmQueue.ask(array: "1; reboot") == SlurmQueue())
  }

  @Test func aWriterKeepsItUpToDate() throws {
    let writer = StatusWriter(folder: folder.path, shard: "2/4", passes: 100)
    writer.show(done: 0, of: 80)
    writer.show(done: 10, of: 80)
    let deadline = Date(timeIntervalSinceNow: 20)
    while AttemptStatus.read(in: folder.path) == nil, Date() < deadline { usleep(5_000) }
    #expect(AttemptStatus.read(in: folder.path)?.state == .running)
    writer.end(.stopped, code: 138)
    let status = try #require(AttemptStatus.read(in: folder.path))
    #expect(status.shard == "2/4" && status.state == .stopped && status.code == 138)
    #expect(status.passes == 100 && status.done == 30 && status.measured == 10)
    #expect(status.process.pid == getpid())
    // A folder that is gone harms nothing.
    StatusWriter(folder: "/nowhere", shard: "1/1", passes: 1).end(.done, code: 0)
  }

  @Test func programs() throws {
    #expect(ProgramCall.find("sh", path: "/nowhere:/bin") == "/bin/sh")
    #expect(ProgramCall.find("no-such-program") == nil)
    let answer = try #require(ProgramCall.call("/bin/sh", ["-c", "echo out; echo err >&2; exit 3"]))
    #expect(answer == ProgramCall.Answer(code: 3, output: "out\n", errors: "err\n"))
    #expect(ProgramCall.call("/bin/sh", ["-c", "kill -9 $$"])?.code == 137)
    #expect(ProgramCall.call("/bin/sleep", ["20"], seconds: 0.2) == nil)
    #expect(ProgramCall.call("/nowhere", []) == nil)
  }
}
