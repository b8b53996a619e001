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
  /// What it says.
  private let facts: ReportFacts
  /// What the PDF carries.
  private(set) var attached: [Attachment]

  /// - Parameters:
  ///   - table: SHA-256 of `results.csv`, and its bytes where they may be few enough.
  ///   - unrelated: what the report found of maps.
  ///   - isPacked: whether a PDF is wanted.
  /// - Throws: `Problem` where a row is damaged, or no memory is left.
  init(
    of subject: any ReportSubject, _ results: ExperimentResults, table: (hash: String, bytes: [UInt8]?),
    unrelated: [UnrelatedRecord], isPacked: Bool
  ) throws(Problem) {
    let source = try subject.provenance(of: results)
    self.source = source
    var files = subject.experiments.enumerated().map { index, experiment in
      Attachment(
        name: experiment.name, mediaType: "application/yaml", relationship: .source,
        description: subject.experiments.count == 1
          ? "The experiment, every option with the value that was used"
          : "The experiment of “\(results.runs?.runs[index].name ?? "")”, every option with the value that was used",
        bytes: Array(experiment.text.utf8))
    }
    let own = files
    if let template = subject.carriedTemplate {
      let name = template.name.hasSuffix(".md") ? template.name : template.name + ".md"
      files.append(
        Attachment(
          name: Attachment.isPlain(name) ? name : "template.md", mediaType: "text/markdown", relationship: .source,
          description: "The template that the report was rendered by", bytes: Array(template.text.utf8)))
    }
    /// What the PDF carries, and what it says of itself, for one choice of both.
    func made(
      _ files: [Attachment], _ means: [UInt8]?, namesImages: Bool
    ) throws(Problem) -> (files: [Attachment], facts: ReportFacts, provenance: [UInt8]) {
      let data =
        means.map { means in
          Attachment(
            name: "means.csv", mediaType: "text/csv", relationship: .data,
            description:
              "Means by series, level and label of results.csv, which is too large to be carried: its SHA-256 is \(table.hash)",
            bytes: means)
        }
        ?? Attachment(
          name: ResultsTable.name, mediaType: "text/csv", relationship: .data,
          description: "A row per model, image, target, layer and epsilon", bytes: table.bytes ?? [])
      let all = files + [data]
      let facts = ReportFacts(
        table: means == nil ? nil : table.hash, namesImages: namesImages,
        attached: Dictionary(
          all.map { ($0.name, Checksum.sha256($0.bytes)) }, uniquingKeysWith: { first, _ in first }),
        unrelated: unrelated)
      return (all, facts, try source.json(facts))
    }
    func fits(_ made: (files: [Attachment], facts: ReportFacts, provenance: [UInt8])) -> Bool {
      made.files.reduce(made.provenance.count) { $0 + $1.bytes.count } <= Self.most
    }
    // What goes first is what is said elsewhere too: the template, then rows, names of images, labels.
    var chosen: (files: [Attachment], facts: ReportFacts, provenance: [UInt8])?
    if table.bytes != nil {
      for some in [files, own] where chosen == nil {
        let made = try made(some, nil, namesImages: true)
        if fits(made) { chosen = made }
      }
    }
    if chosen == nil {
      let means = Array(try ResultsCSV.means(results).utf8)
      // Of so many images the sums alone fill megabytes.
      for (some, namesImages) in [(files, true), (own, true), (own, false)] where chosen == nil {
        let made = try made(some, means, namesImages: namesImages)
        if fits(made) { chosen = made }
      }
    }
    let carried =
      if let chosen { chosen } else {
        try made(own, Array(try ResultsCSV.means(results, byLabel: false).utf8), namesImages: false)
      }
    var facts = carried.facts
    facts.namesImages = true
    self.facts = facts
    provenance = carried.facts.namesImages ? carried.provenance : try source.json(facts)
    attached =
      carried.files + [
        Attachment(
          name: "provenance.json", mediaType: "application/json", relationship: .supplement,
          description: carried.facts.namesImages
            ? "What the report was made with"
            : "What the report was made with, without the names and sums of its images: provenance.json beside it has them",
          bytes: carried.provenance)
      ]
    if isPacked {
      for index in attached.indices { try attached[index].pack() }
    }
  }

  /// `provenance` of a report whose files no store remembers.
  /// - Parameter files: relative to the output folder.
  func provenance(naming files: [String]) throws(Problem) -> [UInt8] {
    var facts = facts
    facts.files = files
    return try source.json(facts)
  }
}
