import Foundation
import GRDB
import Support
import Synchronization
import Testing

@testable import Store

/// Locks as file systems have them or not.
@Suite struct OutputFolderTests {
  private let path = FileManager.default.temporaryDirectory.appending(path: "heatdrift-lock-\(UUID().uuidString)").path

  private func folder(_ code: Int32, file: Int32 = 0, type: String? = "lustre") throws(Problem) -> OutputFolder {
    try OutputFolder(
      path: path, locks: .init(folder: { _ in code }, file: { _ in file }, fileSystem: { _ in type }))
  }

  private func remove() { try? FileManager.default.removeItem(atPath: path) }

  @Test func onlyAHeldLockIsAnotherProcess() throws {
    defer { remove() }
    #expect(
      throws: Problem.failure(
        at: Place(file: path), "another heatdrift process works on this folder",
        remedy: "Wait until it is done, or choose another folder (--output).")
    ) { try folder(EWOULDBLOCK) }
    #expect(try folder(0).note == nil)
  }

  @Test(arguments: [
    (ENOLCK, "No locks available"), (EOPNOTSUPP, "Operation not supported"), (ENOSYS, "Function not implemented"),
    (EINVAL, "Invalid argument"), (EIO, "Input/output error"), (EPERM, "Operation not permitted"),
  ])
  func withoutLocksOnFoldersTheStoreDoes(_ code: Int32, _ text: String) throws {
    defer { remove() }
    let own = try folder(code)
    #expect(
      own.note
        == "its file system (lustre) has no locks on folders (\(text)); the store's own lock keeps other processes away"
    )
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    let store = try ResultsStore(in: own)
    #expect(try store.latestRun() == nil)
    // By SQLite's lock: a second one waits for a while, and is refused.
    var problem: Problem?
    do throws(Problem) { _ = try ResultsStore(in: folder(code)) } catch { problem = error }
    #expect(
      problem?.message.hasPrefix("another program holds the results store: process \(getpid()) on ") == true,
      "\(problem?.message ?? "")")
    try store.close()
    #expect(try ResultsStore(in: folder(0)).latestRun() == nil)
  }

  @Test func withoutAnyLocksNothingIsStarted() throws {
    defer { remove() }
    var problem: Problem?
    do throws(Problem) { _ = try folder(ENOSYS, file: ENOLCK, type: nil) } catch { problem = error }
    #expect(
      problem
        == .failure(
          at: Place(file: path),
          "its file system has no locks on folders (Function not implemented) nor on files (No locks available), without "
            + "which two processes could spoil each other's results",
          remedy: "Choose a folder on a disk of this machine (--output) and copy it afterwards, or ask for locks where "
            + "the file system is mounted (Lustre: `-o flock`; NFS: the lock service, or version 4)."))
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
  }

  @Test func signalsInBetweenAreNoAnswer() throws {
    defer { remove() }
    let asked = Atomic<Int>(0)
    let own = try OutputFolder(
      path: path,
      locks: .init(folder: { _ in asked.wrappingAdd(1, ordering: .relaxed).newValue < 5 ? EINTR : 0 }))
    #expect(own.note == nil)
    #expect(asked.load(ordering: .relaxed) == 5)
    // Without an end there would be none.
    #expect(try folder(EINTR).note?.contains("(Interrupted system call)") == true)
  }

  @Test func theLocksOfThisSystem() throws {
    defer { remove() }
    let own = try OutputFolder(path: path)
    #expect(own.note == nil)
    #expect(throws: Problem.self) { try OutputFolder(path: path) }
    let file = open("\(path)/file", O_RDWR | O_CREAT, 0o644)
    defer { close(file) }
    #expect(OutputFolder.Locks.record(file) == 0)
    #expect(OutputFolder.Locks.record(-1) == EBADF)
  }

  private func note(host: String = "node7", start: Int = 1) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let identity = ProcessIdentity(
      host: host, pid: 4711, start: start, boot: "b", namespace: "pid:[1]", since: "2026-11-26 16:20:03 UTC",
      job: "Slurm job 12_3")
    try JSONEncoder().encode(identity).write(to: URL(filePath: "\(path)/results.lock"))
  }

  private func message(_ fate: ProcessIdentity.Fate) -> Problem? {
    do throws(Problem) {
      _ = try OutputFolder(path: path, locks: .init(folder: { _ in EWOULDBLOCK }, fate: { _ in fate }))
      return nil
    } catch {
      return error
    }
  }

  @Test func whoHoldsTheLockIsSaid() throws {
    defer { remove() }
    try note()
    let who = "process 4711 on node7 (Slurm job 12_3) since 2026-11-26 16:20:03 UTC"
    #expect(message(.running)?.message == "another heatdrift process works on this folder: \(who)")
    #expect(message(.running)?.remedy == "Wait until it is done, or choose another folder (--output).")
    #expect(message(.ended)?.message == "the folder is locked, though the process that noted it has ended: \(who)")
    #expect(
      message(.ended)?.remedy
        == "Try again in a moment. If it stays locked, `lsof` tells who has the folder open; on a network file system the "
        + "server may keep a dead machine's lock for some minutes. Or go on in another folder (--output), with what is here "
        + "taken up (run --resume-from).")
    #expect(
      message(.unknown)?.message
        == "another heatdrift process works on this folder, from another machine or container: \(who)")
    #expect(message(.unknown)?.remedy?.contains("NFS 4: some 90 seconds") == true)
    // Whoever did not get the lock leaves the note as it is.
    #expect(LockNote.read(in: path)?.pid == 4711)
  }

  @Test func aRunThatDidNotEndIsSaid() throws {
    defer { remove() }
    try note()
    do {
      let folder = try OutputFolder(path: path, locks: .init(folder: { _ in 0 }, fate: { _ in .ended }))
      #expect(
        folder.remark
          == "the run before this one in \(path) did not come to its end (process 4711 on node7 (Slurm job 12_3) since "
          + "2026-11-26 16:20:03 UTC); what it stored is kept")
      #expect(LockNote.read(in: path)?.pid == getpid())
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
    #expect(try OutputFolder(path: path).remark == nil)
    try note()
    let elsewhere = try OutputFolder(path: path, locks: .init(folder: { _ in 0 }, fate: { _ in .unknown })).remark
    #expect(elsewhere?.contains("or still runs elsewhere with a lock that is not seen here (process 4711 on") == true)
  }

  /// Only the note's owner takes it away, and a file of somebody else's is no note.
  @Test(arguments: ["my notes", "{}", "{\"host\": 3}", String(repeating: "x", count: 5000)])
  func othersFilesStay(_ text: String) throws {
    defer { remove() }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: "\(path)/results.lock"))
    do {
      let folder = try OutputFolder(path: path)
      #expect(folder.remark == nil)
    }
    #expect(try Data(contentsOf: URL(filePath: "\(path)/results.lock")) == Data(text.utf8))
  }

  @Test func anEmptyNoteIsReplaced() throws {
    defer { remove() }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data().write(to: URL(filePath: "\(path)/results.lock"))
    do {
      let folder = try OutputFolder(path: path)
      #expect(folder.remark == nil && LockNote.read(in: path)?.pid == getpid())
      // Another's by now.
      try note()
    }
    #expect(LockNote.read(in: path)?.pid == 4711)
  }

  @Test func locksOfOneMachineOnlyAreSaid() throws {
    defer { remove() }
    let folder = try OutputFolder(
      path: path,
      locks: .init(folder: { _ in 0 }, fileSystem: { _ in "lustre" }, localLocks: { _ in "localflock" }))
    #expect(
      folder.note
        == "its file system (lustre, mounted with localflock) keeps locks to one machine: nothing keeps processes on other "
        + "machines away")
    #expect(folder.isLocked)
  }

  /// Where other machines use the folder too the store shares no memory: there is no file for it.
  @Test(arguments: [("ext4", true), ("nfs4", false), ("fuse.sshfs", false)])
  func noSharedMemoryOnClusters(_ type: String, _ isShared: Bool) throws {
    defer { remove() }
    let folder = try OutputFolder(path: path, locks: .init(folder: { _ in 0 }, fileSystem: { _ in type }))
    let store = try ResultsStore(in: folder)
    _ = try store.replaceOutputs(["a"])
    #expect(FileManager.default.fileExists(atPath: "\(path)/results.sqlite-wal"))
    #expect(FileManager.default.fileExists(atPath: "\(path)/results.sqlite-shm") == isShared)
    // Others read it nevertheless: what is in the file, or nothing while it is held.
    try store.close()
    #expect(try ResultsStore(readingAt: "\(path)/results.sqlite").latestRun() == nil)
  }

  @Test(arguments: [
    ResultCode.SQLITE_IOERR_LOCK, .SQLITE_IOERR_SHMMAP, .SQLITE_IOERR_SHMLOCK, .SQLITE_PROTOCOL,
  ])
  func whatSQLiteSaysOfLocks(_ code: ResultCode) {
    let problem = ResultsStore.problem(
      from: DatabaseError(resultCode: code), path: "/scratch/out/results.sqlite", fileSystem: { _ in "nfs" })
    #expect(
      problem.message.hasPrefix("its file system (nfs) does not give the locks that the results store needs (SQLite: "))
    #expect(problem.remedy == OutputFolder.remedyWithoutLocks)
  }
}
