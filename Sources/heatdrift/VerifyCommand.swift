import ArgumentParser
import Engines
import ExperimentFile
import Foundation
import Graphs
import Measuring
import Notebooks
import Rendering
import Store
import Support

struct VerifyCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Holds a report to its store, its store to itself, and both to the files they were made of; or a report alone to what it carries.",
    discussion: """
      Every row of the store is held to its hash, every measure is computed again from the stored maps, and every file of \
      the report is rendered again and compared byte by byte. With the experiment file the hashes of weights and images \
      are compared too, and --recompute measures some images again from their files. Nothing in the folder is \
      changed. Exit code 1 when anything differs.

      Given a report alone, its files are held to the sums that it carries, and its tables, texts and figures are made \
      again of its own rows, options and template, as far as no raw map or photograph is needed; what cannot be checked \
      is said.

      EXAMPLES
        heatdrift verify Reports/orl
        heatdrift verify Reports/orl --experiment Experiments/orl.yaml --recompute 5
        heatdrift verify report.pdf
        heatdrift verify report.html
      """)

  @Argument(
    help: ArgumentHelp("An output folder, or a report alone.", valueName: "folder|report.pdf|report.html"),
    completion: .file())
  var source: String

  @Option(
    name: .long,
    help: "The experiment file of the run. (default: that of the same name and hash here or in Experiments/)")
  var experiment: String?

  @OptionGroup var overrides: OverrideOptions

  @Option(name: .long, help: "Measure so many images again, drawn at random.")
  var recompute = 0

  @Option(name: .long, help: "Draws the images to measure again.")
  var seed: UInt64 = 1

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [folder] + (experiment.map { [$0] } ?? []) }
  private var folder: String { source }
  private var storePath: String { "\(folder)/\(ResultsStore.fileName)" }

  func validate() throws {
    guard recompute >= 0 else { throw ValidationError("--recompute must be at least 0, found \(recompute).") }
  }

  func run() throws {
    if FileKind(of: source) == .file {
      guard experiment == nil, recompute == 0, overrides.texts.isEmpty else {
        throw Problem.usage(
          at: Place(file: source), "--experiment, --set and --recompute go with an output folder, not with a report",
          remedy: "`heatdrift rerun` measures again what a report is of.")
      }
      var verification = ReportVerification(path: source)
      guard try verification.run() else { throw ExitCode(1) }
      return
    }
    let path = storePath
    if let refusal = ComparisonFolder.refusal(folder) { throw refusal }
    let store = try ResultsStore(readingAt: path)
    let sweep = try store.sweepRuns().map { FoundRun(name: $0.setting, run: $0.run, store: store) }
    if !sweep.isEmpty { return try verify(sweep, store) }
    guard let run = try store.latestRun() else {
      throw store.unfinished(at: path)
    }
    let plan = try findPlan(of: run)
    try verifyStore(store)
    var isSound = try verifyDrift(run, store: store)
    isSound = try verifyFiles(RunSubject(run: run, store: store, pictures: nil), of: run, in: store) && isSound
    if let plan {
      isSound = try verifyInputs(run, plan: plan, store: store) && isSound
    } else {
      Console.result("--  inputs: not compared, since \(run.experimentFile) as it was run is not here (--experiment)")
    }
    if !isSound { throw ExitCode(1) }
  }

  /// The runs of a sweep and the report over them.
  private func verify(_ sweep: [FoundRun], _ store: ResultsStore) throws {
    guard experiment == nil, recompute == 0 else {
      throw Problem.usage(
        "the results are of a sweep over \(sweep.count) combinations, whose inputs are not compared",
        remedy:
          "Leave out --experiment and --recompute, or run one combination by --set into a folder of its own and verify that."
      )
    }
    try verifyStore(store)
    var isSound = true
    for one in sweep { isSound = try verifyDrift(one.run, store: store, of: one.name) && isSound }
    isSound = try verifyFiles(SweepReport.compared(sweep), of: sweep[0].run, in: store) && isSound
    Console.result("--  inputs: not compared, since the results are of a sweep")
    if !isSound { throw ExitCode(1) }
  }

  private func verifyStore(_ store: ResultsStore) throws {
    let check = try store.check()
    try StoreCommand.report(check, path: storePath)
    Console.result(
      "ok  store: \(Console.count(check.measurements, "measurement")), \(Console.count(check.maps, "map")), "
        + "\(Console.count(check.photographs, "photograph"))")
  }

  private func fail(_ text: String) -> Bool {
    Console.result("FAILED  \(text)")
    return false
  }

  /// Nil where nothing was asked for that needs the experiment, and its file is not at hand.
  private func findPlan(of run: StoredRun) throws(Problem) -> Plan? {
    let file = try RunExperiment(named: experiment, overrides: overrides.parsed()).file(of: run)
    guard let file else {
      guard recompute == 0 else {
        throw .usage(
          "to measure images again their files are needed, and \(run.experimentFile) is not here",
          remedy: "Name the experiment file (--experiment), with each --set that the run was given.")
      }
      return nil
    }
    guard run.measures(file.experiment) else {
      throw .usage(
        at: Place(file: file.path), "the experiment measures something else than the results in \(folder)",
        remedy: "Give each --set that the run was given.")
    }
    return try Plan(file)
  }

  /// - Parameter name: of one of several runs.
  private func verifyDrift(_ run: StoredRun, store: ResultsStore, of name: String? = nil) throws(Problem) -> Bool {
    let drift = try store.recomputeDrift(of: run)
    let what = "drift" + (name.map { " of \(visible($0))" } ?? "")
    let measures = run.experiment.compare.titles
    let values = "\(Console.count(drift.measurements, "value")) of \(measures)"
    guard drift.identical == drift.measurements else {
      if run.arithmetic != KeyMaker.arithmeticRevision, drift.isRounding {
        Console.result(
          "ok  \(what): \(values) from the stored maps, to within \(drift.greatestDrift): they were computed with revision "
            + "\(run.arithmetic ?? 1) of the arithmetic, and now it is revision \(KeyMaker.arithmeticRevision)")
        return true
      }
      return fail(
        "\(what): \(Console.grouped(drift.measurements - drift.identical)) of "
          + "\(values) are not those of the stored maps; the greatest "
          + "difference is \(drift.greatestDrift) (\(drift.worst))")
    }
    Console.result("ok  \(what): \(values) from the stored maps, the same bits")
    return true
  }

  /// - Parameter run: which names the templates: the first of several.
  private func verifyFiles(
    _ subject: some ReportSubject, of run: StoredRun, in store: ResultsStore
  ) throws(Problem) -> Bool {
    let made = try ReportFiles.make(
      subject, templates: try TemplateFinder.all(of: run),
      formats: ReportFiles.formats(left: try store.outputs()) ?? run.experiment.report.formats,
      renderer: try Renderer(), table: ResultsTable(in: nil, mostKept: ReportAttachments.most, isWrittenAnew: true))
    let files = made.files
    let elsewhere = RenderedElsewhere(folder: folder, files: files)
    var isSound = verifyTable(made.table, isElsewhere: elsewhere != nil)
    for file in files {
      let path = "\(folder)/\(file.path)"
      // Reading a pipe or a device in its place may have no end.
      guard FileKind(of: path) == .file, let bytes = try? Data(contentsOf: URL(filePath: path)) else {
        isSound = fail("report: \(file.path) is missing")
        continue
      }
      guard Array(bytes) != file.bytes else { continue }
      if let elsewhere {
        if let reason = elsewhere.reason(against: bytes, file) {
          isSound = fail("report: \(file.path) is not what the store gives: \(reason)")
        }
      } else {
        isSound = fail("report: \(file.path) is not what the store gives")
      }
    }
    let expected = Set(files.map(\.path))
    let found = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    for path in found.sorted() where ReportFiles.isOutput(path) && !expected.contains(path) {
      isSound = fail("report: \(path) is no part of it")
    }
    if let elsewhere {
      Console.result(
        "\(isSound ? "ok  " : "        ")report: rendered by other libraries: \(elsewhere.difference)")
    }
    if isSound, elsewhere != nil {
      Console.result(
        "        \(Console.count(files.count + 1, "file")) rendered again: the same results, tables, attachments and structure; "
          + "how pages are drawn can be held to the byte only where the libraries are the same")
    } else if isSound {
      Console.result("ok  report: \(Console.count(files.count + 1, "file")) rendered again, the same bytes")
    } else {
      // What is kept of very many images may be what is wrong, and `render` would take it up again.
      let remedy =
        made.results.keepsFindings ? "`heatdrift run --rehash`" : "`heatdrift render \(shellWord(folder))`"
      Console.result("        \(remedy) makes the report again; `heatdrift diff` says why two differ.")
    }
    return isSound
  }

  /// - Parameter hash: of `results.csv` as the store gives it.
  private func verifyTable(_ hash: String, isElsewhere: Bool) -> Bool {
    let path = "\(folder)/\(ResultsTable.name)"
    // Reading a pipe or a device in its place may have no end.
    guard FileKind(of: path) == .file, let found = try? Checksum.sha256(contentsOf: URL(filePath: path)) else {
      return fail("report: \(ResultsTable.name) is missing")
    }
    guard found != hash else { return true }
    return fail(
      "report: \(ResultsTable.name) is not what the store gives" + (isElsewhere ? ": it has other lines" : ""))
  }

  private func verifyInputs(_ run: StoredRun, plan: Plan, store: ResultsStore) throws(Problem) -> Bool {
    let changes = run.changedInputs(in: plan)
    guard changes.isEmpty else {
      for change in changes.prefix(20) { _ = fail("inputs: \(change)") }
      if changes.count > 20 { Console.result("        and \(Console.grouped(changes.count - 20)) more") }
      return false
    }
    Console.result(
      "ok  inputs: \(Console.count(run.models.count, "weights file")) and \(Console.count(run.images.count, "image")) "
        + "have the hashes of the run")
    guard recompute > 0 else { return true }
    let engine = try (engines.all.first { $0.made(version: run.engine) } ?? .onednn).makeEngine()
    Interruption.watch()
    let found = try store.recompute(
      run, plan: plan, count: recompute, seed: seed, engine: engine,
      threads: Threads.count,
      shouldStop: { Interruption.isRequested })
    Interruption.unwatch()
    let images = Console.count(min(recompute, run.images.count), "image")
    let facts =
      "\(Console.count(found.measurements, "measurement")) of \(images) computed again, \(Console.grouped(found.identical)) "
      + "of them the same bits; greatest difference of \(run.experiment.compare.titles) \(found.greatestDrift) (at most \(Recomputation.bound))"
    guard found.isWithinBounds else {
      return fail(
        "recomputed: \(facts)" + (found.worst.isEmpty ? "" : ", at \(found.worst)")
          + "; \(Console.grouped(found.changedPredictions)) with other predictions")
    }
    Console.result("ok  recomputed: \(facts)")
    return true
  }
}
