import Foundation
import Testing

@testable import Support

@Suite struct ProcessIdentityTests {
  /// Its name has what separates fields.
  private static func stat(_ start: Int) -> String {
    "4711 (heat) drift) S 1 1 1 0 -1 4194560 1 0 0 0 1 2 0 0 20 0 1 0 \(start) 1 2 3\n"
  }

  private func system(_ files: [String: String] = [:], boot: String = "boot-1\n") throws -> MadeUpSystem {
    let system = try MadeUpSystem(
      ["/proc/sys/kernel/random/boot_id": boot, "/proc/self/stat": Self.stat(500)].merging(files) { $1 })
    try FileManager.default.createDirectory(atPath: "\(system.root)/proc/self/ns", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(system.root)/proc/self/ns/pid", withDestinationPath: "pid:[9]")
    return system
  }

  private func fate(
    host: String = "node7", boot: String? = "boot-1", namespace: String? = "pid:[9]", start: Int? = 900,
    in system: MadeUpSystem
  ) -> ProcessIdentity.Fate {
    ProcessIdentity(host: host, pid: 4711, start: start, boot: boot, namespace: namespace, since: "")
      .fate(systemRoot: system.root)
  }

  @Test func whetherAProcessIsStillThere() throws {
    let there = try system(["/proc/4711/stat": Self.stat(900)])
    #expect(fate(in: there) == .running)
    // The number was used again.
    #expect(fate(start: 899, in: there) == .ended)
    #expect(fate(in: try system()) == .ended)
    #expect(fate(in: try system(["/proc/4711/stat": "4711 (x"])) == .ended)
    // Numbers of a container mean nothing outside of it.
    #expect(fate(namespace: "pid:[10]", in: there) == .unknown)
    #expect(fate(namespace: nil, in: there) == .unknown)
    #expect(fate(start: nil, in: there) == .unknown)
    #expect(fate(boot: nil, in: there) == .unknown)
  }

  @Test func machinesAreToldByWhenTheyWereStarted() throws {
    let here = try system()
    #expect(fate(host: "node8", boot: "boot-2", in: here) == .unknown)
    #expect(fate(host: try #require(ProcessIdentity.hostName), boot: "boot-2", in: here) == .ended)
    // A container's own name on this machine.
    #expect(fate(host: "f00d", boot: "boot-1", in: here) == .ended)
  }

  @Test func thisProcess() throws {
    let current = ProcessIdentity.current()
    #expect(current.pid == getpid() && current.fate() == .running)
    #expect(current.words.hasPrefix("process \(getpid()) on "))
    #expect(try JSONDecoder().decode(ProcessIdentity.self, from: JSONEncoder().encode(current)) == current)
    #expect(ProcessIdentity.time(Date(timeIntervalSince1970: 1_700_000_000)) == "2023-11-14 22:13:20 UTC")
  }

  @Test func jobs() {
    #expect(ProcessIdentity.job([:]) == nil)
    #expect(ProcessIdentity.job(["SLURM_JOB_ID": "7"]) == "Slurm job 7")
    #expect(
      ProcessIdentity.job(["SLURM_JOB_ID": "9", "SLURM_ARRAY_JOB_ID": "7", "SLURM_ARRAY_TASK_ID": "2"])
        == "Slurm job 7_2")
    #expect(ProcessIdentity.job(["PBS_JOBID": "7.head"]) == "PBS job 7.head")
    #expect(ProcessIdentity.job(["LSB_JOBID": "7"]) == "LSF job 7")
    // What is noted may come from anywhere.
    let hostile = ProcessIdentity(host: "a\u{1B}[2J", pid: 1, since: "x\ny")
    #expect(hostile.words == "process 1 on a\\u{1B}[2J since x\\ny")
  }
}
