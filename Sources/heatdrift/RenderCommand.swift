import ArgumentParser
import ExperimentFile
import Foundation
import Notebooks
import Rendering
import Store
import Support

struct RenderCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "render",
    abstract: "Makes a report again from its results, without computing.",
    discussion: """
      Given an output folder, its report is made again from results.sqlite alone: no experiment file, weights or images \
      are needed. Given an experiment file, its title, template and formats are taken as they are now; everything \
      that is measured must be as it was when it ran.

      EXAMPLES
        heatdrift render Reports/orl
        heatdrift render Reports/orl --template my/template.md
        heatdrift render Reports/orl --anonymous
        heatdrift render Experiments/orl.yaml --set 'report.formats=[svg]'
      """)

  @Argument(
    help: ArgumentHelp("An output folder, or an experiment file.", valueName: "folder|experiment.yaml"),
    completion: .file())
  var source: String

  @OptionGroup var report: ReportOptionsGroup
  @OptionGroup var overrides: OverrideOptions
  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [source] + [report.output, report.templatePath].compactMap { $0 } }

  func run() throws {
    var isFolder: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(atPath: source, isDirectory: &isFolder)
    if exists && isFolder.boolValue {
      guard report.output == nil, overrides.texts.isEmpty else {
        throw Problem.usage(
          "--output and --set go with an experiment file, not with a folder",
          remedy: "Give the experiment file in place of \(source), or leave them out.")
      }
      try render(folder: source, file: nil)
    } else {
      let file = try ExperimentFile(path: SharedFolders.experiment(source), overrides: overrides.parsed())
      let folder = report.folder(of: file)
      try WorkingFolder.require(for: [folder])
      try render(folder: folder, file: file)
    }
  }

  private func render(folder path: String, file: ExperimentFile?) throws {
    if let refusal = ComparisonFolder.refusal(path) { throw refusal }
    let storePath = "\(path)/\(ResultsStore.fileName)"
    guard FileManager.default.fileExists(atPath: storePath) else {
      throw Problem.usage(
        at: Place(file: path), "there are no results here yet",
        remedy: "`heatdrift run \(file?.path ?? "EXPERIMENT.yaml")` computes them.")
    }
    let folder = try OutputFolder(path: path)
    folder.tell()
    let store = try ResultsStore(in: folder, mustExist: true)
    if let sweep = try sweep(in: store, file) {
      let template = try findTemplate(of: sweep[0].run, file: nil)
      var told: Set<String> = []
      for warning in sweep.flatMap({ $0.run.warnings ?? [] }) { told.insert(warning.sentences) }
      return try SweepReport(folder: folder, store: store, renderer: try Renderer())
        .write(sweep, template: template, told: told, skipped: [], isAnonymous: report.anonymous)
    }
    guard var run = try store.latestRun() else {
      throw store.unfinished(at: storePath)
    }
    if let file {
      guard run.measures(file.experiment) else {
        throw Problem.usage(
          at: Place(file: file.path), "the experiment measures something else than the results in \(path)",
          remedy: "`heatdrift run \(file.path)` computes what is missing; "
            + "`heatdrift render \(path)` renders the results as they are.")
      }
      run.experiment = file.experiment
    }
    if report.anonymous { run.experiment.report.isAnonymous = true }
    let template = try findTemplate(of: run, file: file)
    // What the report carries and names is what it was rendered by.
    run.template = template.source
    if let other = report.template {
      run.experiment.report.template = ExperimentPath(written: other, resolved: other)
    }
    let formats = run.experiment.report.formats
    let made = try ReportFiles(folder: folder, store: store, renderer: try Renderer())
      .write(RunSubject(run: run, store: store, pictures: nil), template: template, formats: formats)
    for warning in made.results.warnings { Console.error(Failures.text(of: warning)) }
    Console.result(ReportLine.text(folder: path, formats: formats))
    try store.close()
    try ReportLine.finish(problems: made.problems, skipped: run.skipped, folder: path)
  }

  /// The runs of a sweep, where the folder's report is over one; nil otherwise.
  private func sweep(in store: ResultsStore, _ file: ExperimentFile?) throws(Problem) -> [FoundRun]? {
    let runs = try store.sweepRuns().map { FoundRun(name: $0.setting, run: $0.run, store: store) }
    guard !runs.isEmpty else { return nil }
    guard let file else { return runs }
    throw .usage(
      at: Place(file: file.path), "the results are of a sweep over \(runs.count) combinations, not of one experiment",
      remedy: "`heatdrift render` with the folder renders them; `heatdrift run --sweep` measures and renders.")
  }

  /// A folder's own report is made from the template that it was made with, kept in the store, so that it comes out
  /// the same wherever the folder is taken.
  private func findTemplate(of run: StoredRun, file: ExperimentFile?) throws(Problem) -> Template {
    if let template = report.template { return try TemplateFinder.find(template, experimentFile: file?.path).template }
    let named = run.experiment.report.template
    if file == nil, let source = run.template { return try Template(source: source, file: named.fileName) }
    return try TemplateFinder.find(named.resolved, experimentFile: file?.path).template
  }
}
