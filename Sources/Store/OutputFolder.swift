import Foundation
import Support
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A folder that one process at a time writes results into.
///
/// The lock is the operating system's own on the folder: it needs no file, and is gone with the process, however
/// that ends. Some file systems of clusters have none; there the store's own lock keeps other processes away. Whose the lock
/// is stands in a note (`LockNote`), for those who wait.
public final class OutputFolder: Sendable {
  /// As it was given.
  public let path: String
  /// Why the folder itself is not locked, as a sentence for whoever waits; nil where it is.
  public let note: String?
  /// That the run before this one did not end by itself, as a sentence; nil where it did.
  public let remark: String?
  /// Whether other machines may use the folder too, so that no memory can be shared with who reads its store.
  let isShared: Bool
  /// Whether the folder itself is; where it is not its store must be.
  let isLocked: Bool
  private let descriptor: Int32
  private let claim = Mutex<ProcessIdentity?>(nil)

  /// Asks the system for a lock; for tests that ask another one.
  public struct Locks: Sendable {
    /// On the folder, without waiting: 0, or the system's code.
    var folder: @Sendable (Int32) -> Int32
    /// Whether SQLite's kind of lock could be had on an open file: 0, or the system's code.
    var file: @Sendable (Int32) -> Int32
    /// The type of the file system of a path: "nfs4".
    var fileSystem: @Sendable (String) -> String?
    /// Why a lock on it keeps only this machine's processes away: "localflock"; nil where it keeps all.
    var localLocks: @Sendable (String) -> String?
    /// Whether a process that left its note is still there.
    var fate: @Sendable (ProcessIdentity) -> ProcessIdentity.Fate

    /// The system's own, where a test gives no other.
    public init(
      folder: @escaping @Sendable (Int32) -> Int32 = { flock($0, LOCK_EX | LOCK_NB) == 0 ? 0 : errno },
      file: @escaping @Sendable (Int32) -> Int32 = Locks.record,
      fileSystem: @escaping @Sendable (String) -> String? = { MountTable.current.fileSystem(of: $0) },
      localLocks: @escaping @Sendable (String) -> String? = { MountTable.current.mount(of: $0)?.localLocks },
      fate: @escaping @Sendable (ProcessIdentity) -> ProcessIdentity.Fate = { $0.fate() }
    ) {
      self.folder = folder
      self.file = file
      self.fileSystem = fileSystem
      self.localLocks = localLocks
      self.fate = fate
    }

    /// Takes a lock of SQLite's kind on a byte of an open file.
    /// - Returns: 0, or the system's code.
    @Sendable public static func record(_ descriptor: Int32) -> Int32 {
      var lock = flock()
      lock.l_type = Int16(F_WRLCK)
      lock.l_whence = Int16(SEEK_SET)
      lock.l_len = 1
      return unsafe fcntl(descriptor, F_SETLK, &lock) == 0 ? 0 : errno
    }
  }

  /// Makes the folder where there is none, and takes its lock.
  /// - Throws: `Problem` when it cannot be made, another process works on it, or nothing could keep one away.
  public init(path: String, locks: Locks = Locks()) throws(Problem) {
    self.path = path
    let place = Place(file: path)
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw .failure(
        at: place, "the output folder cannot be made",
        remedy: "Check the permissions of the folder above it, or choose another one (--output).")
    }
    descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .failure(
        at: place, "the output folder cannot be opened: \(systemMessage(errno))",
        remedy: "Check that it is a folder and its permissions, or choose another one (--output).")
    }
    isShared = locks.fileSystem(path).map(MountTable.isShared) ?? false
    do throws(Problem) {
      let lack = try OutputFolder.lock(descriptor, path, locks)
      note = lack ?? OutputFolder.warning(path, locks)
      isLocked = lack == nil
    } catch {
      _ = close(descriptor)
      throw error
    }
    remark = OutputFolder.remark(path, locks)
    if isLocked { becomeHolder() }
  }

  deinit {
    // Before the lock is gone: behind it the note may be another's.
    if let claim = claim.withLock({ $0 }) { LockNote.remove(claim, in: path) }
    _ = close(descriptor)
  }

  /// Notes who works here, once nobody else can.
  func becomeHolder() { claim.withLock { $0 = $0 ?? LockNote.write(in: path) } }

  /// Who is noted as working on a folder, as words for a message; nil where nobody is.
  static func holder(of folder: String) -> String? { LockNote.read(in: folder)?.words }

  /// Of the store in it, whether there is one or not.
  public var storePath: String { "\(path)/\(ResultsStore.fileName)" }

  /// - Returns: why the folder has no lock and the store must do; nil where it has one.
  private static func lock(_ descriptor: Int32, _ path: String, _ locks: Locks) throws(Problem) -> String? {
    let code = uninterrupted { locks.folder(descriptor) }
    if code == 0 { return nil }
    let place = Place(file: path)
    if code == EWOULDBLOCK || code == EAGAIN { throw OutputFolder.heldByAnother(path, locks) }
    let kind = locks.fileSystem(path).map { "its file system (\(printable($0)))" } ?? "its file system"
    // Whether SQLite's own locks work is tried on a file of no other use: who closes a file gives back all locks on it.
    let trial = "\(path)/results.lock.\(getpid()).partial"
    let file = unsafe open(trial, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard file >= 0 else {
      throw .failure(
        at: place, "the output folder cannot be written: \(systemMessage(errno))",
        remedy: "Check the permissions of the folder, or choose another one (--output).")
    }
    let fileCode = uninterrupted { locks.file(file) }
    _ = close(file)
    unsafe unlink(trial)
    guard fileCode == 0 else {
      throw .failure(
        at: place,
        "\(kind) has no locks on folders (\(systemMessage(code))) nor on files (\(systemMessage(fileCode))), without which "
          + "two processes could spoil each other's results",
        remedy: remedyWithoutLocks)
    }
    return "\(kind) has no locks on folders (\(systemMessage(code))); the store's own lock keeps other processes away"
  }

  static let remedyWithoutLocks =
    "Choose a folder on a disk of this machine (--output) and copy it afterwards, or ask for locks where the "
    + "file system is mounted (Lustre: `-o flock`; NFS: the lock service, or version 4)."

  private static func heldByAnother(_ path: String, _ locks: Locks) -> Problem {
    let place = Place(file: path)
    guard let holder = LockNote.read(in: path) else {
      return .failure(
        at: place, "another heatdrift process works on this folder",
        remedy: "Wait until it is done, or choose another folder (--output).")
    }
    let elsewhere = "go on in another folder (--output), with what is here taken up (run --resume-from)"
    switch locks.fate(holder) {
    case .running:
      return .failure(
        at: place, "another heatdrift process works on this folder: \(holder.words)",
        remedy: "Wait until it is done, or choose another folder (--output).")
    case .ended:
      return .failure(
        at: place, "the folder is locked, though the process that noted it has ended: \(holder.words)",
        remedy:
          "Try again in a moment. If it stays locked, `lsof` tells who has the folder open; on a network file system "
          + "the server may keep a dead machine's lock for some minutes. Or \(elsewhere).")
    case .unknown:
      return .failure(
        at: place, "another heatdrift process works on this folder, from another machine or container: \(holder.words)",
        remedy:
          "Wait until it is done. If that machine is gone, its file server gives the lock back when it notices (NFS 4: "
          + "some 90 seconds; NFS 3: when the machine is back or its locks are freed on the server). Or \(elsewhere).")
    }
  }

  /// - Returns: why a lock that was had is worth less than it seems.
  private static func warning(_ path: String, _ locks: Locks) -> String? {
    guard let option = locks.localLocks(path) else { return nil }
    return
      "its file system (\(printable(locks.fileSystem(path) ?? "unknown")), mounted with \(printable(option))) keeps locks to "
      + "one machine: nothing keeps processes on other machines away"
  }

  private static func remark(_ path: String, _ locks: Locks) -> String? {
    guard let former = LockNote.read(in: path) else { return nil }
    switch locks.fate(former) {
    case .ended:
      return "the run before this one in \(path) did not come to its end (\(former.words)); what it stored is kept"
    // Of another machine whose locks do not reach here, or one that gave its lock up and is still ending.
    case .running, .unknown:
      return
        "the run before this one in \(path) did not come to its end, or still runs elsewhere with a lock that is not "
        + "seen here (\(former.words)); what it stored is kept"
    }
  }

  /// Again where a signal came in between, a hundred times at most.
  private static func uninterrupted(_ body: () -> Int32) -> Int32 {
    for _ in 0..<100 {
      let code = body()
      if code != EINTR { return code }
    }
    return EINTR
  }
}
