import Foundation
import Support

/// An experiment that is measured in shards by the tasks of a batch system, and what its scripts need of it.
public struct ClusterJob: Codable, Sendable, Equatable {
  /// The experiment file's, for people: scripts call their jobs after it.
  public var name: String
  /// The program's absolute path.
  public var program: String
  /// The experiment file's absolute path.
  public var experiment: String
  /// The output folder's absolute path: of the merged report, with `shards` and `cluster` in it.
  public var folder: String
  /// How many.
  public var shards: Int
  /// Options of every `run`, and of `merge`: `--set`, `--engine`.
  public var options: [String]
  /// Of `merge` alone: `--template`.
  public var mergeOptions: [String]
  /// Processors of each task.
  public var processors: Int
  /// So many tasks at a time; nil for as many as there is room for.
  public var arrayLimit: Int?
  /// Seconds that a task may take.
  public var seconds: Int
  /// Where tasks run; nil for where the cluster puts them.
  public var partition: String?
  /// Further options of `sbatch`.
  public var sbatch: [String]
  /// A task that failed so often is left.
  public var mostFailures: Int

  public init(
    name: String, program: String, experiment: String, folder: String, shards: Int, options: [String] = [],
    mergeOptions: [String] = [], processors: Int = 1, arrayLimit: Int? = nil, seconds: Int, partition: String? = nil,
    sbatch: [String] = [], mostFailures: Int = 5
  ) {
    self.name = name
    self.program = program
    self.experiment = experiment
    self.folder = folder
    self.shards = shards
    self.options = options
    self.mergeOptions = mergeOptions
    self.processors = processors
    self.arrayLimit = arrayLimit
    self.seconds = seconds
    self.partition = partition
    self.sbatch = sbatch
    self.mostFailures = mostFailures
  }

  /// Below the output folder: scripts, logs, and this.
  public static let folderName = "cluster"
  static let fileName = "job.json"
  /// What `submit.sh` leaves: the number of the array of tasks.
  static let arrayFileName = "array-job"

  /// Of scripts and logs.
  public var clusterFolder: String { "\(folder)/\(Self.folderName)" }

  /// Of a store that holds nothing but hashes of images and weights, so that no task reads other shards' images for them.
  public var hashesFolder: String { "\(clusterFolder)/hashes" }

  /// The job whose scripts a folder holds.
  /// - Parameter folder: the output folder.
  /// - Throws: `Problem` of kind `.usage` where there is none, or what is there is damaged.
  public static func read(below folder: String) throws(Problem) -> ClusterJob {
    let path = "\(folder)/\(folderName)/\(fileName)"
    guard let bytes = SmallFile.bytes(path) else {
      throw .usage(
        at: Place(file: folder), "no shards of a cluster are measured here",
        remedy: "Give the folder that `heatdrift cluster slurm` was given as --output.")
    }
    guard var job = try? JSONDecoder().decode(ClusterJob.self, from: Data(bytes)), (1...1_000_000).contains(job.shards)
    else {
      throw .usage(
        at: Place(file: path), "the description of the job is damaged",
        remedy: "Call `heatdrift cluster slurm` again; what was measured is kept.")
    }
    // Where it is now: a folder may have been moved, or be seen elsewhere from another machine.
    job.folder = folder
    return job
  }

  /// What the batch system calls the tasks that were submitted last; nil where none were.
  public var arrayNumber: String? { SmallFile.line("\(clusterFolder)/\(Self.arrayFileName)") }

  /// Writes the scripts, and what `read` reads.
  public func write() throws(Problem) {
    do {
      try FileManager.default.createDirectory(atPath: "\(clusterFolder)/logs", withIntermediateDirectories: true)
    } catch {
      throw .failure(
        at: Place(file: clusterFolder), "the folder of the scripts cannot be made",
        remedy: "Check the permissions of the folder above it, or choose another one (--output).")
    }
    let scripts = SlurmScripts(self)
    try AtomicFile.write(Array(scripts.shards.utf8), to: "\(clusterFolder)/shards.sbatch")
    try AtomicFile.write(Array(scripts.merge.utf8), to: "\(clusterFolder)/merge.sbatch")
    try AtomicFile.write(Array(scripts.submit.utf8), to: "\(clusterFolder)/submit.sh")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(clusterFolder)/submit.sh")
      try AtomicFile.write(try encoder.encode(self) + [0x0A], to: "\(clusterFolder)/\(Self.fileName)")
    } catch let problem as Problem {
      throw problem
    } catch {
      throw .failure(at: Place(file: clusterFolder), "the scripts cannot be written: \(error)")
    }
  }

  /// The folder's name of a shard, as `run --shard` names it: "shard-03-of-64"
  public static func shardFolder(_ number: Int, of count: Int) -> String {
    let (own, all) = (String(number), String(count))
    return "shard-" + String(repeating: "0", count: max(0, all.count - own.count)) + "\(own)-of-\(all)"
  }
}
