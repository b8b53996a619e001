import Foundation
import Synchronization
import Testing

@testable import Support

@Suite struct ProcessorsTests {
  private static let unified =
    "42 31 0:39 / /sys/fs/cgroup rw,nosuid shared:9 master:1 - cgroup2 cgroup rw,nsdelegate\n"
  private static let divided =
    "31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
    + "32 31 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    + "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"

  private func found(
    _ files: [String: String], machine: Int = 64, affinity: Int? = 64, environment: [String: String] = [:]
  ) throws -> Processors {
    let system = try MadeUpSystem(files)
    return Processors(machine: machine, affinity: affinity, environment: environment, systemRoot: system.root)
  }

  @Test func withoutAnyLimitTheWholeMachineIsUsed() throws {
    let all = try found([:])
    #expect(all.usable == 64)
    #expect(all.summary == "64 processors")
    #expect(try found([:], machine: 1, affinity: nil).summary == "1 processor")
    // A system that cannot count.
    #expect(try found([:], machine: -1, affinity: nil).usable == 1)
  }

  @Test func affinity() throws {
    let one = try found([:], affinity: 1)
    #expect(one.summary == "1 of 64 processors: this process's affinity (see taskset)")
  }

  /// Of a group and those above it the strictest counts, and a part of a processor is one more thread.
  @Test func quotasOfVersion2() throws {
    var files = [
      "/proc/self/mountinfo": Self.unified, "/proc/self/cgroup": "0::/user.slice/job 7/step\n",
      "/sys/fs/cgroup/user.slice/job 7/step/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/user.slice/job 7/cpu.max": "250000 100000\n",
      "/sys/fs/cgroup/user.slice/cpu.max": "400000 100000\n",
    ]
    let job = try found(files)
    #expect(job.usable == 3)
    #expect(
      job.summary
        == "3 of 64 processors: the quota of 2.5 processors in /sys/fs/cgroup/user.slice/job 7/cpu.max")
    files["/sys/fs/cgroup/user.slice/cpu.max"] = "5000 100000\n"
    #expect(try found(files).usable == 1)
    #expect(
      try found(files).reason == "the quota of 0.05 processors in /sys/fs/cgroup/user.slice/cpu.max")
    // A quota larger than the machine is none.
    #expect(try found(files.mapValues { $0.hasSuffix(" 100000\n") ? "9900000 100000\n" : $0 }).reason == nil)
  }

  /// `docker run --cpus=2`: the container sees its own group as the root of all.
  @Test func aContainerOfVersion2() throws {
    let container = try found([
      "/proc/self/mountinfo": Self.unified, "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/cpu.max": "200000 100000\n",
    ])
    #expect(container.usable == 2)
    // Started outside and moved in: its own place lies outside of what it sees.
    #expect(
      try found([
        "/proc/self/mountinfo": Self.unified, "/proc/self/cgroup": "0::/../../other\n",
        "/sys/fs/cgroup/cpu.max": "200000 100000\n",
      ]).usable == 2)
  }

  @Test func quotasOfVersion1() throws {
    var files = [
      "/proc/self/mountinfo": Self.divided,
      "/proc/self/cgroup": "9:memory:/m\n4:cpu,cpuacct:/docker/1f\n1:name=systemd:/\n",
      "/sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_quota_us": "150000\n",
      "/sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    ]
    let outside = try found(files)
    #expect(
      outside.summary
        == "2 of 64 processors: the quota of 1.5 processors in /sys/fs/cgroup/cpu,cpuacct/docker/1f/cpu.cfs_quota_us")
    // Within the container only its own part is mounted, and its place is still told from outside.
    files["/proc/self/mountinfo"] = Self.divided.replacingOccurrences(
      of: "0:30 / /sys", with: "0:30 /docker/1f /sys")
    files["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us"] = "100000\n"
    #expect(try found(files).usable == 1)
    files["/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us"] = "-1\n"
    #expect(try found(files).usable == 64)
  }

  @Test func bothVersionsSideBySide() throws {
    let both = try found([
      "/proc/self/mountinfo": Self.divided + Self.unified.replacingOccurrences(of: "cgroup rw,n", with: "unified rw,n"),
      "/proc/self/cgroup": "4:cpu,cpuacct:/\n0::/a\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "800000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "/sys/fs/unified/a/cpu.max": "600000 100000\n",
    ])
    #expect(both.usable == 6)
  }

  @Test func slurm() throws {
    #expect(
      try found([:], environment: ["SLURM_CPUS_PER_TASK": "8"]).summary
        == "8 of 64 processors: Slurm's SLURM_CPUS_PER_TASK")
    for text in ["", "0", "-3", "many", "128"] {
      #expect(try found([:], environment: ["SLURM_CPUS_PER_TASK": text]).usable == 64)
    }
  }

  @Test func otherBatchSystems() throws {
    #expect(try found([:], environment: ["SLURM_CPUS_ON_NODE": "4"]).reason == "Slurm's SLURM_CPUS_ON_NODE")
    #expect(try found([:], environment: ["SLURM_CPUS_ON_NODE": "16", "SLURM_CPUS_PER_TASK": "2"]).usable == 2)
    #expect(
      try found([:], environment: ["NCPUS": "8", "PBS_JOBID": "7.head"]).summary == "8 of 64 processors: PBS's NCPUS")
    #expect(try found([:], environment: ["PBS_NUM_PPN": "3", "PBS_JOBID": "7.head"]).usable == 3)
    #expect(try found([:], environment: ["NSLOTS": "5", "JOB_ID": "7"]).reason == "Grid Engine's NSLOTS")
    #expect(
      try found([:], environment: ["LSB_DJOB_NUMPROC": "6", "LSB_JOBID": "7"]).reason == "LSF's LSB_DJOB_NUMPROC")
    // Anybody may call a variable so.
    #expect(try found([:], environment: ["NCPUS": "8", "NSLOTS": "5"]).usable == 64)
  }

  /// Whatever stands there, it is at least one thread and at most the machine's.
  @Test(arguments: [
    "", "max", "100000", "-5 100000", "100000 0", "0 100000", "9223372036854775807 1", "a b", "1 2 3",
    "99999999999999999999999 100000",
  ])
  func brokenQuotasAreNone(_ text: String) throws {
    let found = try found([
      "/proc/self/mountinfo": Self.unified + "short line\n31 - x\n", "/proc/self/cgroup": "\n::\n0\n0::/a\n",
      "/sys/fs/cgroup/a/cpu.max": text,
    ])
    #expect(found.usable == 64 && found.reason == nil)
  }

  /// The C library's own mask ends at 1024 processors, and the system refuses one that is too small for it.
  @Test func theMaskGrowsWithTheMachine() {
    var sizes: [Int] = []
    let count = Processors.affinity { mask in
      sizes.append(mask.count * 64)
      guard mask.count * 64 >= 5000 else { return EINVAL }
      mask[70] = .max
      mask[0] = 1
      return 0
    }
    #expect(count == 65)
    #expect(sizes == [1024, 2048, 4096, 8192])
    #expect(Processors.affinity { _ in EINVAL } == nil)
    #expect(Processors.affinity { _ in ENOSYS } == nil)
    #expect((Processors.affinity() ?? 0) >= 1)
  }

  /// No more threads are at work at once than were chosen, and the results are the same.
  @Test func chosenThreads() {
    defer { Threads.choose(nil) }
    Threads.choose(1)
    #expect(Threads.count == 1)
    let thread = Set(concurrentMap(Array(0..<50)) { _ in ObjectIdentifier(Thread.current) })
    #expect(thread.count == 1)
    Threads.choose(3)
    #expect(Threads.count == 3)
    #expect(Set(concurrentMap(Array(0..<200)) { _ in ObjectIdentifier(Thread.current) }).count <= 3)
    Threads.choose(nil)
    #expect(Threads.count == Processors.current.usable)
  }
}

@Suite struct PathTests {
  @Test func foldersAbove() {
    #expect(WorkingFolder.andAbove("/a/b/c") == ["/a/b/c", "/a/b", "/a", "/"])
    #expect(WorkingFolder.andAbove("/a/./b/../c/") == ["/a/c", "/a", "/"])
    #expect(WorkingFolder.andAbove("/../..") == ["/"])
    #expect(WorkingFolder.andAbove("a/b") == [])
    #expect(WorkingFolder.andAbove("") == [])
  }

  @Test func mountsAreToldByTheLongestPlace() {
    let table = MountTable(
      """
      1 0 8:1 / / rw - ext4 /dev/vda rw
      2 1 0:5 / /proc rw - proc proc rw
      3 1 0:44 / /proc/my\\040disk rw shared:1 - nfs4 server:/x rw,vers=4.2
      4 1 0:45 / /proc/my\\040disk rw - lustre x rw,flock
      """)
    #expect(table.mounts.map(\.type) == ["ext4", "proc", "nfs4", "lustre"])
    #expect(table.mounts[2].point == "/proc/my disk")
    #expect(table.fileSystem(of: "/proc/self") == "proc")
    #expect(table.fileSystem(of: "/proc/my disk/a/b") == "lustre")
    #expect(table.fileSystem(of: "/procs") == "ext4")
    #expect(MountTable("").fileSystem(of: "/") == nil)
    #expect(MountTable.current.fileSystem(of: "/proc/self") == "proc")
  }

  @Test func fileSystemsOfSeveralMachines() {
    for type in [
      "nfs", "nfs4", "lustre", "gpfs", "beegfs", "cifs", "smb3", "ceph", "9p", "fuse.sshfs", "fuse.glusterfs",
    ] {
      #expect(MountTable.isShared(type))
    }
    for type in ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk"] { #expect(!MountTable.isShared(type)) }
    let table = MountTable(
      """
      1 0 8:1 / /a rw - lustre x rw,localflock
      2 1 0:5 / /b rw - nfs4 x rw,vers=4.2,local_lock=none
      3 1 0:5 / /c rw - nfs x rw,vers=3,local_lock=flock
      4 1 0:5 / /d rw - ext4 x rw,nolock
      """)
    #expect(table.mounts.map(\.localLocks) == ["localflock", nil, "local_lock=flock", nil])
  }

  @Test func linksAreFollowedWhereTheyAreThere() throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "heatdrift-paths-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: root) }
    try FileManager.default.createDirectory(atPath: "\(root)/real/inner", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: "\(root)/link", withDestinationPath: "real/inner")
    try FileManager.default.createSymbolicLink(atPath: "\(root)/dangling", withDestinationPath: "nowhere")
    let real = try #require(ResolvedPath("\(root)/real"))
    let below = try #require(ResolvedPath("\(root)/link/new/../newer"))
    #expect(below.text == real.text + "/inner/newer")
    #expect(below.existing == real.text + "/inner")
    #expect(below.isInside("\(root)/real") && below.isInside("\(root)/link") && !real.isInside("\(root)/link"))
    #expect(!below.isInside("\(root)/missing"))
    // `..` behind a link leads to above where it leads.
    #expect(ResolvedPath("\(root)/link/..")?.text == real.text)
    #expect(FileKind(of: "\(root)/dangling") == .danglingLink)
    #expect(FileKind(of: "\(root)/link") == .folder)
    #expect(FileKind(of: "\(root)/none") == .missing)
    #expect(FileKind(of: "/dev/null") == .special)
    #expect(FileKind(of: "/proc/self/stat") == .file)
  }
}

@Suite struct DescriptorTests {
  @Test func whatTheSystemDoesNotTakeIsSaid() throws {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    #expect(Descriptor.write([1, 2, 3], to: full) == ENOSPC)
    #expect(Descriptor.write([], to: full) == 0)
    #expect(Descriptor.write([1], to: -1) == EBADF)
  }

  /// A terminal or pipe that somebody else made non-blocking takes a little at a time.
  @Test func whoShouldNotWaitWaits() throws {
    var ends: [Int32] = [-1, -1]
    #expect(pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    #expect(fcntl(writing, F_SETFL, O_NONBLOCK) == 0)
    let bytes = (0..<1 << 20).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let code = Mutex<Int32>(-1)
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      let found = Descriptor.write(bytes, to: writing)
      code.withLock { $0 = found }
      close(writing)
    }
    usleep(20_000)
    #expect(Descriptor.read(reading, atMost: 2 * bytes.count) == bytes)
    group.wait()
    close(reading)
    #expect(code.withLock { $0 } == 0)
  }

  @Test func readingEnds() throws {
    let zero = open("/dev/zero", O_RDONLY)
    defer { close(zero) }
    #expect(Descriptor.read(zero, atMost: 100_000)?.count == 100_001)
    #expect(Descriptor.read(-1, atMost: 10) == nil)
    #expect(Descriptor.text(ofFile: "/dev/zero") == nil)
    #expect(Descriptor.text(ofFile: "/proc/self/statm")?.split(separator: " ").count == 7)
  }
}
