import Foundation
import GRDB
import Support

extension ResultsStore {
  func translating<Result>(_ body: () throws -> Result) throws(Problem) -> Result {
    do {
      return try body()
    } catch {
      throw ResultsStore.problem(from: error, path: path)
    }
  }

  /// SQLite calls a full disk an error of the disk when it finds out while it grows the index of its write-ahead log.
  private static func hasNoRoom(_ path: String) -> Bool {
    let system = try? FileManager.default.attributesOfFileSystem(
      forPath: URL(filePath: path).deletingLastPathComponent().path)
    guard let free = system?[.systemFreeSize] as? NSNumber else { return false }
    return free.intValue < 1 << 20
  }

  /// Of locks, and of the shared memory by which processes agree on a write-ahead log.
  private static let lockErrors: [ResultCode] = [
    .SQLITE_IOERR_LOCK, .SQLITE_IOERR_UNLOCK, .SQLITE_IOERR_RDLOCK, .SQLITE_IOERR_CHECKRESERVEDLOCK,
    .SQLITE_IOERR_BLOCKED, .SQLITE_IOERR_SHMOPEN, .SQLITE_IOERR_SHMLOCK, .SQLITE_IOERR_SHMMAP,
  ]

  private static func diskIsFull(_ place: Place) -> Problem {
    .failure(
      at: place, "the disk is full",
      remedy: "Free some space and run the same command again: what was stored is kept.")
  }

  /// What SQLite's errors mean to someone who runs an experiment.
  /// - Parameters:
  ///   - path: of the store.
  ///   - fileSystem: tells the type of a path's.
  package static func problem(
    from error: any Error, path: String,
    fileSystem: (String) -> String? = { MountTable.current.fileSystem(of: $0) }
  ) -> Problem {
    let place = Place(file: path)
    switch error {
    case let problem as Problem: return problem
    case let error as DatabaseError:
      if lockErrors.contains(error.extendedResultCode) || error.resultCode == .SQLITE_PROTOCOL, !hasNoRoom(path) {
        let kind = fileSystem(path).map { "its file system (\(printable($0)))" } ?? "its file system"
        return .failure(
          at: place,
          "\(kind) does not give the locks that the results store needs (SQLite: \(error.extendedResultCode))",
          remedy: OutputFolder.remedyWithoutLocks)
      }
      switch error.resultCode {
      case .SQLITE_NOTADB, .SQLITE_CORRUPT:
        return .usage(
          at: place, "the results store is damaged, or no SQLite file",
          remedy: "Move it away; the next run computes everything again.")
      case .SQLITE_FULL: return diskIsFull(place)
      case .SQLITE_IOERR:
        if hasNoRoom(path) { return diskIsFull(place) }
        return .failure(
          at: place, "the disk gave an error while the results store was read or written",
          remedy: "Check the disk (`dmesg` tells of faults) and run the same command again: what was stored is kept.")
      case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
        return .failure(
          at: place, "the results store cannot be opened for writing",
          remedy: "Check the permissions of the folder, or choose another one (--output).")
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        let holder = OutputFolder.holder(of: URL(filePath: path).deletingLastPathComponent().path)
        return .failure(
          at: place, "another program holds the results store" + (holder.map { ": \($0)" } ?? ""),
          remedy: "Close it and run the same command again.")
      default:
        return .failure(at: place, "the results store failed: \(error.message ?? "\(error.resultCode)")")
      }
    case is DecodingError, is RowDecodingError:
      return .usage(
        at: place, "the results store is damaged: a record in it cannot be read",
        remedy: "Move it away; the next run computes everything again.")
    default: return .failure(at: place, "the results store failed: \(error)")
    }
  }
}
