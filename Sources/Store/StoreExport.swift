import Foundation
import Support

/// How a store leaves SQLite.
public enum StoreExportFormat: String, Sendable, CaseIterable { case csv, json }

extension ResultsStore {
  /// Every stored measurement, those of former options too, with all that it depends on; the same store gives the same
  /// text.
  ///
  /// Columns: what keys are made of (`KeyMaker.ingredientNames`; empty where an ingredient has no part in a row), what was
  /// measured, a column for each number of each measure, and in which environment. As CSV with one head line, as JSON an array of
  /// objects, numbers in the fewest digits that read back as the same number.
  public func export(_ format: StoreExportFormat) throws(Problem) -> String {
    var text = ""
    try export(format) { text += $0 }
    return text
  }

  /// The same part by part: as much as a store holds need not fit into memory.
  /// - Parameter write: called with each part; nothing is read after it threw.
  public func export(_ format: StoreExportFormat, write: (String) throws -> Void) throws(Problem) {
    try translating {
      let (subjects, rows) = try reading { reader in
        let subjects = try ExportedSubjects(reader)
        return (subjects, try ExportedRows(subjects, format, reader))
      }
      if format == .csv { try write(rows.head) }
      var next = 0
      var isFirst = true
      try inOrder { () throws(any Error) -> ExportedPart? in
        guard next < subjects.count else { return nil }
        let part = try reading { reader in try ExportedPart(subjects, from: next, reader) }
        next = part.end
        return part
      } make: { (part) throws(any Error) -> String in
        try rows.text(of: part, subjects)
      } consume: { (text) throws(any Error) in
        // Each object has its comma before it, the first has none.
        if format == .json, isFirst, !text.isEmpty { try write("[" + text.dropFirst()) } else { try write(text) }
        if !text.isEmpty { isFirst = false }
      }
      if format == .json { try write(isFirst ? "[\n]\n" : "\n]\n") }
    }
  }
}

/// The numbers of some subjects' passes as they are stored.
struct ExportedPart: Sendable {
  let start: Int
  let end: Int
  /// Pass by pass.
  let bytes: [(digest: Data, numbers: Data)]

  /// Some thousand rows.
  private static let passesAtOnce = 256

  init(_ subjects: ExportedSubjects, from start: Int, _ reader: StoreReader) throws {
    var bytes: [(digest: Data, numbers: Data)] = []
    var end = start
    while end < subjects.count, bytes.count < Self.passesAtOnce {
      for entry in subjects[end] { bytes.append(try reader.bytes(ofPass: entry.head.id)) }
      end += 1
    }
    self.start = start
    self.end = end
    self.bytes = bytes
  }
}
