import ExperimentFile
import Results
import Store
import Support

/// What a report is made of: one run, or several side by side.
protocol ReportSubject: Sendable {
  var report: ReportOptions { get }
  /// What stands on every page, where the report is no result; nil where it is one.
  var mark: String? { get }
  /// The same for a report that tells nobody's name.
  var anonymous: Self { get throws(Problem) }
  /// Libraries and fonts that draw the report, beside what the numbers depend on.
  mutating func add(_ software: [ProvenanceEntry])
  /// The same with one template, as if there were no other.
  func rendered(by template: FoundTemplate) -> Self
  func results(table: ResultsTable) throws(Problem) -> ExperimentResults
  /// Of each run, under the name by which the PDF carries it.
  var experiments: [(name: String, text: String)] { get }
  /// Makes `provenance.json`, several times with more or less in it.
  func provenance(of results: ExperimentResults) throws(Problem) -> any ReportProvenance
}

/// What `provenance.json` is made of, once all of it is known.
protocol ReportProvenance: Sendable {
  /// - Parameters:
  ///   - table: SHA-256 of `results.csv` where the report does not carry it.
  ///   - files: what the report leaves, where no store remembers it.
  func json(table: String?, namesImages: Bool, files: [String]?) throws(Problem) -> [UInt8]
}

/// A run out of its store.
struct RunSubject: ReportSubject {
  var run: StoredRun
  let store: ResultsStore
  /// Makes pictures that are not stored.
  let pictures: (any PictureMaker)?

  var report: ReportOptions { run.experiment.report }
  var mark: String? { run.mark }

  var anonymous: RunSubject { RunSubject(run: run.anonymous, store: store, pictures: pictures) }

  mutating func add(_ software: [ProvenanceEntry]) { run.software += software }

  func rendered(by template: FoundTemplate) -> RunSubject {
    var subject = self
    subject.run.template = template.source
    subject.run.furtherTemplates = nil
    subject.run.experiment.report.templates = [template.path]
    return subject
  }

  func results(table: ResultsTable) throws(Problem) -> ExperimentResults {
    try store.results(of: run, pictures: pictures, table: table)
  }

  var experiments: [(name: String, text: String)] {
    [("experiment.yaml", run.experiment.canonicalText(anonymous: report.isAnonymous))]
  }

  func provenance(of results: ExperimentResults) throws(Problem) -> any ReportProvenance {
    RunProvenance(run: run, results: results, images: try run.encodedImages())
  }

  private struct RunProvenance: ReportProvenance {
    let run: StoredRun
    let results: ExperimentResults
    let images: [UInt8]

    func json(table: String?, namesImages: Bool, files: [String]?) throws(Problem) -> [UInt8] {
      try run.provenanceJSON(
        warnings: results.warnings, provenance: results.provenance, table: table, images: images,
        namesImages: namesImages, files: files)
    }
  }
}

extension ComparedRuns: ReportSubject {
  var report: ReportOptions { choices.report }

  mutating func add(_ software: [ProvenanceEntry]) { self.software += software }

  func rendered(by template: FoundTemplate) -> ComparedRuns {
    var runs = self
    runs.template = template.source
    runs.choices.report.templates = [template.path]
    return runs
  }

  func results(table: ResultsTable) throws(Problem) -> ExperimentResults {
    let table: ResultsTable? = table
    return try results(table: table)
  }

  func provenance(of results: ExperimentResults) throws(Problem) -> any ReportProvenance {
    ComparedProvenance(runs: self, results: results, images: try encodedImages())
  }

  private struct ComparedProvenance: ReportProvenance {
    let runs: ComparedRuns
    let results: ExperimentResults
    let images: [UInt8]

    func json(table: String?, namesImages: Bool, files: [String]?) throws(Problem) -> [UInt8] {
      try runs.provenanceJSON(
        of: results, table: table, images: images, namesImages: namesImages, files: files)
    }
  }
}
