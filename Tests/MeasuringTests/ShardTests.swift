import Measuring
import Support
import Testing

/// Which part of the images a process measures.
@Suite struct ShardTests {
  @Test func everyImageIsInOneShardWhateverTheOthers() {
    // First 64 bits 0, 1, 2^64 - 1 = 15 modulo 16, and 0x0123456789abcdef = 15 modulo 16.
    let tail = String(repeating: "0", count: 48)
    let hashes = ["0000000000000000", "0000000000000001", "ffffffffffffffff", "0123456789abcdef"].map { $0 + tail }
    #expect(hashes.map { Shard.number(ofSHA256: $0, count: 16) } == [1, 2, 16, 16])
    #expect(hashes.map { Shard.number(ofSHA256: $0, count: 1) } == [1, 1, 1, 1])
    // 2^64 - 1 = 3 * 6148914691236517205; 0x0123456789abcdef = 81985529216486895 = 3 * 27328509738828965.
    #expect(hashes.map { Shard.number(ofSHA256: $0, count: 3) } == [1, 2, 1, 1])
    for hash in hashes {
      #expect((1...5).filter { Shard(number: $0, count: 5).contains(sha256: hash) }.count == 1)
    }
    // Nothing but the path is known of a file that cannot be read.
    #expect((1...7).filter { Shard(number: $0, count: 7).contains(unreadable: "s1/1.pgm") }.count == 1)
  }

  @Test(arguments: [("1/1", 1, 1), ("3/64", 3, 64), ("64/64", 64, 64), ("03/64", 3, 64)])
  func reads(text: String, number: Int, count: Int) throws {
    let shard = try Shard(text: text, environment: [:])
    #expect(shard.number == number && shard.count == count)
  }

  @Test func foldersSortByNumber() {
    #expect(Shard(number: 3, count: 64).folderName == "shard-03-of-64")
    #expect(Shard(number: 10, count: 10).folderName == "shard-10-of-10")
    #expect(Shard(number: 1, count: 1).description == "1/1")
  }

  @Test(arguments: [
    "0/4", "5/4", "4", "a/4", "1/0", "-1/4", "1/4/2", "", "/", "1/", "1 /4", "1/10000000", "1/٤", "autos",
  ])
  func refuses(text: String) {
    #expect(
      problem(text)
        == "`--shard \(text)` is no shard: expected K/N with K from 1 to N and N at most 1000000, such as 3/64, or auto/N "
        + "or auto in a scheduler's array of tasks")
  }

  @Test(arguments: [
    (["SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "64"], "auto", 3, 64),
    // Some tasks that are submitted again are an array of fewer.
    (["SLURM_ARRAY_TASK_ID": "40", "SLURM_ARRAY_TASK_COUNT": "2"], "auto/64", 40, 64),
    (["JOB_COMPLETION_INDEX": "0"], "auto/8", 1, 8), (["JOB_COMPLETION_INDEX": "7"], "auto/8", 8, 8),
    (["PBS_ARRAY_INDEX": "8"], "auto/8", 8, 8), (["SGE_TASK_ID": "1"], "auto/8", 1, 8),
    (["LSB_JOBINDEX": "2"], "auto/8", 2, 8),
    (["SGE_TASK_ID": "undefined", "LSB_JOBINDEX": "0", "JOB_COMPLETION_INDEX": "1"], "auto/2", 2, 2),
  ])
  func takesTheNumberFromASchedule(environment: [String: String], text: String, number: Int, count: Int) throws {
    let shard = try Shard(text: text, environment: environment)
    #expect(shard.number == number && shard.count == count)
  }

  @Test func saysWhatASchedulerDoesNot() {
    #expect(
      problem("auto/4")
        == "`--shard auto/4` takes the shard from the scheduler, and none says one\n  Give it as K/N, or run in an array of "
        + "tasks, which sets one of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX, PBS_ARRAY_INDEX, SGE_TASK_ID and LSB_JOBINDEX."
    )
    #expect(
      problem("auto", ["JOB_COMPLETION_INDEX": "1"])
        == "Kubernetes does not say how many tasks there are\n  Give their number: --shard auto/N.")
    #expect(
      problem("auto/4", ["SLURM_ARRAY_TASK_ID": "0"])
        == "SLURM_ARRAY_TASK_ID is 0, and of 4 shards it must lie in 1 to 4\n  Number the tasks from 1 (`sbatch "
        + "--array=1-4`), and where only some are submitted again say how many there are in all: --shard auto/N.")
    #expect(
      problem("auto/4", ["JOB_COMPLETION_INDEX": "4"])
        == "JOB_COMPLETION_INDEX is 4, and of 4 shards it must lie in 0 to 3\n  Give the number of all shards behind the "
        + "slash: --shard auto/N.")
    #expect(problem("auto/x", ["SGE_TASK_ID": "1"])?.hasPrefix("`--shard auto/x` is no shard") == true)
  }

  private func problem(_ text: String, _ environment: [String: String] = [:]) -> String? {
    do throws(Problem) {
      _ = try Shard(text: text, environment: environment)
      return nil
    } catch {
      return "\(error)"
    }
  }
}
