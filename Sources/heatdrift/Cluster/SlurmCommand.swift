import ArgumentParser
import Cluster
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

struct SlurmCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "slurm",
    abstract: "Writes an array job that measures shards, and a job behind it that merges them.",
    discussion: """
      Into cluster/ of the output folder go shards.sbatch, merge.sbatch and submit.sh, which submits both; --submit does so at \
      once. The experiment is checked first, and its files are hashed once for all tasks. Without --time some images are \
      measured here, of each model, and a time limit is chosen from that; machines that compute are taken to be like this one.

      Attempts at a shard have folders of their own below shards/ and take up what those before them measured. Tasks that are \
      preempted, run out of time or lose their node go on by themselves, a task that fails is tried again, five times at most. \
      The merge runs when no task is left; where something is missing it says what, and submit.sh goes on.

      What stands behind -- is given to sbatch for both jobs.

      EXAMPLES
        heatdrift cluster slurm faces.yaml --shards 64 --output /scratch/faces --submit
        heatdrift cluster slurm faces.yaml --shards 64 --processors 4 --time 2:00:00 --partition batch -- --account=vision
        heatdrift cluster status /scratch/faces
      """)

  @Argument(
    help: ArgumentHelp(
      "The experiment file, or the name of one that comes with Heatdrift.", valueName: "experiment.yaml"),
    completion: .file(extensions: ["yaml", "yml"]))
  var experiment: String

  @Option(name: .long, help: "So many tasks, each with a part of the images.")
  var shards: Int

  @OptionGroup var report: ReportOptionsGroup
  @OptionGroup var overrides: OverrideOptions

  @Option(name: .long, help: "The library that computes: onednn, or openblas.")
  var engine: EngineKind = .onednn

  @Option(name: .long, help: "Processors of each task.")
  var processors = 1

  @Option(name: .long, help: "So many tasks at a time. (default: as many as there is room for)")
  var arrayLimit: Int?

  @Option(name: .long, help: "The time limit of a task, as Slurm takes it: 1:30:00, 2-00. (default: by measuring)")
  var time: String?

  @Option(name: .long, help: "The partition. (default: the cluster's)")
  var partition: String?

  @Flag(name: .long, help: "Submit both jobs.")
  var submit = false

  @OptionGroup(title: "Common options") var common: CommonOptions

  @Argument(parsing: .postTerminator, help: "Options of sbatch, for both jobs.")
  var sbatch: [String] = []

  var paths: [String] {
    [experiment, report.output ?? ReportOptionsGroup.folder(named: "")] + (report.templatePath.map { [$0] } ?? [])
  }

  func validate() throws {
    guard (1...100_000).contains(shards) else {
      throw ValidationError("--shards must lie in 1 to 100000, found \(shards).")
    }
    guard (1...1024).contains(processors) else {
      throw ValidationError("--processors must lie in 1 to 1024, found \(processors).")
    }
    if let arrayLimit, !(1...100_000).contains(arrayLimit) {
      throw ValidationError("--array-limit must lie in 1 to 100000, found \(arrayLimit).")
    }
    if let time, TimeForecast.seconds(slurm: time) == nil {
      throw ValidationError(
        "--time is written as Slurm takes it, minutes, 1:30:00 or days-hours, found \(visible(time)).")
    }
    if let partition, !partition.utf8.allSatisfy({ Self.isName($0) }) || partition.isEmpty {
      throw ValidationError("--partition is a name, or several with commas, found \(visible(partition)).")
    }
  }

  /// What stands in a line that Slurm reads.
  private static func isName(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-_.,+".utf8.contains(byte)
  }

  func run() throws {
    let file = try ExperimentFile(path: SharedFolders.experiment(experiment), overrides: overrides.parsed())
    let path = report.folder(of: file)
    let output = try report.check(folder: path, for: file)
    _ = try TemplateFinder.all(file.experiment.report, chosen: report.template, experimentFile: file.path)
    let engine = try engine.makeEngine()
    try FacesFetch.fetch(for: file.experiment.data, quiet: common.quiet)
    guard let folder = ResolvedPath(path)?.text, let own = ResolvedPath(file.path)?.text,
      let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    else {
      throw Problem.failure("the program's own place, or that of the output folder, cannot be told")
    }
    var job = ClusterJob(
      name: file.name, program: program, experiment: own, folder: folder, shards: shards,
      options: overrides.texts.flatMap { ["--set", $0] }
        + (self.engine == .onednn ? [] : ["--engine", self.engine.rawValue]),
      mergeOptions: try mergeOptions(), processors: processors, arrayLimit: arrayLimit,
      seconds: time.flatMap { TimeForecast.seconds(slurm: $0) } ?? 0, partition: partition, sbatch: sbatch)

    var plan = try Plan(file, hashes: FileHashes(storeAt: "\(job.hashesFolder)/\(ResultsStore.fileName)"))
    try output.check(against: plan.images)
    for warning in plan.warnings { Console.error(Failures.text(of: warning)) }
    for note in plan.notes { Console.remark("note: \(note)") }
    try keepHashes(of: plan, in: job.hashesFolder)
    plan.forgetHashes()
    if time == nil {
      let forecast = try TimeMeasurement(plan: plan, engine: engine).forecast(shards: shards, processors: processors)
      job.seconds = forecast.limit
      tell(forecast)
    }
    try job.write()
    let script = "\(job.clusterFolder)/submit.sh"
    Console.result(script)
    guard submit else {
      Console.remark("Submit it: \(shellWord(script))")
      return
    }
    try Self.submit(script, folder: path)
  }

  private func mergeOptions() throws(Problem) -> [String] {
    var options: [String] = report.look.anonymous ? ["--anonymous"] : []
    if report.look.submission { options.append("--submission") }
    if let template = report.template {
      options += ["--template", report.templatePath.flatMap { ResolvedPath($0)?.text } ?? template]
    }
    return options
  }

  /// Else each task would read all images, to find its own.
  private func keepHashes(of plan: Plan, in folder: String) throws(Problem) {
    let folder = try OutputFolder(path: folder)
    folder.tell()
    let store = try ResultsStore(in: folder)
    try store.save(plan.hashes)
    try store.close()
  }

  private func tell(_ forecast: TimeForecast) {
    for model in forecast.models {
      Console.remark(
        "\(model.name): \(String(format: "%.2f", model.image)) s an image, \(String(format: "%.1f", model.loading)) s until "
          + "its weights are ready")
    }
    Console.remark(
      "A shard of \(forecast.shards) has up to \(Console.count(forecast.mostImages, "image")), which take about "
        + "\(Progress.duration(forecast.seconds)) on \(Console.count(forecast.processors, "processor")) like this one's; "
        + "its time limit is \(TimeForecast.slurm(forecast.limit)).")
  }

  private static func submit(_ script: String, folder: String) throws {
    guard ProgramCall.find("sbatch") != nil else {
      throw Problem.failure(
        "sbatch is not here, so that nothing was submitted",
        remedy: "Submit where Slurm is: \(shellWord(script))")
    }
    guard let answer = ProgramCall.call("/bin/bash", [script], seconds: 120) else {
      throw Problem.failure(at: Place(file: script), "the scripts could not be submitted within two minutes")
    }
    guard answer.code == 0 else {
      let words = answer.errors.split(whereSeparator: \.isNewline).last.map { ": \($0)" } ?? ""
      throw Problem.failure(
        at: Place(file: script), "sbatch refused the jobs\(words)",
        remedy: "Change the options behind --, or the scripts, and submit again.")
    }
    for line in answer.output.split(whereSeparator: \.isNewline) { Console.result(String(line)) }
    Console.remark("How far it is: heatdrift cluster status \(shellWord(folder))")
  }
}
