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

struct RerunCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun",
    abstract: "Measures again what a report is of, and makes it again.",
    discussion: """
      A report carries its experiment, its template, and the SHA-256 of every photograph and weights file. These files are \
      found by content below --data and --weights, whatever they are called there; what is missing is listed. Everything is \
      then measured and rendered as it was, into --output, and held to the report: the same bytes where engine, \
      processor and libraries are the same, otherwise what differs. Exit code 1 when a number does.

      EXAMPLES
        heatdrift rerun report.pdf --data faces --weights weights
        heatdrift rerun report.html --data ~/data --weights ~/data --output again
      """)

  @Argument(
    help: ArgumentHelp("A report, as PDF or as a page for browsers.", valueName: "report.pdf|report.html"),
    completion: .file(extensions: ["pdf", "html"]))
  var report: String

  @Option(name: .long, help: ArgumentHelp("A folder that the photographs lie below.", valueName: "folder"))
  var data: String

  @Option(name: .long, help: ArgumentHelp("A folder that weights and ONNX files lie below.", valueName: "folder"))
  var weights: String

  @Option(name: [.short, .long], help: ArgumentHelp("The output folder.", valueName: "folder"))
  var output = "rerun"

  @Option(name: .long, help: "The library that computes. (default: that of the report)")
  var engine: EngineKind?

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [report, data, weights, output] }

  func run() throws {
    let files = try Unpacking.attachments(of: report)
    let carried = try CarriedReport(files.map { ($0.name, $0.bytes) }, report: report)
    guard carried.namesImages else {
      throw Problem.usage(
        at: Place(file: report), "the report is of so many images that it does not name them",
        remedy: "Run its experiment.yaml (`heatdrift extract`) with `data.root` set to the data.")
    }
    guard let source = carried.template else {
      throw Problem.usage(
        at: Place(file: report), "the report carries no template",
        remedy: "Run its experiment.yaml (`heatdrift extract`), which names the template.")
    }
    let template = try Template(source: source.text, file: source.name)
    for fault in carried.faults ?? [] { Console.error("warning: \(visible(report)): \(visible(fault))") }
    let check = OutputCheck(path: output, isChosen: true)
    try check.checkKind()
    try check.checkPermissions()
    let control = carried.table == nil ? nil : Set(try carried.rows().filter { $0.epsilon == 0 }.map(\.image))
    var run = carried.run(control: control)
    let inputs = try FoundInputs(
      of: run, experimentText: carried.experimentText, data: data, weights: weights)
    try check.check(against: inputs.plan.images)
    for line in inputs.renamed.prefix(20) { Console.remark("note: \(visible(line))") }
    if inputs.renamed.count > 20 {
      Console.remark("and \(Console.grouped(inputs.renamed.count - 20)) more under other names")
    }
    let kind = engine ?? engines.all.first { $0.made(version: run.engine) } ?? .onednn
    let engine = try kind.makeEngine()
    let environment = RowEnvironment(
      engine: engine.version, instructionSet: try kind.instructionSet(), decoders: inputs.plan.decoders)
    let renderer = try Renderer()
    let folder = try measure(inputs.plan, engine, environment)
    run.engine = engine.version
    run.arithmetic = KeyMaker.arithmeticRevision
    run.decoders = inputs.plan.decoders
    run.software = environment.software(engine: engine)
    try render(&run, carried, template, inputs.plan, engine, renderer, folder)
  }

  private func measure(
    _ plan: Plan, _ engine: any Engine, _ environment: RowEnvironment
  ) throws -> OutputFolder {
    Interruption.watch()
    let folder = try OutputFolder(path: output)
    folder.tell()
    let store = try ResultsStore(in: folder)
    let progress = Progress(
      common.quiet ? .quiet : Console.isTerminal ? .bar : .lines, note: common.threadsNote)
    defer { progress.finish() }
    let outcome = try Runner(
      plan: plan, store: store, engine: engine, threads: Threads.count, isStrict: true,
      instructionSet: environment.instructionSet, memory: common.memory
    ).run(shouldStop: { Interruption.isRequested }, observe: { progress.show($0) })
    progress.finish()
    try store.close()
    guard !outcome.wasStopped else {
      Console.error(
        "Stopped with \(Console.count(outcome.imagesLeft, "image")) left. What was measured is kept in \(visible(output)); run the "
          + "same command again to go on.")
      throw ExitCode(Interruption.exitCode)
    }
    Interruption.unwatch()
    return folder
  }

  private func render(
    _ run: inout StoredRun, _ carried: CarriedReport, _ template: Template, _ plan: Plan, _ engine: any Engine,
    _ renderer: Renderer, _ folder: OutputFolder
  ) throws {
    let store = try ResultsStore(in: folder, mustExist: true)
    // What the results themselves show is found again.
    let told = run.warnings ?? []
    run.warnings = nil
    let shown = try store.results(of: run).warnings
    let before = told.filter { !shown.contains($0) }
    run.warnings = before.isEmpty ? nil : before
    try store.save(run)
    // What it is held to is made in any case.
    let formats = ReportOptions.Format.allCases.filter {
      run.experiment.report.formats.contains($0) || $0 == ReportKind(of: report).format
    }
    let found = FoundTemplate(template: template, source: template.source, path: run.experiment.report.template)
    let made = try ReportFiles(folder: folder, store: store, renderer: renderer).write(
      RunSubject(run: run, store: store, pictures: PlanPictures(plan, engine: engine)), templates: [found],
      formats: formats)
    try store.close()
    for line in ReportLine.texts(folder: output, made) { Console.result(line) }
    try compare(carried, made)
  }

  /// - Throws: `ExitCode` 1 where a number is another.
  private func compare(_ carried: CarriedReport, _ made: ReportFiles.Made) throws {
    let name = ReportKind(of: report).fileName
    let own = made.files.first { $0.path == name }?.bytes
    if let own, let bytes = try? Data(contentsOf: URL(filePath: report)), Array(bytes) == own {
      Console.result("ok  the same bytes as \(visible(report))")
      return
    }
    let provenance = made.files.first { $0.path == "provenance.json" }.map(\.bytes) ?? []
    let differences = carried.differences(from: provenance)
    for difference in differences.prefix(20) { Console.result("--  \(visible(difference))") }
    let sum = carried.tableSHA256
    if sum == made.table {
      Console.result(
        "ok  results.csv: the same bytes; \(name) has others"
          + (differences.isEmpty ? "" : ", as other software makes it"))
      return
    }
    guard carried.table != nil else {
      Console.result("FAILED  results.csv: another SHA-256 than the report names")
      throw ExitCode(1)
    }
    let found = Recomputation(of: try carried.rows(), again: made.results.measurements)
    let words =
      "\(Console.grouped(found.identical)) of \(Console.count(found.measurements, "row")) are the same to the last digit; greatest "
      + "difference of a measure \(found.greatestDrift) (at most \(Recomputation.bound))"
    guard found.isWithinBounds else {
      Console.result(
        "FAILED  results.csv: \(words)" + (found.worst.isEmpty ? "" : ", at \(visible(found.worst))")
          + "; \(Console.grouped(found.changedPredictions)) with other predictions")
      throw ExitCode(1)
    }
    Console.result("ok  results.csv: \(words)")
  }
}
