import Foundation
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
    #expect(problem?.message == "another program holds the results store")
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
}
