import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// `heatdrift run --sweep`.
@Suite struct SweepRunTests {
  private static let sweep = [
    "--sweep", "explain.targets=predicted,label", "--sweep", "compare.window=uniform,gaussian",
  ]

  private func call(_ workspace: Workspace, _ more: String...) throws -> Answer {
    try workspace.start(
      ["run", "small.yaml", "--output", "out", "--quiet", "--template", "short.md"] + Self.sweep + more
    )
    .wait()
  }

  @Test func allCombinationsInOneStoreAndOneReport() throws {
    let workspace = try Workspace().prepared()
    let dry = try call(workspace, "--dry-run")
    #expect(dry.code == 0, "\(dry.errors)")
    // 2 models, 6 images, the control and two levels: 36 of each; every combination of target and window has its own.
    #expect(
      dry.output == """
        targets predicted, window uniform: 36 measurements missing, 0 stored
        targets predicted, window gaussian: 36 measurements missing, 0 stored
        targets label, window uniform: 36 measurements missing, 0 stored
        targets label, window gaussian: 36 measurements missing, 0 stored
        144 measurements would be computed into out: what combinations share is measured once.

        """)
    let answer = try call(workspace)
    #expect(answer.code == 0, "\(answer.errors)")
    let lines = answer.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "4 runs on 6 common images; all that they measured")
    #expect(lines.count { $0.hasPrefix("VGG16 (") } == 4)
    #expect(try workspace.text("out/results.csv").split(separator: "\n").count == 1 + 144)
    #expect(try call(workspace, "--dry-run").output.hasSuffix("Nothing would be computed.\n"))

    // The numbers of a combination are those of its own run.
    let alone = try workspace.call(
      "run", "small.yaml", "--output", "alone", "--quiet", "--set", "explain.targets=label", "--set",
      "compare.window=gaussian")
    #expect(alone.code == 0)
    let name = "(label, gaussian)"
    /// Without what models and classes are called.
    func numbers(_ line: Substring) -> String {
      line.split(separator: ",").dropFirst().dropLast(4).joined(separator: ",")
    }
    let rows = try workspace.text("alone/results.csv").split(separator: "\n").filter { $0.hasPrefix("vgg16,") }
    let shown = try workspace.text("out/results.csv").split(separator: "\n").filter {
      $0.hasPrefix("\"vgg16 \(name)\"")
    }
    #expect(shown.count == 18)
    for (row, own) in zip(rows, shown) {
      let end = own.dropFirst("\"vgg16 \(name)\",".count)
      let run = ",\"targets label, window gaussian\",\"VGG16 \(name)\","
      #expect(end.hasPrefix(numbers(row) + run), "\(own)")
    }

    // Made again out of the folder alone: the same bytes.
    let files = try workspace.files(below: "out")
    let moved = "\(workspace.path)/moved"
    try FileManager.default.moveItem(atPath: "\(workspace.path)/out", toPath: moved)
    try FileManager.default.removeItem(atPath: "\(workspace.path)/faces")
    #expect(try workspace.call("render", "moved").code == 0)
    #expect(try workspace.files(below: "moved") == files)
    let verified = try workspace.call("verify", "moved")
    #expect(verified.code == 0, "\(verified.output)\(verified.errors)")
    #expect(
      verified.output.contains("ok  drift of targets label, window gaussian: 36 values of NISSIM from the stored maps"))
    #expect(verified.output.hasSuffix("--  inputs: not compared, since the results are of a sweep\n"))
    #expect(try workspace.call("store", "check", "moved").output.hasSuffix("no fault found\n"))
    #expect(
      try workspace.call("store", "gc", "moved", "--dry-run").output
        == "not needed: 0 measurements, 0 maps, 0 photographs\n")
    // A sweep is several runs for who compares.
    let compared = try workspace.call("compare", "moved", "--output", "again", "--template", "short.md")
    #expect(compared.code == 64)
    #expect(compared.errors.contains("the runs have no target in common"))
  }

  /// Of each target one model alone was explained: a matrix of models has nothing to hold it to, and says so.
  @Test func aSweepOverTheTargetsOfOneModel() throws {
    let workspace = try Workspace()
    try workspace.write("# Report\n\n```{agreement}\nlabel: tab-agreement\n```\n", to: "short.md")
    let answer = try workspace.call(
      "run", "small.yaml", "--output", "out", "--template", "short.md", "--set",
      "models=[{architecture: vgg16, weights: vgg16.safetensors, width: 0.04, name: VGG16}]", "--sweep",
      "explain.targets=predicted,label")
    #expect(answer.code == 0, "\(answer.errors)")
    #expect(!workspace.exists("out/tables/tab-agreement.csv"))
  }

  @Test func whatCombinationsShareIsCountedOnce() throws {
    let workspace = try Workspace().prepared()
    let answer = try workspace.call(
      "run", "small.yaml", "--output", "out", "--dry-run", "--sweep", "attack.epsilons=[0.1],[0.02, 0.1]", "--sweep",
      "data.limit=3,6")
    #expect(
      answer.output == """
        epsilons [0.1], limit 3: 12 measurements missing, 0 stored
        epsilons [0.1], limit 6: 24 measurements missing, 0 stored
        epsilons [0.02, 0.1], limit 3: 18 measurements missing, 0 stored
        epsilons [0.02, 0.1], limit 6: 36 measurements missing, 0 stored
        36 measurements would be computed into out: what combinations share is measured once.

        """)
    #expect(!workspace.exists("out"))
  }

  @Test func aPlainRunAndASweepReplaceEachOther() throws {
    let workspace = try Workspace().prepared()
    #expect(try workspace.call("run", "small.yaml", "--output", "out", "--quiet").code == 0)
    let plain = try workspace.files(below: "out")
    let dry = try call(workspace, "--dry-run")
    #expect(dry.output.contains("targets predicted, window uniform: 0 measurements missing, 36 stored\n"))
    #expect(dry.output.contains("\n108 measurements would be computed into out"))
    #expect(try call(workspace).code == 0)
    #expect(try workspace.text("out/results.csv").contains("window gaussian"))
    let file = try workspace.call("render", "small.yaml", "--output", "out")
    #expect(file.code == 64)
    #expect(
      file.errors == """
        error: small.yaml: the results are of a sweep over 4 combinations, not of one experiment
          `heatdrift render` with the folder renders them; `heatdrift run --sweep` measures and renders.

        """)
    #expect(try workspace.call("run", "small.yaml", "--output", "out", "--quiet").code == 0)
    #expect(try workspace.files(below: "out") == plain)
    #expect(try workspace.call("verify", "out").code == 0)
    // Now the other combinations are needed by nobody.
    #expect(try workspace.call("store", "gc", "out", "--dry-run").output.hasPrefix("not needed: 108 measurements, "))
  }

  /// What no combination needs goes, and of what several share nothing.
  @Test func cleaningKeepsWhatAnyCombinationNeeds() throws {
    let workspace = try Workspace().prepared()
    #expect(try call(workspace).code == 0)
    let fewer = ["--sweep", "attack.epsilons=[0.1],[0.02, 0.1]", "--set", "explain.targets=label"]
    let answer = try workspace.start(
      ["run", "small.yaml", "--output", "out", "--quiet", "--template", "short.md"] + fewer
    ).wait()
    #expect(answer.code == 0, "\(answer.errors)")
    let files = try workspace.files(below: "out")
    let cleaned = try workspace.call("store", "gc", "out")
    #expect(cleaned.output.hasPrefix("removed: 108 measurements, "), "\(cleaned.output)")
    #expect(try workspace.call("store", "check", "out").output.hasSuffix("no fault found\n"))
    #expect(try workspace.call("render", "out").code == 0)
    #expect(try workspace.files(below: "out") == files)
  }

  @Test func wrongCombinationsAreNamedBeforeAnythingStarts() throws {
    let workspace = try Workspace().prepared()
    let wrong = try workspace.call(
      "run", "small.yaml", "--output", "out", "--sweep", "compare.window=uniform,round,square")
    #expect(wrong.code == 64)
    #expect(
      wrong.errors.contains(
        "(the combination “window round” of the sweep is wrong, and so are “window square”)"), "\(wrong.errors)")
    let missing = try workspace.call(
      "run", "small.yaml", "--output", "out", "--sweep", "models[0].weights=vgg16.safetensors,other.safetensors")
    #expect(missing.code == 64)
    #expect(
      missing.errors.contains("(the combination “weights other.safetensors” of the sweep is wrong)"),
      "\(missing.errors)")
    #expect(!workspace.exists("out"))
  }

  @Test func aStoppedSweepGoesOn() throws {
    let workspace = try Workspace().prepared()
    #expect(try call(workspace).code == 0)
    let files = try workspace.files(below: "out")
    try FileManager.default.removeItem(atPath: "\(workspace.path)/out")
    let running = try workspace.start(
      ["run", "small.yaml", "--output", "out", "--template", "short.md"] + Self.sweep)
    let deadline = Date(timeIntervalSinceNow: 60)
    while Date() < deadline, try !workspace.text("err-\(running.tag)").contains("Combination 2 of 4") { usleep(5000) }
    kill(running.process.processIdentifier, SIGINT)
    let stopped = try running.wait()
    #expect(stopped.code == 130)
    #expect(stopped.errors.contains("run the same command again to go on."), "\(stopped.errors)")
    #expect(try call(workspace).code == 0)
    #expect(try workspace.files(below: "out") == files)
  }
}
