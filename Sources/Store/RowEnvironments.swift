import GRDB
import Results
import Support

/// In which environments the rows of a run were computed, and how many in each.
struct RowEnvironments: Sendable {
  /// In the order in which they were met.
  private(set) var found: [(environment: RowEnvironment, rows: Int)] = []
  private var indices: [Int64: Int] = [:]
  private(set) var conflicts: [StoreConflict] = []

  mutating func add(_ id: Int64, rows: Int, _ reader: StoreReader) throws {
    if let index = indices[id] {
      found[index].rows += rows
    } else {
      indices[id] = found.count
      found.append((RowEnvironment(text: try reader.text(id)), rows))
    }
  }

  /// What of a run's rows was computed once more and came out otherwise.
  mutating func addConflicts(of run: StoredRun, _ reader: StoreReader) throws {
    let rows = try Row.fetchAll(reader.db, sql: "SELECT subject, place, kept, found FROM conflicts ORDER BY id")
    guard !rows.isEmpty else { return }
    var subjects: Set<Int64> = []
    for index in run.models.indices {
      let keys = run.keys(of: index)
      for image in run.images {
        if let entry = try reader.entry(of: keys.subject(of: image)) { subjects.insert(entry.subject) }
      }
    }
    for row in rows where subjects.contains(try row.decode(atIndex: 0)) {
      conflicts.append(
        StoreConflict(
          place: try row.decode(atIndex: 1), kept: try row.decode(atIndex: 2), found: try row.decode(atIndex: 3)))
    }
  }

  /// What the rows say in place of what the run does: a value that all of them have, or how many have which.
  func replacing(_ entries: [ProvenanceEntry]) -> [ProvenanceEntry] {
    func value(_ of: (RowEnvironment) -> String?) -> String? {
      var counts: [(value: String?, rows: Int)] = []
      for (environment, rows) in found {
        if let index = counts.firstIndex(where: { $0.value == of(environment) }) {
          counts[index].rows += rows
        } else {
          counts.append((of(environment), rows))
        }
      }
      if counts.count == 1 { return counts[0].value }
      return counts.map { "\($0.value ?? "not noted") (\($0.rows) rows)" }.joined(separator: ", ")
    }
    var entries = entries
    for (index, entry) in entries.enumerated() where entry.section == "software" && !found.isEmpty {
      switch entry.name {
      case "Heatdrift": entries[index].value = value(\.program) ?? "an earlier version"
      case "measurement protocol": entries[index].value = value { String($0.protocolVersion) } ?? entry.value
      case "instruction set":
        entries[index].value = value(\.instructionSet) ?? "\(entry.value) of the latest run; the rows do not say theirs"
      default: break
      }
    }
    return entries
  }

  var warnings: [Warning] {
    var warnings: [Warning] = []
    if found.count > 1 {
      let parts = found.map { "\($0.rows) of \($0.environment.words)" }
      warnings.append(
        Warning(
          "The rows of this report were computed by \(found.count) different processors or versions: "
            + parts.joined(separator: "; "),
          remedy:
            "Their last digits may differ for that reason alone. `heatdrift run --same-processor` measures those of others "
            + "again where it is run."))
    }
    if let first = conflicts.first {
      warnings.append(
        Warning(
          conflicts.count == 1
            ? "A value was computed twice and came out otherwise the second time: \(first.sentence)"
            : "\(conflicts.count) values were computed twice and came out otherwise the second time, the first of them "
              + first.sentence,
          remedy:
            "What was stored first stands in this report. On one processor with one version the same bits are to be "
            + "expected: where both were the same, let `heatdrift doctor` look at the engine, and check the memory of the machine."
        ))
    }
    return warnings
  }
}
