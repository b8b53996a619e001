import ExperimentFile
import Notebooks
import Results
import Store
import Support

/// A report made again of what it carries.
struct CarriedSubject: ReportSubject {
  let carried: CarriedReport
  private(set) var run: StoredRun
  private let rows: [Results.Measurement]

  /// - Throws: `Problem` where the carried rows cannot be read.
  init(_ carried: CarriedReport) throws(Problem) {
    self.carried = carried
    rows = try carried.rows()
    run = carried.run(control: Set(rows.filter { $0.epsilon == 0 }.map(\.image)))
  }

  var report: ReportOptions { carried.experiment.report }
  var mark: String? { run.mark }

  /// It is so already.
  var anonymous: CarriedSubject { self }
  var hiddenNames: [Anonymity.Entry] { [] }
  func anonymous(_ template: Template) -> Template { template }
  /// It carries one.
  func rendered(by template: FoundTemplate) -> CarriedSubject { self }

  mutating func add(_ software: [ProvenanceEntry]) { run.software += carried.drawing(software) }

  var carriedTemplate: (name: String, text: String)? { carried.template }

  var experiments: [(name: String, text: String)] {
    [("experiment.yaml", run.experiment.canonicalText(anonymous: report.isAnonymous))]
  }

  func results(table: ResultsTable) throws(Problem) -> ExperimentResults {
    try carried.results(of: run, rows: rows, table: table)
  }

  func provenance(of results: ExperimentResults) throws(Problem) -> any ReportProvenance {
    try RunSubject.provenance(of: run, results)
  }
}
