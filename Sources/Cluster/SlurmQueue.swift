import Support

/// What Slurm says of an array's tasks, where its programs can be had: never required.
public struct SlurmQueue: Sendable, Equatable {
  /// By shard: "RUNNING", "PENDING", with Slurm's reason behind it where it gives one.
  public var waiting: [Int: String] = [:]
  /// By shard, of tasks that are over: "NODE_FAIL", "OUT_OF_MEMORY".
  public var ended: [Int: String] = [:]

  public init(waiting: [Int: String] = [:], ended: [Int: String] = [:]) {
    self.waiting = waiting
    self.ended = ended
  }

  /// Asks `squeue` and `sacct`; empty where neither is there or answers.
  /// - Parameter array: the job's number.
  public static func ask(array: String) -> SlurmQueue {
    guard !array.isEmpty, array.utf8.allSatisfy({ (48...57).contains($0) }) else { return SlurmQueue() }
    func call(_ name: String, _ arguments: [String]) -> String {
      guard let program = ProgramCall.find(name), let answer = ProgramCall.call(program, arguments, seconds: 10),
        answer.code == 0
      else { return "" }
      return answer.output
    }
    return SlurmQueue(
      squeue: call("squeue", ["--noheader", "--array", "--jobs=\(array)", "--format=%K|%T|%r"]),
      sacct: call("sacct", ["--noheader", "--parsable2", "--allocations", "--jobs=\(array)", "--format=JobID,State"]))
  }

  /// - Parameters:
  ///   - squeue: "3|PENDING|BeginTime", a line for each task.
  ///   - sacct: "12_3|NODE_FAIL".
  init(squeue: String, sacct: String) {
    for line in squeue.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: "|", omittingEmptySubsequences: false)
      guard words.count >= 2, let number = Int(words[0]), number > 0, Self.isState(words[1]) else { continue }
      let reason = words.count > 2 && words[2] != "None" && !words[2].isEmpty ? " (\(printable(String(words[2]))))" : ""
      waiting[number] = words[1] + reason
    }
    for line in sacct.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: "|", omittingEmptySubsequences: false)
      // "CANCELLED by 1000"
      guard words.count >= 2, let place = words[0].lastIndex(of: "_"),
        let number = Int(words[0][words[0].index(after: place)...]),
        number > 0, let state = words[1].split(separator: " ").first, Self.isState(state)
      else { continue }
      ended[number] = String(state)
    }
  }

  private static func isState(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.count <= 20 && text.utf8.allSatisfy { (65...90).contains($0) || $0 == 95 }
  }
}
