import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Whatever stops a run, the same command goes on and ends with the same bytes.
@Suite struct InterruptionTests {
  /// More images, so that there is something to interrupt.
  private func workspace(images: Int = 30) throws -> Workspace {
    let workspace = try Workspace().prepared()
    let picture = try workspace.data("faces/anna/1.png")
    for number in 10..<10 + images {
      // Bytes after the end of a PNG change its hash and nothing else.
      try workspace.write(picture + Data("\(number)".utf8), to: "faces/anna/\(number).png")
    }
    return workspace
  }

  private func waitForStore(_ workspace: Workspace) throws {
    let deadline = Date(timeIntervalSinceNow: 60)
    while Date() < deadline {
      let size = (try? workspace.data("Reports/small/results.sqlite-wal").count) ?? 0
      // The empty tables and the first image take some 170 kB; those of the next second come together.
      if size > 200_000 { return }
      usleep(5_000)
    }
    Issue.record("nothing was stored within a minute")
  }

  @Test(arguments: [SIGINT, SIGKILL])
  func goesOnWhereItStopped(signal: Int32) throws {
    let workspace = try workspace()
    let undisturbed = try workspace.call("run", "small.yaml", "--output", "undisturbed")
    #expect(undisturbed.code == 0)

    let running = try workspace.start(["run", "small.yaml", "--threads", "1"])
    try waitForStore(workspace)
    kill(running.process.processIdentifier, signal)
    let stopped = try running.wait()
    if signal == SIGINT {
      #expect(stopped.code == 130)
      #expect(stopped.errors.contains("Stopping: the images in flight are finished."))
      #expect(
        stopped.errors.contains("What was measured is kept in Reports/small; run the same command again to go on."))
    } else {
      #expect(running.process.terminationReason == .uncaughtSignal)
    }
    #expect(!workspace.exists("Reports/small/report.pdf"))
    // Nothing is to be rendered from half a run.
    #expect(try workspace.call("render", "Reports/small").code == 64)

    let resumed = try workspace.call("run", "small.yaml")
    #expect(resumed.code == 0, "\(resumed.errors)")
    #expect(resumed.errors.contains(" are in the store already.\n"))
    #expect(try workspace.files(below: "Reports/small") == workspace.files(below: "undisturbed"))
  }

  /// Batch systems warn by these, and each comes twice where the job's script hands it on, the second at any moment until
  /// the process is gone. The threads of tests block three of them, and so what they start is born with them blocked.
  @Test func warningsOfMachinesFinishTheImagesInFlight() throws {
    let signals = [
      (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP"), (SIGUSR1, "SIGUSR1"), (SIGUSR2, "SIGUSR2"), (SIGXCPU, "SIGXCPU"),
    ]
    // So many that none of the runs comes to its end.
    let workspace = try workspace(images: 300)
    for (signal, name) in signals {
      try? FileManager.default.removeItem(atPath: "\(workspace.path)/Reports")
      let running = try workspace.start(["run", "small.yaml", "--threads", "1"])
      try waitForStore(workspace)
      repeat {
        kill(running.process.processIdentifier, signal)
        usleep(100)
      } while running.process.isRunning
      let stopped = try running.wait()
      #expect(running.process.terminationReason == .exit)
      #expect(stopped.code == 128 + signal)
      let said = "\nStopping on \(name): the images in flight are finished. Press Ctrl-C again to stop at once.\n"
      #expect(stopped.errors.components(separatedBy: said).count == 2, "\(stopped.errors)")
      #expect(
        stopped.errors.hasSuffix(
          " left. What was measured is kept in Reports/small; run the same command again to go on.\n"))
    }
  }

  @Test func whatWasIgnoredAtTheStartStaysIgnored() throws {
    let workspace = try workspace(images: 60)
    let line = "trap '' HUP USR1; exec \"$0\" run small.yaml --threads 1"
    let running = try workspace.start(["-c", line, executable.path], program: URL(filePath: "/bin/sh"))
    try waitForStore(workspace)
    kill(running.process.processIdentifier, SIGHUP)
    kill(running.process.processIdentifier, SIGUSR1)
    let answer = try running.wait()
    #expect(answer.code == 0)
    #expect(!answer.errors.contains("Stopping"))
    #expect(workspace.exists("Reports/small/report.pdf"))
  }

  /// What kill -9 leaves of a file that was being written goes with the next report, and nothing else does.
  @Test func unfinishedFilesAreRemoved() throws {
    let workspace = try Workspace().prepared()
    let left = ["report.pdf.17.partial", "results.csv.4711.partial", "figures/fig-curve.pdf.17.partial"]
    let others = ["thesis.pdf.17.partial", "report.pdf.partial", "figures/.17.partial"]
    for name in left + others { try workspace.write("half", to: "Reports/small/\(name)") }
    let answer = try workspace.call("run", "small.yaml", "--quiet")
    #expect(answer.code == 0, "\(answer.errors)")
    for name in left { #expect(!workspace.exists("Reports/small/\(name)"), "\(name)") }
    for name in others { #expect(workspace.exists("Reports/small/\(name)"), "\(name)") }
  }

  @Test func twoProcessesDoNotShareAFolder() throws {
    let workspace = try Workspace().prepared()
    try FileManager.default.createDirectory(atPath: "\(workspace.path)/held", withIntermediateDirectories: true)
    let descriptor = open("\(workspace.path)/held", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(descriptor) }
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    let answer = try workspace.call("run", "small.yaml", "--output", "held")
    #expect(answer.code == 1)
    #expect(
      answer.errors
        == "error: held: another heatdrift process works on this folder\n"
        + "  Wait until it is done, or choose another folder (--output).\n")
    #expect(try workspace.files(below: "held").isEmpty)
  }
}
