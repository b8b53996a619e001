import Foundation
import Testing

/// Options that several commands have are one set of options.
@Suite struct CommonOptionsTests {
  private static let commands = [
    "run", "render", "extract", "verify", "diff", "store check", "store gc", "store export", "layers", "cells", "init",
    "weights inspect", "weights convert", "doctor", "merge", "cluster slurm", "cluster status",
  ]

  @Test func everyCommandTakesThem() throws {
    let workspace = try Workspace()
    for command in Self.commands {
      let help = try workspace.call(command: "\(command) --help").output
      let common = try #require(help.range(of: "COMMON OPTIONS:\n"), "\(command)")
      #expect(
        help[common.upperBound...].hasPrefix(
          "  -t, --threads <threads> So many threads, at most 1024. (default: one for each\n"
            + "                          processor that the process may use and has memory for)\n"
            + "  -q, --quiet             No progress and no remarks; errors and results only.\n"), "\(help)")
    }
    let wrong = try workspace.call("layers", "vgg16", "--threads", "1025")
    #expect(wrong.code == 64)
    #expect(wrong.errors.hasPrefix("Error: --threads must lie in 1 to 1024, found 1025.\n"))
  }

  @Test func theCommandForReportsIsHidden() throws {
    let workspace = try Workspace()
    #expect(!(try workspace.call("--help").output.contains("unpack")))
  }

  /// Neither says more nor less, nor makes other bytes.
  @Test func renderIsQuietWithAnyThreads() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--quiet", "--threads", "2").errors == "")
    let former = try workspace.files(below: "Reports/small")
    for source in ["Reports/small", "small.yaml"] {
      let answer = try workspace.call("render", source, "--quiet", "--threads", "1")
      #expect(answer.code == 0)
      #expect(answer.output == "Reports/small/report.pdf\n")
      #expect(answer.errors == "")
      #expect(try workspace.files(below: "Reports/small") == former)
    }
    #expect(try workspace.call("run", "small.yaml", "-q", "-t", "3").errors == "")
    #expect(try workspace.call("init", "new", "-q").errors == "")
    #expect(try workspace.call("verify", "Reports/small", "--threads", "1", "--quiet").code == 0)
  }

  /// `taskset` leaves one processor: one thread is used, and said to be.
  @Test func theProcessorsThatAreLeft() throws {
    let workspace = try Workspace().prepared()
    guard try workspace.shell("command -v taskset && taskset -c 0 true").code == 0 else { return }
    let doctor = try workspace.shell("taskset -c 0 \"$H\" doctor")
    let line = try #require(doctor.output.split(separator: "\n").first)
    let all = try workspace.shell("getconf _NPROCESSORS_ONLN").output.trimmingCharacters(in: .whitespacesAndNewlines)
    guard all != "1" else { return }
    #expect(line.hasSuffix(", 1 of \(all) processors: this process's affinity (see taskset)"), "\(line)")
    let run = try workspace.shell("taskset -c 0 \"$H\" run small.yaml --output one")
    #expect(run.code == 0)
    let first = "Computing 36 measurements: 12 images over 2 models. Threads: 1 of \(all) processors: "
    #expect(run.errors.hasPrefix(first + "this process's affinity (see taskset).\n"), "\(run.errors)")
    let again = try workspace.shell("taskset -c 0 \"$H\" run small.yaml --output one")
    #expect(again.errors == "Nothing to compute: all 36 measurements are in one/results.sqlite.\n")
    #expect(
      try workspace.shell("taskset -c 0 \"$H\" run small.yaml --output chosen --threads 2 --engine openblas").code == 0)
    #expect(try workspace.call("run", "small.yaml", "--output", "two", "--quiet", "--threads", "2").code == 0)
    #expect(try workspace.files(below: "one") == workspace.files(below: "two"))
    let slurm = try workspace.shell("SLURM_CPUS_PER_TASK=1 \"$H\" run small.yaml --output slurm")
    #expect(slurm.errors.hasPrefix(first + "Slurm's SLURM_CPUS_PER_TASK.\n"), "\(slurm.errors)")
  }
}

extension Workspace {
  func call(command: String) throws -> Answer {
    try start(command.split(separator: " ").map(String.init)).wait()
  }
}
