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

/// `run --sweep`: the runs of all combinations into one store, where what they share is measured once, and one report over them.
struct SweepRun {
  let command: RunCommand
  private let sweep: Sweep

  /// A combination, and the experiment with it.
  private struct Combination {
    var name: String
    var file: ExperimentFile
  }

  /// - Throws: `Problem` where the combinations cannot be meant.
  init(_ command: RunCommand) throws(Problem) {
    self.command = command
    sweep = try Sweep(command.sweeps)
  }

  func run() throws {
    let overrides = try command.overrides.parsed()
    let path = SharedFolders.experiment(command.experiment)
    let combinations = try each(sweep.settings.map { ($0.name, $0) }) { (setting) throws(Problem) in
      Combination(
        name: setting.name, file: try ExperimentFile(path: path, overrides: overrides + setting.overrides))
    }
    guard let first = combinations.first else { return }
    for one in combinations { _ = try command.report.look.applied(to: one.file.experiment.report) }
    let folder = command.report.folder(of: first.file)
    let output = OutputCheck(path: folder, isChosen: command.report.output != nil)
    try output.checkKind()
    for one in combinations { try output.check(against: one.file, template: command.report.template) }
    if !command.dryRun { try output.checkPermissions() }
    let engine = try command.engine.makeEngine()
    if !command.dryRun {
      for one in combinations { try FacesFetch.fetch(for: one.file.experiment.data, quiet: command.common.quiet) }
    }
    let storePath = "\(folder)/\(ResultsStore.fileName)"
    var hashes = command.rehash ? FileHashes() : FileHashes(storeAt: storePath)
    let store =
      command.dryRun && FileManager.default.fileExists(atPath: storePath) ? try ResultsStore(readingAt: storePath) : nil
    var shared = SharedForecast()
    var lines: [String] = []
    var told: Set<String> = []
    // Plans are looked at one by one, and made again when it is their turn: each has a list of all images.
    let planned = try each(combinations.map { ($0.name, $0) }) { (one) throws(Problem) in
      let plan = try Plan(one.file, hashes: hashes)
      hashes = plan.hashes
      try output.check(against: plan.images)
      tell(plan, &told)
      if command.dryRun {
        let environment = try command.sameProcessor ? environment(engine, plan) : nil
        let forecast = try Forecast(
          plan: plan, store: store, engine: engine.version, environment: environment, why: false)
        try shared.add(plan, store: store, engine: engine.version, environment: environment)
        let stored = forecast.models.reduce(0) { $0 + $1.storedMeasurements }
        lines.append(
          "\(one.name): \(Console.count(forecast.missingMeasurements, "measurement")) missing, "
            + "\(Console.grouped(stored)) stored")
      }
      return (
        name: one.name,
        run: StoredRun(
          file: one.file, plan: plan, engine: engine.version, outcome: RunOutcome(), software: [], template: nil)
      )
    }
    try ComparedRuns.check(planned, isSweep: true)
    if command.dryRun {
      for line in lines { Console.result(line) }
      Console.result(
        shared.missingMeasurements == 0
          ? "Nothing would be computed."
          : "\(Console.count(shared.missingMeasurements, "measurement")) would be computed into \(folder): what combinations "
            + "share is measured once.")
      return
    }
    let template = try findTemplate(first.file)
    for problem in template.template.check() { Console.error(Failures.warning(problem)) }
    let renderer = try Renderer()
    try measure(combinations, into: folder, hashes, engine, template, renderer, told: told)
  }

  /// Does something for every combination.
  /// - Throws: `Problem` of the first that is wrong, which names the others too.
  private func each<Input, Output>(
    _ inputs: [(name: String, input: Input)], _ body: (Input) throws(Problem) -> Output
  ) throws(Problem) -> [Output] {
    var made: [Output] = []
    var wrong: [(name: String, problem: Problem)] = []
    for (name, input) in inputs {
      do throws(Problem) {
        made.append(try body(input))
      } catch {
        wrong.append((name, error))
      }
    }
    guard var problem = wrong.first?.problem, let first = wrong.first?.name else { return made }
    let others = wrong.dropFirst().map { "“\($0.name)”" }
    let more = others.isEmpty ? "" : ", and so are \(listInWords(others))"
    // What is wrong with all is not a combination's fault.
    if wrong.count < inputs.count || Set(wrong.map(\.problem)).count > 1 {
      problem.message += " (the combination “\(first)” of the sweep is wrong\(more))"
    }
    throw problem
  }

  private func environment(_ engine: any Engine, _ plan: Plan) throws(Problem) -> RowEnvironment {
    RowEnvironment(
      engine: engine.version, instructionSet: try command.engine.instructionSet(), decoders: plan.decoders)
  }

  /// Of several plans that say the same, once.
  private func tell(_ plan: Plan, _ told: inout Set<String>) {
    for warning in plan.warnings where told.insert(warning.sentences).inserted {
      Console.error(Failures.text(of: warning))
    }
    for note in plan.notes where told.insert(note).inserted { Console.remark("note: \(note)") }
  }

  /// The template `compare`, unless the call names another: that of the file is for one run.
  private func findTemplate(_ file: ExperimentFile) throws(Problem) -> FoundTemplate {
    try TemplateFinder.find(templatePath(file), experimentFile: file.path)
  }

  private func templatePath(_ file: ExperimentFile) -> ExperimentPath {
    if let template = command.report.template { return ExperimentPath(written: template, resolved: template) }
    return file.overridesTemplate
      ? file.experiment.report.template : ExperimentPath(written: "compare", resolved: "compare")
  }

  // MARK: - The work

  private func measure(
    _ combinations: [Combination], into path: String, _ hashes: FileHashes, _ engine: any Engine,
    _ template: FoundTemplate, _ renderer: Renderer, told: Set<String>
  ) throws {
    Interruption.watch()
    let folder = try OutputFolder(path: path)
    folder.tell()
    let store = try ResultsStore(in: folder)
    try store.save(hashes)
    var runs: [FoundRun] = []
    var skipped: [SkippedImage] = []
    var computed = 0
    for (index, one) in combinations.enumerated() {
      Console.remark("Combination \(index + 1) of \(combinations.count): \(visible(one.name))")
      let plan = try Plan(one.file, hashes: hashes)
      let progress = Progress(
        command.common.quiet ? .quiet : Console.isTerminal ? .bar : .lines,
        note: index == 0 ? command.common.threadsNote : nil)
      defer { progress.finish() }
      let environment = try environment(engine, plan)
      let outcome = try Runner(
        plan: plan, store: store, engine: engine, threads: Threads.count, isStrict: command.strict,
        checksEveryImage: command.checkNumbers, instructionSet: environment.instructionSet,
        replacesOthers: command.sameProcessor, memory: command.common.memory
      ).run(shouldStop: { Interruption.isRequested }, observe: { progress.show($0) })
      progress.finish()
      guard !outcome.wasStopped else {
        try store.close()
        Console.error(
          "Stopped in combination \(index + 1) of \(combinations.count), with \(Console.count(outcome.imagesLeft, "image")) of it left. What "
            + "was measured is kept in \(visible(path)); run the same command again to go on.")
        throw ExitCode(Interruption.exitCode)
      }
      try outcome.requireImages(of: plan, at: command.experiment, words: "images of “\(one.name)”")
      computed += outcome.computedRows
      skipped += outcome.skipped.filter { !skipped.contains($0) }
      var run = StoredRun(
        file: one.file, plan: plan, engine: engine.version, outcome: outcome,
        software: environment.software(engine: engine), template: template.source)
      run.experiment.report.templates = [templatePath(one.file)]
      run.experiment.report = try command.report.look.applied(to: run.experiment.report)
      runs.append(FoundRun(name: one.name, run: run, store: store))
    }
    Interruption.unwatch()
    if computed == 0 && skipped.isEmpty {
      Console.remark("Nothing to compute: all measurements are in \(visible(folder.storePath)).")
    }
    try store.save(sweep: runs.map { ($0.name, $0.run) })
    try SweepReport(folder: folder, store: store, renderer: renderer, writesTableAnew: command.rehash)
      .write(runs, templates: [template], told: told, skipped: skipped, look: command.report.look)
  }
}

/// The report over the runs of a sweep, made when they were measured or again.
struct SweepReport {
  let folder: OutputFolder
  let store: ResultsStore
  let renderer: Renderer
  var writesTableAnew = false
  /// Whether the store lies in another folder, which stays as it is.
  var isElsewhere = false

  /// The runs with what their report says and looks like: that of the first.
  static func compared(_ runs: [FoundRun]) throws(Problem) -> ComparedRuns {
    var compared = try ComparedRuns(runs, isSweep: true)
    compared.template = runs.first?.run.template
    return compared
  }

  /// - Parameters:
  ///   - told: warnings that were told before.
  ///   - look: what the call asks for, whatever the experiment says.
  /// - Throws: `ExitCode` 1 where something is missing from the report.
  func write(
    _ runs: [FoundRun], templates: [FoundTemplate], told: Set<String>, skipped: [SkippedImage],
    look: LookOptions? = nil
  ) throws {
    var compared = try Self.compared(runs)
    if let look { compared.choices.report = try look.applied(to: compared.choices.report) }
    let formats = look?.formats(of: compared.choices.report) ?? compared.choices.report.formats
    let made: ReportFiles.Made
    do {
      made = try ReportFiles(
        folder: folder, store: isElsewhere ? nil : store, renderer: renderer, writesTableAnew: writesTableAnew
      )
      .write(compared, templates: templates, formats: formats)
    } catch {
      throw error.afterTheStart
    }
    for line in RunsSummary.lines(made.results) + SummaryTable.lines(made.results, made.summaries) {
      Console.result(line)
    }
    for warning in made.results.warnings where !told.contains(warning.sentences) {
      Console.error(Failures.text(of: warning))
    }
    for line in ReportLine.texts(folder: folder.path, made) { Console.result(line) }
    try store.close()
    try ReportLine.finish(problems: made.problems, skipped: skipped, folder: folder.path)
  }
}

extension RowEnvironment {
  /// Of the provenance of a run that computes: what its numbers depend on beside Heatdrift itself.
  func software(engine: any Engine) -> [ProvenanceEntry] {
    [
      ProvenanceEntry(section: "software", name: "engine", value: engine.version),
      ProvenanceEntry(section: "software", name: "instruction set", value: instructionSet ?? ""),
      ProvenanceEntry(section: "software", name: "SQLite", value: ResultsStore.sqliteVersion),
    ] + ImageDecoder.libraries.map { ProvenanceEntry(section: "software", name: $0.name, value: $0.version) }
  }
}
