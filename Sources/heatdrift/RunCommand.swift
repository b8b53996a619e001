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

      Ctrl-C, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 and SIGXCPU, as a cluster sends them before it takes a machine back, \
      finish the images in flight and keep them; the exit code is 128 and the signal's number (130 for Ctrl-C, 143 for \
      SIGTERM). What was ignored when the run began (nohup) is ignored.

      The output folder then holds report.pdf and report-NN.svg, figures/ and tables/ for papers, results.csv with a \
      line per model, image, target, layer and epsilon, provenance.json, and results.sqlite, the store.

      The ORL faces, where an experiment asks for them and they are not here yet, are fetched first; with \
      HEATDRIFT_OFFLINE=1 in the environment nothing ever is.

      With --shard K/N several processes, on one machine or many, measure a part of the images each, told by the images' \
      content; `heatdrift merge` makes one report of them, the same as that of one run.

      EXAMPLES
        heatdrift run Experiments/orl.yaml
        heatdrift run faces.yaml --output /tmp/faces --threads 8
        heatdrift run faces.yaml --dry-run --why
        heatdrift run faces.yaml --shard 3/64
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

  @Option(name: .long, help: .hidden)
  var tells: Int32?

  @OptionGroup(title: "Several processes") var shards: ShardOptions

  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] {
    [experiment, report.output ?? ReportOptionsGroup.folder(named: "")] + (report.templatePath.map { [$0] } ?? [])
      + shards.resumeFrom
  }

  func validate() throws {
    if shards.planOnly && (dryRun || shards.text != nil) {
      throw ValidationError("--plan-only measures nothing, and goes with neither --shard nor --dry-run.")
    }
    if why && !dryRun { throw ValidationError("--why goes with --dry-run.") }
    if !sweeps.isEmpty && (shards.text != nil || shards.planOnly || !shards.resumeFrom.isEmpty) {
      throw ValidationError("A sweep is measured by one process: give --set in place of --sweep to each shard.")
    }
    if why && !sweeps.isEmpty { throw ValidationError("--why is of one run: give --set in place of --sweep.") }
  }

  func run() throws {
    if let tells { try RunNews.tell(to: tells) }
    if !sweeps.isEmpty { return try SweepRun(self).run() }
    // Everything that can be wrong with the call comes first: nothing is written until all of it is right.
    let file = try ExperimentFile(path: SharedFolders.experiment(experiment), overrides: overrides.parsed())
    _ = try report.look.applied(to: file.experiment.report)
    let shard = try shards.parsed()
    let path = report.output ?? shard.map { $0.folder(below: report.folder(of: file)) } ?? report.folder(of: file)
    let output = try report.check(folder: path, for: file, isWritten: !dryRun)
    let engine = try engine.makeEngine()
    let isNew = !FileManager.default.fileExists(atPath: "\(path)/\(ResultsStore.fileName)")
    let early = isNew && !dryRun ? EarlyPreparation(engine: engine) : nil
    if !dryRun { try FacesFetch.fetch(for: file.experiment.data, quiet: common.quiet) }
    var plan = try Plan(file, early: early, hashes: knownHashes(path), shard: shard)
    try output.check(against: plan.images)
    let found = try TemplateFinder.all(
      file.experiment.report, chosen: report.template, experimentFile: file.path)
    plan.tell(found)
    let renderer = try Renderer()
    let environment = RowEnvironment(
      engine: engine.version, instructionSet: try self.engine.instructionSet(), decoders: plan.decoders)
    if dryRun {
      let lines = try DryRun.lines(
        plan: plan, engine: engine.version, environment: sameProcessor ? environment : nil, folder: path, why: why,
        shard: shard)
      for line in lines { Console.result(line) }
      return
    }

    Interruption.watch()
    let folder = try OutputFolder(path: path)
    folder.tell()
    let store = try ResultsStore(in: folder)
    try store.save(shard.map { shard in plan.hashes.kept { shard.contains(sha256: $1) } } ?? plan.hashes)
    plan.forgetHashes()
    if shards.planOnly {
      try store.close()
      Console.result(
        "\(Console.count(plan.images.count, "image")) and \(Console.count(plan.models.count, "model")) are hashed in "
          + folder.path)
      return
    }
    let part = shard.map {
      ShardRun(
        shard: $0, plan: plan, file: file, engine: engine.version, environment: environment, store: store)
    }
    try part?.begin()
    let taking = TakingUp(store: store, plan: plan, engine: engine.version)
    for folder in shards.resumeFrom { taking.resume(from: folder) }
    let progress = Progress(
      common.quiet ? .quiet : Console.isTerminal ? .bar : .lines, note: common.threadsNote)
    defer { progress.finish() }
    let runner = Runner(
      plan: plan, store: store, engine: engine, threads: Threads.count, isStrict: strict,
      checksEveryImage: checkNumbers, instructionSet: environment.instructionSet,
      replacesOthers: sameProcessor, shard: shard, memory: common.memory)
    let outcome: RunOutcome
    let status = part?.status(in: folder.path)
    do {
      outcome = try runner.run(
        shouldStop: { Interruption.isRequested },
        observe: {
          progress.show($0)
          status?.show($0)
        })
    } catch {
      status?.end(.failed, code: Int(error.exitCode), message: error.message)
      throw Self.sayingWhatIsKept(error, progress, folder)
    }
    progress.finish()
    if outcome.wasStopped {
      // Signals are watched on: a second warning, which may come this late, is to change nothing.
      status?.end(.stopped, code: Int(Interruption.exitCode))
      try store.close()
      Console.error(
        "Stopped with \(Console.count(outcome.imagesLeft, "image")) left. What was measured is kept in "
          + "\(visible(folder.path)); run the same command again to go on.")
      throw ExitCode(Interruption.exitCode)
    }
    RunNews(progress: "Measured; the report is being made").tell()
    Interruption.unwatch()
    if let part {
      try part.finish(outcome, folder: folder.path)
      status?.end(.done, code: 0)
      return
    }
    try outcome.requireImages(of: plan, at: experiment)
    if outcome.computedRows == 0 && outcome.skipped.isEmpty {
      Console.remark(
        "Nothing to compute: all \(Console.count(outcome.storedRows, "measurement")) are in \(visible(folder.storePath))."
      )
    }

    // Nothing is missing any more of what a merge in this folder found to be.
    try MergeTables.removeMissing(in: folder.path)
    try RunReport(
      file: file, plan: plan, engine: engine, environment: environment, templates: found,
      options: report, folder: folder, store: store, renderer: renderer, writesTableAnew: rehash
    ).write(outcome)
  }
}

extension RunCommand {
  /// Of images and weights, as this folder's store and those of earlier attempts noted them.
  private func knownHashes(_ folder: String) -> FileHashes {
    guard !rehash else { return FileHashes() }
    var hashes = FileHashes(storeAt: "\(folder)/\(ResultsStore.fileName)")
    for folder in shards.resumeFrom {
      // One that cannot be read is told when its rows are to be taken up.
      guard let other = try? OtherStore(path: "\(folder)/\(ResultsStore.fileName)"), let own = try? other.hashes()
      else { continue }
      hashes.add(own)
    }
    return hashes
  }

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
