import ArgumentParser
import Engines
import ExperimentFile
import Foundation
import Graphs
import Measuring
import Rendering
import Results
import Store
import Support

struct MergeCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Puts shards together, and makes the report that one run would have made.",
    discussion: """
      Takes every measurement of the given folders' stores into the output folder, and keeps where each came from. The \
      stores must be of the experiment as it is now: which option, weights file or version differs is said of each that is \
      not. Damaged measurements are left out, values that two stores have otherwise are named. Merging again takes only \
      what is new.

      Where something is missing, its images and the commands that measure them are printed, all of them stand in \
      missing.csv, and the exit code is 1; with --partial a report is made of what is there, and says so.

      EXAMPLES
        heatdrift merge faces.yaml
        heatdrift merge faces.yaml /scratch/faces/shards --output Reports/faces
        heatdrift merge faces.yaml node1/faces node2/faces --partial
      """)

  @Argument(
    help: ArgumentHelp(
      "The experiment file, or the name of one that comes with Heatdrift.", valueName: "experiment.yaml"),
    completion: .file(extensions: ["yaml", "yml"]))
  var experiment: String

  @Argument(
    help: ArgumentHelp(
      "Folders of shards, or that have them anywhere below. (default: `shards` in the output folder)",
      valueName: "folder"), completion: .directory)
  var folders: [String] = []

  @OptionGroup var report: ReportOptionsGroup
  @OptionGroup var overrides: OverrideOptions

  @Option(name: .long, help: "The library that computed: onednn, or openblas.")
  var engine: EngineKind = .onednn

  @Flag(name: .long, help: "Where something is missing, make a report of what is there.")
  var partial = false

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] {
    [experiment, report.output ?? ReportOptionsGroup.folder(named: "")] + folders
      + (report.templatePath.map { [$0] } ?? [])
  }

  func run() throws {
    let file = try ExperimentFile(path: SharedFolders.experiment(experiment), overrides: overrides.parsed())
    let path = report.folder(of: file)
    let output = try report.check(folder: path, for: file)
    let sources = try MergeSources(folders.isEmpty ? ["\(path)/\(Shard.folderOfAll)"] : folders, except: path)
    let engine = try engine.makeEngine()
    var hashes = FileHashes(storeAt: "\(path)/\(ResultsStore.fileName)")
    for source in sources.stores { hashes.add(try source.store.hashes()) }
    var plan = try Plan(file, hashes: hashes)
    try output.check(against: plan.images)
    try sources.check(against: plan, engine: engine.version, experiment: experiment)
    let found = try TemplateFinder.all(
      file.experiment.report, chosen: report.template, experimentFile: file.path)
    plan.tell(found)
    for problem in sources.unreadable { Console.error(Failures.warning(problem)) }
    let renderer = try Renderer()

    let folder = try OutputFolder(path: path)
    folder.tell()
    let store = try ResultsStore(in: folder)
    try store.save(plan.hashes)
    plan.forgetHashes()
    try take(sources, into: store, at: path, plan, engine)

    var outcome = RunOutcome()
    outcome.skipped = plan.unreadable + sources.skipped(of: plan)
    let skipped = Set(outcome.skipped.map(\.path))
    let missing = try MissingImages(of: plan, in: store, engine: engine.version, skipped: skipped)
    outcome.storedRows = missing.rows.stored
    let table = MissingTable(missing, plan: plan, sources: sources)
    try table.write(to: path)
    if !missing.images.isEmpty {
      guard partial else {
        table.tell(experiment: experiment, overrides: overrides.texts, folders: folders, output: path)
        try store.close()
        throw ExitCode(1)
      }
      plan = try plan.partial(without: missing, skipped: skipped)
      Console.error(Failures.text(of: plan.warnings[0]))
    }
    try outcome.requireImages(of: plan, at: experiment)
    try RunReport(
      file: file, plan: plan, engine: engine,
      environment: RowEnvironment(
        engine: engine.version, instructionSet: try self.engine.instructionSet(), decoders: plan.decoders),
      templates: found,
      options: report, folder: folder, store: store, renderer: renderer
    ).write(outcome)
  }

  /// Each store is held to its hashes while the one before it is written: the first takes a processor, the second the disk.
  private func take(
    _ sources: MergeSources, into store: ResultsStore, at path: String, _ plan: Plan, _ engine: any Engine
  ) throws(Problem) {
    let taking = TakingUp(store: store, plan: plan, engine: engine.version)
    let stores = sources.stores
    var rows = 0
    var known = 0
    var conflicts = 0
    var checked: Result<CheckedStore?, Problem> = Result { () throws(Problem) in try stores.first?.store.check() }
    for (index, source) in stores.enumerated() {
      let next = index + 1 < stores.count ? stores[index + 1] : nil
      let current = checked
      let (taken, following) = try concurrently { () throws(Problem) in
        try take(source, current, taking)
      } _: { () throws(Problem) in
        Result { () throws(Problem) in try next?.store.check() }
      }
      if let taken {
        taking.report(taken, of: source.store.path)
        rows += taken.rows
        known += taken.knownPasses
        conflicts += taken.conflicts.count
      }
      checked = following
    }
    var parts = ["\(Console.count(rows, "measurement")) taken of \(Console.count(stores.count, "store"))"]
    if known > 0 { parts.append("\(Console.grouped(known)) passes over an image were there already") }
    if conflicts > 0 {
      parts.append("\(Console.count(conflicts, "value")) came out in two ways, all of them in \(MergeTables.conflicts)")
    }
    Console.remark("\(parts.joined(separator: "; ")).")
    try MergeTables.write(store.conflicts(), to: path)
  }

  /// - Returns: nil for a store of which nothing can be taken, which is told.
  private func take(
    _ source: MergeSources.Source, _ checked: Result<CheckedStore?, Problem>, _ taking: TakingUp
  ) throws(Problem) -> TakenRows? {
    let found: CheckedStore?
    do {
      found = try checked.get()
    } catch {
      Console.error(Failures.warning(error))
      return nil
    }
    guard let found else { return nil }
    return try taking.store.takeUp(
      found, origin: source.store.origin(folder: source.folder), name: taking.name)
  }
}
