import Foundation
import Measuring
import Results
import Store
import Support

/// What a merge leaves beside the report: tables of what is wrong, and no file where nothing is.
enum MergeTables {
  static let missing = OutputCheck.missingTable
  static let conflicts = OutputCheck.conflictTable

  static func write(_ found: [StoreConflict], to folder: String) throws(Problem) {
    try write(["place", "stored", "found"], found.map { [$0.place, $0.kept, $0.found] }, as: conflicts, to: folder)
  }

  static func removeMissing(in folder: String) throws(Problem) { try write([], [], as: missing, to: folder) }

  static func write(_ head: [String], _ lines: [[String]], as name: String, to folder: String) throws(Problem) {
    let path = "\(folder)/\(name)"
    guard !lines.isEmpty else {
      // One that is not there is as good as removed.
      try? FileManager.default.removeItem(atPath: path)
      return
    }
    let text = ([head] + lines).map { $0.map(ResultsCSV.field).joined(separator: ",") + "\n" }.joined()
    try AtomicFile.write(Array(text.utf8), to: path)
  }
}
