import ArgumentParser
import Diagnostics
import Experiments
import Foundation
import Images
import Networks
import Notebooks
import Rendering
import Results

extension EngineName: ExpressibleByArgument {}

extension EngineName {
  /// What the library takes this processor for: sums in another order are other bits.
  func instructionSet() throws(Problem) -> String {
    switch self {
    case .onednn: OneDNNEngine.instructionSet
    case .openblas: try OpenBLASEngine().core
    }
  }
}

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Computes what an experiment is missing, and makes its report.",
    discussion: """
      Everything that the experiment file names is opened and checked before anything is computed. Results are kept \
      image by image: a run that was stopped goes on where it was, a second run computes nothing, and one more \
      epsilon, layer, model or image costs only what is new. The numbers do not depend on --threads.

      The output folder then holds report.pdf and report-NN.svg, figures/ and tables/ for papers, results.csv with a \
      line per model, image, target, layer and epsilon, provenance.json, and results.sqlite, the store.

      EXAMPLES
        heatdrift run Experiments/orl.yaml
        heatdrift run faces.yaml --output /tmp/faces --threads 8
        heatdrift run faces.yaml --dry-run --why
        heatdrift run faces.yaml --set 'attack.epsilons=[0.01,0.1]' --set 'models[0].layers=all'
      """)

  @Argument(help: ArgumentHelp("The experiment file.", valueName: "experiment.yaml"))
  var experiment: String

  @Option(name: [.short, .long], help: "The output folder. (default: Reports/<name of the experiment file>)")
  var output: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp(
      "Puts another value in place of the file's, written as YAML; can be given several times.",
      valueName: "key=value"))
  var overrides: [String] = []

  @Option(name: .long, help: "Another template: its name, or a path that ends in .md.")
  var template: String?

  @Option(name: [.short, .long], help: "Images at a time. (default: one for each processor core)")
  var threads: Int?

  @Option(name: .long, help: "The library that computes: onednn, or openblas, the slower check of it.")
  var engine: EngineName = .onednn

  @Flag(name: [.short, .long], help: "No progress; errors and results only.")
  var quiet = false

  @Flag(name: .long, help: "Leave authors and the names of files out of the report.")
  var anonymous = false

  @Flag(name: .long, help: "Print what would be computed; compute and write nothing.")
  var dryRun = false

  @Flag(name: .long, help: "With --dry-run: print which changed option, file or version makes it so.")
  var why = false

  @Flag(name: .long, help: "Stop at the first image that cannot be read, in place of going on without it.")
  var strict = false

  @Flag(name: .long, help: "Look for NaN and infinity inside the networks on every image, not on each model's first.")
  var checkNumbers = false

  func validate() throws {
    if why && !dryRun { throw ValidationError("--why goes with --dry-run.") }
    if let threads, !(1...1024).contains(threads) {
      throw ValidationError("--threads must lie in 1 to 1024, found \(threads).")
    }
  }

  func run() throws {
    // Everything that can be wrong with the call comes first: nothing is written until all of it is right.
    var parsed: [Override] = []
    for override in overrides { parsed.append(try Override(override)) }
    let file = try ExperimentFile(path: experiment, overrides: parsed)
    let engine = try engine.makeEngine()
    let path = output ?? "Reports/\(file.name)"
    let isNew = !FileManager.default.fileExists(atPath: "\(path)/\(ResultsStore.fileName)")
    let early = isNew && !dryRun ? EarlyPreparation(engine: engine) : nil
    let plan = try Plan(file, early: early)
    if !quiet {
      for model in plan.models {
        for note in model.record.weightsState?.notes ?? [] {
          let words = note.replacing("“", with: "`").replacing("”", with: "`")
          Console.error("note: \(model.record.name), \(model.record.weightsFile): \(words)")
        }
      }
    }
    let report = file.experiment.report
    let found = try TemplateFinder.find(template ?? report.template.resolved, experimentFile: file.path)
    for problem in found.template.check() { Console.error(Failures.warning(problem)) }
    let renderer = try Renderer()
    if dryRun {
      let lines = try DryRun.lines(
        plan: plan, engine: engine.version, folder: path, why: why)
      for line in lines { Console.result(line) }
      return
    }

    Interruption.watch()
    let folder = try OutputFolder(path: path)
    let store = try ResultsStore(path: folder.storePath)
    let progress = Progress(quiet ? .quiet : Console.isTerminal ? .bar : .lines)
    defer { progress.finish() }
    let threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    let outcome = try Runner(
      plan: plan, store: store, engine: engine, threads: threads, isStrict: strict, checksEveryImage: checkNumbers,
      early: early
    )
    .run(shouldStop: { Interruption.isRequested }, observe: { progress.show($0) })
    progress.finish()
    if outcome.wasStopped {
      try store.close()
      Console.error(
        "Stopped with \(Console.count(outcome.imagesLeft, "image")) left. What was measured is kept in "
          + "\(folder.path); run the same command again to go on.")
      throw ExitCode(Failures.interrupted)
    }
    guard outcome.skipped.count < plan.images.count + plan.unreadable.count else {
      throw Problem.failure(
        at: Place(file: experiment),
        "none of the \(Console.count(outcome.skipped.count, "image")) could be measured",
        remedy: "The first was \(outcome.skipped[0].path): \(outcome.skipped[0].reason)")
    }
    if !quiet && outcome.computedRows == 0 && outcome.skipped.isEmpty {
      Console.error(
        "Nothing to compute: all \(Console.count(outcome.storedRows, "measurement")) are in \(folder.storePath).")
    }

    var run = StoredRun(
      file: file, plan: plan, engine: engine.version, outcome: outcome,
      software: [
        ProvenanceEntry(section: "software", name: "engine", value: engine.version),
        ProvenanceEntry(section: "software", name: "instruction set", value: try self.engine.instructionSet()),
        ProvenanceEntry(section: "software", name: "SQLite", value: ResultsStore.sqliteVersion),
      ]
        + ImageDecoder.libraries.map { ProvenanceEntry(section: "software", name: $0.name, value: $0.version) },
      template: found.source)
    if anonymous { run.experiment.report.isAnonymous = true }
    if let template { run.experiment.report.template = ExperimentPath(written: template, resolved: template) }
    try store.save(run)
    let problems = try ReportFiles(folder: folder, store: store, renderer: renderer)
      .write(run, template: found.template, formats: report.formats)
    for line in try SummaryTable.lines(try store.results(of: run)) { Console.result(line) }
    Console.result(ReportLine.text(folder: folder.path, formats: report.formats))
    try store.close()
    try ReportLine.finish(problems: problems, skipped: outcome.skipped, folder: folder.path)
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
          + "the rest of it is in \(folder).")
    }
    if !skipped.isEmpty {
      Console.error("error: \(Console.count(skipped.count, "image")) could not be measured:")
      for image in skipped.prefix(20) { Console.error("  \(image.path): \(image.reason)") }
      if skipped.count > 20 { Console.error("  and \(skipped.count - 20) more, listed in provenance.json") }
      Console.error("The report in \(folder) is made of the others. Repair or remove the files and run again.")
    }
    if !problems.isEmpty || !skipped.isEmpty { throw ExitCode(1) }
  }
}
