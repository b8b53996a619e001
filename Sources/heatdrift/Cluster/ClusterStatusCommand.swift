import ArgumentParser
import Cluster
import Support

struct ClusterStatusCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows how far the shards of a cluster's job are.",
    discussion: """
      Read from what each task writes into its folder every few seconds, and, where they can be had, from squeue and sacct. \
      A task that has written nothing for three minutes is called silent. Of what failed the reason, the log and its last \
      error are shown.

      EXAMPLES
        heatdrift cluster status /scratch/faces
        watch heatdrift cluster status /scratch/faces
      """)

  @OptionGroup var results: ResultsFolder
  @OptionGroup(title: "Common options") var common: CommonOptions

  var paths: [String] { [results.path] }

  func run() throws {
    let job = try ClusterJob.read(below: results.path)
    let status = JobStatus(job, queue: job.arrayNumber.map { SlurmQueue.ask(array: $0) } ?? SlurmQueue())
    for line in status.lines(folder: results.path, duration: Progress.duration) { Console.result(line) }
  }
}
