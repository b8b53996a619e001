import Diagnostics
import Foundation
import GRDB

extension ResultsStore {
  func translating<Result>(_ body: () throws -> Result) throws(Problem) -> Result {
    do {
      return try body()
    } catch {
      throw ResultsStore.problem(from: error, path: path)
    }
  }

  /// What SQLite's errors mean to someone who runs an experiment.
  static func problem(from error: any Error, path: String) -> Problem {
    let place = Place(file: path)
    switch error {
    case let problem as Problem: return problem
    case let error as DatabaseError:
      switch error.resultCode {
      case .SQLITE_NOTADB, .SQLITE_CORRUPT:
        return .usage(
          at: place, "the results store is damaged, or no SQLite file",
          remedy: "Move it away; the next run computes everything again.")
      case .SQLITE_FULL:
        return .failure(
          at: place, "the disk is full",
          remedy: "Free some space and run the same command again: what was stored is kept.")
      case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
        return .failure(
          at: place, "the results store cannot be opened for writing",
          remedy: "Check the permissions of the folder, or choose another one (--output).")
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        return .failure(
          at: place, "another program holds the results store",
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
