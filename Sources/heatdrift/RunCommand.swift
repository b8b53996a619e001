import ArgumentParser
import Engines
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

extension EngineKind: ExpressibleByArgument {}

struct RunCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Computes what an experiment is missing, and makes its report.",
    discussion: """
      Everything that the experiment file names is opened and checked before anything is computed. Results are kept \
      image by image: a run that was stopped goes on where it was, a second run computes nothing, and one more \
      epsilon, layer, model or image costs only what is new. The numbers do not depend on --threads.

      The output folder then holds report.pdf and report-NN.svg, figures/ and tables/ for papers, results.csv with a \
      line per model, image, target, layer and epsilon, provenance.json, and results.sqlite, the store.

      The ORL faces, where an experiment asks for them and they are not here yet, are fetched first; with \
      HEATDRIFT_OFFLINE=1 in the environment nothing ever is.

      EXAMPLES
        heatdrift run Experiments/orl.yaml
        heatdrift run faces.yaml --output /tmp/faces --threads 8
        heatdrift run faces.yaml --dry-run --why
        heatdrift run faces.yaml --sweep explain.targets=predicted,label --sweep compare.window=uniform,gaussian
        heatdrift run faces.yaml --set 'attack.epsilons=[0.01,0.1]' --set 'models[0].layers=all'
      """)

  @Argument(
    help: ArgumentHelp(
      "The experiment file, or the name of one that comes with Heatdrift.", valueName: "experiment.yaml"),
    completion: .file(extensions: ["yaml", "yml"]))
  var experiment: String

  @OptionGroup var report: ReportOptionsGroup
  @OptionGroup var overrides: OverrideOptions

  @Option(
    name: .customLong("sweep"), parsing: .singleValue,
    help: ArgumentHelp(
      "Runs with each of these values, of several with all combinations, into one store, and makes one report over them.",
      valueName: "key=value,value"))
  var sweeps: [String] = []

  @Option(name: .long, help: "The library that computes: onednn, or openblas, the slower check of it.")
  var engine: EngineKind = .onednn

  @Flag(name: .long, help: "Print what would be computed; compute and write nothing.")
  var dryRun = false

  @Flag(name: .long, help: "With --dry-run: print which changed option, file or version makes it so.")
  var why = false

  @Flag(name: .long, help: "Stop at the first image that cannot be read, in place of going on without it.")
  var strict = false

  @Flag(
    name: .long,
    help:
      "Read every image and weights file for its hash, also where path, size, times and inode are those of the run before."
  )
  var rehash = false

  @Flag(name: .long, help: "Measure again what another processor, or another version of Heatdrift, measured.")
  var sameProcessor = false

  @Flag(name: .long, help: "Look for NaN and infinity inside the networks on every image, not on each model's first.")
  var checkNumbers = false

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] {
    [experiment, report.output ?? ReportOptionsGroup.folder(named: "")] + (report.templatePath.map { [$0] } ?? [])
  }

  func validate() throws {
    if why && !dryRun { throw ValidationError("--why goes with --dry-run.") }
    if why && !sweeps.isEmpty { throw ValidationError("--why is of one run: give --set in place of --sweep.") }
  }

  func run() throws {
    if !sweeps.isEmpty { return try SweepRun(self).run() }
    // Everything that can be wrong with the call comes first: nothing is written until all of it is right.
    let file = try ExperimentFile(path: SharedFolders.experiment(experiment), overrides: overrides.parsed())
    let path = report.folder(of: file)
    let output = OutputCheck(path: path, isChosen: report.output != nil)
    try output.checkKind()
    try output.check(against: file, template: report.template)
    if !dryRun { try output.checkPermissions() }
    let engine = try engine.makeEngine()
    let isNew = !FileManager.default.fileExists(atPath: "\(path)/\(ResultsStore.fileName)")
    let early = isNew && !dryRun ? EarlyPreparation(engine: engine) : nil
    if !dryRun { try FacesFetch.fetch(for: file.experiment.data, quiet: common.quiet) }
    var plan = try Plan(
      file, early: early, hashes: rehash ? FileHashes() : FileHashes(storeAt: "\(path)/\(ResultsStore.fileName)"))
    try output.check(against: plan.images)
    let options = file.experiment.report
    let found = try TemplateFinder.find(report.template ?? options.template.resolved, experimentFile: file.path)
    for problem in found.template.check() { Console.error(Failures.warning(problem)) }
    for warning in plan.warnings { Console.error(Failures.text(of: warning)) }
    for note in plan.notes { Console.remark("note: \(note)") }
    for model in plan.models {
      for remark in model.remarks {
        Console.remark("note: \(model.record.name), \(model.record.weightsFile): \(remark)")
      }
    }
    let renderer = try Renderer()
    let environment = RowEnvironment(
      engine: engine.version, instructionSet: try self.engine.instructionSet(), decoders: plan.decoders)
    if dryRun {
      let lines = try DryRun.lines(
        plan: plan, engine: engine.version, environment: sameProcessor ? environment : nil, folder: path, why: why)
      for line in lines { Console.result(line) }
      return
    }

    Interruption.watch()
    let folder = try OutputFolder(path: path)
    if let note = folder.note { Console.error(Failures.warning(.failure(at: Place(file: path), note))) }
    let store = try ResultsStore(in: folder)
    try store.save(plan.hashes)
    plan.forgetHashes()
    let progress = Progress(
      common.quiet ? .quiet : Console.isTerminal ? .bar : .lines, note: common.threadsNote)
    defer { progress.finish() }
    let runner = Runner(
      plan: plan, store: store, engine: engine, threads: Threads.count, isStrict: strict,
      checksEveryImage: checkNumbers, instructionSet: environment.instructionSet,
      replacesOthers: sameProcessor)
    let outcome: RunOutcome
    do {
      outcome = try runner.run(shouldStop: { Interruption.isRequested }, observe: { progress.show($0) })
    } catch {
      throw Self.sayingWhatIsKept(error, progress, folder)
    }
    progress.finish()
    if outcome.wasStopped {
      try store.close()
      Console.error(
        "Stopped with \(Console.count(outcome.imagesLeft, "image")) left. What was measured is kept in "
          + "\(visible(folder.path)); run the same command again to go on.")
      throw ExitCode(Failures.interrupted)
    }
    guard outcome.skipped.count < plan.images.count + plan.unreadable.count else {
      throw Problem.failure(
        at: Place(file: experiment),
        "none of the \(Console.count(outcome.skipped.count, "image")) could be measured",
        remedy: "The first was \(outcome.skipped[0].path): \(outcome.skipped[0].reason)")
    }
    if outcome.computedRows == 0 && outcome.skipped.isEmpty {
      Console.remark(
        "Nothing to compute: all \(Console.count(outcome.storedRows, "measurement")) are in \(visible(folder.storePath))."
      )
    }

    var run = StoredRun(
      file: file, plan: plan, engine: engine.version, outcome: outcome,
      software: environment.software(engine: engine), template: found.source)
    if report.anonymous { run.experiment.report.isAnonymous = true }
    if let template = report.template {
      run.experiment.report.template = ExperimentPath(written: template, resolved: template)
    }
    try store.save(run)
    let report: ReportFiles.Made
    do {
      report = try ReportFiles(
        folder: folder, store: store, renderer: renderer, writesTableAnew: rehash
      )
      .write(
        RunSubject(run: run, store: store, pictures: PlanPictures(plan, engine: engine)), template: found.template,
        formats: options.formats)
    } catch {
      throw error.afterTheStart
    }
    for line in SummaryTable.lines(report.results, report.summaries) { Console.result(line) }
    // Those of the plan were told before anything was computed.
    for warning in report.results.warnings.dropFirst(plan.warnings.count) { Console.error(Failures.text(of: warning)) }
    Console.result(ReportLine.text(folder: folder.path, formats: options.formats))
    try store.close()
    try ReportLine.finish(problems: report.problems, skipped: outcome.skipped, folder: folder.path)
  }
}

extension RunCommand {
  /// A run that fails loses nothing that was measured, of this model and those before it.
  private static func sayingWhatIsKept(_ problem: Problem, _ progress: Progress, _ folder: OutputFolder) -> Problem {
    guard progress.images > 0 else { return problem }
    var problem = problem
    let kept =
      "What was measured before is kept in \(folder.path), \(Console.count(progress.images, "image")) of this run, and "
      + "need not be computed again."
    problem.remedy = problem.remedy.map { "\($0) \(kept)" } ?? kept
    return problem
  }
}

/// What `run` and `render` say at the end.
enum ReportLine {
  static func text(folder: String, formats: [ReportOptions.Format]) -> String {
    formats.contains(.pdf) ? "\(folder)/report.pdf" : "\(folder)/report-01.svg"
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
      Console.error("error: \(Console.count(skipped.count, "image")) could not be measured:")
      for image in skipped.prefix(20) { Console.error("  \(visible(image.path)): \(visible(image.reason))") }
      if skipped.count > 20 { Console.error("  and \(skipped.count - 20) more, listed in provenance.json") }
      Console.error("The report in \(visible(folder)) is made of the others. Repair or remove the files and run again.")
    }
    if !problems.isEmpty || !skipped.isEmpty { throw ExitCode(1) }
  }
}
