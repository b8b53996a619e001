import ArgumentParser
import ExperimentFile
import Foundation
import Graphs
import Images
import Measuring
import Notebooks
import Rendering
import Results
import Store
import Support

/// Makes the report of a plan whose measurements are all stored, and says what came of it: the end of `run` and of `merge`.
struct RunReport {
  let file: ExperimentFile
  let plan: Plan
  let engine: any Engine
  /// Of this process.
  let environment: RowEnvironment
  let templates: [FoundTemplate]
  let options: ReportOptionsGroup
  let folder: OutputFolder
  let store: ResultsStore
  let renderer: Renderer
  var writesTableAnew = false
  /// What stands on every page, where the report is no result.
  var mark: String? = nil

  /// Closes the store.
  /// - Throws: `Problem` where the report cannot be made; `ExitCode` 1 where something is missing from it.
  func write(_ outcome: RunOutcome) throws {
    var run = StoredRun(
      file: file, plan: plan, engine: engine.version, outcome: outcome,
      software: environment.software(engine: engine), template: templates.first?.source)
    run.mark = mark
    run.experiment.report = try options.look.applied(to: run.experiment.report)
    run.experiment.report.templates = templates.map(\.path)
    if templates.count > 1 { run.furtherTemplates = templates.dropFirst().map(\.source) }
    try store.save(run)
    let formats = options.look.formats(of: file.experiment.report)
    let made: ReportFiles.Made
    do {
      made = try ReportFiles(folder: folder, store: store, renderer: renderer, writesTableAnew: writesTableAnew)
        .write(
          RunSubject(run: run, store: store, pictures: PlanPictures(plan, engine: engine)), templates: templates,
          formats: formats)
    } catch {
      throw error.afterTheStart
    }
    for line in SummaryTable.lines(made.results, made.summaries) { Console.result(line) }
    // Those of the plan were told before anything was computed.
    for warning in made.results.warnings.dropFirst(plan.warnings.count) { Console.error(Failures.text(of: warning)) }
    for line in ReportLine.texts(folder: folder.path, made) { Console.result(line) }
    try store.close()
    try ReportLine.finish(problems: made.problems, skipped: outcome.skipped, folder: folder.path)
  }
}

extension RunOutcome {
  /// - Parameters:
  ///   - experiment: its file.
  ///   - words: which images they were; their number unless given.
  /// - Throws: `Problem` where no image at all could be measured.
  func requireImages(of plan: Plan, at experiment: String, words: String? = nil) throws(Problem) {
    guard skipped.count >= plan.images.count + plan.unreadable.count, let first = skipped.first else { return }
    throw .failure(
      at: Place(file: experiment), "none of the \(words ?? Console.count(skipped.count, "image")) could be measured",
      remedy: "The first was \(first.path): \(first.reason)")
  }
}

/// What `run`, `merge` and `render` say at the end.
enum ReportLine {
  /// Where each report is: its PDF and its page for browsers, or its first page.
  static func texts(folder: String, _ made: ReportFiles.Made) -> [String] {
    let reports = made.files.map(\.path).filter { !$0.contains("/") && $0.hasPrefix("report") }
    let documents = reports.filter { $0.hasSuffix(".pdf") || $0.hasSuffix(".html") }
    return (documents.isEmpty ? reports.filter { $0.hasSuffix("-01.svg") } : documents).map { "\(folder)/\($0)" }
  }

  /// - Throws: `ExitCode` 1 when the report says that something is missing from it.
  static func finish(problems: [Problem], skipped: [SkippedImage], folder: String) throws {
    for problem in problems { Console.error(Failures.text(of: problem)) }
    if !problems.isEmpty {
      Console.error(
        "\(Console.count(problems.count, "part")) of the report could not be made; the report says so in its place, "
          + "the rest of it is in \(visible(folder)).")
    }
    if !skipped.isEmpty {
      list(skipped)
      Console.error("The report in \(visible(folder)) is made of the others. Repair or remove the files and run again.")
    }
    if !problems.isEmpty || !skipped.isEmpty { throw ExitCode(1) }
  }

  static func list(_ skipped: [SkippedImage], is kind: String = "error") {
    Console.error("\(kind): \(Console.count(skipped.count, "image")) could not be measured:")
    for image in skipped.prefix(20) { Console.error("  \(visible(image.path)): \(visible(image.reason))") }
    if skipped.count > 20 { Console.error("  and \(skipped.count - 20) more, listed in provenance.json") }
  }
}

extension Plan {
  /// What is found before anything is computed.
  func tell(_ templates: [FoundTemplate]) {
    for problem in templates.flatMap({ $0.template.check() }) { Console.error(Failures.warning(problem)) }
    for warning in warnings { Console.error(Failures.text(of: warning)) }
    for note in notes { Console.remark("note: \(note)") }
    for model in models {
      for remark in model.remarks {
        Console.remark("note: \(model.record.name), \(model.record.weightsFile): \(remark)")
      }
    }
  }
}
