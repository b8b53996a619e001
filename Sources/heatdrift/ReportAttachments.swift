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
  private let source: any ReportProvenance
  private let tableHash: String?
  /// What the PDF carries.
  private(set) var attached: [Attachment]

  /// - Parameters:
  ///   - table: SHA-256 of `results.csv`, and its bytes where they may be few enough.
  ///   - isPacked: whether a PDF is wanted.
  /// - Throws: `Problem` where a row is damaged, or no memory is left.
  init(
    of subject: any ReportSubject, _ results: ExperimentResults, table: (hash: String, bytes: [UInt8]?), isPacked: Bool
  ) throws(Problem) {
    let experiments = subject.experiments.map { (name: $0.name, bytes: Array($0.text.utf8)) }
    let size = experiments.reduce(0) { $0 + $1.bytes.count }
    let source = try subject.provenance(of: results)
    self.source = source
    func provenance(carriesTable: Bool, namesImages: Bool = true) throws(Problem) -> [UInt8] {
      try source.json(table: carriesTable ? nil : table.hash, namesImages: namesImages, files: nil)
    }
    var own = try provenance(carriesTable: table.bytes != nil)
    var carried = (table: table.bytes, provenance: own, means: [UInt8]?.none)
    func fits() -> Bool {
      size + (carried.table?.count ?? 0) + carried.provenance.count + (carried.means?.count ?? 0)
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
    tableHash = carried.table == nil ? table.hash : nil
    attached = experiments.enumerated().map { index, experiment in
      Attachment(
        name: experiment.name, mediaType: "application/yaml", relationship: .source,
        description: experiments.count == 1
          ? "The experiment, every option with the value that was used"
          : "The experiment of “\(results.runs?.runs[index].name ?? "")”, every option with the value that was used",
        bytes: experiment.bytes)
    }
    attached += [
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

  /// `provenance` of a report whose files no store remembers.
  /// - Parameter files: relative to the output folder.
  func provenance(naming files: [String]) throws(Problem) -> [UInt8] {
    try source.json(table: tableHash, namesImages: true, files: files)
  }
}
