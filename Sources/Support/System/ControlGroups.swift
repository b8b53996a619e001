/// The control groups that the process is in, as far as they ration processors and memory.
struct ControlGroups {
  struct Quota: Equatable {
    /// Processor seconds a second.
    var processors: Double
    var file: String
  }

  struct MemoryLimit: Equatable {
    /// Bytes.
    var limit: Int
    /// By all processes of the group, without what the system would give back where it is short: bytes.
    var used: Int
    var file: String
  }

  private let root: String
  private let mounts: MountTable

  /// - Parameter systemRoot: put before `/proc` and the groups' folders.
  init(systemRoot: String) {
    root = systemRoot
    mounts = MountTable(Descriptor.text(ofFile: "\(systemRoot)/proc/self/mountinfo") ?? "")
  }

  /// The least of all quotas from the process's own groups up to the roots that can be seen from here, of version 2, 1, or
  /// both side by side; nil where nothing is rationed.
  func leastQuota() -> Quota? {
    rations(of: "cpu", unified: quota, divided: dividedQuota).min { $0.processors < $1.processors }
  }

  /// The limit that leaves the least, of the same groups; nil where there is none.
  func tightestMemory() -> MemoryLimit? {
    rations(of: "memory", unified: memory, divided: dividedMemory).min { $0.limit - $0.used < $1.limit - $1.used }
  }

  /// What every group that the process is in has of something, from its own up to the roots.
  /// - Parameters:
  ///   - controller: what version 1 calls it.
  ///   - unified: reads a folder of version 2.
  ///   - divided: reads one of version 1.
  private func rations<Ration>(
    of controller: String, unified: (String) -> Ration?, divided: (String) -> Ration?
  ) -> [Ration] {
    var found: [Ration] = []
    for line in (Descriptor.text(ofFile: "\(root)/proc/self/cgroup") ?? "").split(separator: "\n") {
      // "0::/user.slice", "4:cpu,cpuacct:/docker/1f"
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let path = String(fields[2])
      if fields[1].isEmpty {
        found += folders(of: path) { $0.type == "cgroup2" }.compactMap(unified)
      } else if fields[1].split(separator: ",").contains(Substring(controller)) {
        found += folders(of: path) { $0.type == "cgroup" && $0.options.contains(controller) }.compactMap(divided)
      }
    }
    return found
  }

  /// The folder of a group and those above it, as far as they are mounted.
  private func folders(of path: String, where isRight: (MountTable.Mount) -> Bool) -> [String] {
    guard let mount = mounts.mounts.last(where: isRight) else { return [] }
    // A container may see only its own part of the hierarchy, and be told its place in all of it, or the other way
    // round.
    var below = path
    if mount.root != "/" {
      let isPart = path == mount.root || path.hasPrefix(mount.root + "/")
      below = isPart ? String(path.dropFirst(mount.root.count)) : ""
    }
    if below.hasPrefix("/..") { below = "" }
    let top = WorkingFolder.andAbove(mount.point)[0]
    return WorkingFolder.andAbove(mount.point + "/" + below).filter {
      $0 == top || $0.hasPrefix(top == "/" ? top : top + "/")
    }
  }

  /// "150000 100000": microseconds in each so many; "max 100000" where nothing is rationed.
  private func quota(_ folder: String) -> Quota? {
    let file = "\(folder)/cpu.max"
    let words = (Descriptor.text(ofFile: root + file) ?? "").split(whereSeparator: \.isWhitespace).map { Int($0) }
    guard words.count == 2, let quota = words[0], let period = words[1], quota > 0, period > 0 else { return nil }
    return Quota(processors: Double(quota) / Double(period), file: file)
  }

  /// -1 where nothing is rationed.
  private func dividedQuota(_ folder: String) -> Quota? {
    guard let quota = number("\(folder)/cpu.cfs_quota_us"), let period = number("\(folder)/cpu.cfs_period_us"),
      quota > 0,
      period > 0
    else { return nil }
    return Quota(processors: Double(quota) / Double(period), file: "\(folder)/cpu.cfs_quota_us")
  }

  /// Beyond `memory.max` a process is ended, beyond `memory.high` it is slowed down until it is of no use.
  private func memory(_ folder: String) -> MemoryLimit? {
    ["memory.max", "memory.high"].compactMap { name in
      number("\(folder)/\(name)").flatMap {
        limit($0, used: "memory.current", files: ["active_file", "inactive_file"], in: folder, name)
      }
    }.min { $0.limit < $1.limit }
  }

  private func dividedMemory(_ folder: String) -> MemoryLimit? {
    let name = "memory.limit_in_bytes"
    return number("\(folder)/\(name)").flatMap {
      limit($0, used: "memory.usage_in_bytes", files: ["total_active_file", "total_inactive_file"], in: folder, name)
    }
  }

  /// - Parameter files: lines of `memory.stat` of what is kept of files, which goes where memory is short.
  private func limit(_ limit: Int, used: String, files: Set<String>, in folder: String, _ name: String) -> MemoryLimit?
  {
    // Version 1 says "none" by the largest number of whole pages.
    guard limit > 0, limit < 1 << 60 else { return nil }
    var kept = 0
    for line in (Descriptor.text(ofFile: "\(root)\(folder)/memory.stat") ?? "").split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, files.contains(String(words[0])), let bytes = Int(words[1]), (0..<1 << 60).contains(bytes) {
        kept += bytes
      }
    }
    let all = min(max(0, number("\(folder)/\(used)") ?? 0), 1 << 60)
    return MemoryLimit(limit: limit, used: max(0, all - kept), file: "\(folder)/\(name)")
  }

  private func number(_ path: String) -> Int? {
    Descriptor.text(ofFile: "\(root)\(path)")?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
  }
}
