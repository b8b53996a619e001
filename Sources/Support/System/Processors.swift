#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
import CProcessors
import Synchronization

/// How many processors a process may keep busy: those of the machine, or fewer where its affinity (`taskset`, `numactl`),
/// a control group's quota (containers, systemd, clusters) or a batch system says so. More threads would only wait for each other,
/// and each takes its own memory.
public struct Processors: Sendable, Equatable {
  /// Switched on in the machine, or in what takes itself for one.
  public let machine: Int
  /// At least 1.
  public let usable: Int
  /// Why `usable` is less than `machine`; nil where it is not.
  public let reason: String?

  /// Of this process, as it was when first asked for.
  public static let current = Processors(
    machine: sysconf(Int32(_SC_NPROCESSORS_ONLN)), affinity: Processors.affinity(), environment: batchSystems())

  /// - Parameters:
  ///   - affinity: of how many processors the scheduler may choose; nil where the system does not tell.
  ///   - environment: where batch systems say what they gave: not every cluster holds processes to it.
  ///   - systemRoot: put before `/proc` and before each control group's folder.
  init(machine: Int, affinity: Int?, environment: [String: String] = [:], systemRoot: String = "") {
    var least = max(1, machine)
    var reason: String?
    func lower(to count: Int, because text: String) {
      guard count < least else { return }
      least = max(1, count)
      reason = text
    }
    if let affinity { lower(to: affinity, because: "this process's affinity (see taskset)") }
    if let quota = ControlGroups(systemRoot: systemRoot).leastQuota() {
      // Of one processor and a half the second thread still has half.
      lower(
        to: Int(min(quota.processors.rounded(.up), 1e6)),
        because: "the quota of \(Self.decimal(quota.processors)) processors in \(quota.file)")
    }
    for (variable, owner, sign) in Self.variables where sign.isEmpty || environment[sign] != nil {
      if let given = environment[variable].flatMap({ Int($0) }), given > 0 {
        lower(to: given, because: "\(owner)'s \(variable)")
      }
    }
    self.machine = max(1, machine)
    usable = least
    self.reason = reason
  }

  /// "2 of 64 processors: the quota of 1.5 processors in /sys/fs/cgroup/cpu.max", "64 processors"
  public var summary: String {
    guard let reason else { return "\(machine) processor\(machine == 1 ? "" : "s")" }
    return "\(usable) of \(machine) processors: \(reason)"
  }

  /// What a job was given, of all its tasks on this machine or more: nobody may use more than that. Others than Slurm use
  /// names that mean something only beside another one.
  private static let variables = [
    ("SLURM_CPUS_PER_TASK", "Slurm", ""), ("SLURM_CPUS_ON_NODE", "Slurm", ""), ("NCPUS", "PBS", "PBS_JOBID"),
    ("PBS_NUM_PPN", "PBS", "PBS_JOBID"), ("NSLOTS", "Grid Engine", "JOB_ID"),
    ("LSB_DJOB_NUMPROC", "LSF", "LSB_JOBID"),
  ]

  private static func batchSystems() -> [String: String] {
    var found: [String: String] = [:]
    for name in variables.flatMap({ [$0.0, $0.2] }) where !name.isEmpty {
      if let value = unsafe getenv(name) { found[name] = unsafe String(cString: value) }
    }
    return found
  }

  /// Asked for with larger and larger masks: a machine may have more processors than the 1024 of the C library's own.
  /// - Parameter ask: fills a mask, and gives 0 or the system's code.
  static func affinity(ask: (inout [UInt64]) -> Int32 = system) -> Int? {
    var words = 16
    while words <= 1 << 17 {
      var mask = [UInt64](repeating: 0, count: words)
      let code = ask(&mask)
      if code == 0 { return mask.reduce(0) { $0 + $1.nonzeroBitCount } }
      guard code == EINVAL else { return nil }
      words *= 2
    }
    return nil
  }

  private static func system(_ mask: inout [UInt64]) -> Int32 {
    unsafe mask.withUnsafeMutableBytes { unsafe cprocessors_affinity($0.baseAddress, $0.count) }
  }

  /// With two digits at most: "2", "1.5"
  private static func decimal(_ value: Double) -> String {
    let hundredths = Int((min(value, 1e9) * 100).rounded())
    let (whole, rest) = (hundredths / 100, hundredths % 100)
    if rest == 0 { return "\(whole)" }
    return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}

/// How many threads do what can be done side by side.
public enum Threads {
  private static let chosen = Atomic<Int>(0)

  /// As many as were chosen, else one for each processor that the process may use.
  public static var count: Int {
    let number = chosen.load(ordering: .relaxed)
    return number > 0 ? number : Processors.current.usable
  }

  /// - Parameter count: nil for as many as there are processors.
  public static func choose(_ count: Int?) { chosen.store(max(0, count ?? 0), ordering: .relaxed) }
}
