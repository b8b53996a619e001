/// The control groups that the process is in, as far as they ration processors.
struct ControlGroups {
  struct Quota: Equatable {
    /// Processor seconds a second.
    var processors: Double
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
    let lines = (Descriptor.text(ofFile: "\(root)/proc/self/cgroup") ?? "").split(separator: "\n")
    var found: [Quota] = []
    for line in lines {
      // "0::/user.slice", "4:cpu,cpuacct:/docker/1f"
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let path = String(fields[2])
      if fields[1].isEmpty {
        found += folders(of: path) { $0.type == "cgroup2" }.compactMap(unified)
      } else if fields[1].split(separator: ",").contains("cpu") {
        found += folders(of: path) { $0.type == "cgroup" && $0.options.contains("cpu") }.compactMap(divided)
      }
    }
    return found.min { $0.processors < $1.processors }
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
  private func unified(_ folder: String) -> Quota? {
    let file = "\(folder)/cpu.max"
    let words = (Descriptor.text(ofFile: root + file) ?? "").split(whereSeparator: \.isWhitespace).map { Int($0) }
    guard words.count == 2, let quota = words[0], let period = words[1], quota > 0, period > 0 else { return nil }
    return Quota(processors: Double(quota) / Double(period), file: file)
  }

  /// -1 where nothing is rationed.
  private func divided(_ folder: String) -> Quota? {
    func number(_ name: String) -> Int? {
      Descriptor.text(ofFile: "\(root)\(folder)/\(name)")?.split(whereSeparator: \.isWhitespace).first.flatMap {
        Int($0)
      }
    }
    guard let quota = number("cpu.cfs_quota_us"), let period = number("cpu.cfs_period_us"), quota > 0, period > 0 else {
      return nil
    }
    return Quota(processors: Double(quota) / Double(period), file: "\(folder)/cpu.cfs_quota_us")
  }
}
