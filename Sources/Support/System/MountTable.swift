#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What is mounted where, as `/proc/self/mountinfo` tells it.
public struct MountTable: Sendable {
  /// A file system, or a part of one, and where it is seen.
  public struct Mount: Sendable, Hashable {
    /// The part of the file system that is seen here: "/" for all of it.
    public var root: String
    /// The absolute path of the folder that it covers.
    public var point: String
    /// "ext4", "nfs4", "fuse.sshfs", "cgroup2"
    public var type: String
    /// Those of the file system, not of the mount: of a control group its controllers.
    public var options: [String]

    /// The option by which locks keep away this machine's processes alone; nil where there is none.
    public var localLocks: String? {
      let wanted: Set<String> =
        switch type {
        case "lustre": ["localflock"]
        case "nfs", "nfs4": ["nolock", "local_lock=all", "local_lock=flock"]
        default: []
        }
      return options.first { wanted.contains($0) }
    }
  }

  /// In the order of mounting.
  public let mounts: [Mount]

  /// Of this process; empty where the system does not tell.
  public static var current: MountTable { MountTable(Descriptor.text(ofFile: "/proc/self/mountinfo") ?? "") }

  /// - Parameter text: a line per mount: number, parent, device, root, point, options, optional fields, "-", type, source,
  ///   options of the file system. Others are passed over.
  public init(_ text: String) {
    mounts = text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ").map(String.init)
      guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 1 else { return nil }
      let options = words.count > dash + 3 ? words[dash + 3].split(separator: ",").map(String.init) : []
      return Mount(
        root: MountTable.plain(words[3]), point: MountTable.plain(words[4]), type: words[dash + 1], options: options)
    }
  }

  /// The type of the file system that a path lies on: "nfs4".
  /// - Parameter path: need not be there; the nearest folder above it that is decides.
  public func fileSystem(of path: String) -> String? { mount(of: path)?.type }

  /// Whether a file system of this type is one that several machines use at once, or whose files another program serves:
  /// memory that maps its files is then not shared by all who do.
  public static func isShared(_ type: String) -> Bool { shared.contains(type) || type.hasPrefix("fuse.") }

  private static let shared: Set<String> = [
    "nfs", "nfs4", "lustre", "gpfs", "beegfs", "ceph", "cifs", "smb3", "smbfs", "9p", "virtiofs", "afs", "gfs2",
    "ocfs2",
    "glusterfs", "orangefs", "pvfs2", "panfs", "wekafs", "vboxsf", "fuse",
  ]

  /// What a path lies on; nil where the system does not tell.
  /// - Parameter path: need not be there; the nearest folder above it that is decides.
  public func mount(of path: String) -> Mount? {
    guard let real = ResolvedPath(path)?.text else { return nil }
    var found: Mount?
    for mount in mounts where mount.point == "/" || real == mount.point || real.hasPrefix(mount.point + "/") {
      // Of two at one place the later one is seen.
      if mount.point.utf8.count >= found?.point.utf8.count ?? 0 { found = mount }
    }
    return found
  }

  /// Spaces and the like stand as three octal digits behind a backslash.
  private static func plain(_ text: String) -> String {
    guard text.contains("\\") else { return text }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A path with every link followed, of which the end need not be there yet.
public struct ResolvedPath: Sendable, Equatable {
  /// Absolute, without links, `.` and `..`.
  public let text: String
  /// The nearest folder or file at or above it that is there.
  public let existing: String

  /// Nil for a relative path in a working folder that is gone.
  public init?(_ path: String) {
    guard let start = path.hasPrefix("/") ? "" : WorkingFolder.path.map({ $0 + "/" }) else { return nil }
    // Folders that are not there have no links in them, so that leaving out `..` by its letters is right for them only.
    let names = (start + path).split(separator: "/").map(String.init)
    for count in (0...names.count).reversed() {
      let head = "/" + names.prefix(count).joined(separator: "/")
      guard let found = unsafe realpath(head, nil) else { continue }
      let real = unsafe String(cString: found)
      unsafe free(found)
      existing = real
      text = WorkingFolder.andAbove(real + "/" + names.dropFirst(count).joined(separator: "/"))[0]
      return
    }
    return nil
  }

  /// Whether this is `folder` or lies below it, by links and second mounts too: the same folder is told by its device and
  /// number, whatever its names.
  public func isInside(_ folder: String) -> Bool {
    guard let wanted = Self.identity(folder) else { return false }
    return WorkingFolder.andAbove(text).contains { Self.identity($0) == wanted }
  }

  private static func identity(_ path: String) -> [UInt64]? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return [UInt64(status.st_dev), UInt64(status.st_ino)]
  }
}
