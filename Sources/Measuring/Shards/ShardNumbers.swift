import Support

extension Shard {
  /// A variable in which a scheduler tells each task of an array which one it is.
  private struct Variable {
    var name: String
    /// Of the first task.
    var first: Int
    /// What has the number of tasks, where there is such a thing.
    var count: String?
    var scheduler: String
  }

  private static let variables = [
    Variable(name: "SLURM_ARRAY_TASK_ID", first: 1, count: "SLURM_ARRAY_TASK_COUNT", scheduler: "Slurm"),
    Variable(name: "JOB_COMPLETION_INDEX", first: 0, count: nil, scheduler: "Kubernetes"),
    Variable(name: "PBS_ARRAY_INDEX", first: 1, count: nil, scheduler: "PBS"),
    Variable(name: "SGE_TASK_ID", first: 1, count: nil, scheduler: "Grid Engine"),
    Variable(name: "LSB_JOBINDEX", first: 1, count: nil, scheduler: "LSF"),
  ]

  /// Those that `auto` looks at.
  public static var variableNames: [String] { variables.flatMap { [$0.name] + ($0.count.map { [$0] } ?? []) } }

  /// - Parameters:
  ///   - text: "3/64"; "auto/64" for the number that a scheduler gave this task; "auto" for the number of tasks too, which
  ///     Slurm alone tells.
  ///   - environment: where schedulers tell it.
  /// - Throws: `Problem` of kind `.usage` for anything else, or where no scheduler says a number, or one that cannot be.
  public init(text: String, environment: [String: String]) throws(Problem) {
    if let shard = Shard(written: text) {
      self = shard
      return
    }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.first == "auto" else { throw Shard.malformed(text) }
    let found = Shard.variables.first { variable in
      // Grid Engine says "undefined" and LSF 0 to what is no array.
      guard let value = environment[variable.name], !value.isEmpty, value != "undefined" else { return false }
      return !(variable.name == "LSB_JOBINDEX" && value == "0")
    }
    guard let found, let value = environment[found.name] else {
      let names = Shard.variables.map(\.name)
      throw .usage(
        "`--shard \(text)` takes the shard from the scheduler, and none says one",
        remedy: "Give it as K/N, or run in an array of tasks, which sets one of \(listInWords(names)).")
    }
    let count: Int
    if parts.count == 2 {
      guard let all = Shard(written: "1/\(parts[1])") else { throw Shard.malformed(text) }
      count = all.count
    } else {
      guard let name = found.count, let all = environment[name].flatMap({ Shard(written: "1/\($0)") }) else {
        throw .usage(
          "\(found.scheduler) does not say how many tasks there are",
          remedy: "Give their number: --shard auto/N.")
      }
      count = all.count
    }
    guard let index = Int(value), (found.first..<found.first + count).contains(index) else {
      throw .usage(
        "\(found.name) is \(visible(value)), and of \(count) shards it must lie in \(found.first) to "
          + "\(found.first + count - 1)",
        remedy: found.name == "SLURM_ARRAY_TASK_ID"
          ? "Number the tasks from 1 (`sbatch --array=1-\(count)`), and where only some are submitted again say how many "
            + "there are in all: --shard auto/N."
          : "Give the number of all shards behind the slash: --shard auto/N.")
    }
    self.init(number: index - found.first + 1, count: count)
  }

  private static func malformed(_ text: String) -> Problem {
    .usage(
      "`--shard \(visible(text))` is no shard: expected K/N with K from 1 to N and N at most \(Shard.most), such as 3/64, or "
        + "auto/N or auto in a scheduler's array of tasks")
  }
}
