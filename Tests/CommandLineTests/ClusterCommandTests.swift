import Foundation
import Testing

/// The scripts of `cluster slurm`, run by bash with the variables that Slurm would set; `Scripts/check-cluster.sh` has a Slurm.
@Suite struct ClusterCommandTests {
  private static func script(_ name: String, task: Int? = nil, restart: Int = 0) -> [String] {
    var words = ["env"]
    if let task {
      words += [
        "SLURM_ARRAY_TASK_ID=\(task)", "SLURM_ARRAY_JOB_ID=7", "SLURM_JOB_ID=\(7 + task)",
        "SLURM_RESTART_COUNT=\(restart)",
      ]
    }
    return words + ["bash", "'a job/cluster/\(name)'"]
  }

  @Test func shardsByScriptsMakeTheReportOfOneRun() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--output", "one", "--quiet").code == 0)
    let answer = try workspace.call(
      "cluster", "slurm", "small.yaml", "--shards", "2", "--output", "a job", "--time", "10", "--processors", "2",
      "--array-limit", "1", "--partition", "batch", "--", "--account=a b")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(answer.output.hasSuffix("/a job/cluster/submit.sh\n"))
    let shards = try workspace.text("a job/cluster/shards.sbatch")
    for line in ["--array=1-2%1", "--time=0:10:00", "--cpus-per-task=2", "--partition=batch"] {
      #expect(shards.contains("#SBATCH \(line)\n"))
    }
    #expect(try workspace.text("a job/cluster/submit.sh").contains("options=('--account=a b')\n"))
    #expect(
      try workspace.call("cluster", "status", "a job").output
        == "Shards: 0 done, 0 running, 0 failed, 2 waiting, of 2\nNo shard has said anything yet.\n")

    for task in [1, 2] {
      let run = try workspace.shell(Self.script("shards.sbatch", task: task).joined(separator: " "))
      #expect(run.code == 0, "\(run.errors)")
    }
    // Once more: all of it is taken up.
    let again = try workspace.shell(Self.script("shards.sbatch", task: 1, restart: 1).joined(separator: " "))
    #expect(again.code == 0 && again.errors.contains(" taken up from "), "\(again.errors)")
    let status = try workspace.call("cluster", "status", "a job")
    #expect(
      status.output == "Shards: 2 done, 0 running, 0 failed, 0 waiting, of 2\nImages, once for each model: 12 of 12\n")
    let merge = try workspace.shell(Self.script("merge.sbatch").joined(separator: " "))
    #expect(merge.code == 0, "\(merge.errors)")
    for name in ["results.csv", "report.pdf"] {
      #expect(try workspace.data("a job/\(name)") == workspace.data("one/\(name)"), "\(name)")
    }
  }

  @Test func theTimeIsMeasured() throws {
    let workspace = try Workspace().prepared()
    let answer = try workspace.call("cluster", "slurm", "small.yaml", "--shards", "2", "--output", "job")
    #expect(answer.code == 0, "\(answer.errors)")
    for name in ["VGG16", "ResNet50"] { #expect(answer.errors.contains("\(name): 0.")) }
    #expect(answer.errors.contains("A shard of 2 has up to 6 images, which take about 0:0"))
    #expect(answer.errors.contains(" on 1 processor like this one's; its time limit is 0:15:00.\n"))
    #expect(try workspace.text("job/cluster/shards.sbatch").contains("#SBATCH --time=0:15:00\n"))
    #expect(!workspace.exists("job/results.sqlite"))
  }

  @Test func withoutSlurmNothingIsSubmitted() throws {
    let workspace = try Workspace().prepared()
    let answer = try workspace.start(
      ["cluster", "slurm", "small.yaml", "--shards", "2", "--output", "job", "--time", "10", "--submit"],
      environment: ["PATH": "/nowhere"]
    ).wait()
    #expect(answer.code == 1)
    #expect(
      answer.errors.contains("error: sbatch is not here, so that nothing was submitted\n  Submit where Slurm is: "))
    #expect(workspace.exists("job/cluster/submit.sh"))
  }

  @Test func wrongCalls() throws {
    let workspace = try Workspace().prepared()
    func errors(_ options: String...) throws -> String {
      let answer = try workspace.call(["cluster", "slurm", "small.yaml", "--output", "job"] + options)
      #expect(answer.code == 64)
      return answer.errors
    }
    #expect(try errors("--shards", "0").contains("--shards must lie in 1 to 100000, found 0."))
    #expect(try errors("--shards", "2", "--time", "1h").contains("--time is written as Slurm takes it"))
    #expect(try errors("--shards", "2", "--partition", "a\n#SBATCH x").contains("--partition is a name"))
    #expect(try errors("--shards", "2", "--processors", "0").contains("--processors must lie in 1 to 1024, found 0."))
    #expect(!workspace.exists("job"))
    let status = try workspace.call("cluster", "status", "faces")
    #expect(status.code == 64)
    #expect(status.errors.hasPrefix("error: faces: no shards of a cluster are measured here\n"))
  }
}
