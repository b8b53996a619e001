import ExperimentFile
import Notebooks
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
  /// Which names that one leaves out, and what stands for them.
  var hiddenNames: [Anonymity.Entry] { get }
  /// A template for the report that tells nobody's name.
  func anonymous(_ template: Template) throws(Problem) -> Template
  /// Libraries and fonts that draw the report, beside what the numbers depend on.
  mutating func add(_ software: [ProvenanceEntry])
  /// The same with one template, as if there were no other.
  func rendered(by template: FoundTemplate) -> Self
  func results(table: ResultsTable) throws(Problem) -> ExperimentResults
  /// The template's text and its name without folders; nil where no run keeps it.
  var carriedTemplate: (name: String, text: String)? { get }
  /// Of each run, under the name by which the PDF carries it.
  var experiments: [(name: String, text: String)] { get }
  /// Makes `provenance.json`, several times with more or less in it.
  func provenance(of results: ExperimentResults) throws(Problem) -> any ReportProvenance
}

/// What `provenance.json` says of the report itself.
struct ReportFacts: Sendable {
  /// SHA-256 of `results.csv` where the report does not carry it.
  var table: String?
  var namesImages = true
  /// What the report leaves, where no store remembers it.
  var files: [String]?
  /// SHA-256 of the other files that the PDF carries, by their names.
  var attached: [String: String] = [:]
  /// What the report found of maps that it does not carry.
  var unrelated: [UnrelatedRecord] = []
}

/// What `provenance.json` is made of, once all of it is known.
protocol ReportProvenance: Sendable {
  func json(_ facts: ReportFacts) throws(Problem) -> [UInt8]
}

/// A run out of its store.
struct RunSubject: ReportSubject {
  var run: StoredRun
  let store: ResultsStore
  /// Makes pictures that are not stored.
  let pictures: (any PictureMaker)?

  var report: ReportOptions { run.experiment.report }
  var mark: String? { run.mark }

  var anonymous: RunSubject {
    let shown = run.anonymous
    return RunSubject(
      run: shown, store: store, pictures: pictures.map { AnonymousPictures($0, of: run, shownAs: shown) })
  }

  var hiddenNames: [Anonymity.Entry] { Anonymity(of: run).entries }

  func anonymous(_ template: Template) throws(Problem) -> Template {
    try Anonymity(of: run).anonymous(template)
  }

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

  var carriedTemplate: (name: String, text: String)? { run.template.map { (report.template.fileName, $0) } }

  var experiments: [(name: String, text: String)] {
    [("experiment.yaml", run.experiment.canonicalText(anonymous: report.isAnonymous))]
  }

  func provenance(of results: ExperimentResults) throws(Problem) -> any ReportProvenance {
    try Self.provenance(of: run, results)
  }

  static func provenance(
    of run: StoredRun, _ results: ExperimentResults
  ) throws(Problem) -> any ReportProvenance {
    RunProvenance(run: run, results: results, images: try run.encodedImages())
  }

  private struct RunProvenance: ReportProvenance {
    let run: StoredRun
    let results: ExperimentResults
    let images: [UInt8]

    func json(_ facts: ReportFacts) throws(Problem) -> [UInt8] {
      try run.provenanceJSON(
        warnings: results.warnings, provenance: results.provenance, table: facts.table, images: images,
        namesImages: facts.namesImages, files: facts.files, attached: facts.attached, unrelated: facts.unrelated)
    }
  }
}

extension ComparedRuns: ReportSubject {
  var report: ReportOptions { choices.report }

  var carriedTemplate: (name: String, text: String)? { template.map { (report.template.fileName, $0) } }

  var hiddenNames: [Anonymity.Entry] { anonymities.flatMap(\.entries) }

  /// Images are called as in the first run.
  func anonymous(_ template: Template) throws(Problem) -> Template {
    try anonymities.first?.anonymous(template) ?? template
  }

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

    func json(_ facts: ReportFacts) throws(Problem) -> [UInt8] {
      try runs.provenanceJSON(
        of: results, table: facts.table, images: images, namesImages: facts.namesImages, files: facts.files,
        attached: facts.attached, unrelated: facts.unrelated)
    }
  }
}

extension Anonymity {
  fileprivate func anonymous(_ template: Template) throws(Problem) -> Template {
    let text = self.template(template.source)
    let left = namesLeft(inTemplate: text)
    if !left.isEmpty {
      Console.error(
        Failures.text(
          of: Warning(
            "The template says \(listInWords(left.prefix(5).map { "“\(visible($0))”" })), which the anonymous report leaves out "
              + "elsewhere",
            remedy: "The report carries its template as it is: change its words.")))
    }
    // Its name too may say who wrote it, and a cell that could not be made tells where it stands.
    return try Template(source: text, file: "template.md")
  }
}
