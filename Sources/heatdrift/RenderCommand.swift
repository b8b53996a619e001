import ArgumentParser
import ExperimentFile
import Foundation
import Measuring
import Notebooks
import Rendering
import Results
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

      With --output and a folder the report is written elsewhere, and the one that is there stays: files alone, without \
      a store.

      EXAMPLES
        heatdrift render Reports/orl
        heatdrift render Reports/orl --template my/template.md
        heatdrift render Reports/orl --template review --output /tmp/review
        heatdrift render Reports/orl --formats html
        heatdrift render Reports/orl --anonymous
        heatdrift render Reports/orl --submission --output upload
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
      guard overrides.texts.isEmpty else {
        throw Problem.usage(
          "--set goes with an experiment file, not with a folder",
          remedy: "Give the experiment file in place of \(source), or leave it out.")
      }
      let target = try report.output.map { (path) throws(Problem) in try RenderTarget(path, besides: source) }
      try render(folder: source, file: nil, target: target)
    } else {
      let file = try ExperimentFile(path: SharedFolders.experiment(source), overrides: overrides.parsed())
      let folder = report.folder(of: file)
      try WorkingFolder.require(for: [folder])
      try render(folder: folder, file: file, target: nil)
    }
  }

  /// - Parameter target: nil for the folder itself.
  private func render(folder path: String, file: ExperimentFile?, target: RenderTarget?) throws {
    if let refusal = ComparisonFolder.refusal(path) { throw refusal }
    let storePath = "\(path)/\(ResultsStore.fileName)"
    guard FileManager.default.fileExists(atPath: storePath) else {
      throw Problem.usage(
        at: Place(file: path), "there are no results here yet",
        remedy: "`heatdrift run \(shellWord(file?.path ?? "EXPERIMENT.yaml"))` computes them.")
    }
    // Another folder's report needs nothing of this one but to be read.
    let folder = try OutputFolder(path: target?.path ?? path)
    folder.tell()
    let store =
      target == nil ? try ResultsStore(in: folder, mustExist: true) : try ResultsStore(readingAt: storePath)
    if let sweep = try sweep(in: store, file) {
      let templates = try findTemplates(of: sweep[0].run, file: nil)
      var told: Set<String> = []
      for warning in sweep.flatMap({ $0.run.warnings ?? [] }) { told.insert(warning.sentences) }
      return try SweepReport(folder: folder, store: store, renderer: try Renderer(), isElsewhere: target != nil)
        .write(sweep, templates: templates, told: told, skipped: [], look: report.look)
    }
    guard var run = try store.latestRun() else {
      throw store.unfinished(at: storePath)
    }
    if let file {
      guard run.measures(file.experiment) else {
        throw Problem.usage(
          at: Place(file: file.path), "the experiment measures something else than the results in \(path)",
          remedy: "`heatdrift run \(shellWord(file.path))` computes what is missing; "
            + "`heatdrift render \(shellWord(path))` renders the results as they are.")
      }
      run.experiment = file.experiment
    }
    run.experiment.report = try report.look.applied(to: run.experiment.report)
    let templates = try findTemplates(of: run, file: file)
    // What the report carries and names is what it was rendered by.
    run.template = templates.first?.source
    run.furtherTemplates = templates.count > 1 ? templates.dropFirst().map(\.source) : nil
    run.experiment.report.templates = templates.map(\.path)
    let formats = report.look.formats(of: run.experiment.report)
    let made = try ReportFiles(folder: folder, store: target == nil ? store : nil, renderer: try Renderer())
      .write(
        RunSubject(run: run, store: store, pictures: nil), templates: templates,
        formats: formats)
    for warning in made.results.warnings { Console.error(Failures.text(of: warning)) }
    for line in ReportLine.texts(folder: folder.path, made) { Console.result(line) }
    try store.close()
    try ReportLine.finish(problems: made.problems, skipped: run.skipped, folder: folder.path)
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
  private func findTemplates(of run: StoredRun, file: ExperimentFile?) throws(Problem) -> [FoundTemplate] {
    if file == nil, report.template == nil { return try TemplateFinder.all(of: run) }
    return try TemplateFinder.all(run.experiment.report, chosen: report.template, experimentFile: file?.path)
  }
}

/// A folder for a report on results that lie elsewhere.
struct RenderTarget {
  let path: String

  /// - Parameter source: the folder of the results.
  /// - Throws: `Problem` of kind `.usage` where a report there would replace what belongs to something else.
  init(_ path: String, besides source: String) throws(Problem) {
    self.path = path
    let check = OutputCheck(path: path, isChosen: true)
    try check.checkKind()
    try check.checkPermissions()
    if let own = ResolvedPath(path)?.text, own == ResolvedPath(source)?.text {
      throw .usage(
        at: Place(file: path), "this is the folder of the results itself",
        remedy: "Leave --output out to render it again.")
    }
    guard FileKind(of: "\(path)/\(ResultsStore.fileName)") == .missing else {
      throw .usage(
        at: Place(file: path), "this is the output folder of another run, whose report this one would replace",
        remedy: "Choose another folder (--output).")
    }
    if let runs = ComparisonFolder.runs(path) {
      throw .usage(
        at: Place(file: path),
        "this is the report of a comparison of \(listInWords(runs.map { "“\($0)”" })), which this one would replace",
        remedy: "Choose another folder (--output).")
    }
  }
}
