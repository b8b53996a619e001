import Foundation
import Testing

@testable import Support

@Suite struct MemoryRoomTests {
  private static let machine =
    "MemTotal:       16777216 kB\nMemFree:  1024 kB\nMemAvailable:   8388608 kB\nHugePages_Total: 0\n"
  private static let own = "Name:\theatdrift\nVmSize:\t 4194304 kB\nVmRSS:\t  524288 kB\nVmData:\t 1048576 kB\n"
  private static let unified = "42 31 0:39 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup rw\n"
  private static let divided = "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"

  private func rooms(
    _ files: [String: String] = [:], environment: [String: String] = [:], addressSpace: Int? = nil, data: Int? = nil
  ) throws -> [MemoryRoom] {
    let usual = ["/proc/meminfo": Self.machine, "/proc/self/status": Self.own]
    let system = try MadeUpSystem(usual.merging(files) { $1 })
    // The machine's comes first in each.
    return Array(
      MemoryRoom.all(
        environment: environment, addressSpace: addressSpace, data: data, systemRoot: system.root
      ).dropFirst())
  }

  @Test func theMachine() throws {
    let system = try MadeUpSystem(["/proc/meminfo": Self.machine])
    let rooms = MemoryRoom.all(systemRoot: system.root)
    #expect(rooms == [MemoryRoom(limit: 16 << 30, used: 8 << 30, source: "the machine's memory")])
    #expect(rooms[0].sentence == "the machine's memory leaves 8.0 GiB of 16.0 GiB")
    #expect(MemoryRoom.all(systemRoot: "/nowhere") == [])
    #expect(MemoryRoom.current()[0].left > 0)
  }

  /// What is kept of files goes where memory is short; of the groups above one the tightest counts.
  @Test func groupsOfVersion2() throws {
    let files = [
      "/proc/self/mountinfo": Self.unified, "/proc/self/cgroup": "0::/slurm/job_7/step_0\n",
      "/sys/fs/cgroup/slurm/job_7/step_0/memory.max": "max\n",
      "/sys/fs/cgroup/slurm/job_7/step_0/memory.high": "1073741824\n",
      "/sys/fs/cgroup/slurm/job_7/step_0/memory.current": "104857600\n",
      "/sys/fs/cgroup/slurm/job_7/memory.max": "2147483648\n",
      "/sys/fs/cgroup/slurm/job_7/memory.current": "2097152000\n",
      "/sys/fs/cgroup/slurm/job_7/memory.stat":
        "anon 1000\ninactive_file 314572800\nactive_file 209715200\nslab 5\nworkingset_refault_anon x\n",
    ]
    #expect(
      try rooms(files) == [
        MemoryRoom(
          limit: 2 << 30, used: 2_097_152_000 - 524_288_000,
          source: "the limit in /sys/fs/cgroup/slurm/job_7/memory.max")
      ])
  }

  @Test func groupsOfVersion1() throws {
    var files = [
      "/proc/self/mountinfo": Self.divided, "/proc/self/cgroup": "9:memory:/m\n4:cpu,cpuacct:/c\n",
      "/sys/fs/cgroup/memory/m/memory.limit_in_bytes": "1073741824\n",
      "/sys/fs/cgroup/memory/m/memory.usage_in_bytes": "536870912\n",
      "/sys/fs/cgroup/memory/m/memory.stat": "total_inactive_file 104857600\ninactive_file 7\n",
      // None.
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    ]
    #expect(
      try rooms(files) == [
        MemoryRoom(
          limit: 1 << 30, used: 412 << 20, source: "the limit in /sys/fs/cgroup/memory/m/memory.limit_in_bytes")
      ])
    files["/sys/fs/cgroup/memory/m/memory.limit_in_bytes"] = "9223372036854771712\n"
    #expect(try rooms(files) == [])
  }

  @Test(arguments: ["", "max", "-1", "0", "x y", "99999999999999999999999"])
  func brokenLimitsAreNone(_ text: String) throws {
    #expect(
      try rooms([
        "/proc/self/mountinfo": Self.unified, "/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.max": text,
        "/sys/fs/cgroup/a/memory.stat": "inactive_file 99999999999999999999\nactive_file -5\n",
      ]) == [])
  }

  @Test func slurm() throws {
    #expect(
      try rooms(environment: ["SLURM_MEM_PER_NODE": "4096"])
        == [MemoryRoom(limit: 4 << 30, used: 512 << 20, source: "Slurm's SLURM_MEM_PER_NODE")])
    #expect(
      try rooms(environment: ["SLURM_MEM_PER_CPU": "2000", "SLURM_CPUS_PER_TASK": "4", "SLURM_CPUS_ON_NODE": "8"])
        == [MemoryRoom(limit: 8000 << 20, used: 512 << 20, source: "Slurm's SLURM_MEM_PER_CPU")])
    #expect(try rooms(environment: ["SLURM_MEM_PER_CPU": "2000", "SLURM_CPUS_ON_NODE": "3"])[0].limit == 6000 << 20)
    #expect(try rooms(environment: ["SLURM_MEM_PER_CPU": "2000"])[0].limit == 2000 << 20)
    // 0 is all of the node.
    for text in ["0", "", "-1", "all", "9999999999999999"] {
      #expect(try rooms(environment: ["SLURM_MEM_PER_NODE": text]) == [])
    }
  }

  @Test func limitsOfTheShell() throws {
    #expect(
      try rooms(addressSpace: 5 << 30, data: 2 << 30) == [
        MemoryRoom(
          limit: 5 << 30, used: 4 << 30, source: "the limit of address space (ulimit -v)", countsReserved: true),
        MemoryRoom(limit: 2 << 30, used: 1 << 30, source: "the limit of data (ulimit -d)", countsReserved: true),
      ])
  }

  @Test func workers() {
    let room = MemoryRoom(limit: 1 << 30, used: 0, source: "a limit")
    // 960 MiB are for threads.
    #expect(Workers(wanted: 8, bytes: 100 << 20, rooms: []) == Workers(wanted: 8, bytes: 0, rooms: [room]))
    #expect(Workers(wanted: 9, bytes: 100 << 20, rooms: [room]).reason == nil)
    let fewer = Workers(wanted: 64, bytes: 100 << 20, rooms: [room])
    #expect(fewer.count == 9)
    #expect(fewer.reason == "each takes about 100 MiB, and a limit leaves 1.0 GiB of 1.0 GiB")
    // A stack and a heap more for each.
    let reserved = MemoryRoom(limit: 1 << 30, used: 0, source: "another", countsReserved: true)
    #expect(Workers(wanted: 64, bytes: 100 << 20, rooms: [room, reserved]).count == 5)
    #expect(
      Workers(wanted: 64, bytes: 100 << 20, rooms: [reserved, room]).reason
        == "each takes about 100 MiB, and another leaves 1.0 GiB of 1.0 GiB")
    #expect(Workers(wanted: 0, bytes: 1 << 40, rooms: [room]).count == 1)
    #expect(MemoryRoom.words(1_572_864) == "2 MiB")
    #expect(MemoryRoom.words(0) == "0 MiB")
    #expect(MemoryRoom.words(3 << 29) == "1.5 GiB")
  }
}
