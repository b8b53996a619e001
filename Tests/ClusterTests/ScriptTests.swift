import Foundation
import Support
import Testing

@testable import Cluster

/// A folder of the tests' own, gone afterwards; its name has what shells and Slurm take for something else.
final class OddFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appending(path: "heatdrift it's \"a\" $HOME %a\n\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String, isProgram: Bool = false) throws {
    let url = URL(filePath: "\(path)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    if isProgram { return try writeProgram(text, to: url.path) }
    try Data(text.utf8).write(to: url)
  }

  /// By a process of its own: what another test starts while a file is open for writing here holds it open too, and Linux starts no
  /// program that somebody may still write.
  private func writeProgram(_ text: String, to file: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(file).text"))
    let copying = try SpawnedProcess.start(
      "/usr/bin/install", ["-m", "755", "\(file).text", file], environment: [:], descriptors: [(0, .nothing)]
    ).get()
    var state = copying.state()
    while state == .running {
      usleep(1_000)
      state = copying.state()
    }
    guard state == .ended(code: 0) else { throw Problem.failure("no program \(file): \(state)") }
  }

  func text(_ name: String) -> String? { try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
}

@Suite struct ScriptTests {
  private static let job = ClusterJob(
    name: "faces", program: "/opt/heatdrift", experiment: "/data/my faces.yaml", folder: "/scratch/out", shards: 64,
    options: ["--set", "title=it's"], mergeOptions: ["--anonymous"], processors: 4, arrayLimit: 8, seconds: 5400,
    partition: "batch,long", sbatch: ["--account=vision", "--comment=a b"])

  @Test func whatSlurmReadsOfTheShards() {
    let text = SlurmScripts(Self.job).shards
    #expect(
      text.split(separator: "\n").filter { $0.hasPrefix("#SBATCH") } == [
        "#SBATCH --job-name=heatdrift-faces", "#SBATCH --array=1-64%8", "#SBATCH --cpus-per-task=4",
        "#SBATCH --time=1:30:00", "#SBATCH --output=logs/shard-%a.log", "#SBATCH --open-mode=append",
        "#SBATCH --requeue", "#SBATCH --signal=B:USR1@120", "#SBATCH --partition=batch,long",
      ])
    #expect(
      text.contains(
        """

        program=/opt/heatdrift
        experiment='/data/my faces.yaml'
        folder=/scratch/out
        options=(--set 'title=it'\\''s')
        shards=64
        most_failures=5

        """))
  }

  @Test func theMerge() {
    #expect(
      SlurmScripts(Self.job).merge == """
        #!/bin/bash
        # Puts the shards together and makes the report. It runs when no task is left, however they ended: a task that failed
        # and was put back into the queue counts as failed for `afterok`. What is missing is found here.
        #SBATCH --job-name=heatdrift-faces-merge
        #SBATCH --cpus-per-task=4
        #SBATCH --time=1:30:00
        #SBATCH --output=logs/merge.log
        #SBATCH --open-mode=append
        #SBATCH --requeue
        #SBATCH --partition=batch,long

        program=/opt/heatdrift
        experiment='/data/my faces.yaml'
        folder=/scratch/out
        options=(--set 'title=it'\\''s')
        merge_options=(--anonymous)

        echo "== merge on $(hostname), $(date -u '+%Y-%m-%d %H:%M:%S UTC')"
        "$program" merge "$experiment" "$folder/shards" "${options[@]}" "${merge_options[@]}" --output "$folder"
        code=$?
        if [ "$code" -ne 0 ]; then
          printf 'Where something is missing, this measures it and merges again:\\n  %q\\n' "$folder/cluster/submit.sh" >&2
        fi
        exit "$code"

        """)
  }

  @Test func submitting() {
    #expect(
      SlurmScripts(Self.job).submit == """
        #!/bin/bash
        # Submits the shards and, behind them, the merge; options are given to `sbatch` for the shards: ./submit.sh --array=3,7
        set -euo pipefail
        cd -- /scratch/out/cluster
        options=(--account=vision '--comment=a b')
        array=$(sbatch --parsable "${options[@]}" "$@" shards.sbatch)
        # "12;cluster" where there are several
        array=${array%%;*}
        echo "$array" >array-job
        merge=$(sbatch --parsable "${options[@]}" --dependency="afterany:$array" merge.sbatch)
        echo "shards: job $array, merge: job ${merge%%;*}"

        """)
  }

  /// No name makes a line that Slurm reads.
  @Test func namesSayNothingToSlurm() {
    var job = Self.job
    job.name = "a\n#SBATCH --uid=0 ü'$(reboot)"
    job.folder = "/x\n#SBATCH --uid=0\ny"
    job.experiment = "/e\n#SBATCH --uid=0"
    job.options = ["--set", "a=\n#SBATCH --uid=0"]
    let scripts = SlurmScripts(job)
    for text in [scripts.shards, scripts.merge] {
      // Slurm stops reading at the first line that is no comment.
      let head = text.split(separator: "\n").prefix { $0.hasPrefix("#") }
      #expect(!head.contains { $0.contains("uid") && !$0.hasPrefix("#SBATCH --job-name=heatdrift-a--SBATCH") })
    }
    #expect(scripts.shards.contains("#SBATCH --job-name=heatdrift-a--SBATCH---uid-0-----reboot-\n"))
    job.name = ""
    #expect(SlurmScripts(job).merge.contains("--job-name=heatdrift-experiment-merge\n"))
  }

  @Test func shardsHaveTheFoldersOfTheCommandLine() {
    #expect(ClusterJob.shardFolder(3, of: 64) == "shard-03-of-64")
    #expect(ClusterJob.shardFolder(64, of: 64) == "shard-64-of-64")
    #expect(ClusterJob.shardFolder(7, of: 1000) == "shard-0007-of-1000")
  }

  /// Runs `shards.sbatch` as Slurm would, with a program and a `scontrol` that note how they are called.
  /// - Parameter behaviour: of the program, in bash.
  private func task(
    _ folder: OddFolder, restart: Int = 0, behaviour: String, slurm: String = "RUNNING", signal: Int32? = nil
  ) throws -> (code: Int32, calls: [String]) {
    try folder.write(
      "#!/bin/bash\nprintf '%s\\0' \"$@\" >>'called'\nprintf '\\n' >>called\n\(behaviour)\n", to: "program",
      isProgram: true)
    try folder.write(
      "#!/bin/bash\necho \"scontrol $*\" >>requeued\n[ $1 = show ] && echo \"JobId=7 JobState=\(slurm) Reason=None\"\nexit 0\n",
      to: "bin/scontrol", isProgram: true)
    let job = ClusterJob(
      name: "odd", program: "\(folder.path)/program", experiment: "\(folder.path)/e.yaml", folder: folder.path,
      shards: 12, options: ["--set", "title=it's \"odd\"\n$HOME"], seconds: 60, mostFailures: 2)
    try job.write()
    // Foundation's would hand on which signals the thread of a test blocks.
    let process = try SpawnedProcess.start(
      "/usr/bin/env", ["-C", folder.path, "/bin/bash", "\(folder.path)/cluster/shards.sbatch"],
      environment: [
        "PATH": "\(folder.path)/bin:/usr/bin:/bin", "SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_JOB_ID": "7",
        "SLURM_JOB_ID": "9", "SLURM_RESTART_COUNT": "\(restart)",
      ],
      descriptors: [
        (0, .nothing), (1, .file("\(folder.path)/log", flags: O_WRONLY | O_CREAT | O_APPEND)), (2, .copy(of: 1)),
      ]
    ).get()
    let deadline = Date(timeIntervalSinceNow: 300)
    if let signal {
      while folder.text("ready") == nil, Date() < deadline { usleep(5_000) }
      process.send(signal)
    }
    var state = process.state()
    while state == .running, Date() < deadline {
      usleep(5_000)
      state = process.state()
    }
    if state == .running { process.end() }
    guard case .ended(let code) = state else { throw Problem.failure("\(state): \(folder.text("log") ?? "")") }
    let calls = (folder.text("requeued") ?? "").split(separator: "\n").map(String.init)
    return (code, calls.filter { $0.hasPrefix("scontrol requeue") })
  }

  private let own = "shards/shard-03-of-12"

  @Test func aTaskCallsTheProgram() throws {
    let folder = try OddFolder()
    try folder.write("a store", to: "\(own)/attempt-5-0/results.sqlite")
    try folder.write("", to: "\(own)/attempt-6-0/results.sqlite")
    #expect(try task(folder, behaviour: "exit 0") == (0, []))
    let words = (folder.text("called") ?? "").split(separator: "\0").map(String.init)
    #expect(
      words.dropLast() == [
        "run", "\(folder.path)/e.yaml", "--set", "title=it's \"odd\"\n$HOME", "--shard", "3/12", "--output",
        "\(folder.path)/\(own)/attempt-7-0", "--resume-from", "\(folder.path)/cluster/hashes", "--resume-from",
        "\(folder.path)/\(own)/attempt-5-0",
      ])
  }

  /// A warning is handed on, and what the program stopped for goes on in a new task.
  @Test func aWarnedTaskGoesOn() throws {
    let folder = try OddFolder()
    let program = "trap 'echo warned >warned; exit 138' USR1; echo >ready; for i in {1..200}; do sleep 0.1; done"
    #expect(try task(folder, behaviour: program, signal: SIGUSR1) == (0, ["scontrol requeue 9"]))
    #expect(folder.text("warned") == "warned\n")
    #expect(folder.text("\(own)/attempt-7-0/failed") == nil)
  }

  /// Somebody cancelled it: Slurm says so before it ends the task.
  @Test func aCancelledTaskDoesNotGoOn() throws {
    let folder = try OddFolder()
    let program = "trap 'exit 143' TERM; echo >ready; for i in {1..200}; do sleep 0.1; done"
    #expect(try task(folder, behaviour: program, slurm: "CANCELLED", signal: SIGTERM) == (143, []))
  }

  @Test func aTaskThatIsKilledIsTriedAgainButNotForEver() throws {
    let folder = try OddFolder()
    #expect(try task(folder, behaviour: "kill -9 $$") == (0, ["scontrol requeue 9"]))
    #expect(folder.text("\(own)/attempt-7-0/failed") == "ended by signal 9\n")
    let second = try task(folder, restart: 1, behaviour: "exit 1")
    #expect(second.code == 1)
    #expect(second.calls == ["scontrol requeue 9"])
    #expect(folder.text("\(own)/attempt-7-1/failed") == "exit code 1\n")
  }

  @Test func aWrongCallIsNotTriedAgain() throws {
    let folder = try OddFolder()
    #expect(try task(folder, behaviour: "exit 64") == (64, []))
    #expect(folder.text("\(own)/attempt-7-0/failed") == "exit code 64\n")
  }

  @Test func whatIsWrittenIsRead() throws {
    let folder = try OddFolder()
    var job = Self.job
    job.folder = folder.path
    try job.write()
    #expect(try ClusterJob.read(below: folder.path) == job)
    #expect(FileManager.default.isExecutableFile(atPath: "\(folder.path)/cluster/submit.sh"))
    #expect(job.arrayNumber == nil)
    for text in ["", "{}", "[1", #"{"shards": 3}"#] {
      try folder.write(text, to: "cluster/job.json")
      #expect {
        try ClusterJob.read(below: folder.path)
      } throws: {
        ($0 as? Problem)?.message == "the description of the job is damaged"
      }
    }
    #expect {
      try ClusterJob.read(below: "\(folder.path)/none")
    } throws: {
      ($0 as? Problem)?.message == "no shards of a cluster are measured here"
    }
  }
}
