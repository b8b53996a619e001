#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How much memory something lets the process take, and how much of it is taken.
public struct MemoryRoom: Sendable, Equatable {
  /// Bytes.
  public let limit: Int
  /// Bytes that are taken of it: by this process, and by the others that share it.
  public let used: Int
  /// What sets the limit, as in "the limit in /sys/fs/cgroup/memory.max".
  public let source: String
  /// Whether memory that was asked for and not written to counts.
  public let countsReserved: Bool

  public init(limit: Int, used: Int, source: String, countsReserved: Bool = false) {
    self.limit = limit
    self.used = used
    self.source = source
    self.countsReserved = countsReserved
  }

  /// Bytes.
  public var left: Int { max(0, limit - used) }

  /// "the limit in /sys/fs/cgroup/memory.max leaves 600 MiB of 4.0 GiB"
  public var sentence: String { "\(source) leaves \(Self.words(left)) of \(Self.words(limit))" }

  /// "600 MiB", "4.0 GiB"
  public static func words(_ bytes: Int) -> String {
    guard bytes >= 1 << 30 else { return "\((bytes + 1 << 19) >> 20) MiB" }
    let tenths = Int((Double(bytes) / Double(1 << 30) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) GiB"
  }

  /// All that hold for this process now: the machine's memory, control groups, what Slurm gave, and the limits of the shell.
  public static func current() -> [MemoryRoom] {
    let names = [perNode, perCPU, perTask, onNode]
    var environment: [String: String] = [:]
    for name in names {
      if let value = unsafe getenv(name) { environment[name] = unsafe String(cString: value) }
    }
    return all(environment: environment, addressSpace: limit(RLIMIT_AS), data: limit(RLIMIT_DATA))
  }

  private static let (perNode, perCPU) = ("SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU")
  private static let (perTask, onNode) = ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE")

  /// - Parameters:
  ///   - environment: where Slurm says what it gave, in MiB; not every cluster holds processes to it.
  ///   - addressSpace: the limit of `ulimit -v`: bytes; nil where there is none.
  ///   - data: the limit of `ulimit -d`.
  ///   - systemRoot: put before `/proc` and before each control group's folder.
  static func all(
    environment: [String: String] = [:], addressSpace: Int? = nil, data: Int? = nil, systemRoot: String = ""
  ) -> [MemoryRoom] {
    var rooms: [MemoryRoom] = []
    let machine = kibibytes("\(systemRoot)/proc/meminfo")
    if let total = machine["MemTotal"], let left = machine["MemAvailable"], total > 0 {
      rooms.append(MemoryRoom(limit: total, used: total - left, source: "the machine's memory"))
    }
    if let group = ControlGroups(systemRoot: systemRoot).tightestMemory() {
      rooms.append(MemoryRoom(limit: group.limit, used: group.used, source: "the limit in \(group.file)"))
    }
    let own = kibibytes("\(systemRoot)/proc/self/status")
    func number(_ name: String) -> Int? {
      // 0 is all of the node's.
      environment[name].flatMap { Int($0) }.flatMap { (1..<1 << 40).contains($0) ? $0 : nil }
    }
    if let megabytes = number(perNode) {
      rooms.append(MemoryRoom(limit: megabytes << 20, used: own["VmRSS"] ?? 0, source: "Slurm's \(perNode)"))
    } else if let megabytes = number(perCPU) {
      let processors = min(number(perTask) ?? number(onNode) ?? 1, 1 << 16)
      rooms.append(
        MemoryRoom(limit: (megabytes << 20) * processors, used: own["VmRSS"] ?? 0, source: "Slurm's \(perCPU)"))
    }
    if let addressSpace {
      rooms.append(
        MemoryRoom(
          limit: addressSpace, used: own["VmSize"] ?? 0, source: "the limit of address space (ulimit -v)",
          countsReserved: true))
    }
    if let data {
      rooms.append(
        MemoryRoom(
          limit: data, used: own["VmData"] ?? 0, source: "the limit of data (ulimit -d)", countsReserved: true))
    }
    return rooms
  }

  /// "VmRSS:      51234 kB": bytes by name.
  private static func kibibytes(_ path: String) -> [String: Int] {
    var found: [String: Int] = [:]
    for line in (Descriptor.text(ofFile: path) ?? "").split(separator: "\n") {
      let words = line.split(whereSeparator: \.isWhitespace)
      if words.count == 3, words[0].hasSuffix(":"), words[2] == "kB", let number = Int(words[1]),
        (0..<1 << 50).contains(number)
      {
        found[String(words[0].dropLast())] = number << 10
      }
    }
    return found
  }

  #if canImport(Glibc)
    private typealias Resource = __rlimit_resource
  #else
    private typealias Resource = Int32
  #endif

  private static func limit(_ resource: Resource) -> Int? {
    #if canImport(Glibc)
      let resource = __rlimit_resource_t(resource.rawValue)
    #endif
    var limits = rlimit()
    guard unsafe getrlimit(resource, &limits) == 0, limits.rlim_cur < 1 << 60 else { return nil }
    return Int(limits.rlim_cur)
  }
}

/// How many threads there is memory for.
public struct Workers: Sendable, Equatable {
  /// At least 1.
  public let count: Int
  /// Why fewer than were wanted, as a sentence; nil where there are as many.
  public let reason: String?

  /// What a thread reserves and seldom touches: its stack, and a heap of the C library's.
  static let reservedByThread = (8 + 64) << 20
  /// For what is common to all threads and comes later: the store's memory, and photographs as they are decoded.
  static let spared = 64 << 20

  /// - Parameters:
  ///   - wanted: at least 1.
  ///   - bytes: that each thread takes.
  ///   - rooms: as they are before the first one begins.
  public init(wanted: Int, bytes: Int, rooms: [MemoryRoom]) {
    var count = max(1, wanted)
    var reason: String?
    for room in rooms {
      let each = max(1, bytes + (room.countsReserved ? Self.reservedByThread : 0))
      let fitting = max(1, (room.left - Self.spared) / each)
      guard fitting < count else { continue }
      count = fitting
      reason = "each takes about \(MemoryRoom.words(bytes)), and \(room.sentence)"
    }
    self.count = count
    self.reason = reason
  }
}
