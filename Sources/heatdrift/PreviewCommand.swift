import ArgumentParser
import Engines
import ExperimentFile
import Foundation
import Graphs
import Measuring
import Notebooks
import Rendering
import Results
import Store
import Support

struct PreviewCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "Shows what an experiment's report would look like, on three images.",
    discussion: """
      Three images, drawn as `limit: 3` draws them, are measured by every model, and the report is made of them, marked \
      as a preview on every page. Where that would take more than --seconds it is made of one or two. The \
      experiment's own output folder stays as it is.

      EXAMPLES
        heatdrift preview pets/pets.yaml
        heatdrift preview Experiments/orl.yaml --template review
      """)

  @Argument(
    help: ArgumentHelp(
      "The experiment file, or the name of one that comes with Heatdrift.", valueName: "experiment.yaml"),
    completion: .file(extensions: ["yaml", "yml"]))
  var experiment: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The output folder. (default: Reports/<name of the experiment file>-preview)", valueName: "folder"))
  var output: String?

  @OptionGroup var look: LookOptions
  @OptionGroup var overrides: OverrideOptions

  @Option(name: .long, help: "No second image is begun where it would not be done in this time.")
  var seconds = 40

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] {
    [experiment, output ?? ReportOptionsGroup.folder(named: "")] + [look.templatePath].compactMap { $0 }
  }

  private static let images = 3

  func validate() throws {
    guard seconds > 0 else { throw ValidationError("--seconds must be at least 1, found \(seconds).") }
  }

  func run() throws {
    let given = try ExperimentFile(path: SharedFolders.experiment(experiment), overrides: overrides.parsed())
    let whole = given.experiment.data.limit
    _ = try look.applied(to: given.experiment.report)
    let count = min(whole ?? .max, Self.images)
    let file = try ExperimentFile(
      path: given.path, overrides: overrides.parsed() + [Override("data.limit=\(count)")])
    let path = output ?? ReportOptionsGroup.folder(named: "\(file.name)-preview")
    var report = ReportOptionsGroup()
    report.look = look
    report.output = output
    let check = OutputCheck(path: path, isChosen: output != nil)
    try check.checkKind()
    try check.check(against: file, template: look.template)
    try check.checkPermissions()
    try Self.checkIsNoRun(path)
    let engine = try EngineKind.onednn.makeEngine()
    try FacesFetch.fetch(for: file.experiment.data, quiet: common.quiet)
    let plan = try Plan(file)
    try check.check(against: plan.images)
    let templates = try TemplateFinder.all(
      file.experiment.report, chosen: look.template, experimentFile: file.path)
    plan.tell(templates)
    let renderer = try Renderer()
    let total = try Plan.imageCount(of: given)

    Interruption.watch()
    let folder = try OutputFolder(path: path)
    folder.tell()
    let store = try ResultsStore(in: folder)
    let environment = RowEnvironment(
      engine: engine.version, instructionSet: try EngineKind.onednn.instructionSet(), decoders: plan.decoders)
    let (measured, outcome) = try measure(plan, into: store, engine, environment)
    Interruption.unwatch()
    let mark = "Preview: \(measured.images.count) of \(Console.count(total, "image"))"
    let marked = measured.remarked(
      Warning(
        "This is a preview, of \(measured.images.count) of \(Console.count(total, "image")): its numbers say nothing yet",
        remedy: "`heatdrift run` measures all of them."))
    try RunReport(
      file: file, plan: marked, engine: engine, environment: environment, templates: templates, options: report,
      folder: folder, store: store, renderer: renderer, mark: mark
    ).write(outcome)
  }

  /// The first image by all models, and the others where there is time.
  /// - Throws: `ExitCode` where somebody stopped it.
  private func measure(
    _ plan: Plan, into store: ResultsStore, _ engine: any Engine, _ environment: RowEnvironment
  ) throws -> (Plan, RunOutcome) {
    let start = ContinuousClock.now
    var outcome = RunOutcome()
    var last = 0
    // One shows how long the others take, which are measured side by side.
    for end in plan.images.count > 1 ? [1, plan.images.count] : [plan.images.count] {
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      guard last == 0 || elapsed * Double(end) <= Double(seconds) else { break }
      let progress = Progress(common.quiet ? .quiet : Console.isTerminal ? .bar : .lines, note: nil)
      defer { progress.finish() }
      let part = plan.first(end)
      outcome = try Runner(
        plan: part, store: store, engine: engine, threads: Threads.count,
        instructionSet: environment.instructionSet, memory: common.memory
      ).run(shouldStop: { Interruption.isRequested }, observe: { progress.show($0) })
      progress.finish()
      guard !outcome.wasStopped else {
        Console.error("Stopped; the same command goes on.")
        throw ExitCode(Interruption.exitCode)
      }
      last = end
    }
    let part = plan.first(last)
    try outcome.requireImages(of: part, at: experiment)
    return (part, outcome)
  }

  /// A run's own results are worth more than a preview.
  private static func checkIsNoRun(_ path: String) throws(Problem) {
    guard FileKind(of: "\(path)/\(ResultsStore.fileName)") == .file,
      let run = try? ResultsStore(readingAt: "\(path)/\(ResultsStore.fileName)").latestRun(), run.mark == nil
    else { return }
    throw .usage(
      at: Place(file: path), "this is the output folder of a run, whose report a preview would replace",
      remedy: "Choose another folder (--output).")
  }
}
