import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Who a process is, so that another one, elsewhere or later, can tell whether it is still there.
public struct ProcessIdentity: Codable, Sendable, Equatable {
  /// As the machine calls itself; containers have names of their own.
  public var host: String
  /// Its number, within `namespace`.
  public var pid: Int32
  /// When it was started, in the machine's ticks since it was switched on: numbers are used again, these are not.
  public var start: Int?
  /// Of the time since the machine was switched on; the same in its containers.
  public var boot: String?
  /// Of process numbers, as `/proc` names it: "pid:[4026531836]".
  public var namespace: String?
  /// When it began what it says this of: "2026-11-26 16:20:03 UTC".
  public var since: String
  /// Of a batch system: "Slurm job 12_3".
  public var job: String?

  public init(
    host: String, pid: Int32, start: Int? = nil, boot: String? = nil, namespace: String? = nil, since: String,
    job: String? = nil
  ) {
    self.host = host
    self.pid = pid
    self.start = start
    self.boot = boot
    self.namespace = namespace
    self.since = since
    self.job = job
  }

  /// This process, now.
  public static func current(systemRoot: String = "") -> ProcessIdentity {
    let boot = Descriptor.text(ofFile: "\(systemRoot)/proc/sys/kernel/random/boot_id")
    return ProcessIdentity(
      host: hostName ?? "unknown", pid: getpid(), start: start(of: "self", systemRoot),
      boot: boot.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) },
      namespace: try? FileManager.default.destinationOfSymbolicLink(atPath: "\(systemRoot)/proc/self/ns/pid"),
      since: time(Date()), job: job(ProcessInfo.processInfo.environment))
  }

  /// "2026-11-26 16:20:03 UTC"
  public static func time(_ date: Date) -> String {
    date.formatted(.iso8601).replacing("T", with: " ").replacing("Z", with: " UTC")
  }

  /// This machine's, as it calls itself.
  public static var hostName: String? {
    var name = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&name, name.count - 1) == 0 else { return nil }
    let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// What a batch system calls the task that a process with these variables is of; nil outside of one.
  public static func job(_ environment: [String: String]) -> String? {
    if let array = environment["SLURM_ARRAY_JOB_ID"], let task = environment["SLURM_ARRAY_TASK_ID"] {
      return "Slurm job \(array)_\(task)"
    }
    // What comes first is the more particular: Grid Engine's name is one that others use as well.
    let names = [
      ("SLURM_JOB_ID", "Slurm"), ("PBS_JOBID", "PBS"), ("LSB_JOBID", "LSF"), ("JOB_ID", "Grid Engine"),
    ]
    for (name, system) in names {
      if let number = environment[name], !number.isEmpty { return "\(system) job \(number)" }
    }
    return nil
  }

  /// Whether it is still there, as far as can be told from here.
  public enum Fate: Sendable, Equatable {
    /// It is there, with the number and the start that it had.
    case running
    /// Nothing of this number is there, or something that was started later, or the machine was started anew.
    case ended
    /// It runs, or ran, on another machine, or in a container whose processes are not seen.
    case unknown
  }

  /// - Parameter systemRoot: put before `/proc`.
  public func fate(systemRoot: String = "") -> Fate {
    let here = ProcessIdentity.current(systemRoot: systemRoot)
    guard let boot, let own = here.boot else { return .unknown }
    if boot != own { return host == here.host ? .ended : .unknown }
    guard let namespace, namespace == here.namespace, let start else { return .unknown }
    return ProcessIdentity.start(of: "\(pid)", systemRoot) == start ? .running : .ended
  }

  /// "process 4711 on node7 (Slurm job 12_3) since 2026-11-26 16:20:03 UTC"
  public var words: String {
    "process \(pid) on \(printable(host))" + (job.map { " (\(printable($0)))" } ?? "") + " since \(printable(since))"
  }

  /// The 22nd field of `/proc/PID/stat`; the second, its name, may hold anything.
  private static func start(of process: String, _ systemRoot: String) -> Int? {
    guard let text = Descriptor.text(ofFile: "\(systemRoot)/proc/\(process)/stat"),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 19 ? Int(fields[19]) : nil
  }
}
