import Rendering
import Results
import Store
import Support

/// What a report's numbers are and came from. The experiment file is the user's own and goes into the PDF only; the others
/// stand beside it too.
struct ReportAttachments: Sendable {
  /// A report carries so many bytes, before they are packed. What would be more is named with its SHA-256, and what it comes to
  /// is carried in its place: tables of a million rows belong beside a report, not into it.
  static let most = 2 << 20

  /// `provenance.json` beside the report, which has everything.
  let provenance: [UInt8]
  /// What the PDF carries.
  private(set) var attached: [Attachment]

  /// - Parameters:
  ///   - table: SHA-256 of `results.csv`, and its bytes where they may be few enough.
  ///   - isPacked: whether a PDF is wanted.
  /// - Throws: `Problem` where a row is damaged, or no memory is left.
  init(
    of run: StoredRun, _ results: ExperimentResults, table: (hash: String, bytes: [UInt8]?), isPacked: Bool
  ) throws(Problem) {
    let experiment = Array(run.experiment.canonicalText(anonymous: run.experiment.report.isAnonymous).utf8)
    let images = try run.encodedImages()
    func provenance(carriesTable: Bool, namesImages: Bool = true) throws(Problem) -> [UInt8] {
      try run.provenanceJSON(
        warnings: results.warnings, provenance: results.provenance, table: carriesTable ? nil : table.hash,
        images: images, namesImages: namesImages)
    }
    var own = try provenance(carriesTable: table.bytes != nil)
    var carried = (table: table.bytes, provenance: own, means: [UInt8]?.none)
    func fits() -> Bool {
      experiment.count + (carried.table?.count ?? 0) + carried.provenance.count + (carried.means?.count ?? 0)
        <= Self.most
    }
    if carried.table == nil || !fits() {
      if carried.table != nil { own = try provenance(carriesTable: false) }
      carried = (nil, own, Array(try ResultsCSV.means(results).utf8))
      // Of so many images the sums alone fill megabytes.
      if !fits() { carried.provenance = try provenance(carriesTable: false, namesImages: false) }
      if !fits() { carried.means = Array(try ResultsCSV.means(results, byLabel: false).utf8) }
    }
    self.provenance = own
    attached = [
      Attachment(
        name: "experiment.yaml", mediaType: "application/yaml", relationship: .source,
        description: "The experiment, every option with the value that was used", bytes: experiment),
      carried.means.map { means in
        Attachment(
          name: "means.csv", mediaType: "text/csv", relationship: .data,
          description:
            "Means by series, level and label of results.csv, which is too large to be carried: its SHA-256 is \(table.hash)",
          bytes: means)
      }
        ?? Attachment(
          name: ResultsTable.name, mediaType: "text/csv", relationship: .data,
          description: "A row per model, image, target, layer and epsilon", bytes: carried.table ?? []),
      Attachment(
        name: "provenance.json", mediaType: "application/json", relationship: .supplement,
        description: carried.provenance == own
          ? "What the report was made with"
          : "What the report was made with, without the names and sums of its images: provenance.json beside it has them",
        bytes: carried.provenance),
    ]
    if isPacked {
      for index in attached.indices { try attached[index].pack() }
    }
  }
}
